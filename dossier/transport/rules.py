"""What is wrong with the description of a dataset: names, labels, lengths, formats.

Each rule gives the variable ("" for the dataset), what is wrong, and a hint.
Without an agency the rules are those of the format itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dossier.transport.profiles import Profile
from engine.xpt import Metadata, Variable
from engine.xpt.times import kind_of

Fault = tuple[str, str, str]

LABEL = 40
"""Bytes of a label."""
NO_LABEL = "has no label"
TEXT = {5: 200, 8: 32_767}
"""Bytes of a text, by version of the format."""
_NAME = {5: 8, 8: 32}

HAN = re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")
_PAIRS = {")": "(", "]": "[", "}": "{", "）": "（", "】": "【", "》": "《", "」": "「", "”": "“", "’": "‘"}
_QUOTES = {"'": "apostrophe", '"': "double quote"}

_SHOWS = re.compile(  # SAS 9.4 Formats and Informats: Reference; the reader knows those of dates
    r"|F|BEST[D]?X?|D|E|Z|COMMAX?|DOLLARX?|NEGPAREN|NUMX|PERCENTN?|PVALUE|ROMAN|WORDF|WORDS|FRACT|HEX|BINARY|OCTAL"
    r"|IB|IBR|PIB|PIBR|RB|PD|PK|ZD|SSN|BITS|IEEE|FLOAT|YEN|EURO|EUROX|NLNUM|NLPCT|YEAR|MONTH|QTR|QTRR|WEEKDAY"
    r"|S370F\w*|ANYDT(DTE|DTM|TME)|STIMER|MINGUO|NENGO|YYMMDD|YYMM|HDATE|HEBDATE|B8601\w\w|E8601\w\w")
_SHOWS_TEXT = re.compile(
    r"\$(|F|CHAR|VARYING|UPCASE|QUOTE|HEX|BINARY|OCTAL|ASCII|EBCDIC|REVERJ|REVERS|MSGCASE|BASE64X|UTF8X|UNICODE\w*"
    r"|UCS\w*|KANJIX?|LOGVSR?|BIDI)")


def header_faults(metadata: Metadata, profile: Profile | None, encoding: str) -> Iterator[Fault]:
    """Everything wrong with a dataset's name, label and variables; labels are text in ``encoding``.

    >>> variables = (Variable("AGE", "Age > 17", "Num", 8), Variable("SEX_", "Sex", "Char", 1))
    >>> from dossier.transport.profiles import FDA
    >>> metadata = Metadata("DM", "Demographics", 5, None, None, 0, variables)
    >>> for fault in header_faults(metadata, FDA, "ascii"): print(*fault, sep="; ")
    AGE; the label holds '>'; FDA takes neither < nor >
    SEX_; the name has an underscore; FDA takes letters and digits
    """
    if profile is not None and metadata.version not in profile.versions:
        wanted = " or ".join(map(str, profile.versions))
        yield "", f"is of version {metadata.version} of the format", f"{profile.agency} takes {wanted}"
    if not metadata.variables:
        yield "", "has no variables", ""
    for what, hint in _name_faults(metadata.name, metadata.version, profile):
        yield "", what, hint
    for what, hint in _label_faults(metadata.label, profile, encoding):
        yield "", what, hint
    seen: dict[str, str] = {}
    for variable in metadata.variables:
        other = seen.setdefault(variable.name.upper(), variable.name)
        if other != variable.name:
            yield variable.name, f"differs from {other} in case alone", "SAS takes them for one name"
        for what, hint in _variable_faults(variable, metadata.version, profile, encoding):
            yield variable.name, what, hint


def _variable_faults(variable: Variable, version: int, profile: Profile | None,
                     encoding: str) -> Iterator[tuple[str, str]]:
    yield from _name_faults(variable.name, version, profile)
    yield from _label_faults(variable.label, profile, encoding)
    if variable.type == "Char" and variable.length > TEXT[version]:
        yield f"has a length of {variable.length} bytes", f"version {version} has room for {TEXT[version]}"
    for what, format in (("format", variable.format), ("informat", variable.informat)):
        if format:
            yield from _format_faults(what, format, variable.type)


def _name_faults(name: str, version: int, profile: Profile | None) -> Iterator[tuple[str, str]]:
    letters = "A-Z" if version == 5 or profile is not None else "A-Za-z"
    most = 8 if profile is not None else _NAME[version]
    if not re.fullmatch(f"[{letters}_][{letters}0-9_]*", name):
        kind = "capital letters" if letters == "A-Z" else "letters"
        yield f"'{name}' is no name", f"{kind}, digits and _, a letter first"
    elif profile is not None and profile.plain_names and "_" in name:
        yield "the name has an underscore", f"{profile.agency} takes letters and digits"
    if len(name) > most:
        yield f"the name has {len(name)} characters", f"{most} at most"


def _label_faults(label: str, profile: Profile | None, encoding: str) -> Iterator[tuple[str, str]]:
    odd = next((c for c in label if not c.isprintable() and c != "\u3000"), None)
    if odd is not None:
        yield f"the label holds {odd!r}, which is not printable", ""
    if "\ufffd" in label:
        yield f"the label is not {encoding}", "name the encoding with --encoding"
        return
    if profile is None:
        return
    if not label:
        yield NO_LABEL, f"{profile.agency} wants one, in {_told(profile)}"
        return
    foreign = next((c for c in label if not c.isascii()), None)
    if profile.ascii_labels and foreign is not None:
        yield f"the label holds '{foreign}', which is not ASCII", f"{profile.agency} takes labels in English"
    elif not profile.ascii_labels and not HAN.search(label):
        yield f"the label '{label}' is not in Chinese", f"{profile.agency} wants it so"
    size = len(label.encode("ascii" if profile.ascii_labels else encoding, "replace"))
    if size > LABEL:
        yield f"the label has {size} bytes", f"{LABEL} at most"
    yield from _signs(label, profile)


def _signs(label: str, profile: Profile) -> Iterator[tuple[str, str]]:
    """Signs that reviewers' programs stumble over."""
    for sign in "<>":
        if sign in label:
            yield f"the label holds '{sign}'", f"{profile.agency} takes neither < nor >"
    for sign, name in _QUOTES.items():
        if label.count(sign) % 2:
            yield f"the label has an unbalanced {name}", f"'{label}'"
    if unbalanced(label):
        yield "the label has an unbalanced bracket or quote", f"'{label}'"


