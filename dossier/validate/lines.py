"""The line of a study's specs that made a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import Place


class Lines:
    """Places by dataset and variable; ``""`` stands for the dataset itself."""

    def __init__(self, places: Mapping[str, Mapping[str, Place]]) -> None:
        self._places = places

    def of(self, dataset: str, variables: Sequence[str], qualifier: str = "") -> str:
        """The line of the first of the variables that the spec has, else the dataset's own; empty if unknown.

        Of supplemental qualifiers it is the line of the ``qualifier`` in their parent's spec.

        >>> lines = Lines({"AE": {"": Place("ae.yaml", 1), "AESEV": Place("ae.yaml", 7)}})
        >>> lines.of("AE", ("AETERM", "AESEV")), lines.of("AE", ()), lines.of("SUPPAE", ("QVAL",), "AESEV")
        ('ae.yaml:7', 'ae.yaml:1', 'ae.yaml:7')
        """
        names: Sequence[str] = variables
        places = self._places.get(dataset)
        if places is None and dataset.startswith("SUPP"):
            places, names = self._places.get(dataset[4:]), (qualifier,) if qualifier else ()
        if places is None:
            return ""
        found = next((places[name] for name in names if name in places), places.get(""))
        return f"{found.file}:{found.line}" if found is not None and found.line else str(found or "")


def spec_lines(study: Path) -> Lines:
    """The lines of a study's specs; raises :class:`engine.errors.SpecError` where they are wrong."""
    from dossier.pipeline import REGISTERED
    from engine.spec.load import load_study
    assert REGISTERED  # importing them registers the verbs
    spec = load_study(study)
    return Lines({name: {"": one.place} | {variable: made.place for variable, made in one.variables.items()}
                  for name, one in spec.datasets.items()})
