"""Raw readers: CSV, TSV, XLSX, SAS7BDAT, XPT and Parquet files as tables of text.

What was typed is what is read: ``012`` and ``1.10`` stay text, ``NA`` is missing
only where the spec says so, and every record knows its file and its line.
"""

from engine.readers.source import RawTable, Source
from engine.readers.tables import place_of, read_headers, read_table, require_columns

__all__ = ["RawTable", "Source", "place_of", "read_headers", "read_table", "require_columns"]
