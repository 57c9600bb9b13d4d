"""Reading YAML: what is kept, where it stands, and what is refused."""

from __future__ import annotations

import copy
import os
import pickle
import time
from pathlib import Path

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from engine.errors import SpecError
from engine.yaml import Node, Text, YamlList, YamlMap, parse_yaml, read_yaml
from engine.yaml.reader import _compose
from engine.yaml.source import check_characters

SPEC = """\
# adverse events
domain: AE
keys: [STUDYID, USUBJID]
variables:
  AESER:
    from: SERIOUS
    map: {是: "Y", '否': N}
  AETERM: {from: AETERM,
           pages: [31]}
steps:
- one
-   two: 2
    three:
note: |
  first
  second
"""


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse_yaml(text, "f.yaml")
    return str(caught.value)


def places(node: Node) -> list[tuple[str, int | None, int | None]]:
    """Every key and scalar with its line and column, in the order written."""
    if isinstance(node, Text):
        return [(str(node), node.place.line, node.place.column)]
    if isinstance(node, YamlList):
        return [place for item in node for place in places(item)]
    return [place for key, value in node.items() for place in (*places(key), *places(value))]


@pytest.mark.parametrize("loader", [pyyaml.SafeLoader, getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)])
def test_every_key_and_scalar_knows_its_place(loader: object) -> None:
    assert places(_compose(SPEC, "ae.yaml", loader)) == [
        ("domain", 2, 1), ("AE", 2, 9),
        ("keys", 3, 1), ("STUDYID", 3, 8), ("USUBJID", 3, 17),
        ("variables", 4, 1),
        ("AESER", 5, 3),
        ("from", 6, 5), ("SERIOUS", 6, 11),
        ("map", 7, 5), ("是", 7, 11), ("Y", 7, 14), ("否", 7, 19), ("N", 7, 24),
        ("AETERM", 8, 3), ("from", 8, 12), ("AETERM", 8, 18), ("pages", 9, 12), ("31", 9, 20),
        ("steps", 10, 1), ("one", 11, 3), ("two", 12, 5), ("2", 12, 10), ("three", 13, 5), ("", 13, 11),
        ("note", 14, 1), ("first\nsecond\n", 14, 7),
    ]


def test_collections_know_their_place_and_style() -> None:
    node = parse_yaml(SPEC, "ae.yaml")
    assert isinstance(node, YamlMap)
    keys, variables, steps = node[Text("keys")], node[Text("variables")], node[Text("steps")]
    assert isinstance(keys, YamlList)
    assert (str(keys.place), keys.flow) == ("ae.yaml:3:7", True)
    assert isinstance(variables, YamlMap)
    assert (str(variables.place), variables.flow) == ("ae.yaml:5:3", False)
    assert isinstance(steps, YamlList)
    assert (str(steps.place), steps.flow) == ("ae.yaml:11:1", False)
    assert str(node.key_place("note")) == "ae.yaml:14:1"
    assert str(node.key_place("absent")) == "ae.yaml:2:1"
    assert (node.find("domain"), node.find("absent")) == ("AE", None)


@pytest.mark.parametrize("typed", ["NO", "012", "12:30", "1.10", "1_000", "null", "~", "2025-03-28", "0x1F",
                                   "1e3", ".inf", "yes", "=", "10^9/L", "5/9", "K/uL: 1"[:4]])
def test_a_scalar_stays_what_was_typed(typed: str) -> None:
    node = parse_yaml(f"a: {typed}\nb: [{typed}]")
    assert node == {"a": typed, "b": [typed]}


@pytest.mark.parametrize(("typed", "value", "quoted"), [
    ("a:", "", False), ("a: ''", "", True), ("a: 'it''s'", "it's", True), ('a: "\\u8bd5\\t"', "试\t", True),
    ("a: >-\n  x\n  y", "x y", True), ("a: x\n  y", "x y", False), ("a: x # note", "x", False),
    ("a: Subject's age # note", "Subject's age", False), ("a: f(x) # note", "f(x)", False),
    ("a: b#c", "b#c", False), ("a: f(x, 'y')", "f(x, 'y')", False),
])
def test_the_text_of_a_scalar(typed: str, value: str, quoted: bool) -> None:
    node = parse_yaml(typed)
    assert isinstance(node, YamlMap)
    text = node[Text("a")]
    assert isinstance(text, Text)
    assert (str(text), text.quoted) == (value, quoted)


