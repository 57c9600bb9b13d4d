"""The command line: ``dossier build``, ``dossier spec check``, ``dossier spec show``."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.errors import DossierError

DONE, REFUSED, MISUSED, BROKEN = 0, 1, 2, 3
"""Exit status: done; data refused; spec or usage wrong; our own bug."""

log = logging.getLogger("dossier")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status says how it ended.

    A bug of Dossier's own ends with its traceback and status 3.
    """
    sys.excepthook = _bug
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, format="%(message)s", force=True,
                        level=logging.DEBUG if options.verbose else logging.INFO)
    from engine.errors import DataError, SpecError  # after the parser: --help needs no pandas
    try:
        return int(options.run(options))
    except SpecError as error:
        _report(error, options.verbose)
        return MISUSED
    except DataError as error:
        _report(error, options.verbose)
        return REFUSED


def entry() -> None:
    """The console script."""
    sys.exit(main())


def _bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(kind, error, trace)
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(130)
    print("dossier: this is a bug of Dossier, not of the study; please report it with the lines above",
          file=sys.stderr)
    raise SystemExit(BROKEN)


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("-v", "--verbose", action="store_true",
                        help="also list each bad record with its subject, and each mended value")
    shared.add_argument("--study", type=Path, default=Path("specs/study.yaml"), metavar="FILE",
                        help="the study file (default: specs/study.yaml)")
    shared.add_argument("--raw", type=Path, metavar="FOLDER",
                        help="read raw files from here instead of the study's raw folder")
    parser = argparse.ArgumentParser(
        prog="dossier", description="From raw clinical data to SDTM, ADaM and XPT.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    build = commands.add_parser("build", parents=[shared], help="build datasets and write them as XPT")
    build.add_argument("datasets", nargs="*", metavar="DATASET", help="only these (default: all)")
    build.add_argument("--out", type=Path, default=Path("build"), metavar="FOLDER",
                       help="where the set goes (default: build)")
    build.set_defaults(run=_build)

    specs = commands.add_parser("spec", help="check or show specs")
    spec = specs.add_subparsers(metavar="WHAT", required=True)
    check = spec.add_parser("check", parents=[shared], help="check all specs against the raw files' headers")
    check.set_defaults(run=_check)
    show = spec.add_parser("show", parents=[shared], help="show a dataset's spec with all defaults filled in")
    show.add_argument("dataset", metavar="DATASET")
    show.set_defaults(run=_show)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        print(f"dossier {version('dossier-cdisc')}")
        parser.exit()


def _build(options: argparse.Namespace) -> int:
    from dossier.pipeline import build
    from dossier.terminal import Progress, closing_table
    with Progress(sys.stderr) as progress:
        summary = build(options.study, options.out, options.datasets, options.raw, progress)
    if options.verbose:
        for note in summary.notes:
            place = f"{note.place}: " if note.place else ""
            subject = f"{note.dataset}.{note.variable}" if note.variable else note.dataset
            log.debug("%s%s: %s; %d records", place, subject, note.message, note.records)
    print(closing_table(summary))
    return DONE


def _check(options: argparse.Namespace) -> int:
    from dossier.pipeline import check
    plan = check(options.study, options.raw)
    variables = sum(len(d.variables) for d in plan.datasets.values())
    print(f"{options.study}: {len(plan.datasets)} datasets, {variables} variables, no problems")
    return DONE


def _show(options: argparse.Namespace) -> int:
    from dossier.pipeline import check
    from dossier.show import shown
    sys.stdout.write(shown(check(options.study, options.raw), options.dataset.upper()))
    return DONE


def _report(error: DossierError, verbose: bool) -> None:
    for problem in error.problems:
        print(problem, file=sys.stderr)
        if verbose:
            for record in problem.records:
                print(f"    {record.place}: subject {record.subject or '(none)'}", file=sys.stderr)
            if problem.spec:
                print(f"    asked for at {problem.spec}", file=sys.stderr)
    count = len(error.problems)
    print(f"dossier: {count} problem{'s' if count != 1 else ''}; nothing was written", file=sys.stderr)


if __name__ == "__main__":
    entry()
