"""Names and expressions inside a spec, each with its place, and how they are found.

Every verb's entry is a model; the columns it reads are the :class:`Ref` and
``Expression`` values inside it, so dependencies need no second declaration.  A
model that reads another table (``in: EX``) names the fields meant for that
table in ``there`` (and ``there_keys`` for the keys of a mapping).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import PlainValidator, WithJsonSchema

from engine.errors import Place, SpecError
from engine.expressions import Expression, parse
from engine.yaml import shapes
from engine.yaml.fields import Model, wrong
from engine.yaml.nodes import Text, YamlList, describe

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)?")


@dataclass(frozen=True)
class Ref:
    """A column's name: ``("AETERM",)``, or with its table ``("DM", "RFSTDTC")``."""

    parts: tuple[str, ...]
    place: Place | None = None

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Order:
    """A column to sort by, ascending unless written with a leading minus."""

    ref: Ref
    descending: bool = False


@dataclass(frozen=True)
class Use:
    """One column read by an entry; ``table`` is where, None for the dataset itself.

    Without ``parts`` the table's records are read, and maybe no column of them.  Of a
    name in an expression ``quoted`` says whether it stands in double quotes, and
    ``shown`` is the expression with a caret under it.
    """

    parts: tuple[str, ...]
    table: str | None
    place: Place | None
    quoted: bool = False
    shown: str = ""


def _text(value: object, wanted: str) -> Text:
    if not isinstance(value, Text) or not value.strip():
        one = "name one" if isinstance(value, YamlList) else ""
        raise wrong(f"{wanted} is wanted, not {describe(value)}", one)
    return value


def read_ref(value: object) -> Ref:
    """Read a column name; one that is no plain name is taken whole (``Dose (mg)``)."""
    if isinstance(value, Ref):
        return value
    text = _text(value, "a column's name")
    if _DOTTED.fullmatch(text):
        return Ref(tuple(text.split(".")), text.place)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return Ref((text[1:-1],), text.place)
    return Ref((str(text),), text.place)


def read_order(value: object) -> Order:
    """Read ``ASTDTM`` or, for the greatest first, ``-ATOXGRN``."""
    if isinstance(value, Order):
        return value
    text = _text(value, "a column's name")
    if text.startswith("-"):
        return Order(read_ref(Text(text[1:].strip(), place=text.place)), True)
    return Order(read_ref(text))


def read_expression(value: object) -> Expression:
    """Parse an expression, keeping its place for the caret."""
    if isinstance(value, Expression):
        return value
    text = _text(value, "an expression")
    try:
        return parse(str(text), text.place)
    except SpecError as error:
        problem = error.problems[0]
        raise wrong(problem.message, problem.hint, problem.place) from None


RefField = Annotated[Ref, PlainValidator(read_ref), WithJsonSchema(shapes.TEXT)]
OrderField = Annotated[Order, PlainValidator(read_order), WithJsonSchema(shapes.TEXT)]
ExpressionField = Annotated[Expression, PlainValidator(read_expression), WithJsonSchema(shapes.TEXT)]


class TableModel(Model):
    """An entry part that reads another table or dataset, named by its field ``in``."""

    there: ClassVar[frozenset[str]] = frozenset()
    there_keys: ClassVar[frozenset[str]] = frozenset()


Part = Ref | Expression | Text
"""What an entry reads with: a column's name, an expression, or the name of a table."""


def uses(value: object, table: str | None = None) -> Iterator[Use]:
    """Every table and column that a model, or anything inside it, reads."""
    for found, at in read_parts(value, table):
        if isinstance(found, Ref):
            yield Use(found.parts, at, found.place)
        elif isinstance(found, Expression):
            for parts in found.names:
                yield Use(parts, at, *found.pointed(parts))
        else:
            yield Use((), at, found.place)


def read_parts(value: object, table: str | None = None) -> Iterator[tuple[Part, str | None]]:
    """Every name, expression and table name inside a model, with the table it is meant for."""
    if value is None or isinstance(value, str):
        return  # most of what there is
    if isinstance(value, Ref | Expression):
        yield value, table
    elif isinstance(value, Order):
        yield value.ref, table
    elif isinstance(value, Model):
        yield from _model_parts(value, table)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from read_parts(key, table)
            yield from read_parts(item, table)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from read_parts(item, table)


def _model_parts(model: Model, table: str | None) -> Iterator[tuple[Part, str | None]]:
    inner = getattr(model, "in_", None) if isinstance(model, TableModel) else None
    there = model.there if isinstance(model, TableModel) else frozenset()
    keys = model.there_keys if isinstance(model, TableModel) else frozenset()
    if inner is not None:
        yield inner, str(inner)
    for name in type(model).model_fields:
        value = getattr(model, name)
        if value is None:
            continue
        at = str(inner) if inner is not None and name in there else table
        if isinstance(value, Mapping) and inner is not None:
            key_at = str(inner) if name in keys else table
            for key, item in value.items():
                yield from read_parts(key, key_at)
                yield from read_parts(item, at)
        else:
            yield from read_parts(value, at)
