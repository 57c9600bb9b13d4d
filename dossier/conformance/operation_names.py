"""The operations a rule may name."""

from __future__ import annotations

OPERATIONS = (
    "codelist_terms", "dataset_names", "distinct", "domain_is_custom", "domain_label", "dy",
    "expected_variables", "extract_metadata", "get_column_order_from_dataset",
    "get_column_order_from_library", "get_dataset_filtered_variables", "get_model_column_order",
    "get_model_filtered_variables", "get_parent_model_column_order", "max_date", "min_date", "record_count",
    "required_variables", "study_domains", "variable_count", "variable_exists",
)
LEVELS = ("term", "codelist")
RETURNED = ("value", "code", "pref_term")
