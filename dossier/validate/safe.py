"""Text that does no harm where it is shown: in a spreadsheet's cell, in a page."""

from __future__ import annotations

import json
import re
from typing import Any

from engine.characters import visible

LONGEST_CELL = 32_000
"""Characters of a cell; Excel takes 32,767."""
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def cell(text: str) -> str:
    """Text for a cell, with ``'`` before what a spreadsheet would run; numbers stay as they are.

    >>> cell("=HYPERLINK(1)"), cell("-1.5"), cell("-1+cmd"), cell("AE"), cell(" =1")
    ("'=HYPERLINK(1)", '-1.5', "'-1+cmd", 'AE', "' =1")
    """
    if text.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def shown_cell(text: str) -> str:
    """Text for a cell of a workbook: no formula, nothing invisible, not too long."""
    made = cell(visible(text))
    return made if len(made) <= LONGEST_CELL else f"{made[:LONGEST_CELL]}..."


def embedded(value: Any) -> str:
    r"""JSON that cannot end the script element it stands in.

    >>> embedded("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
