"""Start a study from its raw files: ``dossier spec new``.

Everything is a guess and says so: by the names, labels and values of columns, with
the standards' names, labels and terms, and the tables of words in ``data/``.
Nothing is looked up elsewhere, and nothing that exists is written over.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from dossier.spec_new.analysis import adsl_text
from dossier.spec_new.context import Context
from dossier.spec_new.datasets import draft_of
from dossier.spec_new.demographics import draft_demographics
from dossier.spec_new.domains import assign_domains
from dossier.spec_new.draft import FILL_IN, Draft, text_of
from dossier.spec_new.raw import RawTable, read_folder
from dossier.spec_new.study import study_text
from dossier.spec_new.subjects import find_subjects
from dossier.spec_new.times import style_of, unknown_words
from dossier.spec_new.visits import Visits, find_visits
from engine.errors import DataError, Place, Problem, SpecError, counted
from engine.standards import sdtm_dataset

__all__ = ["NewStudy", "guess_study", "new_study", "summary"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass
class NewStudy:
    """The files of a guessed study by path, and what is to be said of it.

    ``guessed`` counts entries, ``to_fill_in`` those that a person must see to.
    """

    files: dict[str, str]
    tables: dict[str, str | None]
    left_out: dict[str, str]
    guessed: int = 0
    to_fill_in: int = 0
    written: list[Path] = field(default_factory=list)


def new_study(raw: Path, out: Path, study: str | None = None) -> NewStudy:
    """Guess a study and write its files into a new or empty folder.

    Raises SpecError where ``out`` holds anything or the id is none, DataError
    where ``raw`` has no tables or a folder cannot be read or written.
    """
    if study is not None and not _ID.fullmatch(study):
        raise SpecError(Problem(None, "--id", f"'{study}' is no identifier of a study",
                                "letters, digits, - and _"))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SpecError(Problem(Place(str(out)), "new", "is there already, and nothing is written over",
                                "name a new or empty folder with --out"))
    made = guess_study(raw, out, study)
    for name, text in made.files.items():
        path = out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            told = f"cannot be written: {error.strerror}"
            raise DataError(Problem(Place(str(path)), "new", told)) from error
        made.written.append(path)
    return made


def guess_study(raw: Path, out: Path, study: str | None = None) -> NewStudy:
    """The files of a study in ``out`` whose raw files lie in ``raw``; nothing is written."""
    if not raw.is_dir():
        raise DataError(Problem(Place(str(raw)), "new", "is no folder", "name the folder of the raw files"))
    found = read_folder(raw)
    if not found.tables:
        raise DataError(Problem(Place(str(raw)), "new", "holds no table that can be read",
                                "; ".join(f"{file}: {why}" for file, why in found.left_out.items())))
    name = study or _study_of(found.tables)
    context = _context(found.tables, name or "STUDY")
    drafts = _drafts(context)
    epochs = _has_epochs(drafts)
    files = {"study.yaml": study_text(context, out, raw, name or "STUDY", named=name is not None,
                                      epochs=epochs, left_out=found.left_out)}
    files |= {f"sdtm/{domain.lower()}.yaml": text_of(draft) for domain, draft in drafts.items()}
    if "DM" in drafts:
        files["adam/adsl.yaml"] = adsl_text(drafts["DM"].names())
    notes = [e.note for d in drafts.values() for e in (*d.entries, *(e for p in d.parts for e in p.entries))]
    tables = {table.name: table.domain for table in context.tables}
    return NewStudy(files, tables, found.left_out, len(notes),
                    sum(text.count(f"{FILL_IN}: ") for text in files.values()))


def _study_of(tables: list[RawTable]) -> str | None:
    """The identifier that the tables state themselves, if all that do state the same."""
    said = {value for table in tables if (c := table.first("study")) is not None for value in c.distinct}
    only = said.pop() if len(said) == 1 else None
    return only if only is not None and _ID.fullmatch(only) else None


def _context(tables: list[RawTable], study: str) -> Context:
    unknown = unknown_words(tables)
    styles = {table.name: style_of(table, unknown) for table in tables}
    assign_domains(tables, styles)
    subjects = find_subjects(tables, study)
    held = [t for t in tables if t.domain is not None and (
        t.domain == "SV" or ((s := sdtm_dataset(t.domain)) is not None and s.cls == "Findings"))]
    visits = find_visits(held, styles, subjects, unknown) if held else Visits()
    return Context(tables, styles, unknown, subjects, visits)


def _drafts(context: Context) -> dict[str, Draft]:
    """The domains' files; DM, which names what the others have, first and made last."""
    made: dict[str, Draft] = {}
    domains = context.domains
    epochs = "EX" in domains and "DM" in domains
    if "DM" in domains:  # other forms' consent and death are needed by DS
        draft_demographics(domains["DM"][0], context, {})
    for domain, tables in sorted(domains.items()):
        if domain != "DM":
            made[domain] = draft_of(domain, tables, context, epochs=epochs)
    if "DM" in domains:
        made = {"DM": draft_demographics(domains["DM"][0], context, made), **made}
    return made if _has_epochs(made) or not epochs else _without_epochs(made)


def _has_epochs(drafts: dict[str, Draft]) -> bool:
    return "DM" in drafts and {"RFICDTC", "RFXSTDTC"} <= drafts["DM"].names()


def _without_epochs(drafts: dict[str, Draft]) -> dict[str, Draft]:
    for draft in drafts.values():
        draft.entries = [entry for entry in draft.entries if entry.name != "EPOCH"]
    return drafts


def summary(made: NewStudy, raw: Path, out: Path) -> str:
    """What was guessed, what is left to a person, and what to do next."""
    domains: dict[str, list[str]] = {}
    for table, domain in made.tables.items():
        domains.setdefault(domain or "", []).append(table)
    lines = [f"wrote {counted(len(made.written), 'file')} in {out.as_posix()}: "
             f"{made.guessed} entries guessed, {counted(made.to_fill_in, 'place')} to fill in"]
    lines += [f"  {domain}: {', '.join(tables)}" for domain, tables in sorted(domains.items()) if domain]
    if "" in domains:
        lines.append(f"  no domain: {', '.join(domains[''])}")
    lines += [f"  left out: {file}: {why}" for file, why in made.left_out.items()]
    options = ["--study", (out / "study.yaml").as_posix(), "--raw", raw.as_posix()]
    lines.append("look at each 'guess' and mend each 'fill in'; then "
                 f"dossier spec check {shlex.join(options)}")
    return "\n".join(lines)
