"""The operations a rule may name."""

from __future__ import annotations

OPERATIONS = (
    "codelist_terms", "dataset_names", "define_exists", "distinct", "divide", "domain_is_custom",
    "domain_label", "dy",
    "expected_variables", "extract_metadata", "get_column_order_from_dataset",
    "get_column_order_from_library", "get_dataset_filtered_variables", "get_model_column_order",
    "get_model_filtered_variables", "get_parent_model_column_order", "library_variable", "max_date",
    "min_date", "minus", "multiply", "paired_term", "record_count",
    "required_variables", "study_domains", "variable_count", "variable_exists",
)
LEVELS = ("term", "codelist")
RETURNED = ("value", "code", "pref_term")