def test_line_ends_and_byte_order_mark_of_windows(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffa: 1\r\n是: x\r\n".encode())
    node = read_yaml(tmp_path / "a.yaml", tmp_path)
    assert [place[1:] for place in places(node)] == [(1, 1), (1, 4), (2, 1), (2, 4)]
    assert node == {"a": "1", "是": "x"}


def test_text_survives_copy_and_pickle() -> None:
    node = parse_yaml("a: 'b'", "f.yaml")
    for again in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
        assert again == node
        assert isinstance(again, YamlMap)
        value = again[Text("a")]
        assert isinstance(value, Text)
        assert (str(value.place), value.quoted, str(again.place)) == ("f.yaml:1:4", True, "f.yaml:1:1")


@pytest.mark.parametrize(("text", "message"), [
    ("", "f.yaml:1: the file is empty"),
    ("# only a comment\n", "f.yaml:1: the file is empty"),
    ("a: &x 1", "f.yaml:1:4: anchors are not allowed ('&x'); remove it, or quote the text"),
    ("a: *x", "f.yaml:1:4: aliases are not allowed ('*x'); write the value out, or quote the text"),
    ("a: !x 1", "f.yaml:1:4: tags are not allowed ('!x'); remove it, or quote the text"),
    ("a: ! 1", "f.yaml:1:4: tags are not allowed ('!'); remove it, or quote the text"),
    ("a: !!str 1", "f.yaml:1:4: tags are not allowed ('!!str'); remove it, or quote the text"),
    ("- !!python/object/apply:os.system [ls]", "f.yaml:1:3: tags are not allowed "
     "('!!python/object/apply:os.system'); remove it, or quote the text"),
    ("a:\n  <<: {b: 1}", "f.yaml:2:3: merge keys are not allowed ('<<'); write the entries out"),
    ("%YAML 1.2\n---\na: 1", "f.yaml:1:1: directives are not allowed; remove the line"),
    ("# x\n\n%TAG ! x\n---\na: 1", "f.yaml:3:1: directives are not allowed; remove the line"),
    ("b: 1\na: 1\n\"a\": 2", "f.yaml:3:1: duplicate key 'a'; it is first at line 2"),
    ("x: {a: 1, a: 2}", "f.yaml:1:11: duplicate key 'a'; it is first at line 1"),
    ("? [a]\n: 1", "f.yaml:1:3: a key must be text; quote the key"),
    ("? {a: 1}\n: 1", "f.yaml:1:3: a key must be text; quote the key"),
    ("x: {[A] : 1}", "f.yaml:1:5: a key must be text; quote the expression"),
    ("a: {: 1}", "f.yaml:1:5: an empty key; write the name before ':'"),
    (": 1", "f.yaml:1:1: an empty key; write the name before ':'"),
    ("a: 1\n---\nb: 1", "f.yaml:2:1: a second document; a file holds one document"),
    ("a: 1\n...\n---\nb: 1", "f.yaml:3:1: a second document; a file holds one document"),
    ("a:\t1", 'f.yaml:1:3: a tab; use spaces; in double quotes write "\\t"'),
    ("a: 1\rb: 2", "f.yaml:1:5: a carriage return without a line feed; end lines with LF or CR LF"),
    ("a: x\x00", "f.yaml:1:5: control character U+0000; remove it"),
    ("a: 1\n# \x1b[0m", "f.yaml:2:3: control character U+001B; remove it"),
    ("a: x\u2028y", "f.yaml:1:5: control character U+2028; remove it"),
    ("a: 1\nb: \ufeffx", "f.yaml:2:4: control character U+FEFF; remove it"),
    ('a: "\\0"', "f.yaml:1:4: control character U+0000; remove it"),
    ('a: "x\\u202Ey"', "f.yaml:1:4: bidirectional control character U+202E; remove it"),
    ('a: "x\\ry"', "f.yaml:1:4: a carriage return without a line feed; end lines with LF or CR LF"),
    ('a: "\\ud800"', "f.yaml:1:5: the escape is no character; use single quotes"),
    ('a: "\\\\\\U00110000"', "f.yaml:1:7: the escape is no character; use single quotes"),
])
def test_refusals(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F])
def test_bidirectional_controls_are_refused(code: int) -> None:
    assert refusal(f"a: x{chr(code)}y") == (
        f"f.yaml:1:5: bidirectional control character U+{code:04X}; remove it")


