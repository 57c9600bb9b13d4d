"""docs/expressions.md says what the language does: its examples are run, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import Place
from engine.expressions import ExpressionError, parse
from engine.expressions.builder import UNITS
from engine.expressions.functions import FUNCTIONS
from engine.expressions.tree import RESERVED

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "expressions.md").read_text(encoding="utf-8")


def cells(line: str) -> list[str]:
    r"""The cells of a row; ``\|`` is a bar inside one."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


ROWS = [row for row in map(cells, re.findall(r"^\|.*\|$", PAGE, re.MULTILINE))
        if len(row) == 4 and row[2].startswith("`")]


@pytest.mark.parametrize(("example", "gives"), [(row[2].strip("`"), row[3].strip("`")) for row in ROWS])
def test_example(example: str, gives: str) -> None:
    one = pd.RangeIndex(1)
    found, expected = parse(example).evaluate({}, one), parse(gives).evaluate({}, one)
    assert not found.bad
    if gives == "NULL":
        assert found.values.isna().all()
    else:
        assert found.kind is expected.kind
        pd.testing.assert_series_equal(found.values, expected.values)


def test_every_function_has_its_row() -> None:
    section = PAGE.partition("## Functions")[2].partition("\n## ")[0]
    rows = [cells(line) for line in re.findall(r"^\| `.*\|$", section, re.MULTILINE)]
    assert [row[0].strip("`") for row in rows] == [function.usage for function in FUNCTIONS.values()]
    assert all(row[2].strip("`").startswith(row[0].strip("`").partition("(")[0] + "(") for row in rows)


def test_words_and_units_are_listed() -> None:
    assert " ".join(sorted(RESERVED)) in " ".join(PAGE.split())
    assert ", ".join(UNITS) in PAGE


def test_the_mistake_shown_is_the_one_made() -> None:
    with pytest.raises(ExpressionError) as error:
        parse("lenght(AETERM) > 3", Place("specs/sdtm/ae.yaml", 12, 22))
    assert f"```text\n{error.value}\n```" in PAGE
