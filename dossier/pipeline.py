"""The main job as a list of plain functions: specs, headers, plan, records, files."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

import adam.records
import adam.verbs
import engine.verbs
import sdtm.verbs
from dossier.incremental import Past, related_datasets, text_lengths
from dossier.output import carry_over, require_usable, staged
from dossier.required import require_submittable, submittable_problems
from dossier.state import Hashes, common_lengths, spec_files
from engine import xpt
from engine.build.execute import Build
from engine.build.finish import Finished, FinishedVariable, finish
from engine.build.plan import Plan, bare_plan, make_plan
from engine.build.raw import all_headers
from engine.build.refusals import Note
from engine.columns import Kind
from engine.errors import Problem, SpecError, hint_for
from engine.spec.load import StudySpec, load_study
from engine.spec.verbs import load_verbs
from engine.standards import sdtm_dataset
from engine.standards.chinese import chinese_label
from engine.yaml.fields import sort_problems
from sdtm.relrec import make_relrec, relations
from sdtm.supplemental import make_supplemental

REGISTERED = (engine.verbs, sdtm.verbs, adam.verbs, adam.records)
"""Importing these packages registers the verbs."""

FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}
"""Where each kind of dataset goes (FDA Study Data Technical Conformance Guide, 7.1)."""


@dataclass
class Summary:
    """What a build says at its end: a line a dataset, and the records mended."""

    lines: list[tuple[str, int, int, int, int, float]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    folder: Path = Path()
    kept: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


Progress = Callable[[str], None]


def check(study: Path, raw: Path | None = None) -> Plan:
    """Read and check specs and raw headers; raises a SpecError or DataError with all problems."""
    plan = planned(study, raw)
    require_sound(plan)
    return plan


def planned(study: Path, raw: Path | None = None) -> Plan:
    """Read specs and raw headers and plan the build; raises as :func:`check`, which looks at more."""
    load_verbs()
    spec = load_study(study)
    if raw is not None:
        spec = dataclasses.replace(spec, raw_override=raw)
    headers = all_headers(spec)
    try:
        return make_plan(spec, headers)
    except SpecError as error:
        told = {(problem.place, problem.subject) for problem in error.problems}
        further = [problem for problem in submittable_problems(bare_plan(spec, headers))
                   if (problem.place, problem.subject) not in told]
        raise SpecError(sort_problems(dict.fromkeys([*error.problems, *further]))) from None


def require_sound(plan: Plan) -> None:
    """Raise a SpecError with what a plan does not show: relations, and what makes it no submission."""
    relations(plan)
    require_submittable(plan)


def build(study: Path, out: Path, only: list[str] | None = None, raw: Path | None = None,
          progress: Progress = lambda message: None, *, fresh: bool = True) -> Summary:
    """Build datasets into ``out``; either all files are new, or none has changed.

    Unless ``fresh``, datasets that depend on nothing that has changed since the last build into
    ``out`` are kept from it: the files are the same as if all were built.
    """
    require_usable(out)
    progress("reading specs")
    hashes = Hashes()
    hashes.all(spec_files(study))  # before they are read: what is read is no older than what is told of it
    plan = check(study, raw)
    stamp, past = created(plan.study), Past(plan, out, hashes)
    wanted = _wanted(plan, only or [])
    if wanted is None and not fresh:
        wanted = past.changed()
    made = _made(plan, wanted, progress, related=not only)
    if not only and wanted is not None and (resized := past.resized(made.own())):
        # text of one name has one length in all datasets, and here it has another now
        made = _made(plan, wanted | resized, progress, related=True)
    items = same_lengths(made.finished, past.lengths_but(made.own()) if wanted is not None else {})
    progress("writing files")
    folder = f"m5/datasets/{plan.study.study.folder_name}"
    past.forget()
    with staged(out) as stage:
        names = _others(out / "m5", folder, items) if only else past.files_but(made.own())
        kept = carry_over(stage, out / "m5", names) if wanted is not None else []
        for item in items:
            if len(item.frame):  # a dataset without records is not submitted (SDTMIG 3.4, 3.2.1)
                write_dataset(item, stage / folder.removeprefix("m5/") / FOLDERS[item.layer], stamp)
    lines = {item.name: _line(item, made.work, made.times) for item in items}
    summary = Summary([*lines.values()], made.work.refusals.notes, out / folder, tuple(kept) if only else (),
                      tuple(item.name for item in items if not len(item.frame)),
                      () if wanted is None or only else past.names_but(made.own()))
    past.remember(made, items, summary)
    return summary


@dataclass
class Made:
    """What was derived: the build, the seconds of each dataset, and the datasets finished."""

    work: Build
    times: dict[str, float]
    finished: list[Finished]

    def own(self) -> dict[str, dict[str, int]]:
        """The length of each text variable of the datasets, before it is made the same in all of them."""
        return {item.name: text_lengths(item) for item in self.finished}


def _made(plan: Plan, wanted: set[str] | None, progress: Progress, *, related: bool) -> Made:
    """Derive and finish the wanted datasets; RELREC too, where ``related`` and it is of one of them."""
    work = Build(plan, progress=progress)
    members = related_datasets(plan) if related else set()
    members = members if wanted is None or members & wanted else set()
    times = work.run(None if wanted is None else wanted | members)
    finished = finish_all(work, wanted, progress, related=bool(members))
    work.require_clean()
    return Made(work, times, finished)


def _wanted(plan: Plan, only: list[str]) -> set[str] | None:
    if not only:
        return None
    names = {n.upper().removeprefix("SUPP") if n.upper() not in plan.datasets else n.upper() for n in only}
    strange = sorted(names - set(plan.datasets))
    if strange:
        raise SpecError([Problem(None, n, "no such dataset in the study", hint_for(n, plan.datasets))
                         for n in strange])
    return names


def finish_all(work: Build, wanted: set[str] | None, progress: Progress, *,
               related: bool = True) -> list[Finished]:
    """Every wanted dataset finished, each followed by its supplemental qualifiers; last RELREC, if wanted."""
    made: list[Finished] = []
    for name in work.plan.datasets:
        if wanted is not None and name not in wanted:
            continue
        progress(f"finishing {name}")
        item = finish(work, name)
        made.append(item)
        if item.layer == "sdtm" and item.rows is not None:
            extra = make_supplemental(item.rows, work.plan.datasets[name], work.plan)
            if extra is not None:
                made.append(_standard(f"SUPP{name}", extra))
    links = make_relrec(work.plan, work.rows) if related else None
    if links is not None:
        made.append(_standard("RELREC", links))
    return made


def same_lengths(items: list[Finished], others: Mapping[str, int] | None = None) -> list[Finished]:
    """Text of one name has one length in all datasets, that of its longest value or of its spec.

    ``others`` are lengths in datasets that are not among these.  Supplemental qualifiers keep
    their own (FDA Study Data Technical Conformance Guide, 3.3.3).
    """
    alike = [item for item in items if item.rows is not None]
    longest = common_lengths([others or {}, *map(text_lengths, alike)])
    return [item if item.rows is None else dataclasses.replace(item, variables=tuple(
        dataclasses.replace(v, length=longest.get(v.name, v.length)) for v in item.variables))
        for item in items]


def _standard(name: str, frame: pd.DataFrame) -> Finished:
    """SUPP-- and RELREC: their variables are as the standard has them."""
    standard = sdtm_dataset(name)
    assert standard is not None
    variables = []
    for column in frame.columns:
        known = standard.variables[str(column)]
        longest = max([1, *(len(str(v).encode()) for v in frame[column].dropna().unique())])
        variables.append(FinishedVariable(str(column), known.label, chinese_label(name, str(column)), "Char",
                                          Kind.TEXT, longest, None, known.core, None))
    return Finished(name, "sdtm", standard.label, chinese_label(name, ""), tuple(variables), frame, None, ())


def write_dataset(item: Finished, folder: Path, at: datetime) -> None:
    """One dataset as an XPT file, named as the dataset in lower case; values as UTF-8, labels in English."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = [xpt.Variable(v.name, v.label, "Char" if v.type == "Char" else "Num", v.length, v.format)
                 for v in item.variables]
    xpt.write(item.frame, folder / f"{item.name.lower()}.xpt", name=item.name, label=item.label,
              variables=variables, created=at, encoding="utf-8")


