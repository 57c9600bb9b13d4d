"""Ground floor: YAML, specs, expressions, standards, terminology, dates, readers, XPT.

Knows no domain; imports nothing from ``sdtm``, ``adam`` or ``dossier``.
"""
