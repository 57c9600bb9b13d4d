"""Verbs that SDTM and ADaM share; importing this package registers them."""

from engine.verbs import ages, basic, emergent, extremes, keys, lookup, picking, records

__all__ = ["ages", "basic", "emergent", "extremes", "keys", "lookup", "picking", "records"]
