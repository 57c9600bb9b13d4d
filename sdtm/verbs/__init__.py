"""The verbs of SDTM; importing this package registers them."""

from sdtm.verbs import (
    agree,
    boxes,
    dates,
    epochs,
    findings,
    flags,
    ranges,
    relative,
    standard,
    visits,
)

__all__ = [
    "agree", "boxes", "dates", "epochs", "findings", "flags", "ranges", "relative", "standard", "visits",
]
