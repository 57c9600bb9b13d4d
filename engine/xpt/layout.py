"""The records of a transport file: headers of 80 bytes, descriptions of variables, where things stand.

Library header (3 records), then for each dataset its header (5), the
descriptions of its variables (140 bytes each), in version 8 a section of long
labels and formats, and the observations; every part is filled up with blanks to
a multiple of 80 bytes.

Source: SAS Institute, *Record Layout ...* (see the package).  That version 8
states the number of records in its OBS header, at the right of 15 characters,
the page does not say and its example does.  The number of long labels stands at
the left, as the macro %LOC2XPT writes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from engine.xpt.model import Variable

RECORD = 80
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CENTURY = range(1960, 2060)
"""Headers give two digits of a year, which are taken to be of these."""

NAMESTR = np.dtype([
    ("type", ">i2"), ("hash", ">i2"), ("length", ">u2"), ("number", ">i2"), ("name", "S8"), ("label", "S40"),
    ("format", "S8"), ("width", ">i2"), ("decimals", ">i2"), ("justify", ">i2"), ("fill", "S2"),
    ("informat", "S8"), ("informat_width", ">i2"), ("informat_decimals", ">i2"), ("position", ">i4"),
    ("long_name", "S32"), ("label_size", ">i2"), ("format_size", ">i2"), ("informat_size", ">i2"),
    ("rest", "S14"),
])
"""The description of a variable, 140 bytes; what follows ``position`` is blank but in version 8."""

_SYSTEM = b"6.06    bsd4.2  "
"""Release and system that the headers name: those of the first programs that wrote the format elsewhere."""
_MARK, _HEADER = b"HEADER RECORD*******", b"HEADER RECORD!!!!!!!"
NAMES: dict[str, dict[int, bytes]] = {
    "library": {5: b"LIBRARY ", 8: b"LIBV8   "}, "member": {5: b"MEMBER  ", 8: b"MEMBV8  "},
    "descriptor": {5: b"DSCRPTR ", 8: b"DSCPTV8 "}, "variables": {5: b"NAMESTR ", 8: b"NAMSTV8 "},
    "observations": {5: b"OBS     ", 8: b"OBSV8   "},
}
"""The header records by what they head, in either version."""
HEADS = frozenset(name for kind in ("member", "library") for name in NAMES[kind].values())
"""Header records with which another dataset begins."""
LABELS = (b"LABELV8 ", b"LABELV9 ")
"""Header records of long labels alone, and of long labels and formats."""

_FORMAT = re.compile(r"(\$?(?:[A-Za-z_](?:\w*[A-Za-z_])?)?)(\d*)(?:\.(\d*))?", re.ASCII)


def card(name: bytes, rest: bytes = b"0" * 30) -> bytes:
    """A header record.

    >>> len(card(b"OBS     ")), card(b"OBS     ")[:52]
    (80, b'HEADER RECORD*******OBS     HEADER RECORD!!!!!!!0000')
    """
    return (_MARK + name + _HEADER + rest).ljust(RECORD)


def card_starts(data: np.ndarray, at: int) -> np.ndarray:
    """Where a header record may begin in bytes that stand ``at`` so many after one; some begin elsewhere.

    >>> card_starts(np.frombuffer(b"x" * 70 + card(b"OBS     ") + b"HEA", dtype="uint8"), 10).tolist()
    [70, 150]
    """
    found: np.ndarray = np.arange(-at % RECORD, len(data), RECORD)
    found = found[data[-at % RECORD :: RECORD] == _MARK[0]]
    for number, letter in enumerate(_MARK):
        if not len(found):
            break
        there = np.minimum(found + number, len(data) - 1)  # what is cut off is not known to be none
        found = found[(found + number >= len(data)) | (data[there] == letter)]
    return found


def card_name(record: bytes) -> bytes | None:
    """The name in a header record of 80 bytes, None when it is no such record.

    >>> card_name(card(b"MEMBER  "))
    b'MEMBER  '
    """
    return record[20:28] if record[:20] == _MARK and record[28:48] == _HEADER else None


def stamp(moment: datetime) -> bytes:
    """A date and time as the headers write it, in English whatever the locale.

    >>> stamp(datetime(2026, 6, 30, 8, 5, 9))
    b'30JUN26:08:05:09'
    """
    return f"{moment:%d}{MONTHS[moment.month - 1]}{moment:%y:%H:%M:%S}".encode("ascii")


def moment_of(stamped: bytes) -> datetime | None:
    """A date and time from a header, None when it is none.

    >>> moment_of(b"30JUN26:08:05:09"), moment_of(b"01JAN60:00:00:00").year, moment_of(b"31FEB26:00:00:00")
    (datetime.datetime(2026, 6, 30, 8, 5, 9), 1960, None)
    """
    found = re.fullmatch(rb"\s?(\d{1,2})([A-Za-z]{3})(\d\d):(\d\d):(\d\d):(\d\d)", stamped)
    if found is None or found[2].decode().upper() not in MONTHS:
        return None
    day, month, year, hour, minute, second = found.groups()
    full = int(year) + (2000 if int(year) < CENTURY[-1] % 100 + 1 else 1900)
    try:
        return datetime(full, MONTHS.index(month.decode().upper()) + 1, int(day), int(hour), int(minute),
                        int(second))
    except ValueError:
        return None


def version_of(data: bytes) -> int | None:
    """The version of the file that starts with ``data``; None when it is no transport file.

    >>> version_of(card(b"LIBRARY ")), version_of(b"PK")
    (5, None)
    """
    name = card_name(data[:RECORD])
    return next((version for version, head in NAMES["library"].items() if name == head), None)


def padded(size: int) -> int:
    """The next multiple of 80.

    >>> padded(90), padded(160)
    (160, 160)
    """
    return -(-size // RECORD) * RECORD


def padding(size: int) -> bytes:
    """The blanks that fill the last record of a file of ``size`` bytes.

    >>> len(padding(90))
    70
    """
    return b" " * (padded(size) - size)


def split_format(format: str) -> tuple[str, int, int] | None:
    """Name, width and decimals of a format, None when it is written in no way SAS knows.

    >>> split_format("E8601DT19."), split_format("8.2"), split_format("$CHAR10."), split_format("no way")
    (('E8601DT', 19, 0), ('', 8, 2), ('$CHAR', 10, 0), None)
    """
    found = _FORMAT.fullmatch(format)
    return (found[1], int(found[2] or 0), int(found[3] or 0)) if found else None


def joined_format(name: str, width: int, decimals: int) -> str | None:
    """A format as SAS writes it, None when nothing is said.

    >>> joined_format("DATE", 9, 0), joined_format("", 8, 2), joined_format("", 0, 0)
    ('DATE9.', '8.2', None)
    """
    if not name and not width and not decimals:
        return None
    return f"{name}{width or ''}.{decimals or ''}"


def heads(name: str, label: bytes, variables: Sequence[Variable], labels: Sequence[bytes], created: datetime,
          version: int) -> bytes:
    """All that stands before the OBS header of a file with one dataset."""
    at, system = stamp(created), _SYSTEM
    width = 8 if version == 5 else 32
    gap = b" " * (32 - width)
    count = f"{len(variables):010d}".encode("ascii") + b"0" * 20
    parts = [
        card(NAMES["library"][version]),
        b"SAS     SAS     SASLIB  " + system + b" " * 24 + at,
        at.ljust(RECORD),
        card(NAMES["member"][version], b"0" * 17 + b"1600000000140"),
        card(NAMES["descriptor"][version]),
        b"SAS     " + name.encode("ascii").ljust(width) + b"SASDATA " + system + gap + at,
        at + b" " * 16 + label.ljust(40) + b" " * 8,
        card(NAMES["variables"][version], count), _namestrs(variables, labels, version),
    ]
    if version == 8:
        parts.append(_long(variables, labels))
    return b"".join(parts)


def observations(version: int, records: int = 0) -> bytes:
    """The OBS header; in version 8 it counts the records.

    >>> observations(8, 2)[48:]
    b'              2                 '
    """
    return card(NAMES["observations"][version], b"0" * 30 if version == 5 else b"%15d" % records)


def _namestrs(variables: Sequence[Variable], labels: Sequence[bytes], version: int) -> bytes:
    made = np.zeros(len(variables), dtype=NAMESTR)
    position = 0
    for number, (row, variable, label) in enumerate(zip(made, variables, labels, strict=True), start=1):
        text = variable.type == "Char"
        name, width, decimals = split_format(variable.format or "") or ("", 0, 0)
        inname, inwidth, indecimals = split_format(variable.informat or "") or ("", 0, 0)
        row["type"], row["length"], row["number"] = 2 if text else 1, variable.length, number
        row["name"], row["label"] = _filled(variable.name, 8), label[:40].ljust(40)
        row["format"], row["width"], row["decimals"] = _filled(name, 8), width, decimals
        row["justify"] = 0 if text else 1
        row["informat"] = _filled(inname, 8)
        row["informat_width"], row["informat_decimals"] = inwidth, indecimals
        row["position"] = position
        if version == 8:
            row["long_name"], row["label_size"] = _filled(variable.name, 32), len(label)
            if max(len(name), len(inname)) > 8:
                row["format_size"], row["informat_size"] = len(name), len(inname)
        position += variable.length
    data = made.tobytes()
    return data + padding(len(data))


def _long(variables: Sequence[Variable], labels: Sequence[bytes]) -> bytes:
    """The section of labels of more than 40 bytes and formats of more than 8; nothing where there is none."""
    formats = [((v.format or ""), (v.informat or "")) for v in variables]
    long_format = [any(len((split_format(f) or ("",))[0]) > 8 for f in both) for both in formats]
    listed = [n for n, label in enumerate(labels) if len(label) > 40 or long_format[n]]
    if not listed:
        return b""
    full = any(long_format)
    parts = []
    for n in listed:
        texts = [variables[n].name.encode("ascii"), labels[n]]
        texts += [one.encode("ascii") for one in formats[n]] if full else []
        parts += [number.to_bytes(2, "big") for number in (n + 1, *map(len, texts))] + texts
    data = b"".join(parts)
    return card(LABELS[full], b"%-30d" % len(listed)) + data + padding(len(data))


def _filled(text: str, size: int) -> bytes:
    return text.encode("ascii")[:size].ljust(size)
