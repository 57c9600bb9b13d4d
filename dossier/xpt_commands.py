"""The commands of ``dossier xpt``: look at transport files, compare, check and export them."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dossier.terminal import say, terminal_width
from dossier.transport.commands import add_check, add_export

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EQUAL, DIFFERENT = 0, 1
"""Exit status of a comparison."""


def add_xpt(commands: Commands, loud: argparse.ArgumentParser) -> None:
    """Add the group of commands; ``loud`` is the parser of options that all commands have."""
    group = commands.add_parser("xpt", help="look at transport files (XPT), compare, check, export them")
    xpt = group.add_subparsers(metavar="WHAT", required=True)
    coded = argparse.ArgumentParser(add_help=False, parents=[loud])
    coded.add_argument("--encoding", type=_encoding, metavar="NAME",
                       help="what the text is in, for example gb18030 or cp1252 (default: utf-8)")
    coded.add_argument("--json", action="store_true", help="as JSON, for programs")

    info = xpt.add_parser("info", parents=[coded], help="show what files hold")
    info.add_argument("files", nargs="+", type=Path, metavar="FILE|FOLDER")
    depth = info.add_mutually_exclusive_group()
    depth.add_argument("--values", action="store_true",
                       help="also count missing and distinct values, and find the range of numbers")
    depth.add_argument("--quick", action="store_true", help="read the headers only, look at no value")
    info.add_argument("--distinct", type=_whole, default=1000, metavar="N",
                      help="with --values: count distinct ones up to so many (default: 1000)")
    info.set_defaults(run=_info)

    diff = xpt.add_parser("diff", parents=[coded], help="show how files, or folders of files, differ",
                          epilog="The exit status is 0 if they are equal, 1 if they differ or cannot be "
                                 "read, 2 if the command is wrong.")
    diff.add_argument("a", type=Path, metavar="A")
    diff.add_argument("b", type=Path, metavar="B")
    diff.add_argument("--key", type=_names, default=(), metavar="VAR,...",
                      help="records belong together by these variables (default: by the standard's)")
    diff.add_argument("--ignore", type=_names, default=(), metavar="VAR,...",
                      help="leave these variables out")
    diff.add_argument("--tolerance", type=_tolerance, default=0.0, metavar="PART",
                      help="numbers may be apart by this part of the larger, for example 1e-9 (default: 0)")
    diff.add_argument("--limit", type=_whole, default=10, metavar="N",
                      help="list at most so many values of a variable (default: 10; all with -v)")
    diff.set_defaults(run=_diff)
    add_check(xpt, loud)
    add_export(xpt, loud)


def _info(options: argparse.Namespace) -> int:
    from dossier.transport.info import infos
    texts = infos(options.files, as_json=options.json, width=terminal_width(),
                  encoding=options.encoding or "utf-8", quick=options.quick,
                  distinct=options.distinct if options.values else None)
    for text in texts:
        say(text)
    return EQUAL


def _diff(options: argparse.Namespace) -> int:
    from dossier.transport.diff import compare
    from dossier.transport.diff_sides import Options
    from dossier.transport.diff_told import Tally, plain_facts, told
    from engine.errors import DataError
    asked = Options(options.key, options.tolerance, frozenset(options.ignore), options.encoding or "utf-8",
                    None if options.verbose else options.limit)
    tally, found, failed = Tally(), [], None
    try:
        for result in compare(options.a, options.b, asked):
            tally.add(result)
            if options.json:
                found.append(plain_facts(result))
            else:
                for line in told(result, terminal_width()):
                    say(line)
    except DataError as error:
        failed = error
    equal = failed is None and tally.equal
    if options.json:
        say(json.dumps({"equal": equal, "datasets": found}, indent=2, ensure_ascii=False))
    elif tally:
        say(tally.told())
    if failed is not None:
        sys.stdout.flush()  # what was found first, also where both go to one place
        raise failed
    return EQUAL if equal else DIFFERENT


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of variables, as in USUBJID,AESEQ")
    return names


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a number, as in 1e-9")
    return value


def _whole(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _encoding(text: str) -> str:
    from engine.xpt import Encoding
    try:
        return Encoding(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
