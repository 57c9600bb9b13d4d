"""The commands ``dossier xpt export`` and ``dossier xpt check``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dossier.terminal import Progress, say

if TYPE_CHECKING:
    from dossier.transport.export import Exported
    from dossier.transport.profiles import Profile
    from engine.errors import Record

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

CLEAN, FOUND = 0, 1
"""Exit status of a check."""

_AGENCIES = ("FDA", "NMPA", "PMDA")


def add_export(commands: Commands, loud: argparse.ArgumentParser) -> None:
    """Add ``dossier xpt export``; ``loud`` is the parser of options that all commands have."""
    export = commands.add_parser(
        "export", parents=[loud], help="write the datasets as an agency takes them",
        epilog="Values that must be written otherwise are reported; what cannot be written is an error, and "
               "nothing is written.")
    export.add_argument("files", nargs="*", type=Path, metavar="FILE|FOLDER",
                        help="transport files of any origin (default: what dossier build wrote)")
    export.add_argument("--agency", required=True, choices=_AGENCIES, type=str.upper, help="who gets them")
    export.add_argument("--study", type=Path, metavar="FILE",
                        help="the study file (default: specs/study.yaml)")
    export.add_argument("--raw", type=Path, metavar="FOLDER",
                        help="read raw files from here instead of the study's raw folder")
    export.add_argument("--from", dest="source", type=Path, metavar="FOLDER",
                        help="where dossier build wrote (default: build)")
    export.add_argument("--out", type=Path, metavar="FOLDER",
                        help="the set goes into a folder fda, nmpa or pmda in here (default: as --from)")
    export.add_argument("--encoding", metavar="NAME",
                        help="of values: NMPA utf-8 or gb18030; PMDA ascii, or for a set in Japanese utf-8, "
                             "cp932 or euc_jp (default: the first)")
    export.add_argument("--read-as", default="utf-8", metavar="NAME",
                        help="the encoding of FILEs (default: utf-8)")
    export.set_defaults(run=_export)


def add_check(commands: Commands, loud: argparse.ArgumentParser) -> None:
    """Add ``dossier xpt check``; ``loud`` is the parser of options that all commands have."""
    check = commands.add_parser(
        "check", parents=[loud], help="check any files by the format's rules, and an agency's",
        epilog="The exit status is 0 if nothing was found, 1 if something was, 2 if the command is wrong.")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE|FOLDER")
    check.add_argument("--agency", choices=_AGENCIES, type=str.upper, help="who is to get them")
    check.add_argument("--encoding", metavar="NAME",
                       help="of the values (default: the agency's first, else utf-8)")
    check.set_defaults(run=_check)


def _export(options: argparse.Namespace) -> int:
    from dossier.transport.export import export
    from dossier.transport.profiles import PROFILES
    from dossier.transport.source import built_folder, file_items, study_items
    from engine.errors import Problem, SpecError
    profile = PROFILES[options.agency]
    encoding = _encoding(options.encoding, profile)
    if options.files:
        read_as = _known(options.read_as, "--read-as")
        given = {"--study": options.study, "--raw": options.raw, "--from": options.source}
        problems = [Problem(None, name, "is for a study's datasets, not for files", "leave it out")
                    for name, value in given.items() if value is not None]
        if options.out is None:
            problems.append(Problem(None, "--out", "says where the set goes, and is needed with files"))
        if problems:
            raise SpecError(problems)
        items = file_items(options.files, profile, encoding, read_as)
        with Progress(sys.stderr) as progress:
            done = export(lambda: items, profile, encoding, options.out, progress=progress)
    else:
        from dossier.pipeline import planned
        source = options.source or Path("build")
        with Progress(sys.stderr) as progress:
            progress("reading specs")
            plan = planned(options.study or Path("specs/study.yaml"), options.raw)
            built_folder(plan, source)  # before anything is made there
            done = export(lambda: study_items(plan, source, profile, encoding), profile, encoding,
                          options.out or source, progress=progress)
    for line in told(done, verbose=options.verbose):
        say(line)
    return CLEAN


def _encoding(given: str | None, profile: Profile) -> str:
    """The encoding asked for, if the agency takes it."""
    from engine.errors import Problem, SpecError, hint_for
    if given is None:
        return profile.encodings[0]
    name = _known(given, "--encoding")
    if name not in profile.encodings:
        raise SpecError(Problem(None, "--encoding", f"{profile.agency} does not take {name}",
                                hint_for(name, profile.encodings)))
    return name


def _known(name: str, option: str) -> str:
    """The encoding of a name, as Python calls it."""
    from engine.errors import Problem, SpecError
    from engine.xpt import Encoding
    try:
        return Encoding(name).name
    except ValueError as error:
        raise SpecError(Problem(None, option, str(error))) from None


def told(done: Exported, *, verbose: bool = False) -> Iterable[str]:
    """What was exported, as lines: values written otherwise, notes, a table of the datasets."""
    from engine.errors import Place, Problem, counted
    for one in done.changes:
        how = "translated" if one.translated else "in other characters"
        what = f"'{one.original}' written as '{one.written}', {how}; {counted(one.count, 'record')}"
        yield str(Problem(Place(f"{one.dataset.lower()}.xpt"), f"{one.dataset}.{one.variable}", what))
        if verbose:
            yield from _records(one.records, one.count)
    for note in done.notes:
        yield f"note: {note}"
    heads = ("dataset", "records", "variables", "bytes", "label")
    rows = [(one.name, f"{one.records:,}", str(one.variables), f"{one.bytes:,}", one.label)
            for one in done.datasets]
    rows += [(f"  {part.name}", f"{part.last - part.first + 1:,}", "", f"{part.bytes:,}", "a part, in split/")
             for one in done.datasets for part in one.parts]
    wide = [max(len(row[n]) for row in [heads, *rows]) for n in range(4)]
    for row in [heads, tuple("-" * len(head) for head in heads), *rows]:
        cells = [row[0].ljust(wide[0]), *(row[n].rjust(wide[n]) for n in (1, 2, 3)), row[4]]
        yield "  ".join(cells).rstrip()
    yield f"written to {done.folder.as_posix()} for {done.profile.agency}, version 5, in {done.encoding}"


def _check(options: argparse.Namespace) -> int:
    from dossier.transport.check import check_files
    from dossier.transport.profiles import PROFILES
    from engine.errors import counted
    encoding = _known(options.encoding, "--encoding") if options.encoding else None
    found = check_files(options.files, PROFILES.get(options.agency), encoding)
    for problem in found.findings:
        say(str(problem))
        if options.verbose:
            for line in _records(problem.records, len(problem.records)):
                say(line)
    for note in found.notes:
        say(f"note: {note}")
    many = counted(len(found.findings), "finding") if found.findings else "no findings"
    say(f"{counted(found.files, 'file')}, {counted(found.datasets, 'dataset')}, "
           f"{counted(found.records, 'record')}: {many}")
    return FOUND if found.findings else CLEAN


def _records(records: Iterable[Record], count: int) -> Iterable[str]:
    """Records with their subjects, as below a problem."""
    listed = list(records)
    for record in listed:
        yield f"    {record.place}: subject {record.subject or '(none)'}"
    if count > len(listed):
        yield f"    and {count - len(listed)} more"


