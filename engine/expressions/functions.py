"""The functions of the language: what each takes, what it gives, and what computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.columns import Kind
from engine.expressions import number_functions as number
from engine.expressions import text_functions as text
from engine.expressions.choices import coalesce, extreme, nullif
from engine.expressions.vectors import Vector, per_distinct

Kinds = frozenset[Kind]
_TEXT = frozenset({Kind.TEXT})
_NUMBER = frozenset({Kind.NUMBER})
_DATES = frozenset({Kind.DATE, Kind.DATETIME})
_CLOCKS = frozenset({Kind.DATETIME, Kind.TIME})
_ORDERED = frozenset(Kind) - {Kind.BOOLEAN}
_ANY = frozenset(Kind)
DIFF_UNITS = ("day", "second")


@dataclass(frozen=True)
class Function:
    """One function: ``takes`` holds the kinds of each argument.

    ``least`` arguments are needed and ``most`` allowed (None: the last repeats).
    With ``alike`` its arguments share a kind; ``gives`` is None where it gives that kind.
    """

    name: str
    usage: str
    takes: tuple[Kinds, ...]
    gives: Kind | None
    compute: Callable[[list[Vector]], Vector]
    least: int
    most: int | None
    alike: int | None = None  # the first of the arguments that share a kind

    @property
    def counts(self) -> str:
        """How many arguments it takes, in words."""
        if self.most is None:
            return f"{self.least} or more arguments"
        if self.least == self.most:
            return f"{self.least} argument{'s' if self.least > 1 else ''}"
        return f"{self.least} or {self.most} arguments"

    def accepts(self, index: int) -> Kinds:
        """The kinds its argument of this index may have."""
        return self.takes[min(index, len(self.takes) - 1)]


def _define(usage: str, takes: tuple[Kinds, ...], gives: Kind | None,
            compute: Callable[[list[Vector]], Vector], *, optional: int = 0, repeats: bool = False,
            alike: int | None = None) -> Function:
    name = usage.partition("(")[0]
    least = len(takes) - optional
    return Function(name, usage, takes, gives, compute, least, None if repeats else len(takes), alike)


def _each(function: Callable[..., object], gives: Kind) -> Callable[[list[Vector]], Vector]:
    """Compute a function of single values over the distinct ones."""
    return lambda arguments: per_distinct(function, arguments, gives)


def _text_to(gives: Kind, usage: str, function: Callable[..., object], *more: Kinds,
             optional: int = 0) -> Function:
    return _define(usage, (_TEXT, *more), gives, _each(function, gives), optional=optional)


def _number(usage: str, compute: Callable[[list[Vector]], Vector], *more: Kinds,
            optional: int = 0) -> Function:
    return _define(usage, (_NUMBER, *more), Kind.NUMBER, compute, optional=optional)


_ALL = (
    _text_to(Kind.TEXT, "UPPER(text)", str.upper),
    _text_to(Kind.TEXT, "LOWER(text)", str.lower),
    _text_to(Kind.TEXT, "TRIM(text)", str.strip),
    _text_to(Kind.TEXT, "LTRIM(text)", str.lstrip),
    _text_to(Kind.TEXT, "RTRIM(text)", str.rstrip),
    _text_to(Kind.NUMBER, "LENGTH(text)", len),
    _text_to(Kind.TEXT, "SUBSTR(text, start [, count])", text.substr, _NUMBER, _NUMBER, optional=1),
    _text_to(Kind.TEXT, "LEFT(text, count)", text.left, _NUMBER),
    _text_to(Kind.TEXT, "RIGHT(text, count)", text.right, _NUMBER),
    _text_to(Kind.TEXT, "LPAD(text, count, pad)", text.lpad, _NUMBER, _TEXT),
    _text_to(Kind.TEXT, "REPLACE(text, part [, new])", text.replace, _TEXT, _TEXT, optional=1),
    _text_to(Kind.TEXT, "SPLIT_PART(text, separator, index)", text.split_part, _TEXT, _NUMBER),
    _text_to(Kind.NUMBER, "STRPOS(text, part)", text.strpos, _TEXT),
    _text_to(Kind.BOOLEAN, "STARTS_WITH(text, part)", str.startswith, _TEXT),
    _text_to(Kind.BOOLEAN, "ENDS_WITH(text, part)", str.endswith, _TEXT),
    _text_to(Kind.BOOLEAN, "CONTAINS(text, part)", str.__contains__, _TEXT),
    _define("CONCAT(text, ...)", (_TEXT,), Kind.TEXT, text.concat, repeats=True),
    _define("COALESCE(value, ...)", (_ANY,), None, coalesce, repeats=True, alike=0),
    _define("NULLIF(value, other)", (_ANY, _ANY), None, nullif, alike=0),
    _define("GREATEST(value, ...)", (_ORDERED,), None, extreme(">"), repeats=True, alike=0),
    _define("LEAST(value, ...)", (_ORDERED,), None, extreme("<"), repeats=True, alike=0),
    _number("ABS(number)", number.numeric(np.abs)),
    _number("SIGN(number)", number.numeric(np.sign)),
    _number("ROUND(number [, digits])", number.round_half_away, _NUMBER, optional=1),
    _number("FLOOR(number)", number.numeric(np.floor)),
    _number("CEIL(number)", number.numeric(np.ceil)),
    _number("MOD(number, divisor)", number.mod, _NUMBER),
    _number("SQRT(number)", number.numeric(np.sqrt, "SQRT of a negative number")),
    _number("EXP(number)", number.numeric(np.exp)),
    _number("LN(number)", number.numeric(np.log, "LN of zero or a negative number")),
    _number("LOG10(number)", number.numeric(np.log10, "LOG10 of zero or a negative number")),
    _number("POWER(number, exponent)", number.power, _NUMBER),
    _define("YEAR(date)", (_DATES,), Kind.NUMBER, number.moment_part("Y", "", 1970)),
    _define("MONTH(date)", (_DATES,), Kind.NUMBER, number.moment_part("M", "Y", 1)),
    _define("DAY(date)", (_DATES,), Kind.NUMBER, number.moment_part("D", "M", 1)),
    _define("HOUR(datetime)", (_CLOCKS,), Kind.NUMBER, number.moment_part("h", "D")),
    _define("MINUTE(datetime)", (_CLOCKS,), Kind.NUMBER, number.moment_part("m", "h")),
    _define("SECOND(datetime)", (_CLOCKS,), Kind.NUMBER, number.moment_part("s", "m")),
    _define("DATE_DIFF(unit, start, end)", (_TEXT, _DATES, _DATES), Kind.NUMBER, number.date_diff, alike=1),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _ALL}

# What SAS, R and other SQL call what is here; said when they are met.
SIMILAR: dict[str, str] = {
    **dict.fromkeys(("UPCASE", "TOUPPER", "UCASE"), "UPPER"),
    **dict.fromkeys(("LOWCASE", "TOLOWER", "LCASE"), "LOWER"),
    **dict.fromkeys(("STRIP", "TRIMN", "TRIMWS", "BTRIM"), "TRIM"),
    **dict.fromkeys(("NCHAR", "LENGTHN", "LEN", "CHAR_LENGTH", "KLENGTH"), "LENGTH"),
    **dict.fromkeys(("SUBSTRING", "SUBSTRN", "MID", "KSUBSTR"), "SUBSTR"),
    **dict.fromkeys(("TRANWRD", "COMPRESS", "GSUB", "TRANSLATE", "REGEXP_REPLACE"), "REPLACE"),
    **dict.fromkeys(("SCAN", "STRSPLIT"), "SPLIT_PART"),
    **dict.fromkeys(("INDEX", "FIND", "POSITION", "INSTR", "CHARINDEX", "LOCATE"), "STRPOS"),
    **dict.fromkeys(("CAT", "CATS", "CATX", "PASTE", "PASTE0"), "|| or CONCAT"),
    **dict.fromkeys(("COALESCEC", "NVL", "IFNULL", "ISNULL"), "COALESCE"),
    **dict.fromkeys(("MISSING", "IS_NULL", "NMISS", "CMISS"), "IS NULL"),
    **dict.fromkeys(("IF", "IIF", "IFC", "IFN", "IFELSE", "IF_ELSE", "CASE_WHEN", "DECODE"), "CASE WHEN"),
    **dict.fromkeys(("INPUT", "TO_NUMBER", "AS_NUMERIC", "NUMERIC"), "CAST(... AS NUMBER)"),
    **dict.fromkeys(("PUT", "TO_CHAR"), "CAST(... AS TEXT)"),
    **dict.fromkeys(("TO_DATE",), "CAST(... AS DATE)"),
    **dict.fromkeys(("DATE", "DATEPART", "DATETIME", "TIMEPART", "TIMESTAMP", "TIME", "TEXT"), "CAST"),
    **dict.fromkeys(("PMAX",), "GREATEST"),
    **dict.fromkeys(("PMIN",), "LEAST"),
    "MAX": "GREATEST for values of one record; the verbs 'latest' and 'pick' look at several",
    "MIN": "LEAST for values of one record; the verbs 'earliest' and 'pick' look at several",
    **dict.fromkeys(("INT", "TRUNC"), "FLOOR or CEIL"),
    **dict.fromkeys(("CEILING",), "CEIL"),
    **dict.fromkeys(("LOG",), "LN or LOG10"),
    **dict.fromkeys(("POW",), "POWER"),
    **dict.fromkeys(("DATEDIFF", "INTCK", "DATDIF", "DIFFTIME", "YRDIF"), "DATE_DIFF"),
    **dict.fromkeys(("INTNX", "DATE_ADD", "DATEADD"), "+ INTERVAL"),
    **dict.fromkeys(("TODAY", "NOW", "CURRENT_DATE", "SYSDATE"), "the cutoff date of the study"),
}
