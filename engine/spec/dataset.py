"""A dataset's spec: where its records come from, and one entry a variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from engine.errors import Place, hint_for
from engine.expressions import Expression
from engine.numbers import Conversion, parse_conversion
from engine.spec.entries import Digits, Entry, Origin, ShortLabelField
from engine.spec.references import ExpressionField, OrderField, Ref, RefField
from engine.spec.verbs import Step, Verb
from engine.terminology import codelist
from engine.yaml import shapes
from engine.yaml.fields import Boolean, Integer, Key, MapOf, Model, Number, OneOrMany, TextField, wrong
from engine.yaml.nodes import Node, Text, YamlMap


@dataclass(frozen=True)
class Conversions:
    """The ways from collected units to a test's standard unit, by collected unit."""

    ways: Mapping[str, Node]

    def made(self, standard: str) -> dict[str, Conversion]:
        """Each way as a conversion; a molar mass needs both units, so it is only read here."""
        found = {}
        for unit, node in self.ways.items():
            plain = {str(k): str(v) for k, v in node.items()} if isinstance(node, YamlMap) else str(node)
            try:
                found[unit] = parse_conversion(plain, unit, standard)
            except ValueError as error:
                told = str(error)
                hint = _WAYS if told.endswith("no number or fraction") or "divides by zero" in told else ""
                raise wrong(told, hint, node.place) from None
        return found


_WAYS = "as in 10, 5/9, {minus: 32, times: 5/9} or {molar: 113.12}"


def read_conversions(value: object) -> Conversions:
    """For each unit a number, ``5/9``, ``{minus: 32, times: 5/9}`` or ``{molar: 113.12}``."""
    if isinstance(value, Conversions):
        return value
    ways = value if isinstance(value, YamlMap) else YamlMap()
    parts = [p for way in ways.values() for p in (way.values() if isinstance(way, YamlMap) else (way,))]
    if not ways or not all(isinstance(part, Text) for part in parts):
        raise ValueError("for each unit a number, {minus: 32, times: 5/9} or {molar: 113.12} is wanted")
    return Conversions({str(k): v for k, v in ways.items()})


_WAY: shapes.Shape = {"anyOf": [shapes.RATIO, {
    "type": "object", "additionalProperties": False, "minProperties": 1,
    "properties": dict.fromkeys(("minus", "times", "plus", "molar"), shapes.RATIO)}]}

ConversionsField = Annotated[Conversions, PlainValidator(read_conversions),
                             WithJsonSchema({**shapes.map_of(_WAY), "minProperties": 1})]


class Join(Model):
    """Columns of another raw table, matched on ``on``; by default by subject.

    ``none`` says what a record without a match means, ``take`` (with ``order``)
    which of several matches is meant; without it several are an error.
    """

    table: TextField | None = None
    on: OneOrMany[TextField] | None = None
    where: ExpressionField | None = None
    order: OneOrMany[OrderField] | None = None
    take: Literal["first", "last"] | None = None
    none: Literal["error", "keep", "drop"] | None = None

    @model_validator(mode="after")
    def _order_known(self) -> Self:
        if self.take is not None and self.order is None:
            raise wrong(f"'take: {self.take}' needs 'order'", "as in order: [COLUMN]",
                        self.places.get("take"))
        return self


class Test(Model):
    """One test of a findings domain: where its values stand and how they become standard.

    In a wide table ``result`` (and ``unit``, ``low``, ``high``, or any role in
    ``columns``) name columns; several results (check boxes) are a record each.
    In a long one ``is`` lists what the test column holds.  ``values`` states a
    role's value where no column does, ``units`` how a unit is spelled here.
    ``convert`` gives, for each collected unit, the way to ``standard``, ``map`` the
    standard form of results that are text, ``codelist`` the terms these may be.
    ``origin``, ``method``, ``comment`` and ``pages`` describe the test's results.
    """

    is_: OneOrMany[TextField] | None = Field(default=None, alias="is")
    name: TextField | None = None
    result: OneOrMany[RefField] | None = None
    unit: RefField | None = None
    low: RefField | None = None
    high: RefField | None = None
    columns: MapOf[Key, RefField] | None = None
    when: ExpressionField | None = None
    values: MapOf[Key, TextField] | None = None
    standard: TextField | None = None
    units: MapOf[Key, TextField] | None = None
    convert: ConversionsField | None = None
    digits: Digits | None = None
    map: MapOf[Key, TextField] | None = None
    codelist: OneOrMany[TextField] | None = None
    origin: Origin | None = None
    method: TextField | None = None
    comment: TextField | None = None
    pages: OneOrMany[Integer] | None = None

    @model_validator(mode="after")
    def _can_convert(self) -> Self:
        if self.convert is not None:
            if self.standard is None:
                raise wrong("'convert' needs 'standard', the unit to convert to")
            self.convert.made(self.standard)
        return self

    def roles(self) -> dict[str, Ref]:
        """The columns of a wide table by role, but for the results."""
        named = {"unit": self.unit, "low": self.low, "high": self.high}
        return {r: c for r, c in named.items() if c is not None} | dict(self.columns or {})


