"""Say in plain words why text is not the YAML a spec may hold.

The parser tells what token it wanted; a spec's author wants to know what to
type.  Most often an expression was left unquoted: inside ``{}`` or ``[]`` YAML
splits it at the comma, a `` #`` cuts it, and a leading quote ends it early.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml as pyyaml

from engine.errors import Place, Problem

QUOTE_EXPRESSION = "quote the expression"
_INNER_QUOTE = "inside single quotes a quote is written ''"

_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_EXPRESSION = re.compile(
    r"\|\||[<>=]|\w\(|['\"\]]\s*$|\b(?:AND|OR|NOT|IN|IS|LIKE|BETWEEN|CASE|WHEN|CAST)\b", re.IGNORECASE
)
_NEXT_KEY = re.compile(r"(?:\w+|'[^']*'|\"[^\"]*\"):(?: |$)")


def looks_cut(text: str) -> bool:
    """Whether text has an open bracket or quote, as a cut expression has.

    >>> [looks_cut(t) for t in ("COALESCE(A", "B)", "A = '", "IN ('Y', 'N')", "Subject's age")]
    [True, True, True, False, False]
    """
    bare = _QUOTED.sub("", _APOSTROPHE.sub("", text))
    if "'" in bare or '"' in bare:
        return True
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return True
    return depth != 0


def looks_like_expression(text: str) -> bool:
    """Whether text holds an operator or a call, or ends in a quote or bracket.

    >>> [looks_like_expression(t) for t in ("{x: A || B", "{where: 'Y' ", "{label: Ratio")]
    [True, True, False]
    """
    return bool(_EXPRESSION.search(text))


@dataclass(frozen=True)
class _Complaint:
    """What the parser said: where it stopped, and where what it was reading began."""

    what: str
    context: str
    here: Place
    opened: Place
    before: str  # the line up to where it stopped
    after: str   # and from there on
    opening: str  # the line up to where the thing being read began
    at_end: bool

    @property
    def found(self) -> str:
        return self.after[:1]


def syntax_problem(error: pyyaml.error.MarkedYAMLError, text: str, file: str) -> Problem:
    """Turn the parser's complaint about ``text`` into a problem with a place."""
    what = error.problem or "not YAML"
    mark = error.problem_mark or error.context_mark
    start = error.context_mark or mark
    if mark is None or start is None:
        return Problem(Place(file), "", what)
    said = _Complaint(
        what, error.context or "",
        Place(file, mark.line + 1, mark.column + 1), Place(file, start.line + 1, start.column + 1),
        text[:mark.index].rpartition("\n")[2], text[mark.index:].partition("\n")[0],
        text[:start.index].rpartition("\n")[2], not text[mark.index:].strip(),
    )
    if "quoted scalar" in said.context:
        return _quoted(said)
    if "',' or" in what:
        return _flow(said)
    if "scanning a block scalar" in said.context:
        return Problem(said.opened, "", "no text may follow '|' or '>' on its line", QUOTE_EXPRESSION)
    if re.search(r"scanning an (alias|anchor)|(pars|scann)ing a tag", said.context):
        return _start(said.opened, text[start.index:start.index + 1])
    if "cannot start" in what:
        return _start(said.here, said.found, _hint(said, "quote the text"))
    return _block(said)


def _quoted(said: _Complaint) -> Problem:
    if "escape" in said.what or "hex" in said.what:
        return Problem(said.opened, "", "unknown '\\' escape in double quotes", "use single quotes")
    return Problem(said.opened, "", "the quote is not closed", _INNER_QUOTE)


def _start(place: Place, sign: str, hint: str = "quote the text") -> Problem:
    return Problem(place, "", f"text cannot start with '{sign}'", hint)


def _flow(said: _Complaint) -> Problem:
    closing = "}" if "'}'" in said.what else "]"
    outdented = _indent(said.before + said.after) <= _indent(said.opening)
    if said.at_end or (said.here.line != said.opened.line and outdented):
        opening = "{" if closing == "}" else "["
        return Problem(said.opened, "", f"the '{opening}' is not closed", f"close it with '{closing}'")
    hint = "write a comma between the entries, or quote the text"
    if not _NEXT_KEY.match(said.after):
        hint = _hint(said, hint)
    return Problem(said.here, "", f"',' or '{closing}' is wanted here", hint)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _hint(said: _Complaint, otherwise: str) -> str:
    """Quote the expression, where the line has one; double the quote, where it ended a word."""
    if said.before.endswith("'") and said.found.isalnum():
        return _INNER_QUOTE
    return QUOTE_EXPRESSION if looks_like_expression(said.before) else otherwise


def _block(said: _Complaint) -> Problem:
    what, here, found = said.what, said.here, said.found
    if "mapping values" in what:
        if ": " in said.before:
            return Problem(here, "", "a second ':' in one line", _hint(said, "quote the text"))
        return Problem(here, "", "a key does not fit here", "check the indent and the line above")
    if "expected ':'" in what:
        return Problem(said.opened, "", "a key without ':'", "write 'key: value', or check the indent")
    if "not allowed" in what:
        return Problem(here, "", f"'{found}' does not fit here",
                       "start a list on its own line, or quote the text")
    if "tag handle" in what:
        return Problem(here, "", "tags are not allowed", "remove it, or quote the text")
    if found == ":":
        return Problem(here, "", "an empty key", "write the name before ':'")
    if "node content" in what and said.at_end:
        return Problem(here, "", "the file ends where a value is wanted", "write it, or close the bracket")
    if found and found in "}]":
        return Problem(here, "", f"'{found}' has no opening bracket", "remove it, or quote the text")
    if "node content" in what and found == ",":
        return Problem(here, "", "a value is wanted before ','", "remove the comma")
    if "node content" in what:
        return Problem(here, "", f"a value is wanted before '{found}'", _hint(said, "quote the text"))
    if said.before.rstrip().endswith(("'", '"', "]", "}")):
        return Problem(here, "", "text after the closing quote or bracket", _hint(said, QUOTE_EXPRESSION))
    if "<document start>" in what:
        return Problem(here, "", "text after the end of the document", "check the indent")
    if "parsing a block" in said.context:
        return Problem(here, "", "this line does not fit the lines above it", "check the indent")
    return Problem(here, "", what)
