"""Verbs that SDTM and ADaM share; importing this package registers them."""

from engine.verbs import basic, emergent, extremes, keys, lookup, picking, records

__all__ = ["basic", "emergent", "extremes", "keys", "lookup", "picking", "records"]
