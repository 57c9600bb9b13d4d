"""Write ``engine/standards/data`` from the published tables of the guides.

Usage: make_standards.py FOLDER, where FOLDER holds ``sdtmig-3.4-datasets.csv``,
``sdtmig-3.4-variables.csv``, ``adamig-1.3-variables.csv``,
``adam-adae-1.0-variables.csv`` and ``adam-nca-variables.csv``.  Notes are left
out.  ``adam-supplement.csv`` is kept by hand and not touched.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from published import Row, read, write

DATA = Path(__file__).resolve().parents[1] / "engine" / "standards" / "data"
VARIABLE = ("variable", "label", "type", "core", "role", "codelists", "value_domain", "value_list")
STRUCTURES = {"Subject-Level Analysis Dataset": "ADSL", "Basic Data Structure": "BDS"}

def variable(row: Row, role: str, codelist: str, value_list: str) -> tuple[str, ...]:
    """The facts of one variable; lists are separated by a semicolon and a blank."""
    label = row["Variable Label"].replace("\\n", " ").strip()  # one label ends with a written-out line break
    return (
        row["Variable Name"], label, row["Type"], row["Core"], row[role],
        row[codelist], row["Described Value Domain(s)"], row[value_list],
    )


def sdtm(folder: Path, out: Path) -> None:
    """SDTMIG 3.4: datasets and variables in the guide's order."""
    datasets = read(folder / "sdtmig-3.4-datasets.csv")
    write(out / "sdtmig-3.4-datasets.csv", ("dataset", "label", "class", "structure"),
          ((row["Dataset Name"], row["Dataset Label"], row["Class"], row["Structure"]) for row in datasets))
    place = {row["Dataset Name"]: number for number, row in enumerate(datasets)}
    rows = sorted(read(folder / "sdtmig-3.4-variables.csv"),
                  key=lambda row: (place[row["Dataset Name"]], int(row["Variable Order"])))
    parts = ("Role", "CDISC CT Codelist Code(s)", "Value List")
    write(out / "sdtmig-3.4-variables.csv", ("dataset", *VARIABLE),
          ((row["Dataset Name"], *variable(row, *parts)) for row in rows))


def adam(folder: Path, out: Path) -> None:
    """ADaMIG 1.3, the ADAE structure 1.0 and the variables of ADaMIG-NCA 1.0."""
    parts = ("Variable Set", "CDISC CT Codelist Code(s)", "Value List Value")
    rows = read(folder / "adamig-1.3-variables.csv")
    # The published table ends with the identifiers of BDS; in the guide they come first.
    rows.sort(key=lambda row: (list(STRUCTURES).index(row["Data Structure Name"]),
                               row["Variable Set"] != "Identifier"))
    write(out / "adamig-1.3-variables.csv", ("dataset", *VARIABLE),
          ((STRUCTURES[row["Data Structure Name"]], *variable(row, *parts)) for row in rows))
    write(out / "adam-adae-1.0-variables.csv", ("dataset", *VARIABLE),
          (("ADAE", *variable(row, *parts)) for row in read(folder / "adam-adae-1.0-variables.csv")))
    write(out / "adamig-nca-1.0-variables.csv", ("dataset", *VARIABLE),
          (("NCA", row["variable"], row["label"], row["type"], "", "", "", "", "")
           for row in read(folder / "adam-nca-variables.csv")))


def main() -> None:
    """Convert the tables of all guides."""
    parser = argparse.ArgumentParser(description="Write the standards data of the package.")
    parser.add_argument("folder", type=Path, help="folder with the published tables")
    parser.add_argument("--out", type=Path, default=DATA, help="folder to write to")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sdtm(options.folder, options.out)
    adam(options.folder, options.out)


if __name__ == "__main__":
    main()
