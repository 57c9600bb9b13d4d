"""How a finding shows a value."""

from __future__ import annotations

from typing import Any


def cell_text(value: Any) -> str:
    """A cell as text: numbers with all their digits, lists as Python writes them, blanks as nothing.

    >>> cell_text(1.0), cell_text(7), cell_text(True), cell_text("  "), cell_text("NaN")
    ('1.0', '7', 'True', '', '')
    >>> cell_text(("A", "", 2.0))
    "['A', None, 2.0]"
    """
    if isinstance(value, tuple):
        return repr([None if member == "" else member for member in value])
    text = str(value)
    return "" if not text.strip() or text.strip().lower() in ("nan", "null") else text
