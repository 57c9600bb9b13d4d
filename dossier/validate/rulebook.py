"""The rules a validation runs: ours, and those of the folders a user names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from dossier.conformance.cases import SUFFIX
from dossier.conformance.load import rule_from
from dossier.conformance.model import Rule
from dossier.validate.model import Severity
from engine.errors import Place, Problem, SpecError
from engine.yaml import Node, Text, YamlList, YamlMap, read_yaml
from engine.yaml.source import show_path

_SUFFIXES = (".yml", ".yaml")
_CASES = ("positive", "negative")
CASES = Path(SUFFIX).stem
VERSION = "3.4"
"""The version of the SDTMIG that data are held against."""


@dataclass(frozen=True)
class Entry:
    """A rule of the book; where it cannot be used ``rule`` is None and ``reason`` says why.

    ``layers`` are the datasets that it is meant for: ``sdtm``, ``adam`` or both.
    """

    id: str
    severity: Severity
    message: str
    source: str
    file: str
    rule: Rule | None
    layers: frozenset[str] = frozenset({"sdtm", "adam"})
    reason: str = ""
    unreadable: bool = False


@dataclass(frozen=True)
class _Standard:
    organization: str
    name: str
    version: str
    citation: str


def own_rules() -> Path:
    """The folder of our own rules, which may not be there."""
    return Path(str(resources.files("dossier.conformance"))) / "rules"


def read_rules(paths: Sequence[Path], own: bool = True) -> list[Entry]:
    """Our ``own`` rules and those of the folders or files named, each id once.

    A rule that cannot be read is an entry with the reason.  Raises :class:`SpecError`
    for a path where there is no rule, and for two rules of one id.
    """
    entries: dict[str, Entry] = {}
    problems = []
    for path in [*([own_rules()] if own else []), *paths]:
        files = list(rule_files(path))
        if not files and path in paths:
            told = "no rule in this folder or below" if path.is_dir() else "no such file or folder"
            problems.append(Problem(Place(show_path(path)), "", told))
        for file in files:
            entry = _entry(file)
            other = entries.setdefault(entry.id, entry)
            if other is not entry and other.file != entry.file:
                problems.append(Problem(Place(entry.file), entry.id,
                                        f"the id is that of {other.file} as well"))
    if problems:
        raise SpecError(problems)
    return sorted(entries.values(), key=lambda one: one.id)


def rule_files(path: Path) -> Iterator[Path]:
    """The files of rules in a folder and those below; cases beside rules are passed over."""
    if path.is_file():
        yield path
    elif path.is_dir():
        entries = sorted(one for one in path.iterdir() if not one.name.startswith("."))
        named = [one for one in entries if one.stem == "rule" and one.suffix in _SUFFIXES and one.is_file()]
        yield from named or (one for one in entries if one.suffix in _SUFFIXES and one.is_file()
                             and not one.stem.endswith(CASES))
        for one in entries:
            if one.is_dir() and not one.is_symlink() and one.name not in _CASES and not named:
                yield from rule_files(one)


def _entry(file: Path) -> Entry:
    own = own_rules()
    shown = f"rules/{file.relative_to(own).as_posix()}" if file.is_relative_to(own) else show_path(file)
    name = file.parent.name if file.stem == "rule" else file.stem
    try:
        node = read_yaml(file, file.parent)
        rule = rule_from(node)
    except SpecError as error:
        more = len(error.problems) - 1
        told = f"{error.problems[0]}" + (f" (and {more} more)" if more else "")
        return Entry(name, "error", "", "", shown, None, reason=f"cannot be read: {told}", unreadable=True)
    standards = list(_standards(node))
    layers, reason = _meant_for(standards)
    severity: Severity = "warning" if rule.severity == "Warning" else (
        "notice" if rule.severity == "Notice" else "error")
    return Entry(rule.id, severity, rule.message, _source(standards), shown, None if reason else rule,
                 layers, reason)


def _standards(node: Node) -> Iterator[_Standard]:
    """Each standard that a rule's authorities name, with the place in a document that it rests on."""
    for authority in _maps(node, "Authorities"):
        for standard in _maps(authority, "Standards"):
            parts = [_cited(authority, reference) for reference in _maps(standard, "References")]
            yield _Standard(_text(authority, "Organization"), _text(standard, "Name"),
                            _text(standard, "Version"), "; ".join(part for part in parts if part))


def _cited(authority: Node, reference: Node) -> str:
    rule = reference.find("Rule Identifier") if isinstance(reference, YamlMap) else None
    named = " ".join(part for part in (_text(authority, "Organization"), _text(rule, "Id")) if part)
    citations = []
    for citation in _maps(reference, "Citations"):
        said = [_text(citation, key) for key in ("Document", "Section", "Item")]
        citations.append(", ".join(part for part in said if part))
    told = "; ".join(dict.fromkeys(part for part in citations if part))
    return f"{named} ({told})" if named and told else named or told


def _maps(node: Node | None, key: str) -> list[YamlMap]:
    found = node.find(key) if isinstance(node, YamlMap) else None
    return [one for one in found if isinstance(one, YamlMap)] if isinstance(found, YamlList) else []


def _text(node: Node | None, key: str) -> str:
    found = node.find(key) if isinstance(node, YamlMap) else None
    return " ".join(found.split()) if isinstance(found, Text) else ""


def _meant_for(standards: Sequence[_Standard]) -> tuple[frozenset[str], str]:
    """The layers that a rule's standards are of, or why it is not run; without standards all layers."""
    named = [one for one in standards if one.name]
    if not named:
        return frozenset({"sdtm", "adam"}), ""
    layers = {layer for one in named for layer in ("sdtm", "adam") if one.name.lower().startswith(layer)}
    if not layers:
        return frozenset(), f"is for {', '.join(sorted({one.name for one in named}))}"
    versions = {one.version for one in named if one.name.upper() == "SDTMIG"}
    if "adam" not in layers and versions and not versions & {VERSION, ""}:
        return frozenset(layers), f"is for SDTMIG {', '.join(sorted(versions))}, not {VERSION}"
    return frozenset(layers), ""


def _source(standards: Sequence[_Standard]) -> str:
    """Where the rule stands, in the version that is carried if it is in several."""
    carried = [one for one in standards if one.name.lower().startswith(("sdtm", "adam"))
               and (one.name.upper() != "SDTMIG" or one.version in (VERSION, ""))]
    cited = [one.citation for one in carried or standards if one.citation]
    return "; ".join(dict.fromkeys(cited))
