"""The command ``dossier validate``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dossier.terminal import say, terminal_width

if TYPE_CHECKING:
    from dossier.validate.model import Report

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PASSED, FAILED, MISUSED = 0, 1, 2
"""Exit status: nothing that counts is found; something is; the command is wrong."""
BUILT = Path("build/m5/datasets")
_FILES = ("csv", "json", "xlsx", "html")


def add_validate(commands: Commands, loud: argparse.ArgumentParser) -> None:
    """Add the command; ``loud`` is the parser of options that all commands have."""
    made = commands.add_parser(
        "validate", parents=[loud], help="run conformance rules on datasets and report findings",
        epilog="The exit status is 0 if there is no finding that --fail-on names, 1 if there is one or data "
               "cannot be read, 2 if the command, a rule or the accepted file is wrong.")
    made.add_argument("paths", nargs="*", type=Path, metavar="FOLDER|FILE",
                      help=f"SDTM or ADaM datasets, XPT, Parquet or CSV, in folders and those below "
                           f"(default: {BUILT.as_posix()})")
    made.add_argument("--rules", action="append", nargs="+", type=Path, default=[], metavar="PATH",
                      help="run these rules as well: rule files, or folders of them, as CDISC's open rules")
    made.add_argument("--only", action="store_true", help="run the rules of --rules alone, not our own")
    made.add_argument("--accepted", type=Path, metavar="FILE",
                      help="findings that are accepted, with reason, author and date (YAML)")
    made.add_argument("--fail-on", choices=("error", "warning"), default="error",
                      help="what makes the exit status 1 (default: error)")
    made.add_argument("--out", type=Path, metavar="FOLDER", help="write the report there")
    made.add_argument("--format", type=_formats, metavar="NAME,...",
                      help=f"with --out: of {', '.join(_FILES)} (default: all); without: csv or json, "
                           "printed in place of the table")
    made.add_argument("--study", type=Path, metavar="FILE",
                      help="the study file the datasets are built from: findings tell the line of the spec")
    made.add_argument("--encoding", type=_encoding, default="utf-8", metavar="NAME",
                      help="what text in XPT files is in (default: utf-8)")
    made.add_argument("--engine", choices=("dossier", "core"), default="dossier",
                      help="core: also run CDISC's own engine, and mark where both agree")
    made.add_argument("--core", type=Path, metavar="PATH", help="the folder or file of that engine")
    made.set_defaults(run=_validate)


def _validate(options: argparse.Namespace) -> int:
    from dossier.validate.core import NONE, find_core
    formats = options.format or (_FILES if options.out else ())
    wrong = _misused(options)
    command = find_core(options.core) if options.engine == "core" else None
    if wrong or (options.engine == "core" and command is None):
        print(f"dossier validate: {wrong or NONE}", file=sys.stderr)
        return MISUSED
    report = _report(options, command)
    if formats and not options.out:
        from dossier.validate.files import csv_text, json_text
        sys.stdout.write(csv_text(report) if formats[0] == "csv" else json_text(report))
    else:
        from dossier.validate.told import told
        say(told(report, terminal_width(), options.verbose))
    if options.out:
        from dossier.validate.files import write_report
        for path in write_report(report, options.out, formats):
            say(f"wrote {path.as_posix()}")
    return FAILED if report.fails(options.fail_on) else PASSED


def _misused(options: argparse.Namespace) -> str:
    """What is wrong with options that do not go together; empty if they do."""
    if options.only and not options.rules:
        return "--only goes with --rules"
    if options.core and options.engine != "core":
        return "--core goes with --engine core"
    if options.format and not options.out and options.format not in (("csv",), ("json",)):
        return "--format without --out is csv or json; name a folder with --out for the others"
    return ""


def _report(options: argparse.Namespace, command: list[str] | None) -> Report:
    from dossier.validate.accepted import read_accepted
    from dossier.validate.checking import accept, check_package
    from dossier.validate.core import merge, run_core
    from dossier.validate.lines import spec_lines
    from dossier.validate.package import read_package
    from dossier.validate.rulebook import read_rules
    entries = read_rules([path for paths in options.rules for path in paths], own=not options.only)
    acceptances = read_accepted(options.accepted) if options.accepted else []
    package = read_package(options.paths or [BUILT], options.encoding)
    lines = spec_lines(options.study) if options.study else None
    report = check_package(package, entries, acceptances, lines)
    if command is not None:
        merge(report, run_core(command, package))
        accept(report)
    return report


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",")))
    wrong = [name for name in names if name not in _FILES]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is none of {', '.join(_FILES)}")
    return names


def _encoding(text: str) -> str:
    from dossier.xpt_commands import _encoding as named
    return named(text)
