"""Write ``engine/terminology/data`` from the published terminology files.

Usage: make_terminology.py FOLDER, where FOLDER holds the files of NCI EVS as
published: ``SDTM Terminology DATE.txt`` (tab separated), ``ADaM_CT_DATE.csv``
and ``Define-XML_CT_DATE.csv``.  Definitions are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from published import Row, read, write

DATA = Path(__file__).resolve().parents[1] / "engine" / "terminology" / "data"
PUBLISHED = {
    "sdtm": "SDTM Terminology {version}.txt",
    "adam": "ADaM_CT_{version}.csv",
    "define": "Define-XML_CT_{version}.csv",
}


def convert(records: list[Row]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Split the records into codelists and terms; a codelist is a record without codelist code."""
    codelists, terms = [], []
    for record in records:
        code, parent = record["Code"], record["Codelist Code"]
        value, decode = record["CDISC Submission Value"], record["NCI Preferred Term"]
        if parent:
            terms.append((parent, code, value, record["CDISC Synonym(s)"], decode))
        else:
            extensible = record["Codelist Extensible (Yes/No)"]
            codelists.append((code, value, record["Codelist Name"], extensible))
    # by code of the codelist and submission value: a new version then differs in its changes only
    return sorted(codelists), sorted(terms, key=lambda row: (row[0], row[2]))


def main() -> None:
    """Convert the three packages of one version."""
    parser = argparse.ArgumentParser(description="Write the terminology data of the package.")
    parser.add_argument("folder", type=Path, help="folder with the published files")
    parser.add_argument("--version", default="2025-03-28", help="publication date")
    parser.add_argument("--out", type=Path, default=DATA, help="folder to write to")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for package, name in PUBLISHED.items():
        codelists, terms = convert(read(options.folder / name.format(version=options.version)))
        stem = f"{package}-{options.version}"
        write(options.out / f"{stem}-codelists.csv", ("code", "value", "name", "extensible"), codelists)
        write(options.out / f"{stem}-terms.csv", ("codelist", "code", "value", "synonyms", "decode"), terms)


if __name__ == "__main__":
    main()
