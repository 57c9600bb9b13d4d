"""Where things stand in a transport file, in bytes from its start.

Source: SAS Institute, *Record Layout ...* (see the package): records of 80
bytes; library header (3), member header (5), NAMESTR header and descriptions of
140 bytes, in version 8 a section of long labels, OBS header, then the values.
"""

from __future__ import annotations

from datetime import datetime

RECORD = 80
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
STAMPS = (144, 160, 464, 480)
"""Created and modified, of the library and of the member: 16 bytes each."""
_NAMESTRS = 640
_NAMESTR = 140
_PREFIX = b"HEADER RECORD*******"
_OBS = {5: _PREFIX + b"OBS     ", 8: _PREFIX + b"OBSV8   "}
_MEMBER = {5: _PREFIX + b"MEMBER  ", 8: _PREFIX + b"MEMBV8  "}
_LIBRARY = {5: _PREFIX + b"LIBRARY ", 8: _PREFIX + b"LIBV8   "}


def stamp(moment: datetime) -> bytes:
    """A date and time as the headers write it, in English whatever the locale.

    >>> stamp(datetime(2026, 6, 30, 8, 5, 9))
    b'30JUN26:08:05:09'
    """
    return f"{moment:%d}{MONTHS[moment.month - 1]}{moment:%y:%H:%M:%S}".encode("ascii")


def version_of(data: bytes) -> int | None:
    """The version of the file that starts with ``data``; None when it is no transport file.

    >>> version_of(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"), version_of(b"PK")
    (5, None)
    """
    return next((version for version, head in _LIBRARY.items() if data.startswith(head)), None)


def values_start(data: bytes, variables: int, version: int) -> int:
    """Where the first value stands in a file of so many variables."""
    at = _padded(_NAMESTRS + _NAMESTR * variables)
    while not data.startswith(_OBS[version], at):
        at += RECORD
        if at >= len(data):
            raise ValueError("no OBS header record")
    return at + RECORD


def members(data: bytes, version: int) -> int:
    """How many datasets a file holds: header records stand at multiples of 80 bytes."""
    count, at = 0, data.find(_MEMBER[version])
    while at >= 0:
        count += at % RECORD == 0
        at = data.find(_MEMBER[version], at + 1)
    return count


def _padded(size: int) -> int:
    return -(-size // RECORD) * RECORD


def padding(size: int) -> bytes:
    """The blanks that fill the last record of a file of ``size`` bytes.

    >>> len(padding(90))
    70
    """
    return b" " * (_padded(size) - size)