def created(study: StudySpec) -> datetime:
    """The time stamped into files: SOURCE_DATE_EPOCH, else the study file's, never the clock's."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            if not (epoch.isascii() and epoch.isdigit()):
                raise ValueError
            return datetime.fromtimestamp(int(epoch), UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):  # the last two: beyond the calendar
            raise SpecError(Problem(None, "SOURCE_DATE_EPOCH",
                                    f"'{epoch}' is no number of seconds since 1970")) from None
    given = study.study.study.created
    return given if given is not None else datetime(1960, 1, 1)


def _others(previous: Path, folder: str, finished: list[Finished]) -> list[str]:
    """Files of the last good set that this build did not make anew; a parent's old qualifiers go with it."""
    new = {f"datasets/{Path(folder).name}/{FOLDERS[i.layer]}/{i.name.lower()}.xpt" for i in finished}
    new |= {f"datasets/{Path(folder).name}/{FOLDERS['sdtm']}/supp{i.name.lower()}.xpt" for i in finished}
    if not previous.is_dir():
        return []
    have = {p.relative_to(previous).as_posix() for p in previous.rglob("*.xpt")}
    return sorted(have - new)


def _line(item: Finished, work: Build, times: Mapping[str, float]) -> tuple[str, int, int, int, int, float]:
    subjects = item.frame["USUBJID"].nunique() if "USUBJID" in item.frame else 0
    spec = work.plan.datasets.get(item.name)
    tables = {t for s in spec.sources for t in s.tables.values()} if spec else set()
    raw = tables - set(work.plan.datasets)
    mended = sum(n.records for n in work.refusals.notes if n.dataset == item.name or n.dataset in raw)
    return (item.name, len(item.frame), len(item.variables), int(subjects), mended, times.get(item.name, 0.0))


__all__ = ["REGISTERED", "Progress", "Summary", "build", "check", "time"]
