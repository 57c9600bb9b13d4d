"""Every mess of the built-in study, numbered as in ``raw_fixtures/README.md``.

A mess without a function is a convention of a file or a site: it is made where the file is made, for every
subject.  The order here is the order of making; the numbers are those of the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import mess_events as events
from . import mess_forms as forms
from . import mess_results as results
from .messkit import Tables


class Mess(NamedTuple):
    """One entry of the list."""

    number: str
    what: str
    make: Callable[[Tables], None] | None = None


MESSES: tuple[Mess, ...] = (
    Mess("M01", "day unknown", forms.day_unknown),
    Mess("M02", "month only", forms.month_only),
    Mess("M03", "date wholly unknown", forms.date_unknown),
    Mess("M04", "year only", forms.year_only),
    Mess("M05", "birth date in three columns, partial", forms.birth_partial),
    Mess("M06", "three date formats in one file"),
    Mess("M07", "12-hour times at site 03"),
    Mess("M08", "hour without minutes", forms.hour_only),
    Mess("M09", "time without a date", forms.time_without_date),
    Mess("M10", "full-width characters", forms.full_width),
    Mess("M11", "cm.csv mis-decoded"),
    Mess("M12", "headers with full-width brackets, once mis-decoded"),
    Mess("M13", "GB18030"),
    Mess("M14", "byte order mark"),
    Mess("M15", "blanks and mixed case", forms.blanks_and_case),
    Mess("M16", "results with a less-than sign", results.below),
    Mess("M17", "BLQ(<50)"),
    Mess("M18", "ND of a site beside ND of a vendor", results.site_nd),
    Mess("M19", "results with a greater-than sign", results.above),
    Mess("M20", "comma for thousands", results.thousands),
    Mess("M21", "decimal comma", results.decimal_comma),
    Mess("M22", "unit typed in with the result", results.unit_typed_in),
    Mess("M23", "leading zeros", results.leading_zero),
    Mess("M24", "units per site, one spelled otherwise", results.unit_spelling),
    Mess("M25", "ranges as text or missing", results.ranges),
    Mess("M26", "exact duplicates", forms.duplicates),
    Mess("M27", "unknown subjects", forms.unknown_subjects),
    Mess("M28", "corrected records", forms.corrections),
    Mess("M29", "yes and no in several words", forms.yes_in_words),
    Mess("M30", "NA for missing", forms.not_available),
    Mess("M31", "several races", forms.races),
    Mess("M32", "consent signed again", forms.consent_again),
    Mess("M33", "not done", forms.not_done),
    Mess("M34", "two samples at one time point", results.two_samples),
    Mess("M35", "sample before the infusion stopped", results.sample_before_stop),
    Mess("M36", "infusion stop time missing", results.no_stop_time),
    Mess("M37", "sample not analysed", results.not_analysed),
    Mess("M38", "collection time missing", results.no_collection_time),
    Mess("M39", "subject written in several ways", results.subject_spelling),
    Mess("M40", "sample after the first lymphodepletion dose", results.sample_after_dose),
    Mess("M41", "lymphodepletion in two intervals", results.delayed_day),
    Mess("M42", "CRS as one row a grade"),
    Mess("M43", "adverse event ongoing", events.ongoing),
    Mess("M44", "before the infusion on its date", events.before_infusion),
    Mess("M45", "after the infusion on its date", events.after_infusion),
    Mess("M46", "on the infusion date, time unknown", events.some_time_of_day),
    Mess("M47", "worsens after the infusion", events.worsening),
    Mess("M48", "death dates disagree", events.death_dates),
    Mess("M49", "death date partial", events.death_partial),
    Mess("M50", "records after the data cut-off", events.after_cutoff),
)


def make_mess(tables: Tables) -> None:
    """Place every mess in the tables of the 24 subjects."""
    for mess in MESSES:
        if mess.make is not None:
            mess.make(tables)
    order = tables["ae"]["SITE"] + tables["ae"]["SUBJ"] + tables["ae"]["AESPID"].str.zfill(3)
    tables["ae"] = tables["ae"].iloc[order.argsort(kind="stable")].reset_index(drop=True)
