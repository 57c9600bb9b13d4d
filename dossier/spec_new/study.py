"""The study file: identity, raw tables and how they are read, subjects, visits, epochs."""

from __future__ import annotations

import os
from pathlib import Path

from dossier.spec_new.context import Context
from dossier.spec_new.draft import FILL_IN, GUESS, remark, said
from dossier.spec_new.raw import RawFile, RawTable
from dossier.spec_new.times import Style, common_style
from dossier.spec_new.words import listed
from engine.terminology import versions


def study_text(context: Context, out: Path, folder: Path, study: str, *, named: bool, epochs: bool,
               left_out: dict[str, str]) -> str:
    """The YAML of ``study.yaml`` in ``out`` for the raw files in ``folder``."""
    dates, times = common_style(context.styles[t.name] for t in context.tables)
    lines = ["# Guessed from the raw files: look at each 'guess', and mend each 'fill in'.", "study:",
             *said("id", study, "" if named else f"{FILL_IN}: the identifier of the study", 2),
             *said("title", study, f"{FILL_IN}: the title", 2),
             *said("standards", {"sdtmig": "3.4", "adamig": "1.3", "ct_sdtm": versions("sdtm")[-1],
                                 "ct_adam": versions("adam")[-1]})]
    lines += ["read:", *said("missing", _missing(context), GUESS, 2)]
    swapped = any(style.swapped for style in context.styles.values())
    if dates:
        note = f"{FILL_IN}: day and month could be the other way round" if swapped else GUESS
        lines += said("dates", dates, note, 2)
    if times:
        lines += said("times", times, GUESS, 2)
    if context.unknown:
        lines += said("unknown", context.unknown, GUESS, 2)
    if context.subjects is not None:
        lines += said("subject", context.subjects.expression, f"{GUESS}: by name")
    else:
        lines += said("subject", "study.id", f"{FILL_IN}: no column of subjects was found")
    path = Path(os.path.relpath(folder, out)).as_posix()
    near = Path(os.path.realpath(folder)).is_relative_to(Path(os.path.realpath(out)).parent)
    far = "" if near else "far from this file: say --raw FOLDER"
    lines += ["raw:", *said("folder", path, far, 2), "  tables:"]
    for table in context.tables:
        lines += _table(table, context, dates, times)
    for file, why in left_out.items():
        lines += remark(f"left out: {file}: {why}", 4)
    return "\n".join([*lines, *_visits(context), *_epochs(epochs)]) + "\n"


def _missing(context: Context) -> list[str]:
    """Blank, and the words for it that stand in columns of numbers or dates."""
    words = set(listed("formats", "missing"))
    found = []
    for table in context.tables:
        style = context.styles[table.name]
        for column in table.columns.values():
            here = [v for v in column.distinct if v in words]
            rest = [v for v in column.distinct if v not in words]
            dated = column.name in style.date_columns | style.time_columns
            if here and rest and (dated or sum(_number(v) for v in rest) > 0.9 * len(rest)):
                found += here
    return ["", *(word for word in listed("formats", "missing") if word in found)]


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _table(table: RawTable, context: Context, dates: list[str], times: list[str]) -> list[str]:
    style = context.styles[table.name]
    own: dict[str, object] = {}
    rule = context.subjects.own.get(table.name) if context.subjects is not None else None
    if rule is not None:
        own["subject"] = rule
    alike = int(table.frame.duplicated().sum())
    if alike:
        own["unique"] = True
    says: object
    if len(table.files) == 1:
        says = {**_file(table.files[0], style, dates, times), **own}
        says = says["file"] if list(says) == ["file"] else says
    else:
        says = {"files": [_file(file, style, dates, times) for file in table.files], **own}
    domain = f"{GUESS}: {table.domain}" if table.domain else "no domain was guessed"
    note = f"{domain}; {alike} duplicate records" if alike else domain
    return said(table.name, says, note, 4)


def _file(file: RawFile, style: Style, dates: list[str], times: list[str]) -> dict[str, object]:
    layout = file.layout
    says: dict[str, object] = {"file": file.path}
    for key in ("format", "encoding", "delimiter", "sheet", "labels"):
        value = getattr(layout, key)
        if value is not None:
            says[key] = value
    if layout.header != 1:
        says["header"] = layout.header
    if file.repair:
        says["repair"] = list(file.repair)
    if not set(style.dates) <= set(dates):
        says["dates"] = style.dates
    if not set(style.times) <= set(times):
        says["times"] = style.times
    return says


def _visits(context: Context) -> list[str]:
    visits = context.visits
    if not visits.planned:
        return []
    lines = ["", f"# {GUESS}: in the order in which they happen; VISITDY is to be filled in", "visits:"]
    for code, visit in visits.planned.items():
        lines += said(code, visit, "", 2)
    if visits.patterns and visits.listed_in is not None:
        table, code, date = visits.listed_in
        lines += said("unscheduled", {"in": table, "visit": code, "date": date, "code": visits.patterns,
                                      "name": "UNSCHEDULED"}, GUESS)
    return lines


def _epochs(epochs: bool) -> list[str]:
    if not epochs:
        return []
    return ["", f"# {GUESS}: from consent and first treatment; others are to be filled in", "epochs:",
            *said("SCREENING", {"starts": "DM.RFICDTC"}, "", 2),
            *said("TREATMENT", {"starts": "DM.RFXSTDTC"}, "", 2)]
