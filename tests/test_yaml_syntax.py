"""What is said of text that is no YAML, or not the YAML that was meant."""

from __future__ import annotations

import pytest
import yaml as pyyaml

from engine.errors import SpecError
from engine.yaml import looks_cut
from engine.yaml.reader import _compose

LOADERS = [pyyaml.SafeLoader, getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)]

EXPRESSIONS = [
    ("a: {x: COALESCE(A, B)}", "1:8: 'COALESCE(A' is cut short by YAML"),
    ("a: {x: f(A, 'B')}", "1:8: 'f(A' is cut short by YAML"),
    ("a: {x: A || ': ' || B}", "1:8: 'A || '' is cut short by YAML"),
    ("a: {x: A || ', ' || B}", "1:8: 'A || '' is cut short by YAML"),
    ("a: [IN (1, 2), c]", "1:5: 'IN (1' is cut short by YAML"),
    ("a: {x: 'A' = B}", "1:12: ',' or '}' is wanted here"),
    ("a: ['A' || B]", "1:9: text cannot start with '|'"),
    ("a: ['A' = B]", "1:9: ',' or ']' is wanted here"),
    ("a: {x: A >= 3 AND B: c}", "1:20: ',' or '}' is wanted here"),
    ("a: {x: [A] = 2}", "1:12: ',' or '}' is wanted here"),
    ("a: A = ' # x'", "1:4: 'A = '' is cut short by ' #'"),
    ("a: f(x, # y\nb: 2", "1:4: 'f(x,' is cut short by ' #'"),
    ("a: f(x,\n  y # z", "1:4: 'f(x, y' is cut short by ' #'"),
    ("where: 'Y' = B", "1:12: text after the closing quote or bracket"),
    ("where: (A = 'x: y')", "1:15: a second ':' in one line"),
    ("where: > 5", "1:8: no text may follow '|' or '>' on its line"),
    ("where: || A", "1:8: no text may follow '|' or '>' on its line"),
]

OTHERS = [
    ("a: 'unclosed\nb: 1\n", "1:4: the quote is not closed; inside single quotes a quote is written ''"),
    ("a: 'it's'", "1:8: text after the closing quote or bracket; inside single quotes a quote is written ''"),
    ("a: {b: 'it's'}", "1:12: ',' or '}' is wanted here; inside single quotes a quote is written ''"),
    ('a: "\\d"', "1:4: unknown '\\' escape in double quotes; use single quotes"),
    ('a: "\\xZZ"', "1:4: unknown '\\' escape in double quotes; use single quotes"),
    ("a: {b: 1\nc: 2\n", "1:4: the '{' is not closed; close it with '}'"),
    ("a:\n  b: [1, 2\n  c: 3", "2:6: the '[' is not closed; close it with ']'"),
    ("a: {b: 1\n", "1:4: the '{' is not closed; close it with '}'"),
    ("a: {b: x y: z}", "1:11: ',' or '}' is wanted here; write a comma between the entries, "
     "or quote the text"),
    ('a: {b: "x"\n    c: d}', "2:5: ',' or '}' is wanted here; write a comma between the entries, "
     "or quote the text"),
    ("a: [b, , c]", "1:8: a value is wanted before ','; remove the comma"),
    ("a: [", "2:1: the file ends where a value is wanted; write it, or close the bracket"),
    ("label: Ratio: N/L", "1:13: a second ':' in one line; quote the text"),
    ("a:\n  b: 1\n   c: 2", "3:5: a key does not fit here; check the indent and the line above"),
    ("a:\n  b: 1\n c: 2", "3:2: this line does not fit the lines above it; check the indent"),
    ("a: 1\n- b", "2:1: this line does not fit the lines above it; check the indent"),
    ("a: 1\nfoo\nb: 2", "2:1: a key without ':'; write 'key: value', or check the indent"),
    ("a: %x", "1:4: text cannot start with '%'; quote the text"),
    ("a: @x", "1:4: text cannot start with '@'; quote the text"),
    ("a: **", "1:4: text cannot start with '*'; quote the text"),
    ("a: & b", "1:4: text cannot start with '&'; quote the text"),
    ("a: !<", "1:4: text cannot start with '!'; quote the text"),
    ("a: !x!y z", "1:4: tags are not allowed; remove it, or quote the text"),
    ("a: - b", "1:4: '-' does not fit here; start a list on its own line, or quote the text"),
    ("a: [b]]", "1:7: ']' has no opening bracket; remove it, or quote the text"),
    ("{a: b}}", "1:7: '}' has no opening bracket; remove it, or quote the text"),
    ("'a'\n'b'", "2:1: text after the end of the document; check the indent"),
]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "message"), [
    *((text, f"{message}; quote the expression") for text, message in EXPRESSIONS), *OTHERS])
def test_what_is_said_of_text_that_cannot_be_read(text: str, message: str, loader: object) -> None:
    with pytest.raises(SpecError) as caught:
        _compose(text, "f.yaml", loader)
    assert str(caught.value) == f"f.yaml:{message}"


@pytest.mark.parametrize(("text", "cut"), [
    ("COALESCE(A", True), ("B)", True), (")(", True), ("A = '", True), ('5" x "a"', True),
    ("A || 'x, y'", False), ("f(g(x), 'it''s (')", False), ("Subject's age", False), ("", False),
    ("(N)", False), ("A = 'x' AND B = 'O", True), ("patients' age", True),
])
def test_looks_cut(text: str, cut: bool) -> None:
    assert looks_cut(text) is cut
