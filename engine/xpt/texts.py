"""Text as bytes of a fixed width, filled up with blanks, and back.

Text is encoded with a codec in which the ASCII characters are their own bytes
and every other character begins with a byte that is none of them.  Blanks at the
end are no part of a text, and a text of blanks alone is missing: SAS does not
keep them apart.
"""

from __future__ import annotations

import codecs
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

LARGE = pa.large_string()
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_ASCII = bytes(range(128))


class Encoding:
    """How text becomes bytes: by a codec of Python's that keeps ASCII as it is.

    >>> Encoding("gb18030").encode(pa.array(["ab", "北"], LARGE))[0].to_pylist()
    [b'ab', b'\\xb1\\xb1']
    >>> Encoding("utf-16")
    Traceback (most recent call last):
    ValueError: utf-16 text does not keep ASCII as it is; use utf-8, gb18030 or cp1252
    """

    def __init__(self, name: str) -> None:
        try:
            self.name = codecs.lookup(name).name
            plain = _ASCII.decode(name) == _ASCII.decode("ascii") and _begins_high(name)
        except (LookupError, ValueError):  # unknown; or no encoding of text
            plain = False
        if not plain:
            raise ValueError(f"{name} text does not keep ASCII as it is; use utf-8, gb18030 or cp1252")

    def encode(self, texts: Any) -> tuple[Any, np.ndarray | None]:
        """Arrow texts (large, without NULL) as large binary, and where there are no bytes for one, or a NUL.

        What cannot be encoded has no bytes then.
        """
        data = data_of(texts)
        bad = None
        if len(data) and not data.min():
            bad = np.asarray(pc.match_substring(texts, "\0"), dtype=bool)
        if not len(data) or data.max() < 128 or self.name == "utf-8":
            return _as_bytes(texts), bad
        if self.name == "ascii":
            odd = ~np.asarray(pc.string_is_ascii(texts), dtype=bool)
            return _as_bytes(texts), odd if bad is None else odd | bad
        coded = texts.dictionary_encode()
        made = pa.array([self._bytes(text) for text in coded.dictionary.to_pylist()], pa.large_binary())
        found = made.take(coded.indices)
        if found.null_count:
            none = np.asarray(found.is_null(), dtype=bool)
            bad = none if bad is None else none | bad
            found = found.fill_null(b"")
        return found, bad

    def _bytes(self, text: str) -> bytes | None:
        try:
            return text.encode(self.name)
        except UnicodeEncodeError:
            return None

    def tell(self, text: str) -> str:
        """What is wrong with a text that cannot be written."""
        odd = next((c for c in text if c == "\0" or self._bytes(c) is None), "")
        kind = {"ascii": "ASCII ", "utf-8": ""}.get(self.name, f"{self.name} ")
        return f"{text!r} holds {odd!r}, which is not {kind}text"

    def decode(self, blobs: Any) -> tuple[Any, np.ndarray | None]:
        """Arrow bytes (large binary) as large text, and where they are none in this encoding."""
        data = data_of(blobs)
        if not len(data) or data.max() < 128:
            return _as_text(blobs), None
        if self.name == "utf-8":
            try:
                return blobs.cast(LARGE), None
            except pa.ArrowInvalid:
                pass  # found below, text by text
        coded = blobs.dictionary_encode()
        texts = pa.array([self._text(blob) for blob in coded.dictionary.to_pylist()], LARGE)
        made = texts.take(coded.indices)
        bad = np.asarray(made.is_null(), dtype=bool)
        return made, bad if bad.any() else None

    def _text(self, blob: bytes) -> str | None:
        try:
            return blob.decode(self.name)
        except UnicodeDecodeError:
            return None


def _begins_high(name: str) -> bool:
    """Whether other characters than those of ASCII begin with a byte that none of those has."""
    return all(not made or made[0] >= 128 for made in (c.encode(name, "ignore") for c in "é北あ한"))


