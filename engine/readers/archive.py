"""What is looked at in a workbook's archive before its parts are read: sizes, and prologs of XML.

A workbook (ECMA-376) is a ZIP archive of XML parts.  A small file can unpack to
any size, and a document type can define text that grows without end, or name
other files; no spreadsheet program writes either.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

MOST_PARTS = 10_000
LARGEST = 1 << 30        # bytes of all parts unpacked
DENSEST = 100            # times a part may be as large as it is packed,
SMALL = 1 << 20          # if it is larger than this
LONGEST_PROLOG = 1 << 20
_CHUNK = 1 << 14


class _Begun(Exception):
    """The root element began: what can be dangerous stands before it."""


class _Defined(Exception):
    """A document type was met."""


def fault_of(path: Path) -> str:
    """Why an archive should not be read, in words; '' if nothing speaks against it.

    Raises zipfile.BadZipFile and the like where it is no whole archive.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            return f"the workbook has {len(parts):,} parts, {MOST_PARTS:,} at most"
        for part in parts:
            if part.file_size > max(SMALL, DENSEST * part.compress_size):
                return (f"{part.filename} unpacks to {part.file_size >> 20:,} MiB, "
                        f"more than {DENSEST} times what it is packed")
        total = sum(part.file_size for part in parts)
        if total > LARGEST:
            return f"the workbook unpacks to {total >> 20:,} MiB, {LARGEST >> 20:,} MiB at most"
        return next((told for part in parts if (told := _prolog_fault(archive, part))), "")


def _prolog_fault(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """What is wrong with the beginning of a part; one that is no XML may have any name but those of XML."""
    named = part.filename.endswith((".xml", ".rels"))
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _defined
    parser.StartElementHandler = _begun
    read = 0
    with archive.open(part) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
                read += len(chunk)
                if read > LONGEST_PROLOG:
                    return f"{part.filename} is not XML: no element found"
        except _Begun:
            return ""
        except _Defined:
            return f"{part.filename} defines a document type, which no workbook does"
        except expat.ExpatError as error:
            return f"{part.filename} is not XML: {expat.errors.messages[error.code]}" if named else ""
    return f"{part.filename} is not XML: no element found" if named else ""


def _begun(name: str, attributes: object) -> None:
    raise _Begun


def _defined(*declaration: object) -> None:
    raise _Defined
