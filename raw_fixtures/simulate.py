"""Writes the raw data of the built-in study; see README.md beside this file.

python raw_fixtures/simulate.py [--out DIR] [--subjects N] [--seed S]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from simulator.design import FIXED
from simulator.study import SEED, simulate


def main(arguments: list[str] | None = None) -> None:
    """Read the options and write the files."""
    parser = argparse.ArgumentParser(description="Simulate the raw data of study CD7CART-101.")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder (default: beside this file)"
    )
    parser.add_argument(
        "--subjects", type=int, default=len(FIXED), help="24 or more; those after the 24th are clean"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the random numbers")
    options = parser.parse_args(arguments)
    if options.subjects < len(FIXED):
        parser.error(f"--subjects: at least {len(FIXED)}")
    simulate(options.out, options.subjects, options.seed)


if __name__ == "__main__":
    main()