@pytest.mark.parametrize(("character", "told", "escape"), [
    ("\u200b", "U+200B (ZERO WIDTH SPACE)", "\\u200B"), ("\u00ad", "U+00AD (SOFT HYPHEN)", "\\u00AD"),
    ("\u3164", "U+3164 (HANGUL FILLER)", "\\u3164"), ("\ufe0f", "U+FE0F (VARIATION SELECTOR-16)", "\\uFE0F"),
    ("\U000e0041", "U+E0041 (TAG LATIN CAPITAL LETTER A)", "\\U000E0041")])
def test_what_is_invisible_is_written_as_an_escape(character: str, told: str, escape: str) -> None:
    message = f"invisible character {told}; remove it, or in double quotes write \"{escape}\""
    assert refusal(f"a: x{character}y") == f"f.yaml:1:5: {message}"
    assert refusal(f"# {character}\na: x") == f"f.yaml:1:3: {message}"
    assert parse_yaml(f'a: "x{escape}y"') == {"a": f"x{character}y"}


def test_all_refusals_of_a_file_come_together() -> None:
    assert refusal("a: &x 1\nb: *x\na: !t 2\n").split("\n") == [
        "f.yaml:1:4: anchors are not allowed ('&x'); remove it, or quote the text",
        "f.yaml:2:4: aliases are not allowed ('*x'); write the value out, or quote the text",
        "f.yaml:3:4: tags are not allowed ('!t'); remove it, or quote the text",
        "f.yaml:3:1: duplicate key 'a'; it is first at line 1",
    ]


def test_problems_of_one_file_are_bounded() -> None:
    assert len(refusal("".join("- !x 1\n" for _ in range(5000))).split("\n")) == 100
    assert len(refusal("\0" * 5000).split("\n")) == 100


def test_billion_laughs_are_refused_unexpanded() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    start = time.perf_counter()
    found = refusal("\n".join(lines)).split("\n")
    assert found[0] == "f.yaml:1:5: anchors are not allowed ('&a0'); remove it, or quote the text"
    assert found[2] == ("f.yaml:2:10: aliases are not allowed ('*a0'); write the value out, "
                        "or quote the text")
    assert time.perf_counter() - start < 1


def test_a_file_too_large_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"[" * 10_000_000)
    start = time.perf_counter()
    with pytest.raises(SpecError) as caught:
        read_yaml(path, tmp_path)
    assert str(caught.value) == f"{path}: the file is larger than 2 MiB; split it"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(("unit", "column"), [("[", 41), ("{a: ", 158), ("- ", 81)])
def test_deep_nesting_is_refused_at_once(unit: str, column: int) -> None:
    start = time.perf_counter()
    assert refusal(unit * 400_000) == f"f.yaml:1:{column}: nested more than 40 deep"
    assert time.perf_counter() - start < 2


def test_nesting_up_to_the_bound_is_read() -> None:
    node: Node = parse_yaml("[" * 39 + "x" + "]" * 39)
    for _ in range(39):
        assert isinstance(node, YamlList)
        node = node[0]
    assert node == "x"
    assert refusal("[" * 40 + "x" + "]" * 40) == "f.yaml:1:41: nested more than 40 deep"


def test_the_count_of_values_is_bounded() -> None:
    assert refusal("- a\n" * 100_001) == "f.yaml:100000:3: the file has more than 100000 values; split it"


