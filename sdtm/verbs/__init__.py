"""The verbs of SDTM; importing this package registers them."""

from sdtm.verbs import (
    agree,
    boxes,
    cutoff,
    dates,
    elements,
    epochs,
    findings,
    flags,
    nca,
    ranges,
    relative,
    standard,
    terms,
    visits,
)

__all__ = [
    "agree", "boxes", "cutoff", "dates", "elements", "epochs", "findings", "flags", "nca", "ranges",
    "relative", "standard", "terms", "visits",
]
