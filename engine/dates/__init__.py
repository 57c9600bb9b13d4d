"""Dates: read as collected, hold as ISO 8601 text, impute for analysis."""

from engine.dates.collected import Read, date_hint, read_dates
from engine.dates.durations import (
    check_iso_duration,
    compute_duration,
    iso_duration,
    parse_iso_duration,
)
from engine.dates.impute import Imputed, impute
from engine.dates.iso import (
    PRECISIONS,
    at_least,
    check_iso,
    date_part,
    earliest,
    iso_date,
    iso_datetime,
    latest,
    precision,
    time_part,
    to_date,
    to_datetime,
)
from engine.dates.order import earliest_by, earliest_of, latest_by, latest_of, order_key
from engine.dates.study_day import Age, compute_age, compute_study_day

__all__ = [
    "PRECISIONS",
    "Age",
    "Imputed",
    "Read",
    "at_least",
    "check_iso",
    "check_iso_duration",
    "compute_age",
    "compute_duration",
    "compute_study_day",
    "date_hint",
    "date_part",
    "earliest",
    "earliest_by",
    "earliest_of",
    "impute",
    "iso_date",
    "iso_datetime",
    "iso_duration",
    "latest",
    "latest_by",
    "latest_of",
    "order_key",
    "parse_iso_duration",
    "precision",
    "read_dates",
    "time_part",
    "to_date",
    "to_datetime",
]
