"""One spelling for a unit, however it was typed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(r"([⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_TIMES_TEN = re.compile(r"^[x\u00d7*\u00b7]\s*10(?=\^)", re.IGNORECASE)
_LITRE = re.compile(r"(?<![A-Za-z])([dcmunpfμ]|mc)?l(?![A-Za-z])")


def plain(text: str) -> str:
    """Full-width characters made plain and raised digits written with ``^``; trimmed.

    >>> plain("５．６ ×10⁹／Ｌ")
    '5.6 ×10^9/L'
    """
    # NFKC would make 10⁹ the number 109, so raised digits are written out before it.
    raised = _POWER.sub(lambda match: "^" + match[1].translate(_RAISED), text)
    return unicodedata.normalize("NFKC", raised).replace("\u2212", "-").strip()


@lru_cache(maxsize=4096)
def unit_key(text: str) -> str:
    """The spelling units are compared by.

    Blanks, a leading ``x`` before a power of ten, ``**`` for ``^``, the letter of
    micro (µ, μ, mc) and the case of the litre do not count; all other case does
    (``Mg`` is not ``mg``).

    >>> unit_key("x10⁹/l"), unit_key("µg / mL"), unit_key("mcg/dl"), unit_key("MG/dL")
    ('10^9/L', 'ug/mL', 'ug/dL', 'MG/dL')
    """
    key = "".join(plain(text).replace("**", "^").split())
    key = _TIMES_TEN.sub("10", key)
    key = _LITRE.sub(lambda match: (match[1] or "") + "L", key)
    return re.sub(r"(?<![A-Za-z])mc(?=g|L|mol)", "u", key.replace("μ", "u"))
