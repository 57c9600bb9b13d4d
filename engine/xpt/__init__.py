"""SAS transport files (XPT): the form in which datasets are submitted, read and written.

Usable alone: :func:`write` and :func:`read` take and give pandas tables, and know
no study.  Version 5 is what agencies ask for; version 8 has room for longer
names, labels and text.

Source: SAS Institute, *Record Layout of a SAS Version 5 or 6 Data Set in SAS
Transport (XPORT) Format* and *... Version 8 or 9 ...*; FDA Study Data Technical
Conformance Guide, section 3.3.2 (one dataset a file, file named as the dataset).
"""

from engine.xpt.checks import Header, HeaderCheck
from engine.xpt.model import Metadata, Variable
from engine.xpt.parse import ENCODING_HINT
from engine.xpt.read import members, read, read_chunks
from engine.xpt.texts import Encoding
from engine.xpt.write import write

__all__ = ["ENCODING_HINT", "Encoding", "Header", "HeaderCheck", "Metadata", "Variable", "members", "read",
           "read_chunks", "write"]
