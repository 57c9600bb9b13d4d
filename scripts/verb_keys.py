"""The keys of a verb for its page: from the model of its entry, with the meanings of docs/language.md."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo

from adam.records.expand import read_frequency
from adam.records.parameters import read_formula
from engine.spec.entries import COMMON, Entry
from engine.spec.references import Order, read_expression, read_order, read_ref
from engine.spec.study import DateFormat, TimeFormat, TreatmentEmergent
from engine.spec.verbs import Step, Verb
from engine.spec.windows import Window
from engine.verbs.basic import Switch
from engine.verbs.picking import read_dated
from engine.yaml import fields
from engine.yaml.fields import Model
from sdtm.verbs.standard import read_into

ELSEWHERE = {
    TreatmentEmergent: "mapping as [`treatment_emergent`](../language.md#the-study-file) of the study",
    Window: "[windows](../language.md#the-study-file) as in the study file",
}
"""Models that are not shown key by key, because the page of the language has them in another place."""

EXPRESSION = "[expression](../expressions.md)"
CONDITION = "[condition](../expressions.md)"
SORT_COLUMN = "column to sort by (`-COLUMN`: the greatest first)"
DATE_SOURCE = "[source of dates](../language.md#sources-of-dates)"
MAPPING = "mapping, see below"

CONDITIONS = frozenset({"where", "when", "drop", "ongoing", "low_excluded", "high_excluded"})
"""Fields whose expression is a condition."""

_Function = Callable[..., object]


def _functions(annotation: object) -> list[_Function]:
    """The functions that validate a field type, in their order."""
    kinds = PlainValidator | AfterValidator | BeforeValidator | WrapValidator
    return [item.func for item in getattr(annotation, "__metadata__", ()) if isinstance(item, kinds)]


def _last(annotation: object) -> _Function:
    return _functions(annotation)[-1]


WORDS: dict[_Function, str] = {
    _last(fields.TextField): "text",
    _last(fields.AnyText): "text, may be `''`",
    _last(fields.Integer): "whole number",
    _last(fields.Number): "number",
    _last(fields.Ratio): "number or fraction",
    _last(fields.Boolean): "`true` or `false`",
    _last(fields.IsoDate): "date such as `2025-03-28`",
    _last(fields.Name): "variable",
    _last(fields.AnyName): "name",
    _last(Switch): "`true`",
    _last(DateFormat): "[date format](../language.md#reading-rules)",
    _last(TimeFormat): "[time format](../language.md#reading-rules)",
    read_ref: "column",
    read_order: SORT_COLUMN,
    read_expression: EXPRESSION,
    read_dated: DATE_SOURCE,
    read_formula: f"{EXPRESSION} of codes of parameters",
    read_frequency: "interval such as `10 days`, or `once`",
    read_into: "mapping of roles to variables, or list of variables",
}
"""What a field is called, by the function that reads it."""

MANY = {SORT_COLUMN: "one or several columns to sort by (`-COLUMN`: the greatest first)",
        DATE_SOURCE: "one or several [sources of dates](../language.md#sources-of-dates)",
        MAPPING: "one or several mappings, see below"}
"""The names of lists that do not follow from the name of one."""


def words(annotation: object) -> str:
    """What a field takes, in plain words.

    >>> words(fields.OneOrMany[fields.Name]), words(typing.Literal["first", "last"] | None)
    ('variable, or list of such', '`first` or `last`')
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        functions = _functions(annotation)
        named = [WORDS[function] for function in functions if function in WORDS]
        return named[-1] if named else _kind(arguments[0], functions)
    return _kind(annotation, [])


