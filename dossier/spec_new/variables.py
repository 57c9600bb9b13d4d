"""Which variable of a domain a raw column is likely to be, by its name, its label and its values."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from dossier.spec_new.raw import RawColumn, RawTable
from dossier.spec_new.times import Style
from dossier.spec_new.words import squeezed, term_for, tokens, without_unit
from dossier.spec_new.words import table as words_of
from engine.standards import StandardVariable, sdtm_dataset, sdtm_variable
from engine.terminology import Codelist, find_codelist

NEVER = frozenset((
    "STUDYID", "DOMAIN", "USUBJID", "EPOCH", "TAETORD", "ETCD", "VISIT", "VISITNUM", "VISITDY", "SPDEVID"))
"""Variables that no column is, or that are made another way."""
_DERIVED = re.compile("(SEQ|DY|STRESC|STRESN|STRESU|STNRLO|STNRHI|LOBXFL|BLFL|DUR|ENRF|STRF|ENRTPT|STRTPT|"
                      "NRIND)$")
ENOUGH = 0.35
_TWINS = re.compile(r"(.+?)_?(CD|CODE|STD|DECODE|DEC)$", re.IGNORECASE)
_NUMBERED = re.compile(r"\d+(CD)?$")
_NUMBER = re.compile(r"[<>]?=?\s*[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True)
class Match:
    """A column taken for (a part of) a variable; ``how`` says by what."""

    variable: str
    part: str
    column: RawColumn
    score: float
    how: str


def matches(table: RawTable, domain: str, style: Style, used: Collection[str] = ()) -> list[Match]:
    """The best column of each variable (and part of a date), each column once, the surest first.

    ``used`` are columns that are something else already.
    """
    place_of = {name: n for n, name in enumerate(table.columns)}
    every = sorted(_every(table, domain, style), key=lambda m: (-round(m.score, 2), place_of[m.column.name]))
    taken: set[str] = set(used)
    filled: set[tuple[str, str]] = set()
    found = []
    for match in every:
        place = (match.variable, match.part)
        if match.column.name not in taken and place not in filled:
            taken.add(match.column.name)
            filled.add(place)
            found.append(match)
    return _better_twins(found, table)


def _every(table: RawTable, domain: str, style: Style) -> Iterator[Match]:
    prefixes = _prefixes(table)
    stems = Counter(_NUMBERED.sub("", column.key) for column in table.own)
    for column in table.own:
        twin = _TWINS.fullmatch(column.name)
        if twin and twin[1] in table.columns:
            continue  # comes with the column it is the code of
        if _NUMBERED.search(column.key) and stems[_NUMBERED.sub("", column.key)] > 1:
            continue  # one of several alike, as boxes are
        best: dict[tuple[str, str], Match] = {}
        for variable, part, score, how in _candidates(column, domain, prefixes):
            fitting = score * _fit(column, domain, variable, part, style)
            if fitting >= ENOUGH and fitting > getattr(best.get((variable, part)), "score", 0.0):
                best[variable, part] = Match(variable, part, column, fitting, how)
        yield from best.values()


def _candidates(column: RawColumn, domain: str,
                prefixes: frozenset[str]) -> Iterator[tuple[str, str, float, str]]:
    """What a column may be: variable, part of a date, how sure (1 is the most), and by what."""
    key = column.key
    for rest, sure in _rests(key, domain, prefixes):
        for variable, part, score in named(rest, domain):
            yield variable, part, score * sure, "name"
    last = re.split(r"[_\s.]+", column.name.upper())[-1]
    if last != column.name.upper() and len(last) > 2:
        ends = [v for f, v in fragments(domain).items() if f.endswith(last) and not v.name.endswith("DTC")]
        if len(ends) == 1:
            yield ends[0].name, "", 0.5, "the end of the name"
    label = column.label or (column.name if " " in column.name.strip() else "")
    for variable, part, score in _labelled(without_unit(label)[0], domain):
        yield variable, part, score, "label"


def _rests(key: str, domain: str, prefixes: frozenset[str]) -> Iterator[tuple[str, float]]:
    """A name, and what is left of it without the domain's or the form's own letters before it."""
    if domain != "DM" and key.startswith(domain) and len(key) > 2:
        yield key[2:], 1.0
    yield key, 1.0 if domain == "DM" else 0.7
    for prefix in prefixes:
        if key.startswith(prefix) and key != prefix and prefix != domain:
            yield key[len(prefix):], 0.65


def _prefixes(table: RawTable) -> frozenset[str]:
    """Letters that several names of a form begin with (LD, INF), or its name does."""
    keys = [column.key for column in table.own]
    counted = Counter(key[:size] for key in keys for size in (2, 3, 4, 5, 6)
                      if len(key) > size and key[:size].isalpha())
    name = re.sub("[^A-Z]", "", table.name.upper())
    own = {name[:size] for size in (3, 4) if len(name) >= size}
    return frozenset({p for p, count in counted.items() if count >= 3} | own)


@cache
def fragments(domain: str) -> dict[str, StandardVariable]:
    """The variables of a domain by what stands behind its letters: ``STDTC``; in DM by name."""
    standard = sdtm_dataset(domain)
    found = {}
    for name, variable in (standard.variables.items() if standard else ()):
        if name not in NEVER and not _DERIVED.search(name):
            found[name[2:] if domain != "DM" and name.startswith(domain) else name] = variable
    return found


@cache
def named(rest: str, domain: str) -> tuple[tuple[str, str, float], ...]:
    """What a name without its letters before it may mean: variable, part of a date, and how sure.

    >>> named("STDAT", "AE"), named("GENDER", "DM")
    ((('AESTDTC', 'date', 0.9),), (('SEX', '', 0.9),))
    """
    return tuple(_named(rest, domain))


@cache
def _endings(domain: str) -> tuple[dict[str, list[dict[str, str]]], list[dict[str, str]]]:
    """The table's endings for a domain: by their text, and those with a star."""
    plain: dict[str, list[dict[str, str]]] = {}
    starred = []
    for row in words_of("endings"):
        classes = set(row["classes"].split())
        if (classes and not {_class(domain), domain} & classes) or (domain == "DM" and classes != {"DM"}):
            continue
        if "*" in row["ending"]:
            starred.append(row)
        else:
            plain.setdefault(row["ending"], []).append(row)
    return plain, starred


