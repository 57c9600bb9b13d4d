"""Chinese labels of datasets and variables, in the project's own words.

``data/labels-zh.csv`` has one row a label: ``dataset,variable,label``.  The
dataset is ``*`` where the label serves any, the variable empty where the label
is the dataset's own.  A variable may be a template: ``--`` stands for a
domain's two letters (``--SEQ``), the index letters of ADaM for their digits
(``TRTxxP``), in the label too.  No label is longer than 40 bytes in UTF-8,
which is what a SAS transport file (version 5) holds.
"""

from __future__ import annotations

import re
from functools import cache

from engine.standards import adam, sdtm, tables

LONGEST = 40
"""Bytes of a label in a SAS transport file, version 5."""

_ANY = "*"


@cache
def chinese_label(dataset: str, name: str) -> str:
    """The Chinese label of a variable, or with no name that of the dataset; empty where there is none.

    Looked for in turn: the dataset's own row; the row for any dataset; a
    template, with the name's indexes put in; the text that a number stands
    beside (``RACEN``, ADaMIG 1.3, section 3.1.1), with ``(N)``.

    >>> chinese_label("AE", "AESER"), chinese_label("ADAE", "AESEQ"), chinese_label("AE", "")
    ('严重不良事件', '序号', '不良事件')
    >>> chinese_label("ADSL", "TRT01P"), chinese_label("ADSL", "TRT01PN"), chinese_label("SUPPAE", "")
    ('周期01计划治疗', '周期01计划治疗(N)', 'AE补充修饰变量')
    >>> chinese_label("ADSL", "MYVAR")
    ''
    """
    if not name:
        return _of_dataset(dataset)
    found = _listed(dataset, name) or _by_template(dataset, name)
    if not found and name.endswith("N"):
        text = _listed(dataset, name[:-1]) or _by_template(dataset, name[:-1])
        numbered = f"{text}(N)" if text else ""
        found = numbered if len(numbered.encode("utf-8")) <= LONGEST else ""
    return found


@cache
def _rows() -> dict[tuple[str, str], str]:
    return {(dataset, variable): label for dataset, variable, label in tables.read("labels-zh")}


def _of_dataset(dataset: str) -> str:
    own = _rows().get((dataset, ""), "")
    parent = dataset.removeprefix("SUPP")
    if not own and parent != dataset and parent in sdtm.datasets():
        own = _rows()["SUPP--", ""].replace("--", parent)
    return own


def _listed(dataset: str, name: str) -> str:
    if not (name.isalnum() and name.isupper()):  # a template is no name
        return ""
    return _rows().get((dataset, name)) or _rows().get((_ANY, name), "")


def _by_template(dataset: str, name: str) -> str:
    prefix = name[:2]
    if prefix == dataset or prefix in sdtm.datasets():  # analysis datasets keep names of their source
        found = _rows().get((_ANY, f"--{name[2:]}"))
        if found:
            return found
    for pattern, letters, label in _indexed():
        match = pattern.fullmatch(name)
        if match:
            for letter, index in zip(letters, match.groups(), strict=True):
                label = label.replace(letter, index)
            return label
    return ""


@cache
def _indexed() -> tuple[tuple[re.Pattern[str], tuple[str, ...], str], ...]:
    """ADaM's templates: pattern of the name, its index letters, label."""
    names = [(name, label) for (dataset, name), label in _rows().items()
             if dataset == _ANY and not name.startswith("--") and not name.isupper()]
    return tuple((adam._pattern(name), tuple(re.findall("xx|zz|y|w", name)), label) for name, label in names)
