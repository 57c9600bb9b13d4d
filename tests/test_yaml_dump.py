"""Writing nodes back: what is written reads back equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import examples

from engine.yaml import Node, Text, YamlList, YamlMap, dump, parse_yaml
from engine.yaml.dump import WIDTH
from engine.yaml.source import check_value

SPECIAL = ["", " ", "'", '"', "\\", "\n", "\t", "#", " # ", ": ", ":", "- ", "?", "{", "}", "[", "]", ",",
           "&", "*", "!", "%", "@", "`", "|", ">", "<<", "~", "null", "---", "...", "=", "<", "(", ")", "是",
           "é", "\u00a0", "\U0001f600", "\\Uffffffff", "\\ud800", "A = 'Y'", "012", "-5",
           "x" * 130, "\u200b", "NO", "$"]


def allowed(text: str) -> bool:
    return check_value(text, Text().place) is None


texts = st.builds(
    lambda value, quoted: Text(value, quoted=quoted),
    (st.lists(st.sampled_from(SPECIAL), max_size=6).map("".join)
     | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
     | st.text("a \n", max_size=8)).filter(allowed),
    st.booleans(),
)


def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    keyed = st.lists(st.tuples(texts, inner), max_size=4, unique_by=lambda entry: str(entry[0]))
    items = st.lists(inner, max_size=4)
    return (st.builds(lambda items, flow: YamlList(items, flow=flow), items, st.booleans())
            | st.builds(lambda entries, flow: YamlMap(entries, flow=flow), keyed, st.booleans()))


nodes: st.SearchStrategy[Node] = st.recursive(texts, grown, max_leaves=12)


def plain(node: Node) -> object:
    """The node as tuples, so that the order of keys counts."""
    if isinstance(node, Text):
        return str(node)
    if isinstance(node, YamlList):
        return [plain(item) for item in node]
    return tuple((str(key), plain(value)) for key, value in node.items())


@examples(60, 600)
@given(nodes)
def test_what_is_written_reads_back_equal(node: Node) -> None:
    written = dump(node)
    again = parse_yaml(written)
    assert plain(again) == plain(node)
    assert dump(again) == written


@pytest.mark.parametrize("text", [
    "domain: AE\nkeys: [STUDYID, USUBJID]\n",
    "a:\nb: null\nc: ~\nd: ''\n".replace("''", '""'),
    "n: [1, -5, 1.10, 012, 12:30, 1_000, <5, 10^9/L, 5/9]\n",
    "variables:\n  AESER: {from: SERIOUS, map: {是: \"Y\"}, none: }\n",
    "- - a\n  - b: c\n    d:\n      - e\n- {}\n- []\n-\n",
    "note: |\n  first\n\n    second: x # y\nother: |-\n  a\n  b\n",
    "where: \"ONGO = 'Y'\"\nlike: 'A \"x\"'\nboth: 'it''s \"x\"'\n",
    "expression: COALESCE(A, 'x') || B\n",
    "text\n",
    "---\n",
])
def test_text_in_our_own_style_is_kept(text: str) -> None:
    assert dump(parse_yaml(text)) == text


def test_flow_too_wide_for_a_line_is_written_in_block() -> None:
    wide = "keys: [" + ", ".join(f"NAME{n:02}" for n in range(20)) + "]"
    assert dump(parse_yaml(wide)) == "keys:\n" + "".join(f"  - NAME{n:02}\n" for n in range(20))


def test_keys_too_long_for_a_line() -> None:
    for length in (WIDTH, 1000, 2000):
        inner = YamlMap([(Text("c" * length), Text("d"))])
        node = YamlMap([(Text("k" * length), YamlList()), (Text("b"), inner)])
        assert parse_yaml(dump(node)) == node


def test_what_is_invisible_is_escaped() -> None:
    node = YamlMap([(Text("k\u200b"), Text("a\u3164\\ud800")), (Text("b"), Text("x\U000e0041\ny\n"))])
    assert dump(node) == '"k\\u200B": "a\\u3164\\\\ud800"\nb: "x\\U000E0041\\ny\\n"\n'
    assert parse_yaml(dump(node)) == node


def test_what_plain_text_cannot_say_is_quoted() -> None:
    node = YamlMap([(Text("<<"), Text("a: b")), (Text(""), Text(" x ")), (Text("k"), Text("# x"))])
    assert dump(node) == '"<<": "a: b"\n"": " x "\nk: "# x"\n'


def test_whether_a_scalar_was_quoted_is_kept() -> None:
    again = parse_yaml(dump(parse_yaml("a: [5, '5', true, 'true']")))
    assert isinstance(again, YamlMap)
    values = again[Text("a")]
    assert isinstance(values, YamlList)
    assert [item.quoted for item in values if isinstance(item, Text)] == [False, True, False, True]