def _named(rest: str, domain: str) -> Iterator[tuple[str, str, float]]:
    own = fragments(domain)
    if rest in own and not (domain == "DM" and rest.endswith("DTC")):
        yield own[rest].name, "date" if rest.endswith("DTC") else "", 1.0
    plain, starred = _endings(domain)
    other = sdtm_variable(domain, domain + rest) if 2 < len(rest) <= 6 and rest not in own else None
    if other is not None and other.label and not _DERIVED.search(rest) and rest not in plain:
        yield other.name, "date" if rest.endswith("DTC") else "", 0.75
    for row in plain.get(rest, ()):
        yield from _of_fragment(row["fragment"], row["part"], domain, 0.9)
    for row in starred:
        if fnmatch.fnmatchcase(rest, row["ending"]):
            yield from _of_fragment(row["fragment"], row["part"], domain, 0.6)
    for fragment, variable in own.items():
        if len(fragment) >= 4 and rest.startswith(fragment) and rest != fragment:
            yield variable.name, "", 0.55


def _of_fragment(fragment: str, part: str, domain: str, sure: float) -> Iterator[tuple[str, str, float]]:
    name = fragment if domain == "DM" else f"{domain}{fragment}"
    standard = sdtm_dataset(domain)
    alone = fragment == "DTC" and (domain == "SV" or _class(domain) in ("Events", "Interventions"))
    if alone:
        yield f"{domain}STDTC", part, sure * 0.9  # one date alone is that of the start
    if standard is not None and name in standard.variables:
        yield name, part, sure * (0.8 if alone else 1.0)
    elif (other := sdtm_variable(domain, name)) is not None and other.label:
        yield name, part, sure * 0.7


def _class(domain: str) -> str:
    standard = sdtm_dataset(domain)
    return standard.cls if standard else ""


@cache
def _labels(domain: str) -> list[tuple[frozenset[str], str, str, float, str]]:
    """Words of labels, without those of the domain, the variable they mean, and the label itself."""
    standard = sdtm_dataset(domain)
    own = frozenset(tokens(standard.label)) if standard and domain != "DM" else frozenset()
    found = []
    for variable in fragments(domain).values():
        part = "date" if variable.name.endswith("DTC") else ""
        found.append((_plain_words(variable.label, own, part), variable.name, part, 0.95,
                      squeezed(variable.label)))
    for row in words_of("labels"):
        for name, part, _ in _of_fragment(row["fragment"], row["part"], domain, 1.0):
            found.append((_plain_words(row["label"], own, row["part"]), name, part, 0.75,
                          squeezed(row["label"])))
    return [item for item in found if item[0]]