def _kind(annotation: object, functions: list[_Function]) -> str:
    """What a type takes that no function of :data:`WORDS` reads."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return ELSEWHERE.get(annotation, MAPPING)
    if origin in (typing.Union, types.UnionType):
        return ", or ".join(words(item) for item in arguments if item is not type(None))
    if origin is typing.Literal:
        return _either([f"`{item}`" for item in arguments])
    if origin is dict:
        return f"mapping of {words(arguments[0])} to {words(arguments[1]).removesuffix(', see below')}"
    if origin is tuple:
        one = words(arguments[0])
        if _last(fields.OneOrMany[fields.Name]) in functions:
            return MANY.get(one) or f"{one}, or list of such"
        return one if one in ELSEWHERE.values() else f"list of {one}"
    raise LookupError(f"no words for the type {annotation}; add its reading function to WORDS")


def _either(names: list[str]) -> str:
    return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"


def default_of(field: FieldInfo) -> str:
    """What stands where the key does not; nothing where its meaning says it."""
    value: Any = () if field.is_required() or field.default is None else field.default
    listed = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"`{item.ref if isinstance(item, Order) else item}`" for item in listed)


# --- the rows of a page ------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """One key of a verb: its path, what it takes, whether it is needed, its default and meaning."""

    path: str
    takes: str
    needed: bool
    default: str
    meaning: str


def keys_of(item: Verb | Step, section: str) -> list[Key]:
    """The keys of a verb or step in the order of ``section``, its part of docs/language.md.

    Of a key that only holds others these are shown, not itself.
    """
    meanings = meanings_in(section)
    found: dict[str, Key] = {}
    for path, field, holds in _walk(item.entry, "", isinstance(item, Verb)):
        if path in meanings:
            found[path] = Key(path, _takes(path, field), field.is_required(), default_of(field),
                              meanings[path])
        elif not holds:
            raise LookupError(f"docs/language.md says nothing of '{path}' of the verb '{item.name}'")
    if isinstance(item, Verb):
        found |= {key: Key(key, words(Entry.model_fields[key].annotation), False, "", meaning)
                  for key, meaning in meanings.items() if key in COMMON and reads(item.derive, key)}
    return [found[path] for path in meanings if path in found]


def _takes(path: str, field: FieldInfo) -> str:
    kind = field.annotation
    said = words(typing.Annotated[kind, *field.metadata] if field.metadata else kind)
    key = path.rpartition(".")[2]
    if key == "in" and said == "text":
        return "raw table or dataset"
    return said.replace(EXPRESSION, CONDITION) if key in CONDITIONS else said


def _walk(model: type[Model], before: str, entry: bool = False) -> Iterator[tuple[str, FieldInfo, bool]]:
    """Each field of a model and of those inside it, by path, and whether it holds others."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        if entry and key in COMMON:
            continue
        inner = [(path, found) for path, found in _models(field.annotation) if found not in ELSEWHERE]
        yield before + key, field, bool(inner)
        for path, found in inner:
            yield from _walk(found, f"{before}{key}.{path}")


def _models(annotation: object) -> Iterator[tuple[str, type[Model]]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield "", annotation
    for argument in typing.get_args(annotation):
        for path, model in _models(argument):
            yield ("NAME." if typing.get_origin(annotation) is dict else "") + path, model


def reads(function: Callable[..., object], name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function, or one that it calls in our own packages, reads an attribute.

    >>> from adam.verbs.dates import derive_datepart, derive_study_day
    >>> reads(derive_datepart, "unread"), reads(derive_study_day, "unread")
    (True, False)
    """
    names, space = _named_in(typing.cast(Any, function).__code__), typing.cast(Any, function).__globals__
    called = [space[n] for n in names - seen if isinstance(space.get(n), types.FunctionType)]
    ours = [f for f in called if f.__module__.startswith(("engine.verbs", "sdtm.verbs", "adam."))]
    return name in names or any(reads(f, name, seen | names) for f in ours)


def _named_in(code: types.CodeType) -> frozenset[str]:
    """The names that code uses, with those of comprehensions in it, which not every Python keeps apart."""
    inner = [_named_in(const) for const in code.co_consts if isinstance(const, types.CodeType)]
    return frozenset(code.co_names).union(*inner)


# --- docs/language.md --------------------------------------------------------------------


def sections_of(page: str) -> dict[tuple[str, str, str], tuple[str, str]]:
    """The heading and text of each verb (``Verbs``) and step (``Record steps``) by kind, layer and name."""
    layers = {"every layer": "any", "SDTM": "sdtm", "ADaM": "adam"}
    found = {}
    for title, body in _parts(page, "##"):
        named = re.fullmatch(r"(Verbs|Record steps) of (.+)", title)
        for heading, text in _parts(body, "###") if named else ():
            assert named is not None
            for name in heading.split(", "):
                found[named[1], layers[named[2]], name] = heading, text
    return found


def _parts(text: str, mark: str) -> list[tuple[str, str]]:
    parts = re.split(rf"^{mark} (.+)$", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def meanings_in(section: str) -> dict[str, str]:
    """The meaning of each key in the table of a section.

    >>> meanings_in("| key | meaning |\\n|---|---|\\n| `pick.in` *, `.value` * | what |\\n")
    {'pick.in': 'what', 'pick.value': 'what'}
    """
    found: dict[str, str] = {}
    for row in section.partition("| key | meaning |\n|---|---|\n")[2].splitlines():
        cells = re.split(r"(?<!\\)\|", row)
        if len(cells) != 4:
            break
        before = ""
        for name in re.findall(r"`([^`]+)`", cells[1]):
            path = before + name.removeprefix(".") if name.startswith(".") else name
            found[path] = cells[2].strip()
            before = f"{path.rpartition('.')[0] or path}."
    return found


def anchor(heading: str) -> str:
    """The link that GitHub gives a heading.

    >>> anchor("from, constant, expression, case")
    'from-constant-expression-case'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def plain(text: str) -> str:
    """A docstring's marks as Markdown.

    >>> plain("See :func:`engine.dates.impute`, ``keep``.")
    'See `impute`, `keep`.'
    """
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", text)
    return text.replace("``", "`")
