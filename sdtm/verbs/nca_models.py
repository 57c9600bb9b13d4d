"""What an entry of the step ``nca`` may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.errors import hint_for
from engine.expressions.like import compile_like
from engine.nca import BelowRules, Method, TerminalRules
from engine.spec.references import RefField
from engine.terminology import codelist
from engine.yaml.fields import (
    Boolean,
    Integer,
    Key,
    MapOf,
    Model,
    Number,
    OneOrMany,
    Ratio,
    TextField,
    wrong,
)
from sdtm.verbs.nca_parameters import INTERVALS, QUANTITIES

Rule = Literal["0", "blank", "lloq", "half"]

METHODS: dict[str, Method] = {
    "LINEAR TRAPEZOIDAL METHOD": "linear",
    "LINEAR TRAPEZOIDAL - LOG INTERPOLATION METHOD": "linear_log_interpolation",
    "LINEAR UP LOG DOWN METHOD": "linear_up_log_down",
    "LIN-LOG TRAPEZOIDAL METHOD": "linear_log",
}
"""The terms of codelist PKANMET (C172330) that are rules of areas."""

SOON = {"s": "S", "min": "M", "h": "H"}
"""Units of time of codelist PKUNIT (C85494) as ISO 8601 writes them in a duration; ``day`` needs no ``T``."""


def _like(pattern: str) -> str:
    compile_like(str(pattern))     # a ValueError says what is wrong with it
    return pattern


class Parameter(Model):
    """One parameter: what it is, if its code does not say, its interval, and a unit of its own."""

    of: TextField | None = None
    name: TextField | None = None
    from_: Number | None = Field(default=None, alias="from")
    to: Number | None = None
    unit: TextField | None = None
    times: Ratio | None = None
    none: Literal["not_done", "drop"] | None = None

    @model_validator(mode="after")
    def _said_together(self) -> Self:
        if (self.times is None) != (self.unit is None):
            raise wrong("'unit' and 'times' go together", "as in {unit: L/h, times: 1000}")
        if self.from_ is not None and self.from_ < 0:
            raise wrong(f"'from: {self.from_}' is before the dose", "an interval begins at 0 or later",
                        self.places.get("from"))
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise wrong(f"the interval from {self.from_} to {self.to} has no width", "'to' is the later",
                        self.places.get("from"))
        return self

    def faults(self, code: str) -> Iterator[tuple[str, str]]:
        """What is wrong with it as the parameter of this code, and a hint."""
        quantity = str(self.of or code)
        if quantity not in QUANTITIES:
            yield f"'{quantity}' is no parameter that can be calculated", hint_for(quantity, QUANTITIES)
        elif quantity in INTERVALS and (self.from_ is None or self.to is None):
            yield f"parameter {code} needs 'from' and 'to', its interval", "as in {from: 0, to: 24}"
        elif quantity not in INTERVALS and (self.from_ is not None or self.to is not None):
            yield f"parameter {code} has no interval", f"those with one: {', '.join(INTERVALS)}"
        names = codelist("PKPARMCD")
        if self.name is None and names is not None and code not in names:
            yield f"'{code}' is not in codelist PKPARMCD (C85839)", "give it a 'name', and 'of'"


class LambdaZ(Model):
    """How the terminal slope is found, and when it is accepted."""

    points: Annotated[Integer, AfterValidator(lambda v: _at_least_three(v))] = 3
    first: Literal["after_tmax", "tmax", "any"] = "after_tmax"
    tolerance: Number | None = None
    falling: Boolean = False
    r2_adjusted: Number | None = None
    span: Number | None = None

    def rules(self) -> TerminalRules:
        """The same for the calculation."""
        first: dict[str, Literal["after_peak", "peak", "any"]] = {
            "after_tmax": "after_peak", "tmax": "peak", "any": "any"}
        return TerminalRules(
            points=self.points, first=first[self.first], falling=self.falling,
            tolerance=0.0001 if self.tolerance is None else float(self.tolerance),
            r2_adjusted=None if self.r2_adjusted is None else float(self.r2_adjusted),
            span=None if self.span is None else float(self.span))


def _at_least_three(points: int) -> int:
    if points < 3:
        raise wrong(f"a regression through {points} points has no adjusted R2", "3 points are the least")
    return points


class Reasons(Model):
    """The words of PPREASND, each with one that stands if nothing is said."""

    no_value: TextField | None = None
    few_points: TextField | None = None
    not_falling: TextField | None = None
    poor_fit: TextField | None = None
    short_span: TextField | None = None
    no_lambda_z: TextField | None = None
    not_covered: TextField | None = None

    def words(self, rules: LambdaZ) -> dict[str, str]:
        """All of them."""
        after = {"after_tmax": " AFTER TMAX", "tmax": " FROM TMAX", "any": ""}[rules.first]
        usual = {
            "no_value": "NO QUANTIFIABLE SAMPLE",
            "few_points": f"FEWER THAN {rules.points} SAMPLES{after}",
            "not_falling": "SLOPE NOT NEGATIVE",
            "poor_fit": f"ADJUSTED R2 BELOW {float(rules.r2_adjusted or 0):.2f}",
            "short_span": f"SPAN BELOW {float(rules.span or 0):g} HALF-LIVES",
            "no_lambda_z": "LAMBDA Z NOT ESTIMABLE",
            "not_covered": "INTERVAL NOT COVERED BY SAMPLES",
        }
        return {key: str(getattr(self, key) or text) for key, text in usual.items()}


class Nca(Model):
    """Samples, what makes a profile of them, the rules, and the parameters."""

    by: OneOrMany[RefField]
    time: RefField
    time_unit: Literal["s", "min", "h", "day"]
    planned: RefField | None = None
    same_time: Literal["mean", "error"] | None = None
    number: RefField
    unit: RefField
    text: RefField | None = None
    is_: OneOrMany[Annotated[TextField, AfterValidator(_like)]] | None = Field(default=None, alias="is")
    lloq: RefField | None = None
    before_dose: Rule | None = None
    before_first: Rule | None = None
    between: Rule | None = None
    after_last: Rule | None = None
    at_zero: Literal["0", "blank", "first", "extrapolated"]
    method: Literal["LINEAR TRAPEZOIDAL METHOD", "LINEAR TRAPEZOIDAL - LOG INTERPOLATION METHOD",
                    "LINEAR UP LOG DOWN METHOD", "LIN-LOG TRAPEZOIDAL METHOD"]
    lambda_z: LambdaZ | None = None
    beyond: Literal["observed", "predicted", "blank"] | None = None
    dose: RefField | None = None
    dose_unit: RefField | None = None
    parameters: MapOf[Key, OneOrMany[Parameter]]
    reasons: Reasons | None = None
    keep: OneOrMany[RefField] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.text is None) != (self.is_ is None):
            raise wrong("'text' and 'is' go together", "they tell what is below the limit")
        if (self.dose is None) != (self.dose_unit is None):
            raise wrong("'dose' and 'dose_unit' go together", "each needs the other")
        for code, intervals in self.parameters.items():
            self._parameter(code, intervals)
        used = {str(rule) for rule in (self.before_dose, self.before_first, self.between, self.after_last)}
        if self.lloq is None and used & {"lloq", "half"}:
            raise wrong(f"rule '{min(used & {'lloq', 'half'})}' needs the limit", "name it with 'lloq'")
        return self

    def _parameter(self, code: Key, intervals: tuple[Parameter, ...]) -> None:
        place = getattr(code, "place", None)
        for part in intervals:
            for message, hint in part.faults(str(code)):
                raise wrong(message, hint, place)
            if QUANTITIES[str(part.of or code)].dosed and self.dose is None:
                raise wrong(f"parameter {code} needs the dose", "name it with 'dose' and 'dose_unit'", place)
        spans = [(part.from_, part.to) for part in intervals]
        if len(set(spans)) < len(spans):
            raise wrong(f"parameter {code} is there twice", "give each its own interval", place)

    def below(self) -> BelowRules:
        """The rules of values below the limit; one not said is never met (it is refused before)."""
        return BelowRules(self.before_dose or "0", self.before_first or "0", self.between or "blank",
                          self.after_last or "blank", self.at_zero)

    @property
    def terminal(self) -> LambdaZ:
        """How the terminal slope is found, also where nothing is said."""
        return self.lambda_z or LambdaZ()

    def words(self) -> dict[str, str]:
        """The words of PPREASND."""
        return (self.reasons or Reasons()).words(self.terminal)

    @property
    def area_method(self) -> Method:
        """The rule of areas."""
        return METHODS[self.method]


class NcaStep(Model):
    """``{nca: {by, time, time_unit, number, unit, text, is, at_zero, method, parameters ...}}``."""

    nca: Nca

    def makes(self) -> tuple[str, ...]:
        """The variables it sets."""
        return ("PPTESTCD", "PPTEST", "PPORRES", "PPORRESU", "PPSTAT", "PPREASND", "PPANMETH", "PPSTINT",
                "PPENINT")