def unbalanced(text: str) -> bool:
    """Whether brackets, and quotes that open and close, are not in pairs.

    >>> [unbalanced(one) for one in ("Dose (mg)", "Dose (mg", "a) (b", "剂量（mg）", "剂量（mg)")]
    [False, True, True, False, True]
    """
    opened: list[str] = []
    for sign in text:
        if sign in _PAIRS.values():
            opened.append(sign)
        elif sign in _PAIRS and (not opened or opened.pop() != _PAIRS[sign]):
            return True
    return bool(opened)


def _told(profile: Profile) -> str:
    return "English" if profile.language == "en" else "Chinese"


def _format_faults(what: str, format: str, type: str) -> Iterator[tuple[str, str]]:
    text = format.startswith("$")
    if text != (type == "Char"):
        yield f"{what} {format} is for {'text' if text else 'numbers'}, the variable is {type}", ""
    elif not known_format(format):
        yield f"{what} {format} is none of SAS's own", "what it shows is not in the file; leave it out"


def known_format(format: str) -> bool:
    """Whether a format is one that SAS has, not one that a study made.

    >>> [known_format(one) for one in ("DATE9.", "8.2", "$CHAR10.", "$20.", "E8601DT19.", "YESNO.", "$SEX.")]
    [True, True, True, True, True, False, False]
    """
    word = re.sub(r"\d*\.?\d*$", "", format.strip().upper())
    if word.startswith("$"):
        return _SHOWS_TEXT.fullmatch(word) is not None
    return _SHOWS.fullmatch(word) is not None or kind_of(format).value != "number"
