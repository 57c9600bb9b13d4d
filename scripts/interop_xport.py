"""Compare transport files as the project and two independent readers see them (``make interop``).

``interop_xport.py BUILD`` reads every ``.xpt`` file under BUILD with
``engine.xpt`` and with pyreadstat, and has the interpreter of
``.venv-interop`` read the same files with ``xport.v56``.  Names, labels,
lengths and every value must agree; numbers must be equal to the last bit.

The other side is this file too (``interop_xport.py --read FILE...``); it
needs xport and pandas 2.3 and prints JSON.  All read text as ISO 8859-1,
which maps every byte, so that text of any encoding is compared byte for byte.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OTHER = ROOT / ".venv-interop" / "bin" / "python"
Seen = dict[str, Any]


def plain(values: list[Any]) -> list[Any]:
    """Values for JSON: a missing number is null, every number a float."""
    return [value if isinstance(value, str) else None if math.isnan(value) else float(value)
            for value in values]


def seen_by_engine(path: Path) -> Seen:
    """What ``engine.xpt`` reads from one file."""
    from engine import xpt

    data, meta = xpt.read(path, encoding="ISO-8859-1", disable_datetime_conversion=True)
    texts = {v.name for v in meta.variables if v.type == "Char"}
    return {
        "dataset": meta.name,
        "variables": [[v.name, v.label, v.length] for v in meta.variables],
        "values": {name: data[name].fillna("").tolist() if name in texts else plain(data[name].tolist())
                   for name in data},
    }


def seen_by_pyreadstat(path: Path) -> Seen:
    """What pyreadstat reads from one file."""
    import pyreadstat

    data, meta = pyreadstat.read_xport(str(path), encoding="ISO-8859-1", disable_datetime_conversion=True)
    return {
        "dataset": meta.table_name,
        "variables": [[name, meta.column_names_to_labels[name] or "", meta.variable_storage_width[name]]
                      for name in meta.column_names],
        "values": {name: plain(data[name].tolist()) for name in meta.column_names},
    }


def seen_by_xport(path: Path) -> Seen:
    """What xport reads from one file; it holds one dataset."""
    import warnings

    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # xport uses pkg_resources, and pandas in a way pandas 2.3 warns of
        import xport.v56

        xport.v56.TEXT_DATA_ENCODING = xport.v56.TEXT_METADATA_ENCODING = "ISO-8859-1"
        ((name, data),) = xport.v56.load(file).items()
        return {
            "dataset": name,
            "variables": [[column, data[column].label or "", data[column].width] for column in data],
            "values": {column: plain(data[column].tolist()) for column in data},
        }


def stripped(one: Seen) -> Seen:
    """Texts as xport gives them: it strips all that ISO 8859-1 calls blank, the last byte of ``者`` too."""
    values = {name: [value.strip() if isinstance(value, str) else value for value in column]
              for name, column in one["values"].items()}
    return {**one, "values": values}


def differences(one: Seen, other: Seen, name_of_other: str) -> list[str]:
    """What ``engine.xpt`` and another reader disagree on, a line each.

    >>> one, other = ({"dataset": name, "variables": [], "values": {}} for name in ("AE", "DM"))
    >>> differences(one, other, "xport")
    ["dataset: engine.xpt 'AE', xport 'DM'"]
    """
    found = [f"{part}: engine.xpt {one[part]!r}, {name_of_other} {other[part]!r}"
             for part in ("dataset", "variables") if one[part] != other[part]]
    for name, values in one["values"].items():
        others = other["values"].get(name, [])
        if len(values) != len(others):
            found.append(f"{name}: engine.xpt {len(values)} records, {name_of_other} {len(others)}")
            continue
        wrong = [row for row, (left, right) in enumerate(zip(values, others, strict=True)) if left != right]
        if wrong:
            row = wrong[0]
            found.append(f"{name}: {len(wrong)} values differ, the first in record {row + 1}: "
                         f"engine.xpt {values[row]!r}, {name_of_other} {others[row]!r}")
    return found


def main(arguments: list[str]) -> int:
    """Compare the files under a folder; gives 1 when the readers disagree or there is nothing to read."""
    if arguments[:1] == ["--read"]:
        json.dump({path: seen_by_xport(Path(path)) for path in arguments[1:]}, sys.stdout)
        return 0
    folder = Path(arguments[0] if arguments else "build")
    paths = sorted(str(path) for path in folder.rglob("*.xpt"))
    if not paths:
        print(f"interop: no transport file under {folder}; run make datasets first")
        return 1
    command = [str(OTHER), __file__, "--read", *paths]
    other = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    status = 0
    for path in paths:
        one = seen_by_engine(Path(path))
        found = differences(one, seen_by_pyreadstat(Path(path)), "pyreadstat")
        found += differences(stripped(one), stripped(other[path]), "xport")
        records = len(next(iter(one["values"].values()), []))
        verdict = "differ" if found else "agree"
        print(f"{path}: {len(one['variables'])} variables, {records} records: {verdict}")
        for line in found:
            print(f"  {line}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
