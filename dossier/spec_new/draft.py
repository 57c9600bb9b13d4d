"""A dataset's file as it is being guessed: entries, each with how sure it is, and the YAML of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import SpecError
from engine.expressions import parse
from engine.standards import sdtm_dataset
from engine.yaml.dump import dump
from engine.yaml.nodes import Node, Text, YamlList, YamlMap

_PLAIN = re.compile(r"[^\W\d]\w*")
_WIDTH = 110
_NOTE_AT = 44

FILL_IN = "fill in"
GUESS = "guess"


@dataclass(frozen=True)
class Entry:
    """A variable's entry and what is to be said of it: ``guess: by name``, ``fill in: ...``."""

    name: str
    says: Mapping[str, object]
    note: str


@dataclass
class Part:
    """One source: its table, the keys beside it, its entries, and what nothing was made of."""

    table: str
    keys: dict[str, object] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)


@dataclass
class Draft:
    """A dataset's file."""

    name: str
    keys: list[str]
    parts: list[Part]
    entries: list[Entry] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def names(self) -> set[str]:
        """All variables that have an entry."""
        return {e.name for e in self.entries} | {e.name for p in self.parts for e in p.entries}


def node(value: object) -> Node:
    """Plain values as YAML nodes in flow style."""
    if isinstance(value, Mapping):
        return YamlMap(((_text(str(k)), node(v)) for k, v in value.items()), flow=True)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return YamlList([node(item) for item in value], flow=True)
    if isinstance(value, bool):
        return Text(str(value).lower())
    return _text(value) if isinstance(value, str) else Text(str(value))


def _text(text: str) -> Text:
    """Quoted where someone may not read it as text: numbers, times, patterns, expressions, Y and N."""
    return Text(text, quoted=_must_quote(text))


def _must_quote(text: str) -> bool:
    return text in ("Y", "N", "") or bool(re.search(r"[|<>=()'%:]| IS |^[\d.]+$", text))


def column(name: str, others: Iterable[str] = ()) -> str:
    """A column's name as a key reads it; ``source.`` before one that is also a variable here.

    >>> column("AETERM"), column("VISIT", ["VISIT"]), column("Dose (mg)"), column("a.b")
    ('AETERM', 'source.VISIT', 'Dose (mg)', '"a.b"')
    """
    if name in set(others) and _PLAIN.fullmatch(name):
        return f"source.{name}"
    dotted = "." in name and all(_PLAIN.fullmatch(part) for part in name.split(".", 1))
    return f'"{name}"' if dotted or name.startswith('"') else name


def in_expression(name: str, others: Iterable[str] = ()) -> str:
    """A column's name as an expression reads it.

    >>> in_expression("SITE"), in_expression("Subject Id"), in_expression("CASE")
    ('SITE', '"Subject Id"', '"CASE"')
    """
    if name in set(others) and _PLAIN.fullmatch(name):
        return f"source.{name}"
    try:
        plain = bool(_PLAIN.fullmatch(name)) and list(parse(name).names) == [(name,)]
    except SpecError:
        plain = False
    return name if plain else '"' + name.replace('"', '""') + '"'


def said(name: str, value: object, note: str = "", indent: int = 0, width: int = 0) -> list[str]:
    """The lines of ``name: value``; a note stands behind the first line, or above it where that is long.

    >>> said("AETERM", {"from": "AETERM"}, "guess: by name", 2)
    ['  AETERM: {from: AETERM}                     # guess: by name']
    """
    first, *rest = dump(YamlMap([(Text(name), node(value))])).rstrip("\n").splitlines()
    key, sign, text = first.partition(": ")
    if width and sign and not rest:
        first = f"{key}:".ljust(width + 2) + text
    lines = [first, *rest]
    if note:
        told = comment(note)
        if len(first) + len(told) + indent + 3 > _WIDTH:
            return [*remark(told, indent), *(" " * indent + line for line in lines)]
        lines[0] = f"{first.ljust(_NOTE_AT - indent)} # {told}"
    return [" " * indent + line for line in lines]


def comment(text: str) -> str:
    """Text on one line, without what a spec file may not hold.

    >>> comment("a\\tb\\nc")
    'a b c'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def remark(text: str, indent: int = 0) -> list[str]:
    """Comment lines no wider than others."""
    words, lines, line = comment(text).split(), [], "#"
    for word in words:
        if len(line) + len(word) + 1 > _WIDTH - indent and line != "#":
            lines.append(line)
            line = "#  "
        line = f"{line} {word}"
    return [" " * indent + one for one in (*lines, line)]


def text_of(draft: Draft) -> str:
    """The YAML of a dataset's file."""
    lines = ["# Guessed from the raw files: look at each 'guess', and mend each 'fill in'.",
             *(line for text in draft.remarks for line in remark(text)), f"domain: {draft.name}"]
    if len(draft.parts) == 1:
        (part,) = draft.parts
        lines += [f"from: {part.table}", *_keys(part, 0), *said("keys", draft.keys), "variables:"]
        lines += _entries(draft.name, [*part.entries, *draft.entries], 2) + _unused(part, 2)
    else:
        lines += [*said("keys", draft.keys), "from:"]
        for part in draft.parts:
            lines += [f"  - table: {part.table}", *_keys(part, 4)]
            if part.entries:
                lines += ["    variables:", *_entries(draft.name, part.entries, 6)]
            lines += _unused(part, 4)
        lines += ["variables:", *_entries(draft.name, draft.entries, 2)]
    return "\n".join(lines) + "\n"


def _keys(part: Part, indent: int) -> list[str]:
    lines = []
    for key, value in part.keys.items():
        note = part.notes.get(key, "")
        if key == "tests" and isinstance(value, Mapping):
            lines.append(" " * indent + f"tests:{'  # ' + comment(note) if note else ''}")
            for code, test in value.items():
                lines += said(code, test, part.notes.get(f"tests.{code}", ""), indent + 2)
        else:
            lines += said(key, value, note, indent)
    return lines


def _entries(domain: str, entries: Sequence[Entry], indent: int) -> list[str]:
    standard = sdtm_dataset(domain)
    order = {name: n for n, name in enumerate(standard.variables if standard else ())}
    ranked = sorted(entries, key=lambda e: (order.get(e.name, len(order)), e.name.startswith("_")))
    width = max((len(entry.name) for entry in ranked), default=0)
    return [line for entry in ranked for line in said(entry.name, entry.says, entry.note, indent, width)]


def _unused(part: Part, indent: int) -> list[str]:
    lines = []
    if part.unused:
        lines += remark(f"columns of {part.table} without a guess: {', '.join(part.unused)}", indent)
    if part.blank:
        lines += remark(f"columns of {part.table} without values: {', '.join(part.blank)}", indent)
    return lines
