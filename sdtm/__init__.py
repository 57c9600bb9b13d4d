"""SDTM domains: what every domain of a class shares, and what some need of their own.

Stands on ``engine`` and knows nothing of ``adam`` or ``dossier``.
"""