def _plain_words(label: str, own: frozenset[str], part: str) -> frozenset[str]:
    words = tokens(label)
    if part == "date":
        words = [word for word in words if word != "time"]
    kept = frozenset(words) - own
    return kept or frozenset(words)


def _labelled(label: str, domain: str) -> Iterator[tuple[str, str, float]]:
    standard = sdtm_dataset(domain)
    own = frozenset(tokens(standard.label)) if standard and domain != "DM" else frozenset()
    words = frozenset(tokens(label))
    kept = words - own or words
    if not kept:
        return
    whole = squeezed(label)
    for theirs, name, part, sure, text in _labels(domain):
        if whole == text:  # also where blanks between words were lost
            yield name, part, sure
            continue
        both = len(kept & theirs)
        near = 2 * both / (len(kept) + len(theirs))
        if near == 1.0:
            yield name, part, sure
        elif near >= 0.75 and both > 1:
            yield name, part, sure * near * 0.7


def codelists(domain: str, variable: str) -> list[Codelist]:
    """The standard's codelists of a variable that its values must be terms of."""
    standard = sdtm_variable(domain, variable)
    if standard is None or standard.role == "Result Qualifier":
        return []
    return [c for code in standard.codelists if (c := find_codelist(code)) is not None]


def term_share(column: RawColumn, lists: list[Codelist], variable: str) -> float:
    """How many of a column's distinct values are terms, or can be told to be."""
    values = column.distinct[:50]
    if not values:
        return 1.0
    fitting = [term_for(value, lists, variable) for value in values]
    return sum(0.0 if f is None else 0.95 if isinstance(f, str) else 1.0 for f in fitting) / len(values)


def _fit(column: RawColumn, domain: str, variable: str, part: str, style: Style) -> float:
    """From 1 where values are what the variable holds to 0 where they cannot be."""
    if not column.filled:
        return 0.8
    if part in ("date", "time"):
        return 1.0 if column.name in (style.date_columns if part == "date" else style.time_columns) else 0.1
    if part in ("year", "month", "day"):
        return 1.0 if _numeric(column) > 0.5 else 0.1
    if part == "ongoing":
        ny = find_codelist("NY")
        return 1.0 if ny is None or term_share(column, [ny], "") > 0 or column.key.endswith("ONG") else 0.3
    if column.name in style.date_columns and not variable.endswith("DTC"):
        return 0.2
    standard = sdtm_variable(domain, variable)
    if standard is not None and standard.type == "Num":
        return 0.2 + 0.8 * _numeric(column)
    lists = codelists(domain, variable)
    if lists:
        share = term_share(column, lists, variable)
        if share or all(c.extensible for c in lists):
            return 0.55 + 0.45 * share
        return 0.2 if all(len(c.terms) < 3 for c in lists) else 0.45
    return 1.0


def _numeric(column: RawColumn) -> float:
    values = column.distinct[:200]
    return sum(bool(_NUMBER.fullmatch(value.strip())) for value in values) / len(values) if values else 1.0


def _better_twins(found: list[Match], table: RawTable) -> list[Match]:
    """The code in place of its text where only the codes are terms."""
    made = []
    for match in found:
        twin = next((t for suffix in ("CD", "_CD", "CODE", "_CODE", "_STD", "_DECODE")
                     if (t := table.columns.get(match.column.name + suffix)) is not None and t.filled), None)
        lists = codelists(match.variable[:2], match.variable) or codelists("DM", match.variable)
        if twin is not None and lists and not match.part:
            own, other = (term_share(c, lists, match.variable) for c in (match.column, twin))
            if other > own:
                match = Match(match.variable, match.part, twin, match.score, match.how)
        made.append(match)
    return made


def twins(table: RawTable, name: str) -> set[str]:
    """A column with its coded twins."""
    stem = _TWINS.fullmatch(name)
    base = stem[1] if stem and stem[1] in table.columns else name
    stems = {n: t[1] for n in table.columns if (t := _TWINS.fullmatch(n)) is not None}
    return {n for n in table.columns if n == base or stems.get(n) == base}
