"""Each construct of the spec language has a case that shows it good and one that shows it wrong.

The files of ``tests/constructs`` are lists of mappings:

``construct``  what the language lets one say, unique over all files
``file``       the file of cases it is shown in, below ``tests/cases`` and without ``.yaml``: ``sdtm/lookup``
``good``       name of a case there whose records (``expect``) show it at work
``wrong``      name of a case there, or in ``wrong_file``, whose whole message (``error``) shows it refused
``wrong_file`` where ``wrong`` stands, if in another file (optional)
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cases_runner import CASES

from engine.yaml.nodes import YamlList, YamlMap
from engine.yaml.reader import read_yaml

CONSTRUCTS = Path(__file__).parent / "constructs"
KEYS = {"construct", "file", "good", "wrong"}


def rows() -> list[tuple[Path, YamlMap]]:
    """The rows of all files, each with its file."""
    found = []
    for file in sorted(CONSTRUCTS.glob("*.yaml")):
        listed = read_yaml(file, CONSTRUCTS)
        assert isinstance(listed, YamlList), f"{file.name}: a list is wanted"
        for row in listed:
            assert isinstance(row, YamlMap), f"{row.place}: a mapping is wanted"
            found.append((file, row))
    return found


ROWS = [pytest.param(row, id=f"{file.stem}-{row.find('construct')}") for file, row in rows()]


def case(file: str, name: str) -> YamlMap:
    """The one case of that name in a file of cases."""
    cases = read_yaml(CASES / f"{file}.yaml", CASES)
    assert isinstance(cases, YamlList)
    found = [item for item in cases if isinstance(item, YamlMap) and item.find("name") == name]
    assert len(found) == 1, f"{file}.yaml has {len(found)} cases '{name}'"
    return found[0]


@pytest.mark.parametrize("row", ROWS)
def test_a_construct_is_shown_good_and_wrong(row: YamlMap) -> None:
    assert KEYS <= set(row) <= KEYS | {"wrong_file"}
    text = {str(key): str(value) for key, value in row.items()}
    good = case(text["file"], text["good"])
    assert "expect" in good
    assert "error" not in good
    wrong = case(text.get("wrong_file", text["file"]), text["wrong"])
    assert str(wrong.find("error")).strip()


def test_no_construct_is_listed_twice() -> None:
    names = [str(row.find("construct")) for _, row in rows()]
    assert sorted(set(names)) == sorted(names)
