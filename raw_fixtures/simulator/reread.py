"""Reads the raw files back as plain text, to look at them as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from openpyxl import load_workbook

from .writers import WINDOWS

Raw = dict[str, pd.DataFrame]
ENCODINGS = {"lab_s02": "gb18030", "lab_s03": "utf-8-sig"}
WRITTEN = {"01": r"\d{2}-[A-Z]{3}-\d{4}", "02": r"\d{4}/\d{1,2}/\d{1,2}", "03": r"\d{4}-\d{2}-\d{2}"}
CLOCK = {"01": r"\d{2}:\d{2}", "02": r"\d{2}:\d{2}", "03": r"\d{2}:\d{2} [AP]M"}
FORMATS = {"01": "%d-%b-%Y", "02": "%Y/%m/%d", "03": "%Y-%m-%d"}


def sheet(path: Path, name: str) -> pd.DataFrame:
    """One sheet of a workbook as text."""
    book = load_workbook(path, read_only=True)
    head, *rows = [["" if cell is None else str(cell) for cell in row] for row in book[name].values]
    book.close()
    return pd.DataFrame(rows, columns=head).astype("str")


def read(folder: Path) -> Raw:
    """Every raw file as text; cm.csv as it was meant."""
    paths = [*folder.glob("*.csv"), *(folder / "vendor").glob("*.csv")]
    raw = {
        path.stem: pd.read_csv(
            path, dtype="str", keep_default_na=False, encoding=ENCODINGS.get(path.stem, "utf-8")
        )
        for path in paths
    }
    raw["qpcr"] = sheet(folder / "vendor" / "qpcr.xlsx", "Results")
    raw["summary"] = sheet(folder / "vendor" / "qpcr.xlsx", "Summary")
    cm = raw["cm"]
    raw["cm"] = cm.rename(columns=meant).apply(lambda column: column.map(meant))
    return raw


def meant(text: str) -> str:
    """Undo the mis-decoding of UTF-8 as Windows-1252."""
    return bytes(WINDOWS.index(letter) for letter in text).decode("utf-8")


def people(table: pd.DataFrame) -> pd.Series:
    """The subject of each record, ``01-001``."""
    return table["SITE"] + "-" + table["SUBJ"] if "SUBJ" in table else table["SUBJECT"].str.strip().str[-6:]


def rows(raw: Raw, name: str, who: str, **where: str) -> pd.DataFrame:
    """Records of one subject with these values."""
    table = raw[name]
    chosen = people(table) == who
    for column, value in where.items():
        chosen &= table[column] == value
    return table[chosen]


def texts(table: pd.DataFrame, columns: Iterable[str]) -> pd.Series:
    """The values of several columns in one."""
    return pd.concat([table[column] for column in columns], ignore_index=True)


def named(table: pd.DataFrame, pattern: str) -> list[str]:
    """Columns whose names match."""
    return [str(column) for column in table.columns if re.search(pattern, str(column))]


def day(text: str, site: str) -> pd.Timestamp:
    """A full date of a site."""
    return pd.to_datetime(text.title() if site == "01" else text, format=FORMATS[site])


def course(raw: Raw, name: str) -> pd.DataFrame:
    """A vendor's results of infused subjects: ``who``, ``value`` and ``day`` since Day 0.

    A result below a limit counts as half of it, one not detected as 0; samples without a result are left out.
    """
    given = raw["infusion"].assign(who=people(raw["infusion"])).drop_duplicates("who")
    start = {who: day(text, who[:2]) for who, text in zip(given["who"], given["INFDAT"], strict=True)}
    table = raw[name].assign(who=people(raw[name]))
    table = table[table["who"].isin(list(start)) & (table["RESULT"] != "")]
    text = table["RESULT"].str.replace(",", "").replace("ND", "0")
    number = text.str.replace(r"[^\d.]", "", regex=True).astype("float64")
    days = pd.to_datetime(table["COLDAT"]) - table["who"].map(start)
    return table.assign(value=number.where(~text.str.contains("<"), number / 2), day=days.dt.days)
