"""Numbers: results as typed, rounding, plain decimals, and units."""

from engine.numbers.results import Results, read_results
from engine.numbers.rounding import format_number, half_up, half_up_significant, plain_decimal
from engine.numbers.unit_text import unit_key
from engine.numbers.units import Conversion, convert, known_conversion, parse_conversion

__all__ = [
    "Conversion",
    "Results",
    "convert",
    "format_number",
    "half_up",
    "half_up_significant",
    "known_conversion",
    "parse_conversion",
    "plain_decimal",
    "read_results",
    "unit_key",
]
