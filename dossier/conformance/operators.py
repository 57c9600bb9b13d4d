"""The operators of conditions, by name.

Each takes where it is asked and its target, and answers for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dossier.conformance import op_dates, op_equal, op_lists, op_present, op_rows, op_sorted, op_text
from dossier.conformance.asked import Asked
from dossier.conformance.vectors import Mask

Operator = Callable[[Asked], Mask]


def _opposite(operator: Operator) -> Operator:
    return lambda asked: ~operator(asked)


_STATED: dict[str, Operator] = {
    **op_present.OPERATORS, **op_equal.OPERATORS, **op_text.OPERATORS, **op_lists.OPERATORS,
    **op_dates.OPERATORS, **op_rows.OPERATORS, **op_sorted.OPERATORS,
}
_OPPOSITES = {
    "not_exists": "exists", "non_empty": "empty", "is_not_contained_by": "is_contained_by",
    "does_not_contain": "contains", "prefix_not_equal_to": "prefix_equal_to",
    "suffix_not_equal_to": "suffix_equal_to", "prefix_is_not_contained_by": "prefix_is_contained_by",
    "suffix_is_not_contained_by": "suffix_is_contained_by",
    "is_not_contained_by_case_insensitive": "is_contained_by_case_insensitive",
    "does_not_contain_case_insensitive": "contains_case_insensitive",
    "shares_no_elements_with": "shares_at_least_one_element_with",
    "is_not_ordered_subset_of": "is_ordered_subset_of", "does_not_equal_string_part": "equals_string_part",
    "is_incomplete_date": "is_complete_date", "is_unique_set": "is_not_unique_set",
    "is_unique_relationship": "is_not_unique_relationship", "target_is_not_sorted_by": "target_is_sorted_by",
}
OPERATORS: Mapping[str, Operator] = {
    **_STATED, **{name: _opposite(_STATED[other]) for name, other in _OPPOSITES.items()}}
"""Every operator; the opposites are exact, so a null for which one is false makes the other true."""

NO_VALUE = ("exists", "not_exists", "empty", "non_empty", "invalid_date", "is_complete_date",
            "is_incomplete_date", "invalid_duration", "present_on_multiple_rows_within",
            "not_present_on_multiple_rows_within")
PATTERNED = ("matches_regex", "not_matches_regex", "prefix_matches_regex", "not_prefix_matches_regex",
             "suffix_matches_regex", "not_suffix_matches_regex")
PREFIXED = tuple(name for name in OPERATORS if "prefix_" in name)
SUFFIXED = tuple(name for name in OPERATORS if "suffix_" in name)