class Long(Model):
    """Where a long findings table keeps the test and, by role, its values."""

    test: RefField
    result: RefField | None = None
    unit: RefField | None = None
    low: RefField | None = None
    high: RefField | None = None
    columns: MapOf[Key, RefField] | None = None
    others: Literal["error", "drop"] | None = None


class NotDone(Model):
    """Records of what was not done (SDTMIG 3.4, section 4.5.1.2).

    Where ``when`` is true, a wide row gives one record of the panel ``test``
    (LBALL, with ``name``), or with ``each`` one for each of its tests without a
    result; a long row is such a record itself.  Their role ``not_done`` is Y.
    """

    when: ExpressionField
    test: TextField | None = None
    name: TextField | None = None
    each: Boolean | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.each) == (self.test is not None):
            raise wrong("either 'test' (a record for the panel) or 'each: true' is wanted")
        return self


class SourceModel(Model):
    """One source of records: a table, joined, filtered, with entries of its own."""

    table: TextField
    join: MapOf[Key, Join] | None = None
    where: ExpressionField | None = None
    empty: Literal["keep", "drop"] | None = None
    not_done: NotDone | None = None

    @model_validator(mode="after")
    def _joined_under_other_names(self) -> Self:
        for alias in self.join or {}:
            if alias == self.table:
                raise wrong(f"'{alias}' is the source's own table",
                            "join it under another name, with 'table'", getattr(alias, "place", None))
        return self


def _one_of(what: str, *names: str) -> AfterValidator:
    """A term of codelists of Define-XML terminology, in any case; it chooses the standard's metadata."""
    def checked(value: Text) -> Text:
        known = [term for name in names if (found := codelist(name, "define")) for term in found.terms]
        if value.upper() not in known:
            raise wrong(f"'{value}' is no {what} of datasets", hint_for(value, known))
        return value
    return AfterValidator(checked)


ClassField = Annotated[TextField, _one_of("class", "GNRLOBSC")]
SubclassField = Annotated[TextField, _one_of("subclass", "BDSSC", "OCCSC", "MDBDSSC")]


class DatasetModel(Model):
    """The keys of a dataset's file that are not entries."""

    domain: TextField | None = None
    dataset: TextField | None = None
    label: ShortLabelField | None = None
    cls: ClassField | None = Field(default=None, alias="class")
    subclass: SubclassField | None = None
    structure: TextField | None = None
    comment: TextField | None = None
    keys: OneOrMany[TextField] | None = None
    sort: OneOrMany[OrderField] | None = None
    unknown_subject: Literal["error", "drop"] | None = None


@dataclass(frozen=True)
class VariableSpec:
    """A variable (or working column ``_X``) and the entry that makes it."""

    name: str
    entry: Entry
    verb: Verb | None
    place: Place
    made_by: str | None = None
    supplemental: bool = False
    node: Node | None = None
    unwritten: bool = False
    """An Expected variable that the dataset's file does not mention: it has no values."""


@dataclass(frozen=True)
class StepSpec:
    """One step of ``records:``."""

    step: Step
    entry: Model
    place: Place


@dataclass(frozen=True)
class SourceSpec:
    """One source with the variables it makes itself, before sources are stacked."""

    model: SourceModel
    place: Place
    variables: Mapping[str, VariableSpec] = field(default_factory=dict)
    tests: Mapping[str, Test] = field(default_factory=dict)
    long: Long | None = None

    @property
    def tables(self) -> dict[str, str]:
        """Alias -> raw table or dataset for all tables in scope, the main one first."""
        found = {str(self.model.table): str(self.model.table)}
        for alias, join in (self.model.join or {}).items():
            found[str(alias)] = str(join.table or alias)
        return found


@dataclass(frozen=True)
class DatasetSpec:
    """One dataset, read and checked."""

    name: str
    layer: str
    model: DatasetModel
    place: Place
    sources: tuple[SourceSpec, ...]
    variables: Mapping[str, VariableSpec]
    steps: tuple[StepSpec, ...] = ()
    keep: tuple[str, ...] = ()
    carry: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relrec: tuple[object, ...] = ()

    @property
    def tests(self) -> dict[str, Test]:
        """The tests of all sources, by code."""
        return {code: test for source in self.sources for code, test in source.tests.items()}


__all__ = ["DatasetModel", "DatasetSpec", "Expression", "Join", "Long", "Number", "SourceModel",
           "SourceSpec", "StepSpec", "Test", "VariableSpec"]
