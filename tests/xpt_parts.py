"""Where the parts of a transport file stand, for the tests."""

from __future__ import annotations

from engine.xpt import layout


def values_start(data: bytes, variables: int, version: int) -> int:
    """Where the first value stands in a file of one dataset and so many variables."""
    at = layout.padded(8 * layout.RECORD + layout.NAMESTR.itemsize * variables)
    while layout.card_name(data[at : at + layout.RECORD]) != layout.NAMES["observations"][version]:
        at += layout.RECORD
        if at >= len(data):
            raise ValueError("no OBS header record")
    return at + layout.RECORD
