"""The spec of a figure: one file in ``figures/`` beside the study file; see docs/figures.md."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from engine.spec.entries import Label, read_label
from engine.spec.references import ExpressionField
from engine.yaml import shapes
from engine.yaml.fields import Boolean, Integer, Key, ListOf, MapOf, Model, Name, Number, wrong
from engine.yaml.nodes import Node, describe

MARKS = Literal["circle", "half circle", "ring", "square", "open square", "diamond", "open diamond",
                "triangle", "triangle down", "star", "cross", "plus", "bar", "arrow"]
"""The signs of events, told apart by their shapes, not by colour alone."""

MOST_MARKS = 12


def read_words(value: Node | Label) -> Label:
    """A text shown in a figure: English, or ``{en: ..., zh: ...}``; English is always needed."""
    try:
        words = read_label(value)
    except ValueError:
        raise wrong(f"a text is wanted, not {describe(value)}", "as in {en: ..., zh: ...}") from None
    if words.en is None:
        raise wrong("the English text is missing", "as in {en: ..., zh: ...}")
    return words


WordsField = Annotated[Label, PlainValidator(read_words), WithJsonSchema({"anyOf": [shapes.TEXT, {
    "type": "object", "properties": {"en": shapes.TEXT, "zh": shapes.TEXT}, "required": ["en"],
    "additionalProperties": False}]})]
"""Text of any length in English and, if the author likes, in Chinese."""


class Records(Model):
    """Records of an analysis dataset: all, or those for which ``where`` is true."""

    dataset: Name
    where: ExpressionField | None = None


class Population(Records):
    """The subjects shown and counted: one record each, their group and the name they are shown by."""

    name: WordsField
    label: Name | None = None
    group: Name | None = None
    groups: MapOf[Key, WordsField] | None = None

    @model_validator(mode="after")
    def _groups_of_something(self) -> Self:
        if self.groups is not None and self.group is None:
            raise wrong("'groups' needs 'group', the variable whose values it names", "",
                        self.places.get("groups"))
        return self


class Split(Model):
    """Where an axis of time changes its scale, and the share of its width before that."""

    at: Number
    share: Number

    @model_validator(mode="after")
    def _share_of_one(self) -> Self:
        if not Decimal("0.1") <= self.share <= Decimal("0.9"):
            raise wrong(f"a share of {self.share} is not from 0.1 to 0.9", "", self.places.get("share"))
        return self


class Axis(Model):
    """An axis: its text, its ends and its ticks, in the unit of what is drawn."""

    label: WordsField
    from_: Number | None = Field(default=None, alias="from")
    to: Number | None = None
    ticks: ListOf[Number] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise wrong(f"the axis begins at {self.from_} and ends at {self.to}", "", self.places.get("to"))
        if any(a >= b for a, b in zip(self.ticks or (), (self.ticks or ())[1:], strict=False)):
            raise wrong("the ticks do not rise", "", self.places.get("ticks"))
        return self


class TimeAxis(Axis):
    """An axis of time that may change its scale."""

    split: Split | None = None


class Limit(Model):
    """The limit of quantitation: its value, which records lie below it, and what both are called."""

    value: ExpressionField
    below: ExpressionField
    label: WordsField
    below_label: WordsField


class Values(Model):
    """What is drawn upwards: a number of each record, and the scale it is drawn in."""

    value: ExpressionField
    label: WordsField
    scale: Literal["linear", "log"] = "linear"
    limit: Limit | None = None


class Median(Model):
    """The median of subjects: at which time each record counts, which count, of how many at least."""

    at: ExpressionField
    where: ExpressionField | None = None
    least: Integer = 2
    label: WordsField


class Ringed(Model):
    """Records with a ring around their sign, such as the baseline."""

    where: ExpressionField
    label: WordsField


class Line(Model):
    """A vertical line at a time, such as that of the infusion."""

    at: Number
    label: WordsField


class FigureModel(Model):
    """What all figures have."""

    title: WordsField
    population: Population
    subject: Name | None = None
    footnotes: ListOf[WordsField] | None = None


class Profile(FigureModel):
    """Values over time: a line a subject, and the median."""

    figure: Literal["profile"]
    records: Records
    time: ExpressionField
    x: TimeAxis
    y: Values
    panels: Boolean = False
    median: Median | None = None
    ringed: Ringed | None = None
    lines: ListOf[Line] | None = None


class Bar(Records):
    """How long each subject is followed: where its bar begins (0 unless said) and ends."""

    start: ExpressionField | None = None
    end: ExpressionField
    label: WordsField


class Event(Records):
    """A sign on the bars: at a time, or without ``at`` at the end of the subject's bar."""

    at: ExpressionField | None = None
    mark: MARKS
    label: WordsField


class Swimmer(FigureModel):
    """A bar a subject, by group, with spans and signs on it."""

    figure: Literal["swimmer"]
    bar: Bar
    x: Axis
    spans: ListOf[Bar] | None = None
    marks: ListOf[Event]

    @model_validator(mode="after")
    def _few(self) -> Self:
        if len(self.marks) > MOST_MARKS:
            raise wrong(f"{len(self.marks)} marks, {MOST_MARKS} at most", "", self.places.get("marks"))
        if len(self.spans or ()) > 2:
            raise wrong(f"{len(self.spans or ())} spans, 2 at most", "", self.places.get("spans"))
        return self


class Grades(FigureModel):
    """Subjects by the worst grade of each term: a bar a term, a panel a group."""

    figure: Literal["grades"]
    records: Records
    term: Name
    grade: ExpressionField
    grades: ListOf[Integer]
    most: Integer = 15
    any: WordsField | None = None
    all: WordsField | None = None
    label: WordsField

    @model_validator(mode="after")
    def _rising(self) -> Self:
        place = self.places.get("grades")
        if not 1 <= len(self.grades) <= 6:
            raise wrong(f"{len(self.grades)} grades, 1 to 6 are wanted", "", place)
        if any(a >= b for a, b in zip(self.grades, self.grades[1:], strict=False)):
            raise wrong("the grades do not rise", "from the mildest to the worst", place)
        if not 1 <= self.most <= 40:
            raise wrong(f"{self.most} terms, 1 to 40 are wanted", "", self.places.get("most"))
        if self.all is not None and self.population.group is None:
            raise wrong("'all' stands beside groups, and the population has none", "",
                        self.places.get("all"))
        return self


Figure = Profile | Swimmer | Grades

KINDS: dict[str, type[Profile] | type[Swimmer] | type[Grades]] = {
    "profile": Profile, "swimmer": Swimmer, "grades": Grades}
"""The kinds of figures by the value of the key ``figure``."""
