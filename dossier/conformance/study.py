"""A dataset under check, what is known of it, and the study it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dossier.conformance.frame import Frame
from dossier.conformance.outcomes import Failure


@dataclass(frozen=True)
class VariableFacts:
    """A variable as its file declares it; ``type`` is as written (``Char`` or ``Num``)."""

    name: str
    label: str
    type: str
    length: int | None
    format: str = ""


@dataclass
class Dataset:
    """One file of a study.

    ``read`` gives its records, and a :class:`Failure` where a cell does not fit the
    type declared: then the records cannot be used, yet the file is there.
    """

    name: str
    label: str
    file: str
    size: int
    records: int
    variables: tuple[VariableFacts, ...]
    read: Callable[[], tuple[Frame, Failure | None]] = field(repr=False)

    @cached_property
    def _held(self) -> tuple[Frame, Failure | None]:
        frame, fault = self.read()
        frame.files = (self.name,)
        return frame, fault

    @property
    def frame(self) -> Frame:
        """The records; Failure where a cell does not fit its type."""
        frame, fault = self._held
        if fault is not None:
            raise fault
        return frame

    @property
    def columns(self) -> list[str]:
        """The names of the variables, also where a cell does not fit its type."""
        return self._held[0].names

    def _first(self, variable: str) -> str | None:
        frame = self._held[0]
        if variable not in frame or not frame.size:
            return None
        value = frame.column(variable).cell(0)
        return None if value is None else str(value)

    @cached_property
    def domain(self) -> str | None:
        """DOMAIN in the first record."""
        return self._first("DOMAIN")

    @property
    def is_supp(self) -> bool:
        """Whether the name says that these are supplemental qualifiers."""
        return self.name.startswith(("SUPP", "SQ"))

    @cached_property
    def rdomain(self) -> str | None:
        """RDOMAIN in the first record of supplemental qualifiers."""
        return self._first("RDOMAIN") if self.is_supp else None

    @cached_property
    def is_ap(self) -> bool:
        """Whether the data are of associated persons."""
        if self.is_supp:
            return len(self.rdomain or "") == 4 and (self.rdomain or "").startswith("AP")
        frame = self._held[0]
        return "APID" in frame and frame.size > 0

    @cached_property
    def unsplit(self) -> str:
        """The name of the dataset that the file is, or is a part of."""
        if self.domain:
            return self.domain
        if self.name.startswith("SUPP") and self.rdomain:
            return f"SUPP{self.rdomain}"
        if self.name.startswith("SQ") and self.rdomain:
            return f"SQ{self.rdomain}"
        return self.name

    @property
    def is_split(self) -> bool:
        """Whether the file is a part of a dataset."""
        return self.name != self.unsplit

    @property
    def ap_suffix(self) -> str:
        """What follows AP in the domain of associated persons."""
        return (self.domain or "")[2:] if self.is_ap and not self.is_supp else ""

    @property
    def prefix(self) -> str:
        """What ``--`` stands for."""
        if self.is_ap and not self.is_supp:
            return self.ap_suffix
        return self.domain or ""


@dataclass
class Study:
    """The datasets of a study, in order; ``define`` is its define.xml, ``terminology`` the version of CT."""

    datasets: Sequence[Dataset]
    define: Path | None = None
    terminology: str | None = None
    product: str = "SDTMIG"
    version: str = "3-4"

    def parts(self, dataset: Dataset) -> list[Dataset]:
        """The files of the dataset that a file is a part of."""
        return [other for other in self.datasets if other.unsplit == dataset.unsplit]

    def unsplit(self, name: str) -> Dataset | None:
        """The first file of a dataset."""
        return next((one for one in self.datasets if one.unsplit == name), None)

    def matching(self, name: str) -> Dataset | None:
        """The first file that a match dataset's name means: by domain, name or unsplit name."""
        return next((one for one in self.datasets if name in (one.domain, one.name, one.unsplit)), None)
