"""engine.xpt: the built study's files as three readers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyreadstat
from xpt_parts import listed

from engine.xpt import members, read
from engine.xpt.model import SMALLEST

if TYPE_CHECKING:
    from built_study import Built


def test_three_readers_see_the_same_in_the_built_study(built: Built) -> None:
    paths = sorted(built.folder.rglob("*.xpt"))
    assert len(paths) > 9
    for path in paths:
        own, metadata = read(path, disable_datetime_conversion=True)
        assert [one.name for one in members(path)] == [path.stem.upper()]
        seen, found = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
        assert found.column_names == metadata.column_names
        assert [label or "" for label in found.column_labels] == metadata.column_labels
        assert found.variable_storage_width == metadata.variable_storage_width
        assert (found.table_name, found.file_label) == (metadata.name, metadata.label)
        others = pd.read_sas(path, encoding="utf-8")
        assert list(others) == metadata.column_names
        for name in own:
            # pandas makes the smallest number of a zero (pandas 3.1).
            third = [0.0 if value == SMALLEST else value for value in listed(others[name])]
            assert listed(own[name]) == listed(seen[name]) == third, (path.name, name)