@pytest.mark.parametrize(("raw", "message"), [
    (b"a: 1\nb: \xd6\xd0", "2:4: byte 0xD6 is not UTF-8; save the file as UTF-8"),
    (b"\xff\xfea\x00", "1:1: byte 0xFF is not UTF-8; save the file as UTF-8"),
    (b"\xef\xbb\xbfa: \xe4\xb8", "1:4: byte 0xE4 is not UTF-8; save the file as UTF-8"),
    (b"a: \xed\xa0\x80", "1:4: byte 0xED is not UTF-8; save the file as UTF-8"),
    (b"\xef\xbb\xbfa: \x07", "1:4: control character U+0007; remove it"),
])
def test_bytes_that_are_not_text_are_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpecError) as caught:
        read_yaml(path, tmp_path)
    assert str(caught.value) == f"{path}:{message}"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study folder below the current directory, with a file outside it."""
    (tmp_path / "specs" / "sdtm").mkdir(parents=True)
    (tmp_path / "specs" / "sdtm" / "ae.yaml").write_text("a: b\na: c")
    (tmp_path / "specs" / "sdtm" / "notes.txt").write_text("x")
    (tmp_path / "secret.yaml").write_text("a: b")
    monkeypatch.chdir(tmp_path)
    return Path("specs")


def path_refusal(path: Path, root: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_yaml(path, root)
    return str(caught.value)


def test_places_show_the_path_from_the_current_directory(study: Path) -> None:
    message = "specs/sdtm/ae.yaml:2:1: duplicate key 'a'; it is first at line 1"
    assert path_refusal(study / "sdtm" / "ae.yaml", study) == message
    assert path_refusal(Path.cwd() / "specs" / "sdtm" / "ae.yaml", study) == message
    assert path_refusal(study / "sdtm" / "ae.yaml", study.resolve()) == message


@pytest.mark.parametrize(("name", "message"), [
    ("../secret.yaml", "specs/../secret.yaml: the file is outside the study folder 'specs'; "
     "a spec reads only files of its own study"),
    ("/etc/passwd", "/etc/passwd: the file is outside the study folder 'specs'; "
     "a spec reads only files of its own study"),
    ("../missing.yaml", "specs/../missing.yaml: the file is outside the study folder 'specs'; "
     "a spec reads only files of its own study"),
    ("sdtm/ea.yaml", "specs/sdtm/ea.yaml: no such file; did you mean 'ae.yaml'?"),
    ("sdtm/zzzzzz.yml", "specs/sdtm/zzzzzz.yml: no such file; known: ae.yaml"),
    ("stdm/ae.yaml", "specs/stdm/ae.yaml: no such file; there is no folder 'stdm'"),
    ("sdtm", "specs/sdtm: this is a folder, not a file"),
    ("a\0b", "a file name cannot hold U+0000"),
])
def test_paths_that_are_refused(study: Path, name: str, message: str) -> None:
    assert path_refusal(study / name, study) == message


def test_links_out_of_the_study_are_refused(study: Path) -> None:
    (study / "link.yaml").symlink_to(Path("..") / "secret.yaml")
    (study / "folder").symlink_to(Path.cwd(), target_is_directory=True)
    (study / "inner.yaml").symlink_to(Path("sdtm") / "ae.yaml")
    (study / "loop.yaml").symlink_to("loop.yaml")
    outside = "the file is outside the study folder 'specs'; a spec reads only files of its own study"
    assert path_refusal(study / "link.yaml", study) == (
        f"specs/link.yaml: {outside.replace('the file is', 'is a link to a file')}")
    assert path_refusal(study / "folder" / "secret.yaml", study) == f"specs/folder/secret.yaml: {outside}"
    assert path_refusal(study / "inner.yaml", study) == (
        "specs/inner.yaml:2:1: duplicate key 'a'; it is first at line 1")
    assert path_refusal(study / "loop.yaml", study).startswith("specs/loop.yaml: no such file")


def test_what_is_no_file_is_not_opened(study: Path) -> None:
    os.mkfifo(study / "pipe.yaml")
    (study / "away.yaml").symlink_to("nosuch.yaml")
    assert path_refusal(study / "pipe.yaml", study) == "specs/pipe.yaml: this is a device or pipe, not a file"
    assert path_refusal(study / "away.yaml", study) == (
        "specs/away.yaml: no such file; it is a link that leads nowhere")
    assert path_refusal(study / f"{'x' * 300}.yaml", study) == (
        f"specs/{'x' * 300}.yaml: the file cannot be read (File name too long)")


def test_a_folder_with_a_longer_name_is_outside(study: Path) -> None:
    Path("specs_old").mkdir()
    Path("specs_old/a.yaml").write_text("a: b")
    assert path_refusal(Path("specs_old/a.yaml"), study) == (
        "specs_old/a.yaml: the file is outside the study folder 'specs'; "
        "a spec reads only files of its own study")


def outcome(text: str, loader: object) -> object:
    """The nodes with their places, or the message, of one of the two parsers."""
    try:
        check_characters(text, "f.yaml")
        node = _compose(text, "f.yaml", loader)
    except SpecError as error:
        return str(error)
    return repr(node), places(node)


PIECES = ["a", "b: ", "- ", "\n", "\n  ", " ", "{", "}", "[", "]", ", ", "'", '"', "#", " # ", "(", ")",
          "A = 'Y'", "x: 1", "|", ">", "&", "*", "!", "%", "是", "\\", "? ", "---", "..."]


@examples(200, 2_000)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    found = outcome(text, getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader))
    if isinstance(found, str):
        assert found.startswith("f.yaml:")
