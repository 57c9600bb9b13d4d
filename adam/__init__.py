"""ADaM analysis datasets: derivations for ADSL, BDS and occurrence data.

Stands on ``engine`` and knows nothing of ``sdtm`` or ``dossier``.
"""
