"""Field types of spec models: each takes the text that was typed and converts it.

A field type refuses a list or mapping, empty text, and all that it does not
read exactly; nothing is guessed.
"""

from __future__ import annotations

import calendar
import datetime
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BeforeValidator,
    Discriminator,
    PlainValidator,
    Tag,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from engine.characters import INVISIBLE, plain
from engine.errors import Place, hint_for
from engine.yaml import shapes
from engine.yaml.nodes import Text, YamlList, YamlMap, describe, shown

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_SWITCHES = {"true": ("true", "yes", "y", "on", "1"), "false": ("false", "no", "n", "off", "0")}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SAS_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}|_[A-Z0-9_]{1,31}")
_ANY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")
_HIDDEN = re.compile(f"[{INVISIBLE}]")
_OWN_NAME = re.compile(r"[^\W\d]\w{0,63}")


def wrong(message: str, hint: str = "", place: Place | None = None) -> PydanticCustomError:
    """The error a validator of a model raises; ``validate`` adds the subject, and the place if none is given.

    >>> wrong("a unit is wanted").message()
    'a unit is wanted'
    """
    return PydanticCustomError("spec", "{message}", {"message": message, "hint": hint, "place": place})


def _text(value: object) -> Text:
    if not isinstance(value, Text):
        raise wrong(f"text is wanted, not {describe(value)}")
    if not value:
        raise wrong("text is wanted, not nothing" if not value.quoted else "text is wanted, not ''")
    return value


def _plain(value: object, wanted: str) -> Text:
    """Text typed without quotes; what stands in quotes is text, not a number."""
    if not isinstance(value, Text) or not value:
        raise wrong(f"{wanted} is wanted, not {describe(value)}")
    if value.quoted:
        raise wrong(f"{wanted} is wanted, not the quoted text '{shown(value)}'", "remove the quotes")
    return value


def _integer(value: object) -> int:
    text = _plain(value, "a whole number")
    if not _INTEGER.fullmatch(text):
        raise wrong(f"a whole number is wanted, not '{shown(text)}'", "write it with digits only, as in 200")
    return int(text)


def _number(value: object) -> Decimal:
    text = _plain(value, "a number")
    if not _NUMBER.fullmatch(text):
        raise wrong(f"a number is wanted, not '{shown(text)}'", "write it as in 12 or 0.5")
    return Decimal(text)


def _ratio(value: object) -> Fraction:
    text = _plain(value, "a number")
    above, slash, below = (part.strip() for part in text.partition("/"))
    if not _NUMBER.fullmatch(above) or (slash and not _NUMBER.fullmatch(below)):
        raise wrong(f"a number is wanted, not '{shown(text)}'", "write it as in 12, 0.5 or 5/9")
    if slash and not Fraction(below):
        raise wrong(f"'{shown(text)}' divides by zero")
    return Fraction(above) / Fraction(below or "1")


def _boolean(value: object) -> bool:
    text = _plain(value, "true or false")
    if text not in ("true", "false"):
        meant = next((word for word, others in _SWITCHES.items() if text.casefold() in others), "")
        raise wrong(f"true or false is wanted, not '{shown(text)}'", f"write {meant}" if meant else "")
    return text == "true"


def _date(value: object) -> datetime.date:
    text = _text(value)
    if not _DATE.fullmatch(text):
        raise wrong(f"a date is wanted, not '{shown(text)}'", "write it as in 2025-03-28")
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        year, month, day = (int(part) for part in text.split("-"))
        real = year and 1 <= month <= 12 and day
        hint = f"that month has {calendar.monthrange(year, month)[1]} days" if real else (
            "write it as in 2025-03-28")
        raise wrong(f"there is no date '{shown(text)}'", hint) from None


def _name(value: object) -> Text:
    text = _text(value)
    if _SAS_NAME.fullmatch(text):
        return text
    if _SAS_NAME.fullmatch(text.upper()):
        raise wrong(f"'{text}' is not a variable name", f"write it in upper case, '{text.upper()}'")
    raise wrong(f"'{shown(text)}' is not a variable name",
                "a letter, then up to 7 letters, digits or _; a working column starts with _")


def _any_name(value: object) -> Text:
    text = _text(value)
    if not _ANY_NAME.fullmatch(text):
        raise wrong(f"'{shown(text)}' is not a name", "a letter or _, then up to 31 letters, digits or _")
    return text


def _own_name(value: object) -> Text:
    text = _text(value)
    if not _OWN_NAME.fullmatch(text) or _HIDDEN.search(text) or unicodedata.normalize("NFKC", text) != text:
        raise wrong(f"'{shown(text)}' is not a name", "a letter or _, then up to 63 letters, digits or _")
    odd = next((c for c, looks in zip(text, plain(text), strict=True) if c != looks), None)
    if odd is not None and any(c.isascii() and c.isalpha() for c in text):
        raise wrong(f"the name '{text}' mixes scripts", f"write it without {unicodedata.name(odd)}")
    return text


