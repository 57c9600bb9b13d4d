"""How hard a law is tried: with few examples by ``make test``, with many by ``make test-full``.

A law without settings of its own takes the number of the profile; one that is costly, or of which
few examples say little, names its own two numbers::

    @examples(10, 200)
    @given(...)
"""

from __future__ import annotations

from hypothesis import settings

FEW, MANY = 25, 200
"""Examples of a law without settings of its own: in the usual profiles, and in the profile ``full``."""


def examples(few: int, many: int) -> settings:
    """Settings by which a law is tried with few examples, or with many in the profile ``full``."""
    return settings(max_examples=many if settings().max_examples == MANY else few)
