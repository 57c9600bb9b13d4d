"""SAS transport files (XPT): the form in which datasets are submitted.

Source: SAS Institute, *Record Layout of a SAS Version 5 or 6 Data Set in SAS
Transport (XPORT) Format* and *... Version 8 or 9 ...*; FDA Study Data Technical
Conformance Guide, section 3.3.2 (one dataset a file, file named as the dataset).
"""

from engine.xpt.model import Metadata, Variable
from engine.xpt.read import read
from engine.xpt.write import write

__all__ = ["Metadata", "Variable", "read", "write"]
