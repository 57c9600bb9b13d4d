"""The commands of ``dossier rules``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dossier.terminal import say

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_rules(commands: Commands, loud: argparse.ArgumentParser) -> None:
    """Add the group of commands; ``loud`` is the parser of options that all commands have."""
    group = commands.add_parser("rules", help="try conformance rules on their cases")
    rules = group.add_subparsers(metavar="WHAT", required=True)
    test = rules.add_parser(
        "test", parents=[loud], help="run every case beside the rules and compare with its results.csv",
        epilog="The exit status is 0 if no case failed, 1 if one did, 2 if the command is wrong.")
    test.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                      help="folder of a rule, or of many: RULE/rule.yml, RULE/negative/01/data ...")
    test.add_argument("--strict", action="store_true",
                      help="count as failed also what differs from published results known to be out of date")
    test.set_defaults(run=_test)


def _test(options: argparse.Namespace) -> int:
    from dossier.conformance.trial import run_cases
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for case in run_cases(options.paths, options.strict):
        counts[case.status] += 1
        say(str(case))
    say(", ".join(f"{number} {status}" for status, number in counts.items()))
    return 1 if counts["failed"] else 0