def unchunked(values: Any) -> Any:
    """An arrow array that may be in chunks, as one."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    if values.num_chunks == 1:
        return values.chunk(0)
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


def data_of(texts: Any) -> np.ndarray:
    """The bytes of all texts of a large arrow array, one after the other."""
    _, _, buffer = texts.buffers()
    ends = ends_of(texts)
    if buffer is None or not len(texts):
        return np.array([], dtype="uint8")
    return np.frombuffer(buffer, dtype="uint8")[ends[0] : ends[-1]]


def ends_of(texts: Any) -> np.ndarray:
    """Where each text of a large arrow array ends, and where the first begins."""
    buffer = texts.buffers()[1]
    if buffer is None or not len(texts):
        return np.zeros(1, dtype="int64")
    return np.frombuffer(buffer, dtype="int64")[texts.offset : texts.offset + len(texts) + 1]


def sizes_of(blobs: Any) -> np.ndarray:
    """The bytes of each text of a large arrow array."""
    return np.diff(ends_of(blobs))


def _as_text(blobs: Any) -> Any:
    """Bytes known to be UTF-8 (or to have no meaning but their number) as text, not copied."""
    return pa.Array.from_buffers(LARGE, len(blobs), blobs.buffers(), blobs.null_count, blobs.offset)


def _as_bytes(texts: Any) -> Any:
    kind = pa.large_binary()
    return pa.Array.from_buffers(kind, len(texts), texts.buffers(), texts.null_count, texts.offset)


def fixed(blobs: Any, width: int) -> np.ndarray:
    """Bytes (large binary, none longer than the width, no NULL) filled up with blanks, as numpy ``S``.

    >>> fixed(pa.array([b"ab", b""], pa.large_binary()), 3).tolist()
    [b'ab ', b'   ']
    """
    if len(whole := data_of(blobs)) == len(blobs) * width:
        return whole.view(f"S{width}")
    filled = pc.ascii_rpad(_as_text(blobs), width, padding=" ")
    return np.frombuffer(filled.buffers()[2], dtype=f"S{width}", count=len(filled))


def trimmed(stored: np.ndarray, encoding: Encoding) -> tuple[Any, np.ndarray | None]:
    """Stored bytes (of one width, contiguous) as large arrow texts without the blanks at their ends.

    Also gives where the bytes are no text of the encoding.

    >>> trimmed(np.array([b"ab ", b"   "]), Encoding("utf-8"))[0].to_pylist()
    ['ab', '']
    """
    size, width = len(stored), stored.dtype.itemsize
    ends = np.arange(0, (size + 1) * width, width, dtype="int64")
    raw = pa.Array.from_buffers(LARGE, size, [None, pa.py_buffer(ends), pa.py_buffer(stored)])
    # Trimmed as if it were ASCII: no character of a codec allowed here has a blank among its bytes.
    short = pc.ascii_rtrim(raw, characters=" ")
    return encoding.decode(_as_bytes(short))


class Gathered:
    """Texts that are gathered block by block into one array, whose memory is taken once.

    Only what is filled of it is ever touched, so that room for ``most`` bytes costs nothing.

    >>> found = Gathered(2, 10)
    >>> found.add(pa.array(["ab", ""], LARGE))
    >>> pd.Series(found.made()).tolist()
    ['ab', nan]
    """

    def __init__(self, size: int, most: int) -> None:
        self._data = np.empty(most, dtype="uint8")
        self._ends = np.empty(size + 1, dtype="int64")
        self._ends[0] = 0
        self._filled = 0

    def add(self, texts: Any) -> None:
        """Take further texts (large, without NULL)."""
        data, ends, begun = data_of(texts), ends_of(texts), self._ends[self._filled]
        self.room(len(data))[:] = data
        np.add(ends[1:], begun - ends[0], out=self._ends[self._filled + 1 : self._filled + 1 + len(texts)])
        self._filled += len(texts)

    def room(self, size: int) -> np.ndarray:
        """Where the next bytes go; they count once :meth:`take_room` is called."""
        begun = int(self._ends[self._filled])
        need = begun + size
        if need > len(self._data):  # another encoding may need more bytes than the file's
            self._data = np.append(self._data, np.empty(max(need, len(self._data)), dtype="uint8"))
        return self._data[begun:need]

    def take_room(self, count: int, width: int) -> None:
        """Take so many texts of one width, which were put where :meth:`room` said."""
        begun, ends = self._ends[self._filled], self._ends[self._filled + 1 : self._filled + 1 + count]
        ends[:] = np.arange(begun + width, begun + (count + 1) * width, width)
        self._filled += count

    def made(self) -> pd.arrays.ArrowStringArray:
        """The array of a pandas ``str`` column, empty text as missing."""
        valid = self._ends[1:] > self._ends[:-1]
        bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
        ends, used = pa.py_buffer(self._ends), pa.py_buffer(self._data[: self._ends[-1]])
        whole = pa.Array.from_buffers(LARGE, self._filled, [bitmap, ends, used])
        return pd.arrays.ArrowStringArray(pa.chunked_array([whole]), dtype=_TEXT)  # type: ignore[call-arg]
