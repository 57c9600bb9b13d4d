"""Parameters computed from others: parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import PlainValidator, WithJsonSchema, model_validator

from adam.verbs.change import number_of
from adam.verbs.choose import Codes, Mask, compute_chosen, order_ranks
from engine.build.derivation import Derivation
from engine.build.new_rows import bare_rows, groups_of, set_values
from engine.build.rows import Rows, stack
from engine.coded import Coded
from engine.columns import Column, Kind
from engine.errors import hint_for
from engine.expressions import Expression
from engine.spec.references import ExpressionField, OrderField, Ref, RefField, read_expression
from engine.spec.verbs import step
from engine.yaml.fields import MapOf, Model, Name, OneOrMany, TextField
from engine.yaml.nodes import Text
from engine.yaml.shapes import TEXT


@dataclass(frozen=True)
class Formula:
    """An expression whose names are codes of parameters, not columns."""

    expression: Expression

    @property
    def codes(self) -> tuple[str, ...]:
        """The parameters it is computed from."""
        return tuple(parts[-1] for parts in self.expression.names)


def read_formula(value: object) -> Formula:
    """Parse a formula such as ``NEUT / LYM``."""
    if isinstance(value, Formula):
        return value
    expression = read_expression(value)
    for parts in expression.names:
        if len(parts) > 1:
            raise ValueError(f"'{'.'.join(parts)}' is no code of a parameter")
    if not expression.names:
        raise ValueError("a formula names the parameters it is computed from")
    return Formula(expression)


class Parameter(Model):
    """One new parameter: its label, its formula, and what makes records belong together."""

    label: TextField
    value: Annotated[Formula, PlainValidator(read_formula), WithJsonSchema(TEXT)]
    on: OneOrMany[RefField]
    once: OneOrMany[TextField] | None = None
    keep: OneOrMany[RefField] | None = None
    where: ExpressionField | None = None
    order: OneOrMany[OrderField] | None = None
    take: Literal["first", "last"] | None = None
    none: Literal["error", "keep"] | None = None
    set: MapOf[Name, TextField] | None = None

    @model_validator(mode="after")
    def _known_once(self) -> Self:
        for code in self.once or ():
            if code not in self.value.codes:
                raise ValueError(f"'once' names {code}, which the formula does not")
        if set(self.value.codes) <= {str(code) for code in self.once or ()}:
            raise ValueError("'once' leaves no parameter that gives the records")
        if (self.take is None) != (self.order is None):
            raise ValueError("'order' and 'take' go together")
        return self


class ParametersStep(Model):
    """``{parameters: {NLR: {label, value: NEUT / LYM, on: [USUBJID, ADT]}}}``."""

    parameters: MapOf[Name, Parameter]
    code: RefField = Ref(("PARAMCD",))
    aval: RefField = Ref(("AVAL",))

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        own = [str(name) for part in self.parameters.values() for name in part.set or ()]
        return tuple(dict.fromkeys([self.code.parts[-1], "PARAM", self.aval.parts[-1], *own]))


@step("parameters", layer="adam")
def change_parameters(entry: ParametersStep, at: Derivation) -> Rows:
    """Add records of parameters computed from others.

    The values of records alike in ``on`` go into the formula; a parameter under
    ``once`` (a height) has one value a subject.  A record is added where the
    result is not blank; it holds ``on`` and ``keep`` and is blank elsewhere.
    Later parameters may use earlier ones.

    Source: ADaMIG 1.3, section 4.2 (derived rows).
    """
    for name, part in entry.parameters.items():
        at.rows = stack(at.dataset, [at.rows, _computed(str(name), part, entry, at)])
    return at.rows


def _computed(name: str, part: Parameter, entry: ParametersStep, at: Derivation) -> Rows:
    code, aval = at.coded(entry.code), number_of(entry.aval, at)
    once = {str(text) for text in part.once or ()}
    among = aval.notna().to_numpy() & at.condition(part.where)
    among_code = {text: among & code.where_text(text.__eq__) for text in part.value.codes}
    _require_known(name, part, code, at)
    shared = [text for text in part.value.codes if text not in once]
    behind_mask = np.logical_or.reduce([among_code[text] for text in shared])
    groups = at.groups(part.on)
    positions = np.flatnonzero(behind_mask)
    behind = at.rows.take(positions)
    numbers, first = groups_of([pd.Series(groups[positions])])
    made = bare_rows(behind, numbers, first, [*part.on, *(part.keep or ())], at)
    subjects = at.groups(None)
    columns: dict[tuple[str, ...], Column] = {}
    for text in part.value.codes:
        keys = subjects if text in once else groups
        position = _one_of(name, text, part, keys, among_code[text], at)
        values = np.append(aval.to_numpy(dtype="float64"), np.nan)[position[keys[positions[first]]]]
        columns[(text,)] = Column(pd.Series(values, index=made.index), Kind.NUMBER)
    result = part.value.expression.evaluate(columns, made.index)
    for message, mask in result.bad.items():
        at.refuse(mask.to_numpy(dtype=bool), f"parameter {name}: {message}", rows=made)
    if result.kind is not Kind.NUMBER:
        raise at.wrong(f"parameter {name}: a {result.kind.value} is made where a number is wanted")
    made.put(entry.aval.parts[-1:], result.values, Kind.NUMBER)
    made = made.where(result.values.notna().to_numpy())
    names = {Text(entry.code.parts[-1]): Text(name)}
    if "PARAM" in at.build.plan.datasets[at.dataset].variables:
        names[Text("PARAM")] = part.label
    return set_values(made, names | dict(part.set or {}), None, at)


def _require_known(name: str, part: Parameter, code: Coded, at: Derivation) -> None:
    known = {str(value) for value in code.series().dropna().unique()}
    absent = [text for text in part.value.codes if text not in known]
    if absent and part.none != "keep" and at.rows.size:
        raise at.wrong(f"parameter {name}: no record of parameter {absent[0]}",
                       hint_for(absent[0], known) + "; 'none: keep' if it may be absent")


def _one_of(name: str, code: str, part: Parameter, keys: Codes, among: Mask, at: Derivation) -> Codes:
    """The position of the one record of a parameter for each key, -1 where there is none."""
    if part.take is None:
        again = np.zeros(len(keys), dtype=bool)
        again[among] = pd.Series(keys[among]).duplicated(keep=False).to_numpy()
        chosen = among
    else:
        found = compute_chosen(keys, among, order_ranks(part.order, at), last=part.take == "last")
        again, chosen = found.tied, found.mask
    at.refuse(again, f"parameter {name}: several records of {code} belong together",
              hint="add to 'on', or say which with 'order' and 'take'")
    position = np.full(int(keys.max(initial=-1)) + 1, -1)
    position[keys[chosen]] = np.flatnonzero(chosen)
    return position
