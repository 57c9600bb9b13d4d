"""What each agency asks of transport files, as data.

Sources: FDA, *Study Data Technical Conformance Guide*, section 3.3 (format,
names, labels, special characters, ASCII), in it 3.3.2 (dataset size) and 3.3.3
(column length), and section 7 (folders); NMPA CDE, *Guideline on the Submission
of Clinical Trial Data (for trial implementation)*, July 2020; PMDA, *Technical
Conformance Guide on Electronic Study Data Submissions*, on datasets in Japanese,
on encodings, and on large datasets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Profile:
    """What one agency asks for.

    ``encodings`` are those its values may be in, the first if nothing is said;
    ``language`` that of labels; ``versions`` of the format.  ``plain_names``: no
    underscores.  ``tight``: no variable is longer than its longest value in the
    study.  A dataset of more than ``largest`` bytes needs parts in ``split/``;
    one of so many as ``agreed`` needs the agency's word.

    >>> FDA.encodings, NMPA.language, sorted(PROFILES)
    (('ascii',), 'zh', ['FDA', 'NMPA', 'PMDA'])
    """

    agency: str
    source: str
    language: Literal["en", "zh"]
    encodings: tuple[str, ...]
    versions: tuple[int, ...] = (5,)
    plain_names: bool = False
    tight: bool = False
    largest: int | None = None
    agreed: int | None = None

    @property
    def ascii_labels(self) -> bool:
        """Whether labels are ASCII whatever the values are in."""
        return self.language == "en"


FDA = Profile(
    "FDA", "FDA Study Data Technical Conformance Guide, 3.3", "en", ("ascii",), plain_names=True, tight=True,
    largest=5 * GIGABYTE)

NMPA = Profile(
    "NMPA", "NMPA CDE, Guideline on the Submission of Clinical Trial Data, 2020", "zh", ("utf-8", "gb18030"),
    versions=(5, 8))

PMDA = Profile(
    "PMDA", "PMDA Technical Conformance Guide on Electronic Study Data Submissions", "en",
    ("ascii", "utf-8", "cp932", "euc_jp"), agreed=5 * GIGABYTE)

PROFILES = {profile.agency: profile for profile in (FDA, NMPA, PMDA)}
"""The agencies by name."""
