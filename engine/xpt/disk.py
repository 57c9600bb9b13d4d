"""Files that take their place when all of them is on disk."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of what is at ``path`` when the block ends well; else nothing changes.

    It is a file of its own: one that is linked elsewhere keeps its contents there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "dm.xpt")) as file:
    ...         _ = file.write(b"new")
    ...     print(Path(folder, "dm.xpt").read_bytes(), len(os.listdir(folder)))
    b'new' 1
    """
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with made.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Have the folder's new entry on disk too, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
