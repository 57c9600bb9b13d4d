"""Values from one column or from none: from, constant, expression, case, subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, WithJsonSchema

from engine.build.derivation import Derivation
from engine.build.rows import SUBJECT
from engine.coded import Coded
from engine.columns import Column, Kind, blank
from engine.expressions import Expression
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Boolean, MapOf, OneOrMany, TextField, wrong
from engine.yaml.shapes import TEXT_OR_NULL

KindOf = Callable[[tuple[str, ...]], Kind]


class From(Entry):
    """``{from: COLUMN}``; ``blank`` lists texts that mean no value, ``upper`` folds to capitals."""

    from_: RefField = Field(alias="from")
    blank: OneOrMany[TextField] | None = None
    upper: Boolean | None = None


def _from_kind(entry: From, kind_of: KindOf) -> Kind:
    return kind_of(entry.from_.parts)


@verb("from", kind=_from_kind)
def derive_from(entry: From, at: Derivation) -> Column:
    """Copy a column of the source, of this dataset, or (``DM.SEX``) of another one by the subject.

    The value keeps its kind; texts listed in ``blank`` become blank.

    Source: SDTMIG 3.4, sections 4.2.4 (text case) and 4.2.5 (missing values).
    """
    column = at.column(entry.from_)
    if column.kind is not Kind.TEXT and (entry.blank is not None or entry.upper):
        raise at.wrong(f"'{entry.from_}' is a {column.kind.value}, where text is wanted",
                       "'blank' and 'upper' work on text")
    if column.kind is not Kind.TEXT:
        return column
    texts = column.coded
    if entry.blank is not None:
        texts = texts.where(~texts.where_text({str(b) for b in entry.blank}.__contains__))
    return Column(texts.map(str.upper) if entry.upper else texts, Kind.TEXT)


class Constant(Entry):
    """``{constant: TEXT}``; ``when`` leaves it blank elsewhere."""

    constant: Annotated[TextField, WithJsonSchema(TEXT_OR_NULL)]
    when: ExpressionField | None = None


@verb("constant")
def derive_constant(entry: Constant, at: Derivation) -> Column:
    """The same value on every record, or only on those where ``when`` is true.

    Source: SDTMIG 3.4, section 4.1.8 (origin of values that the sponsor assigns).
    """
    values = Coded.constant(str(entry.constant), at.rows.size)
    if entry.when is not None:
        values = values.where(at.condition(entry.when))
    return Column(values, Kind.TEXT)


class Expressed(Entry):
    """``{expression: SQL}``."""

    expression: ExpressionField


def _expression_kind(entry: Expressed, kind_of: KindOf) -> Kind:
    kinds = {name: kind_of(name) for name in entry.expression.names}
    return entry.expression.kind(kinds) or Kind.TEXT


@verb("expression", kind=_expression_kind)
def derive_expression(entry: Expressed, at: Derivation) -> Column:
    """The value of an expression over the record's columns.

    A problem in the data, such as a division by zero, refuses the record.

    Source: Dossier's own; the expressions are a closed part of SQL.
    """
    return at.evaluate(entry.expression)


class Case(Entry):
    """``{case: {CONDITION: VALUE, ...}, else: VALUE}``: the first condition that is true."""

    case: MapOf[ExpressionField, TextField]
    else_: TextField | None = Field(default=None, alias="else")


@verb("case")
def derive_case(entry: Case, at: Derivation) -> Column:
    """The value of the first condition that is true, else ``else``, else blank.

    A condition that cannot be told, because a value is blank, is not true.

    Source: Dossier's own; CASE of SQL with texts for values.
    """
    codes = np.full(at.rows.size, -1, dtype="int32")
    texts: list[str | None] = []
    open_ = np.ones(at.rows.size, dtype=bool)
    for condition, value in entry.case.items():
        assert isinstance(condition, Expression)
        hit = open_ & at.condition(condition)
        codes[hit] = len(texts)
        texts.append(str(value))
        open_ &= ~hit
    if entry.else_ is not None:
        codes[open_] = len(texts)
        texts.append(str(entry.else_))
    return Column(Coded.choice(codes, texts), Kind.TEXT)


def _only_true(value: bool) -> bool:
    if not value:
        raise wrong("only 'true' is wanted here", "leave the entry out if the variable is not wanted")
    return value


Switch = Annotated[Boolean, AfterValidator(_only_true), WithJsonSchema({"const": True})]
"""A verb that has nothing to say but that it is there."""


class Subject(Entry):
    """``{subject: true}``: the study's subject expression (USUBJID)."""

    subject: Switch


@verb("subject")
def derive_subject(entry: Subject, at: Derivation) -> Column:
    """USUBJID by the study file's ``subject``; a record without a subject is refused.

    Every dataset of SDTM has this entry even if it is not written.

    Source: SDTMIG 3.4, section 4.2.3 (USUBJID).
    """
    values = at.rows.coded(*SUBJECT)
    at.refuse(values.isna(), "the record has no subject",
              hint="see 'subject' in the study file; 'where' leaves out lines that are no records")
    return Column(values, Kind.TEXT)


class Missing(Entry):
    """``{missing: true}``: a variable that must be there and has no values."""

    missing: Switch


@verb("missing")
def derive_missing(entry: Missing, at: Derivation) -> Column:
    """No value for any record, as for an Expected variable that was not collected.

    Source: SDTMIG 3.4, section 4.1.5 (core designations).
    """
    if at.kind is Kind.TEXT:
        return Column(Coded.nulls(at.rows.size), at.kind)
    return Column(blank(at.index, at.kind), at.kind)
