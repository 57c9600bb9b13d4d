"""Values from one column or from none: from, constant, expression, case, subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from engine.build.derivation import Derivation
from engine.columns import Column, Kind, blank, repeated
from engine.expressions import Expression
from engine.spec.entries import Entry
from engine.spec.references import ExpressionField, RefField
from engine.spec.verbs import verb
from engine.yaml.fields import Boolean, MapOf, OneOrMany, TextField, wrong

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
    """Copy a column: of the source, of this dataset, or (``DM.SEX``) of another."""
    column = at.column(entry.from_)
    values = column.values
    if column.kind is not Kind.TEXT and (entry.blank is not None or entry.upper):
        raise at.wrong(f"'{entry.from_}' is a {column.kind.value}, where text is wanted",
                       "'blank' and 'upper' work on text")
    if entry.blank is not None:
        values = values.mask(values.isin([str(b) for b in entry.blank]))
    if entry.upper:
        values = values.str.upper()
    return Column(values, column.kind)


class Constant(Entry):
    """``{constant: TEXT}``; ``when`` leaves it blank elsewhere."""

    constant: TextField
    when: ExpressionField | None = None


@verb("constant")
def derive_constant(entry: Constant, at: Derivation) -> Column:
    """The same value for every record, or for those where ``when`` is true."""
    values = repeated(str(entry.constant), at.index)
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
    """The value of a scalar expression over the record's columns."""
    return at.evaluate(entry.expression)


class Case(Entry):
    """``{case: {CONDITION: VALUE, ...}, else: VALUE}``: the first condition that is true."""

    case: MapOf[ExpressionField, TextField]
    else_: TextField | None = Field(default=None, alias="else")


@verb("case")
def derive_case(entry: Case, at: Derivation) -> Column:
    """The value of the first condition that is true, else ``else``, else blank."""
    values = blank(at.index, Kind.TEXT)
    open_ = np.ones(at.rows.size, dtype=bool)
    for condition, value in entry.case.items():
        assert isinstance(condition, Expression)
        hit = open_ & at.condition(condition)
        values = values.where(~hit, repeated(str(value), at.index))
        open_ &= ~hit
    if entry.else_ is not None:
        values = values.where(~open_, repeated(str(entry.else_), at.index))
    return Column(values, Kind.TEXT)


def _only_true(value: bool) -> bool:
    if not value:
        raise wrong("only 'true' is wanted here", "leave the entry out if the variable is not wanted")
    return value


Switch = Annotated[Boolean, AfterValidator(_only_true)]
"""A verb that has nothing to say but that it is there."""


class Subject(Entry):
    """``{subject: true}``: the study's subject expression (USUBJID)."""

    subject: Switch


@verb("subject")
def derive_subject(entry: Subject, at: Derivation) -> Column:
    """The unique subject identifier by the study file's ``subject``."""
    values = at.subjects()
    at.refuse(values.isna().to_numpy(), "the record has no subject", hint="see 'subject' in the study file")
    return Column(values, Kind.TEXT)


class Missing(Entry):
    """``{missing: true}``: a variable that must be there and has no values."""

    missing: Switch


@verb("missing")
def derive_missing(entry: Missing, at: Derivation) -> Column:
    """No value for any record, as for an Expected variable that was not collected (SDTMIG 3.4, 4.1.5)."""
    return Column(blank(at.index, at.kind), at.kind)
