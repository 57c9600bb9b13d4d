"""The study file: identity, standards, raw tables, reading rules, visits, epochs, plans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema, model_validator

from engine.characters import plain
from engine.dates.foreign import meant_format
from engine.dates.formats import compile_format
from engine.expressions import Expression
from engine.spec.bounds import (
    LONGEST_FOLDER,
    LONGEST_FORMAT,
    LONGEST_PATH,
    LONGEST_WORD,
    too_many,
)
from engine.spec.design import DesignField, DesignTable, visits_table
from engine.spec.entries import LabelField
from engine.spec.nodes import key, listed, named, remade
from engine.spec.references import ExpressionField, OrderField, RefField
from engine.spec.schedule import Epoch, Unscheduled, Visit, one_visit_a_code
from engine.spec.transport import Transport
from engine.spec.versions import Standards
from engine.spec.windows import Windows, named_windows
from engine.yaml import shapes
from engine.yaml.fields import (
    AnyText,
    Boolean,
    Integer,
    IsoDate,
    Key,
    MapOf,
    Model,
    NameKey,
    OneOrMany,
    TextField,
    wrong,
)
from engine.yaml.nodes import Node, Text, YamlList, YamlMap


def read_moment(value: object) -> datetime:
    """A date and time without a zone, as 2026-07-15T12:00:00."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, Text) or not _MOMENT_TEXT.fullmatch(value):
        raise ValueError("a date and time such as 2026-07-15T12:00:00 is wanted")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise wrong(f"there is no date and time '{value}'") from None


_MOMENT_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_MOMENT = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"}


class Identity(Model):
    """``study:`` - who the study is; ``created`` fixes the time stamped into files."""

    id: TextField
    title: LabelField
    cutoff: IsoDate | None = None
    created: Annotated[datetime, PlainValidator(read_moment), WithJsonSchema(_MOMENT)] | None = None
    folder: TextField | None = None

    @model_validator(mode="after")
    def _names_a_folder(self) -> Self:
        named = self.id if self.folder is None else self.folder
        hint = "letters, digits, - and _; 'folder' names one where the id cannot"
        if not _FOLDER.fullmatch(named):
            raise wrong(f"'{named}' is no name of a folder", hint, named.place)
        if len(named) > LONGEST_FOLDER:
            raise wrong(f"a folder's name of {len(named):,} characters, {LONGEST_FOLDER} at most", hint,
                        named.place)
        return self


_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _checked_format(text: Text, role: Literal["date", "time"]) -> Text:
    if len(text) > LONGEST_FORMAT:
        raise wrong(f"a format of {len(text):,} characters, {LONGEST_FORMAT} at most")
    try:
        compile_format(str(text), role, ())
    except ValueError as error:
        meant = meant_format(str(text), role)
        raise wrong(str(error), f"did you mean '{meant}'?" if meant else "") from None
    return text


DateFormat = Annotated[TextField, AfterValidator(lambda v: _checked_format(v, "date"))]
"""A format dates are collected in, such as ``dd-MMM-yyyy``."""
TimeFormat = Annotated[TextField, AfterValidator(lambda v: _checked_format(v, "time"))]
"""A format times are collected in, such as ``hh:mm a``."""


def _few(what: str) -> BeforeValidator:
    """Counts before the items are read."""
    def checked(value: object) -> object:
        if isinstance(value, YamlList) and (told := too_many(len(value), what)):
            raise wrong(told)
        return value
    return BeforeValidator(checked)


def _short_word(word: Text) -> Text:
    if len(word) > LONGEST_WORD:
        raise wrong(f"a word of {len(word):,} characters, {LONGEST_WORD} at most")
    return word


DateFormats = Annotated[OneOrMany[DateFormat], _few("formats")]
TimeFormats = Annotated[OneOrMany[TimeFormat], _few("formats")]
UnknownWords = Annotated[OneOrMany[Annotated[TextField, AfterValidator(_short_word)]], _few("unknown words")]


class Reading(Model):
    """How collected text is read; a table or a file may say otherwise.

    ``decimal_comma`` (false) and ``thousands`` (true) say what ``5,6`` and ``1,234``
    mean in results, see :func:`engine.numbers.read_results`.
    """

    missing: OneOrMany[AnyText] | None = None
    dates: DateFormats | None = None
    times: TimeFormats | None = None
    unknown: UnknownWords | None = None
    repair: OneOrMany[Literal["trim", "width", "mojibake"]] | None = None
    decimal_comma: Literal["true", "false", "auto"] | None = None
    thousands: Boolean | None = None


def _short_path(path: Text) -> Text:
    if len(path) > LONGEST_PATH:
        raise wrong(f"a path of {len(path):,} characters, {LONGEST_PATH} at most")
    return path


PathField = Annotated[TextField, AfterValidator(_short_path)]
"""The path of a raw file or folder."""


def _counted_line(line: int) -> int:
    if line < 1:
        raise wrong(f"lines are counted from 1, so none is {line}")
    return line


LineField = Annotated[Integer, AfterValidator(_counted_line)]
"""The number of a line (or row of a sheet)."""


class RawFile(Reading):
    """One raw file: where it is, how it is written, how it is read."""

    file: PathField
    format: Literal["csv", "tsv", "xlsx", "sas7bdat", "xpt", "parquet"] | None = None
    encoding: TextField | None = None
    sheet: TextField | None = None
    header: LineField | None = None
    labels: LineField | None = None
    delimiter: TextField | None = None
    rename: MapOf[Key, TextField] | None = None
    missing_in: MapOf[Key, OneOrMany[AnyText]] | None = None


