"""The keys every variable's entry may hold, whatever its verb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from engine.characters import odd_sign
from engine.columns import Kind
from engine.yaml import shapes
from engine.yaml.fields import (
    Boolean,
    Integer,
    Key,
    MapOf,
    Model,
    OneOrMany,
    TextField,
    validate,
    wrong,
)
from engine.yaml.nodes import Text, YamlMap

Policy = Literal["error", "keep", "blank"]
"""What to do with a value that does not fit: refuse it, keep it as it is, or blank it."""

Origin = Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"]
"""Define-XML 2.1 origin types."""


class Label(Model):
    """A label in English (at most 40 characters) and Chinese (at most 40 bytes)."""

    en: TextField | None = None
    zh: TextField | None = None


def read_label(value: object) -> Label:
    """A label is a text (English) or ``{en: ..., zh: ...}``."""
    if isinstance(value, Label):
        return value
    if isinstance(value, Text) and value.strip():
        return Label(en=value)
    if isinstance(value, YamlMap):
        unknown = sorted(set(value) - {"en", "zh"})
        if not unknown and all(isinstance(v, Text) and v.strip() for v in value.values()):
            return validate(Label, value, "label")
    raise ValueError("a label is a text, or {en: ..., zh: ...}")


_LABEL: shapes.Shape = {"anyOf": [shapes.TEXT, {
    "type": "object", "properties": {"en": shapes.TEXT, "zh": shapes.TEXT}, "additionalProperties": False}]}

LabelField = Annotated[Label, PlainValidator(read_label), WithJsonSchema(_LABEL)]

LONGEST_LABEL = 40
"""Bytes of a label in SAS transport version 5."""


def _short(label: Label) -> Label:
    for text in (label.en, label.zh):
        size = len(text.encode("utf-8")) if text is not None else 0
        if text is not None and size > LONGEST_LABEL:
            hint = "shorten it" if text.isascii() else "shorten it: a Chinese character takes 3"
            raise wrong(f"the label has {size} bytes, {LONGEST_LABEL} at most", hint, text.place)
    if label.en is not None and not (label.en.isascii() and label.en.isprintable()):
        odd = odd_sign(label.en)
        if odd is not None:
            raise wrong(f"the English label holds {odd[1]}, which is not ASCII", odd[2], label.en.place)
        raise wrong(f"the English label '{label.en}' is not ASCII", "write it as {en: ..., zh: ...}",
                    label.en.place)
    return label


ShortLabelField = Annotated[Label, PlainValidator(lambda value: _short(read_label(value))),
                            WithJsonSchema(_LABEL)]
"""The label of a variable or dataset, which a transport file must hold."""

TypeField = Literal["text", "number", "date", "datetime", "time"]


def _within(low: int, high: int, what: str, hint: str) -> AfterValidator:
    def checked(value: int) -> int:
        if not low <= value <= high:
            raise wrong(f"{what} is {low} to {high}, not {value}", hint)
        return value
    return AfterValidator(checked)


Length = Annotated[Integer, _within(1, 200, "a length", "transport files hold no longer text"),
                   WithJsonSchema({**shapes.INTEGER, "minimum": 1, "maximum": 200})]
"""Bytes of a text variable, or of a number (8), in SAS transport version 5."""
Digits = Annotated[Integer, _within(0, 15, "a number of decimals", "no number has more digits"),
                   WithJsonSchema({**shapes.INTEGER, "minimum": 0, "maximum": 15})]


class Entry(Model):
    """Keys common to all entries of a variable; a verb's model adds its own.

    ``map`` and ``codelist`` work on the value a verb has made: exact match,
    then case-insensitive, then a synonym of the codelist.  ``digits`` rounds a
    number, halves away from zero.
    """

    label: ShortLabelField | None = None
    type: TypeField | None = None
    length: Length | None = None
    format: TextField | None = None
    codelist: OneOrMany[TextField] | None = None
    map: MapOf[Key, TextField] | None = None
    unmapped: Policy | None = None
    extend: MapOf[Key, TextField] | None = None
    unread: Policy | None = None
    digits: Digits | None = None
    required: Boolean | None = None
    origin: Origin | None = None
    source: TextField | None = None
    comment: TextField | None = None
    method: TextField | None = None
    pages: OneOrMany[Integer] | None = None
    role: TextField | None = None
    evaluator: TextField | None = None

    def also_makes(self, variable: str) -> tuple[str, ...]:
        """Other variables of the dataset that this entry makes beside its own."""
        return ()

    def also_supplemental(self, variable: str) -> tuple[str, ...]:
        """Those of :meth:`also_makes` that are supplemental qualifiers."""
        return ()

    def faults(self, variable: str) -> Iterator[tuple[str, str]]:
        """What is wrong with the entry as that of a variable, and a hint, as far as the entry alone tells."""
        yield from ()

    def brings(self) -> tuple[str, ...]:
        """Values that the entry writes itself and that need be no terms of a codelist."""
        return ()

    @property
    def kind(self) -> Kind | None:
        """The kind the spec declares, if it does."""
        return Kind(str(self.type)) if self.type else None


class Declaration(Entry):
    """An entry without a verb: it only describes a variable another entry makes."""


COMMON = frozenset((f.alias or n) for n, f in Entry.model_fields.items())
__all__ = ["COMMON", "Declaration", "Entry", "Field", "Label", "LabelField", "Origin", "Policy"]
