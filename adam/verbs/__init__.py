"""The verbs of analysis datasets; importing this package registers them."""

from adam.verbs import (
    bands,
    baseline,
    change,
    concentrations,
    dates,
    doses,
    flags,
    periods,
    queries,
    totals,
    toxicity,
    treatment_periods,
    windows,
)

__all__ = ["bands", "baseline", "change", "concentrations", "dates", "doses", "flags", "periods", "queries",
           "totals", "toxicity", "treatment_periods", "windows"]