class Supersede(Model):
    """Of the records alike in ``by``, the last by ``order`` replaces the others."""

    by: OneOrMany[RefField]
    order: OneOrMany[OrderField]


def read_unique(value: object) -> bool | tuple[str, ...]:
    """``unique`` is true, false, or a list of columns."""
    if isinstance(value, bool | tuple):
        return value
    if isinstance(value, Text) and value in ("true", "false"):
        return value == "true"
    if isinstance(value, YamlList) and value and all(isinstance(v, Text) and v for v in value):
        return tuple(v for v in value if isinstance(v, Text))
    raise ValueError("true, or a list of columns, is wanted")


_UNIQUE = {"anyOf": [shapes.BOOLEAN, shapes.list_of(shapes.TEXT)]}


class RawTable(Model):
    """A raw table: one file or several, cleaned the same way for everyone who reads it.

    ``where`` keeps records; ``unique`` drops exact duplicates (all columns, or
    alike in the named ones); ``supersede`` keeps the last version of a record.
    ``unknown_subject`` says what a record of nobody in DM means.
    """

    files: OneOrMany[RawFile]
    subject: ExpressionField | None = None
    where: ExpressionField | None = None
    unique: Annotated[bool | tuple[str, ...], PlainValidator(read_unique), WithJsonSchema(_UNIQUE)] = False
    supersede: Supersede | None = None
    unknown_subject: Literal["error", "drop"] | None = None


TABLE_KEYS = frozenset({"subject", "where", "unique", "supersede", "unknown_subject", "files"})


def table_node(node: Node) -> Node:
    """Write the short forms of a raw table (a file's name, a list of files) in full."""
    if isinstance(node, Text | YamlList):
        node = named("files", node)
    if not isinstance(node, YamlMap):
        return node
    if "files" not in node:
        file = remade({k: v for k, v in node.items() if k not in TABLE_KEYS}, node)
        own = {k: v for k, v in node.items() if k in TABLE_KEYS}
        node = remade({**own, key("files", node): file}, node)
    items = listed(node[Text("files")])
    files = YamlList([named("file", n) if isinstance(n, Text) else n for n in items], items.place)
    return remade({k: (files if k == "files" else v) for k, v in node.items()}, node)


def _told_apart(tables: dict[str, RawTable]) -> dict[str, RawTable]:
    """Refuse names that look alike, for nobody could tell which table is meant."""
    seen: dict[str, str] = {}
    for name in tables:
        first = seen.setdefault(plain(str(name)), str(name))
        if first != str(name):
            raise wrong(f"the names '{first}' and '{name}' look alike", "name one of the tables another way",
                        getattr(name, "place", None))
    return tables


class Raw(Model):
    """``raw:`` - the folder of raw files and the tables in it."""

    folder: PathField
    tables: Annotated[MapOf[NameKey, RawTable], AfterValidator(_told_apart)]


class TreatmentEmergent(Model):
    """The study's one plan for what is treatment-emergent (OCCDS 1.1, TRTEMFL)."""

    start: ExpressionField
    end: ExpressionField | None = None
    days: Annotated[Integer, AfterValidator(lambda v: _no_fewer(v)), WithJsonSchema(
        {**shapes.INTEGER, "minimum": 0})] | None = None
    missing_start: Literal["emergent", "not"] | None = None
    worsening: Boolean | None = None


def _no_fewer(days: int) -> int:
    if days < 0:
        raise wrong(f"'days' is {days}, less than none", "days after treatment that count, as in 30")
    return days


class Study(Model):
    """The whole study file."""

    study: Identity
    standards: Standards
    raw: Raw
    read: Reading = Reading()
    subject: ExpressionField
    visits: Annotated[MapOf[Key, Visit], AfterValidator(one_visit_a_code)] | None = None
    unscheduled: Unscheduled | None = None
    epochs: MapOf[Key, Epoch] | None = None
    design: DesignField | None = None
    treatment_emergent: TreatmentEmergent | None = None
    windows: Annotated[MapOf[Key, Windows], BeforeValidator(named_windows),
                       shapes.OneUnnamed()] | None = None
    values: MapOf[NameKey, TextField] | None = None
    transport: Transport | None = None

    @property
    def folder_name(self) -> str:
        """The study's folder in a submission: its id in lower case unless said otherwise."""
        return str(self.study.folder or self.study.id).lower()

    def files(self) -> Iterator[tuple[str, RawFile]]:
        """Each raw table's name with each of its files."""
        for name, table in self.raw.tables.items():
            for file in table.files:
                yield name, file

    def design_tables(self) -> dict[str, DesignTable]:
        """The tables of the study file, by their name in specs: ``design.arms``, and ``design.visits``."""
        made = [visits_table(self.visits)] if self.visits else []
        return {**(self.design or {}), **{table.name: table for table in made}}

    def subject_of(self, table: str) -> Expression:
        """The expression that makes USUBJID of a raw table's records."""
        own = self.raw.tables[table].subject
        return own if own is not None else self.subject

    def constants(self) -> dict[tuple[str, ...], str]:
        """What ``study.<name>`` means in an expression: id, title, cut-off, versions, and ``values``."""
        found: dict[tuple[str, ...], str] = {("study", "id"): str(self.study.id)}
        if self.study.title.en is not None:
            found["study", "title"] = str(self.study.title.en)
        for name in type(self.standards).model_fields:
            if (version := getattr(self.standards, name)) is not None:
                found["study", name] = str(version)
        if self.study.cutoff is not None:
            found["study", "cutoff"] = str(self.study.cutoff)
        for name, value in (self.values or {}).items():
            found["study", str(name)] = str(value)
        return found
