"""Models of spec entries: what each field takes, and what is said of the rest."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, create_model, model_validator

from engine.errors import Place, Problem, SpecError
from engine.yaml import Text, parse_yaml
from engine.yaml.fields import (
    BY_KIND,
    IS_LIST,
    IS_MAP,
    IS_TEXT,
    AnyName,
    AnyText,
    Boolean,
    Collector,
    Integer,
    IsoDate,
    ListOf,
    MapOf,
    Model,
    Name,
    Number,
    OneOrMany,
    Problems,
    Ratio,
    TextField,
    TextOr,
    choice,
    mapping_of,
    one_or_many,
    validate,
    wrong,
)
from engine.yaml.source import MAX_PROBLEMS


class Pick(Model):
    """A nested entry."""

    inside: Name = Field(alias="in")
    order: OneOrMany[Name] = ()
    none: Literal["error", "keep", "blank"] = "error"


class Entry(Model):
    """An entry with a field of each shape."""

    label: TextField
    pick: Pick | None = None
    pages: ListOf[Integer] = ()
    map: MapOf[TextField, TextField] | None = None
    value: TextOr[Pick] | None = None
    convert: MapOf[AnyName, Pick] | None = None
    where: Annotated[
        Annotated[TextField, IS_TEXT] | Annotated[ListOf[TextField], IS_LIST] | Annotated[Pick, IS_MAP],
        BY_KIND,
    ] | None = None


def read(text: str) -> Entry:
    return validate(Entry, parse_yaml(text, "ae.yaml"), "AE.X")


def refusal(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read(text)
    return str(caught.value).split("\n")


def test_an_entry_with_a_field_of_each_shape() -> None:
    entry = read("label: Age\npick: {in: DM, order: AGE, none: keep}\npages: [31, 32]\n"
                 "map: {是: 'Y', '1': N}\nvalue: {in: EX, order: [A, B]}\n"
                 "convert: {mg: {in: LB}}\nwhere: [x]\n")
    assert entry.pick is not None
    assert (entry.pick.inside, entry.pick.order, entry.pick.none) == ("DM", ("AGE",), "keep")
    assert entry.pages == (31, 32)
    assert list((entry.map or {}).items()) == [("是", "Y"), ("1", "N")]
    assert isinstance(entry.value, Pick)
    assert entry.value.order == ("A", "B")
    assert entry.where == ("x",)
    assert [(str(key), value.inside) for key, value in (entry.convert or {}).items()] == [("mg", "LB")]


def test_places_are_kept_by_models_fields_and_keys() -> None:
    entry = read("label: Age\npick:\n  in: DM\n  order: [A]\nmap: {是: 'Y'}\nvalue: x\n")
    assert entry.pick is not None
    assert entry.map is not None
    assert str(entry.place) == "ae.yaml:1:1"
    assert str(entry.label.place) == "ae.yaml:1:8"
    assert {key: str(place) for key, place in entry.pick.places.items()} == {
        "in": "ae.yaml:3:7", "order": "ae.yaml:4:10"}
    assert str(entry.pick.place) == "ae.yaml:3:3"
    assert [str(key.place) for key in entry.map] == ["ae.yaml:5:7"]
    assert isinstance(entry.value, Text)
    assert str(entry.value.place) == "ae.yaml:6:8"


def test_models_are_equal_wherever_they_stand_and_cannot_change() -> None:
    one, other = read("label: Age\npages: [1]"), read("# moved\npages: [1]\nlabel: 'Age'")
    assert one == other
    assert hash(one) == hash(other)
    assert one != read("label: Age\npages: [2]")
    with pytest.raises(ValueError, match="Instance is frozen"):
        one.pages = ()


@pytest.mark.parametrize(("text", "messages"), [
    ("labl: Age", ["1:1: AE.X: unknown key 'labl'; did you mean 'label'?"]),
    ("lavender: Age", ["1:1: AE.X: missing key 'label'; add it",
                       "1:1: AE.X: unknown key 'lavender'; known: convert, label, map, pages, pick, value,"
                       " where"]),
    ("label: A\nmpa: {a: b}", ["2:1: AE.X: unknown key 'mpa'; did you mean 'map'?"]),
    ("label: A\nzzz: b", ["2:1: AE.X: unknown key 'zzz'; "
                          "known: convert, label, map, pages, pick, value, where"]),
    ("label: [A]", ["1:8: AE.X: text is wanted, not a list"]),
    ("label: {a: b}", ["1:8: AE.X: text is wanted, not a mapping"]),
    ("label:", ["1:7: AE.X: text is wanted, not nothing"]),
    ("label: ''", ["1:8: AE.X: text is wanted, not ''"]),
    ("label: A\npages: 31", ["2:8: AE.X: a list is wanted, not text; as in pages: [VALUE, VALUE]"]),
    ("label: A\npages: [31, x, [1]]", [
        "2:13: AE.X: a whole number is wanted, not 'x'; write it with digits only, as in 200",
        "2:16: AE.X: a whole number is wanted, not a list"]),
    ("label: A\nmap: [a]", ["2:6: AE.X: a mapping is wanted, not a list; as in map: {COLLECTED: TERM}"]),
    ("label: A\nmap: {a: [b]}", ["2:10: AE.X: text is wanted, not a list"]),
    ("label: A\npick: DM", ["2:7: AE.X: a mapping is wanted, not text; as in pick: {KEY: VALUE}"]),
    ("label: A\npick:", ["2:6: AE.X: a mapping is wanted, not nothing; as in pick: {KEY: VALUE}"]),
    ("label: A\npick: {order: A}", ["2:7: AE.X: missing key 'in'; add it under 'pick'"]),
    ("label: A\npick:\n  in: DM\n  oder: A", ["4:3: AE.X: unknown key 'oder'; did you mean 'order'?"]),
    ("label: A\npick:\n  in: DM\n  inside: DM", ["4:3: AE.X: unknown key 'inside'; known: in, none, order"]),
    ("label: A\npick: {in: DM, none: eror}", ["2:22: AE.X: unknown value 'eror'; did you mean 'error'?"]),
    ("label: A\npick: {in: DM, none: [error]}", ["2:22: AE.X: text is wanted, not a list"]),
    ("label: A\npick: {in: DM, order: {a: b}}", [
        "2:23: AE.X: text or a list is wanted, not a mapping; as in [a]"]),
    ("label: A\npick:\n  in: DM\n  order:", ["4:9: AE.X: a value or a list is wanted, not nothing"]),
    ("label: A\nvalue: {in: dm}", ["2:13: AE.X: 'dm' is not a variable name; write it in upper case, 'DM'"]),
    ("label: A\nvalue: [a]", ["2:8: AE.X: text or a mapping is wanted, not a list"]),
    ("label: A\nconvert:\n  mg/L: {in: LB}", [
        "3:3: AE.X: 'mg/L' is not a name; a letter or _, then up to 31 letters, digits or _"]),
    ("label: A\nconvert:\n  mg: {im: LB}", ["3:7: AE.X: missing key 'in'; add it under 'mg'",
                                            "3:8: AE.X: unknown key 'im'; known: in, none, order"]),
    ("label: A\nwhere: {in: DM, none: x}", ["2:23: AE.X: unknown value 'x'; known: blank, error, keep"]),
    ("label: A\nwhere: [x, [y]]", ["2:12: AE.X: text is wanted, not a list"]),
    ("label: A\npages: ['a\n\n  b']", [
        "2:9: AE.X: a whole number is wanted, not the quoted text 'a b'; remove the quotes"]),
    ("label: A\n" + "z" * 70 + ":", ["2:1: AE.X: unknown key '" + "z" * 57 + "...'; "
                                     "known: convert, label, map, pages, pick, value, where"]),
    ("[a]", ["1:1: AE.X: a mapping is wanted, not a list"]),
    ("label", ["1:1: AE.X: a mapping is wanted, not text"]),
])
def test_every_problem_of_a_node_stands_at_its_place(text: str, messages: list[str]) -> None:
    assert refusal(text) == [f"ae.yaml:{message}" for message in messages]


@pytest.mark.parametrize(("text", "message"), [
    ("{label: A BETWEEN 1 AND 2, B}", "1:28: AE.X: unknown key 'B'; quote the expression"),
    ("{label: A, B || 'x'}", "1:12: AE.X: unknown key 'B || 'x''; quote the expression"),
    ("{label: A, map: {x: a, b}}", "1:25: AE.X: text is wanted, not nothing; quote the expression"),
    ("{label: A, labl: }", "1:12: AE.X: unknown key 'labl'; quote the expression"),
    ("{label: A, labl: b}", "1:12: AE.X: unknown key 'labl'; did you mean 'label'?"),
    ("label: A\nlabl:", "2:1: AE.X: unknown key 'labl'; did you mean 'label'?"),
])
def test_an_expression_split_by_yaml_is_to_be_quoted(text: str, message: str) -> None:
    assert refusal(text) == [f"ae.yaml:{message}"]


def convert(kind: Any, typed: str) -> Any:
    model = create_model("Holder", __base__=Model, x=(kind, ...))
    return getattr(validate(model, parse_yaml(f"x: {typed}", "f.yaml"), "S"), "x")  # noqa: B009


@pytest.mark.parametrize(("kind", "typed", "value"), [
    (Integer, "200", 200), (Integer, "-14", -14), (Integer, "0", 0),
    (Number, "1.10", Decimal("1.10")), (Number, "-3", Decimal(-3)), (Number, "113.12", Decimal("113.12")),
    (Ratio, "5/9", Fraction(5, 9)), (Ratio, "0.5", Fraction(1, 2)), (Ratio, "1.5 / 3", Fraction(1, 2)),
    (Boolean, "true", True), (Boolean, "false", False),
    (IsoDate, "2024-02-29", datetime.date(2024, 2, 29)),
    (IsoDate, "'2025-03-28'", datetime.date(2025, 3, 28)),
    (Name, "AESER", "AESER"), (Name, "_LONG_WORKING_NAME", "_LONG_WORKING_NAME"), (Name, "A", "A"),
    (AnyName, "Site_1", "Site_1"), (AnyName, "a" * 32, "a" * 32),
    (one_or_many(Integer), "[1, 2]", (1, 2)), (one_or_many(Integer), "3", (3,)),
    (one_or_many(Integer, empty=True), "[]", ()),
    (one_or_many(TextField, empty=True), "['', NA]", ("", "NA")),
    (one_or_many(TextField, empty=True), "''", ("",)), (AnyText, "''", ""), (AnyText, "a", "a"),
    (mapping_of(Name, Integer), "{B: 1, A: 2}", {"B": 1, "A": 2}),
    (choice("error", "keep"), "keep", "keep"),
])
def test_what_a_field_type_takes(kind: Any, typed: str, value: object) -> None:
    made = convert(kind, typed)
    assert made == value
    assert str(made) == str(value)


WHOLE = "a whole number is wanted, not '{}'; write it with digits only, as in 200"
NUMBER = "a number is wanted, not '{}'; write it as in 12 or 0.5"
NAME = ("'{}' is not a variable name; "
        "a letter, then up to 7 letters, digits or _; a working column starts with _")


@pytest.mark.parametrize(("kind", "typed", "message"), [
    *((Integer, typed, WHOLE.format(typed)) for typed in (
        "012", "1_000", "1.0", "1e3", "0x10", "+1", "٣", "1234567890123456", "NO")),
    (Integer, "'5'", "a whole number is wanted, not the quoted text '5'; remove the quotes"),
    *((Number, typed, NUMBER.format(typed)) for typed in (
        "1e5", "1_000", ".5", "5.", "nan", ".inf", "1,5", "12:30", "01.5", "5/9")),
    (Ratio, "5/0", "'5/0' divides by zero"),
    (Ratio, "a/b", "a number is wanted, not 'a/b'; write it as in 12, 0.5 or 5/9"),
    (Ratio, "5/", "a number is wanted, not '5/'; write it as in 12, 0.5 or 5/9"),
    *((Boolean, typed, f"true or false is wanted, not '{typed}'; write {meant}") for typed, meant in (
        ("yes", "true"), ("NO", "false"), ("True", "true"), ("1", "true"), ("on", "true"))),
    (Boolean, "perhaps", "true or false is wanted, not 'perhaps'"),
    (Boolean, "'true'", "true or false is wanted, not the quoted text 'true'; remove the quotes"),
    (Boolean, "", "true or false is wanted, not nothing"),
    (IsoDate, "28MAR2025", "a date is wanted, not '28MAR2025'; write it as in 2025-03-28"),
    (IsoDate, "2025-3-28", "a date is wanted, not '2025-3-28'; write it as in 2025-03-28"),
    (IsoDate, "2025-02-29", "there is no date '2025-02-29'; that month has 28 days"),
    (IsoDate, "0000-01-01", "there is no date '0000-01-01'; write it as in 2025-03-28"),
    (Name, "aeser", "'aeser' is not a variable name; write it in upper case, 'AESER'"),
    *((Name, typed, NAME.format(typed)) for typed in (
        "TOOLONGNAME", "1A", "A-B", "ÄE", "_" + "A" * 32, "DM.AGE")),
    (AnyName, "a b", "'a b' is not a name; a letter or _, then up to 31 letters, digits or _"),
    (AnyName, "a" * 33, f"'{'a' * 33}' is not a name; a letter or _, then up to 31 letters, digits or _"),
    (one_or_many(Integer), "[]", "at least one value is wanted"),
    (one_or_many(TextField), "[a, '']", "text is wanted, not ''"),
    (one_or_many(TextField, empty=True), "", "a value or a list is wanted, not nothing"),
    (AnyText, "", "text is wanted, not nothing"), (AnyText, "[]", "text is wanted, not a list"),
    (choice("error", "keep"), "kep", "unknown value 'kep'; did you mean 'keep'?"),
])
def test_what_a_field_type_refuses(kind: Any, typed: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        convert(kind, typed)
    assert str(caught.value).split(": ", 1)[1] == f"S: {message}"


@given(st.decimals(-10**12, 10**12, allow_nan=False, allow_infinity=False, places=6))
def test_a_number_is_read_exactly(value: Decimal) -> None:
    assert convert(Number, f"{value:f}") == value


class Window(Model):
    """Checks its fields against each other."""

    low: Integer
    high: Integer
    unit: TextField | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise wrong(f"{self.low} is above {self.high}", "exchange them", self.places["low"])
        if self.unit == "week":
            raise ValueError("weeks are not supported")
        return self


def test_checks_of_a_model_are_placed() -> None:
    with pytest.raises(SpecError) as caught:
        validate(Window, parse_yaml("low: 3\nhigh: 2", "f.yaml"), "S")
    assert str(caught.value) == "f.yaml:1:6: S: 3 is above 2; exchange them"
    with pytest.raises(SpecError) as caught:
        validate(Window, parse_yaml("high: 2\nlow: 1\nunit: week", "f.yaml"), "S")
    assert str(caught.value) == "f.yaml:1:1: S: weeks are not supported"


def test_a_collector_raises_all_problems_in_order_of_place() -> None:
    collector = Collector()
    collector.require_none()
    collector.add(Problem(Place("b.yaml", 1, 1), "B", "late"))
    collector.extend(SpecError([Problem(Place("a.yaml", 10, 1), "A", "third"),
                                Problem(Place("a.yaml", 2, 7), "A", "second")]))
    with collector:
        read("labl: x")
    with collector:
        collector.add(Problem(None, "", "first"))
    with pytest.raises(SpecError) as caught:
        collector.require_none()
    assert str(caught.value).split("\n") == [
        "first", "a.yaml:2:7: A: second", "a.yaml:10:1: A: third",
        "ae.yaml:1:1: AE.X: unknown key 'labl'; did you mean 'label'?", "b.yaml:1:1: B: late",
    ]


def many(count: int) -> list[Problem]:
    return [Problem(Place("a.yaml", count - n, 1), "A", f"number {n}") for n in range(count)]


def test_problems_end_at_a_hundred() -> None:
    def gather(keep: Callable[[Problem], None]) -> None:
        for problem in many(150):
            keep(problem)

    for keep in (Collector(MAX_PROBLEMS).add, Problems().append):
        with pytest.raises(SpecError) as caught:
            gather(keep)
        assert [p.message for p in caught.value.problems] == [f"number {n}" for n in range(99, -1, -1)]
    collected = Problems()
    collected += many(99)
    collected.extend([])
    with pytest.raises(SpecError) as caught:
        collected += many(5)
    assert len(collected) == len(caught.value.problems) == MAX_PROBLEMS
    collector = Collector(MAX_PROBLEMS)
    collector.extend(SpecError(many(99)))
    with pytest.raises(SpecError) as caught, collector:
        raise SpecError(many(7))
    assert len(caught.value.problems) == MAX_PROBLEMS


def test_unknown_keys_end_at_a_hundred() -> None:
    for count in (120, 5_000):
        with pytest.raises(SpecError) as caught:
            read("".join(f"k{n}: x\n" for n in range(count)))
        found = str(caught.value).split("\n")
        assert len(found) == MAX_PROBLEMS
        assert found[99].startswith("ae.yaml:100:1: AE.X: unknown key 'k99'; known: ")


def test_a_collector_lets_bugs_pass() -> None:
    with pytest.raises(KeyError), Collector():
        raise KeyError("bug")
