"""The command line: ``dossier build``, ``figures``, ``spec``, ``xpt``, ``rules``, ``validate``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from dossier.conformance.commands import add_rules
from dossier.validate.commands import add_validate
from dossier.xpt_commands import add_xpt

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
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads our output has seen enough (dossier spec check | head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
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
    loud = argparse.ArgumentParser(add_help=False)
    loud.add_argument("-v", "--verbose", action="store_true",
                      help="also list each bad record with its subject, and each mended value")
    study = argparse.ArgumentParser(add_help=False, parents=[loud])
    study.add_argument("--study", type=Path, default=Path("specs/study.yaml"), metavar="FILE",
                       help="the study file (default: specs/study.yaml)")
    shared = argparse.ArgumentParser(add_help=False, parents=[study])
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
    build.add_argument("--fresh", action="store_true",
                       help="build all anew, also what no change since the last build touches")
    build.set_defaults(run=_build)

    figures = commands.add_parser("figures", parents=[study], help="draw the figures of a build")
    figures.add_argument("figures", nargs="*", metavar="FIGURE",
                         help="only these, named as their files in figures/ (default: all)")
    figures.add_argument("--from", dest="built", type=Path, default=Path("build"), metavar="FOLDER",
                         help="the build whose datasets are drawn (default: build)")
    figures.add_argument("--out", type=Path, metavar="FOLDER",
                         help="where SVG and PNG go (default: figures in the build's folder)")
    figures.add_argument("--language", choices=["en", "zh"], default="en",
                         help="of titles and texts; Chinese needs a font that has it (default: en)")
    figures.set_defaults(run=_figures)

    specs = commands.add_parser("spec", help="check or show specs")
    spec = specs.add_subparsers(metavar="WHAT", required=True)
    check = spec.add_parser("check", parents=[shared], help="check all specs against the raw files")
    check.add_argument("--quick", action="store_true", help="read the headers of raw files only, no values")
    check.set_defaults(run=_check)
    show = spec.add_parser("show", parents=[shared], help="show a dataset's spec with all defaults filled in")
    show.add_argument("dataset", metavar="DATASET")
    show.set_defaults(run=_show)
    schema = spec.add_parser("schema", parents=[study],
                             help="write JSON Schemas that help while a spec is written")
    schema.add_argument("--out", type=Path, default=Path("schema"), metavar="FOLDER",
                        help="where the schemas go (default: schema)")
    schema.set_defaults(run=_schema)
    new = spec.add_parser("new", parents=[loud], help="start a study: guess its specs from the raw files")
    new.add_argument("raw", type=Path, metavar="RAWFOLDER")
    new.add_argument("--out", type=Path, required=True, metavar="FOLDER",
                     help="where the specs go: a new or empty folder")
    new.add_argument("--id", metavar="STUDYID", help="the study's identifier (default: as the files say)")
    new.set_defaults(run=_new)
    add_xpt(commands, loud)
    add_rules(commands, loud)
    add_validate(commands, loud)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        print(f"dossier {version('dossier-cdisc')}")
        parser.exit()


def _build(options: argparse.Namespace) -> int:
    if not (options.datasets or options.fresh or options.verbose):
        from dossier.state import unchanged
        if said := unchanged(options.study, options.out, options.raw):
            print(f"{said}\nnothing has changed since this build")
            return DONE
    from dossier.pipeline import build
    from dossier.terminal import Progress, closing_table
    from engine.errors import counted
    with Progress(sys.stderr) as progress:
        summary = build(options.study, options.out, options.datasets, options.raw, progress,
                        fresh=options.fresh or options.verbose)
    if options.verbose:
        for note in summary.notes:
            place = f"{note.place}: " if note.place else ""
            subject = f"{note.dataset}.{note.variable}" if note.variable else note.dataset
            log.debug("%s%s: %s; %s", place, subject, note.message, counted(note.records, "record"))
    print(closing_table(summary))
    return DONE


def _figures(options: argparse.Namespace) -> int:
    from dossier.figures.command import write_figures
    from dossier.terminal import Progress
    with Progress(sys.stderr) as progress:
        made = write_figures(options.study, options.built, options.out or options.built / "figures",
                             options.figures, options.language, progress)
    for path in made:
        print(f"wrote {path.as_posix()}")
    return DONE


def _check(options: argparse.Namespace) -> int:
    import shutil

    from dossier.spec_check import check_specs, told
    from engine.errors import SpecError
    found = check_specs(options.study, options.raw, quick=options.quick)
    if found.problems:
        _report(SpecError(found.problems), options.verbose)
        sys.stderr.flush()  # mistakes first, also where both go to one place
    width = shutil.get_terminal_size((110, 24)).columns
    print(told(options.study, found, width=width, everything=options.verbose))
    return MISUSED if found.problems else DONE


def _schema(options: argparse.Namespace) -> int:
    from dossier.pipeline import REGISTERED
    from dossier.spec_schema import write_schemas
    assert REGISTERED  # importing them registers the verbs
    for path in write_schemas(options.out):
        print(f"wrote {path.as_posix()}")
    seen = Path(os.path.relpath(options.out, options.study.parent / "sdtm")).as_posix()
    print(f"first line of a file in {(options.study.parent / 'sdtm').as_posix()}, likewise elsewhere:\n"
          f"# yaml-language-server: $schema={seen}/sdtm.schema.json")
    return DONE


def _new(options: argparse.Namespace) -> int:
    from dossier.pipeline import REGISTERED
    from dossier.spec_new import new_study, summary
    assert REGISTERED  # importing them registers the verbs
    print(summary(new_study(options.raw, options.out, options.id), options.raw, options.out))
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