def _unless_blank(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Let the empty text ``''`` pass; a missing value is not passed."""
    return value if isinstance(value, Text) and not value and value.quoted else handler(value)


TextField = Annotated[Text, PlainValidator(_text), WithJsonSchema(shapes.TEXT)]
"""Non-empty text; stays a ``Text`` with its place."""
Key = Annotated[str, PlainValidator(_text), WithJsonSchema(shapes.KEY)]
"""Non-empty text as the key of a mapping; for a type checker a plain ``str``."""
AnyText = Annotated[TextField, WrapValidator(_unless_blank), WithJsonSchema(shapes.ANY_TEXT)]
"""Text that may be empty if it is quoted: ``''``."""
Integer = Annotated[int, PlainValidator(_integer), WithJsonSchema(shapes.INTEGER)]
Number = Annotated[Decimal, PlainValidator(_number), WithJsonSchema(shapes.NUMBER)]
Ratio = Annotated[Fraction, PlainValidator(_ratio), WithJsonSchema(shapes.RATIO)]
"""A number or two with a slash, exact: ``5/9``."""
Boolean = Annotated[bool, PlainValidator(_boolean), WithJsonSchema(shapes.BOOLEAN)]
IsoDate = Annotated[datetime.date, PlainValidator(_date), WithJsonSchema(shapes.DATE)]
Name = Annotated[Text, PlainValidator(_name), WithJsonSchema(shapes.NAME)]
"""A variable name of SAS transport files: upper case, up to 8; ``_WORKING`` up to 32."""
AnyName = Annotated[Text, PlainValidator(_any_name), WithJsonSchema(shapes.ANY_NAME)]
"""A name of up to 32 letters, digits or underscores in any case."""
NameKey = Annotated[str, PlainValidator(_own_name), WithJsonSchema(shapes.KEY)]
"""A name of the author's own, in any script, as the key of a mapping; for a type checker a plain ``str``."""


def choice(*words: str) -> Any:
    """A field type: one of a few words.  ``Literal["error", "keep"]`` says the same and mypy knows it."""

    def chosen(value: object) -> str:
        text = _text(value)
        if text not in words:
            raise wrong(f"unknown value '{shown(text)}'", hint_for(text, words))
        return str(text)

    return Annotated[str, PlainValidator(chosen), WithJsonSchema({"enum": list(words)})]


def _many(value: object) -> object:
    if value == []:
        raise wrong("at least one value is wanted")
    return _many_or_none(value)


def _many_or_none(value: object) -> object:
    if isinstance(value, YamlList):
        return tuple(value)
    if isinstance(value, Text) and not value and not value.quoted:
        raise wrong("a value or a list is wanted, not nothing")
    return (value,)


def _list(value: object) -> object:
    if not isinstance(value, YamlList):
        raise wrong(f"a list is wanted, not {describe(value)}")
    return tuple(value)


def _map(value: object) -> object:
    if not isinstance(value, YamlMap):
        raise wrong(f"a mapping is wanted, not {describe(value)}")
    return value


OneOrMany = Annotated[tuple[T, ...], BeforeValidator(_many), shapes.One()]
"""``OneOrMany[Name]``: one value or a list of at least one, as a tuple."""
ListOf = Annotated[tuple[T, ...], BeforeValidator(_list)]
"""``ListOf[Name]``: a list, as a tuple."""
MapOf = Annotated[dict[K, V], BeforeValidator(_map)]
"""``MapOf[Name, TextField]``: a mapping in the order written; keys of a text type stay ``Text``."""


def kind_of(value: object) -> Literal["<text>", "<list>", "<map>"]:
    """The tag by which a union of node kinds is told apart, without trying."""
    if isinstance(value, dict):
        return "<map>"
    return "<list>" if isinstance(value, list) else "<text>"


IS_TEXT, IS_LIST, IS_MAP = Tag("<text>"), Tag("<list>"), Tag("<map>")
BY_KIND = Discriminator(kind_of)
"""``Annotated[Annotated[Name, IS_TEXT] | Annotated[Pick, IS_MAP], BY_KIND]`` chooses by the kind of node."""
TextOr = Annotated[Annotated[TextField, IS_TEXT] | Annotated[T, IS_MAP], BY_KIND]
"""``TextOr[Pick]``: text, or the mapping of a model."""


def one_or_many(kind: Any, empty: bool = False) -> Any:
    """``OneOrMany[kind]`` for a type made at run time.

    With ``empty`` the list may be empty, and a value may be the empty text ``''``.
    """
    if not empty:
        return OneOrMany[kind]
    blank = Annotated[kind, WrapValidator(_unless_blank), WithJsonSchema(shapes.ANY_TEXT)]
    return Annotated[tuple[blank, ...], BeforeValidator(_many_or_none)]


def mapping_of(key: Any, value: Any) -> Any:
    """``MapOf[key, value]`` for types made at run time."""
    return MapOf[key, value]
