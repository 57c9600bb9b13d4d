"""docs/verbs: a page a verb and step, up to date, with a source, a good case and a wrong one."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "verbs"
GUIDES = re.compile(r"(SDTMIG 3\.4, (section|domain)|SDTM 2\.0, the \w+ class|ADaMIG 1\.3, section|"
                    r"ADaM OCCDS 1\.1, section|ADaMIG-NCA 1\.0|Dossier's own)")


def script(name: str) -> ModuleType:
    """A module of the folder of scripts."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "scripts"))


verb_pages, verb_cases, verb_keys = (script(f"verb_{name}") for name in ("pages", "cases", "keys"))
ITEMS = [pytest.param(item, id=f"{item.layer}-{item.name}") for item in verb_pages.items()]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The pages as the script would write them now."""
    made: dict[str, str] = verb_pages.pages()
    return made


def test_the_pages_are_those_of_the_code(pages: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    old = sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))
    assert not old, f"'make docs' writes anew: {', '.join(old)}"


@pytest.mark.parametrize("item", ITEMS)
def test_a_verb_has_a_good_and_a_wrong_case(item: Any, pages: dict[str, str]) -> None:
    good, wrong = verb_cases.good_case(item), verb_cases.wrong_case(item)
    name = f"{item.layer}: {item.name}"
    assert good is not None, f"{name}: no case of tests/cases shows what it makes"
    assert wrong is not None, f"{name}: no case of tests/cases has a message that speaks of it"
    page = pages[f"{item.name}.md"]
    assert verb_cases.shown(good) in page
    assert verb_cases.shown(wrong) in page
    assert all(line in page for line in wrong.error)


@pytest.mark.parametrize("item", ITEMS)
def test_a_verb_says_what_it_does_and_after_which_guide(item: Any) -> None:
    text, source = verb_pages.told(item)
    name = f"{item.layer}: {item.name}"
    assert text, f"{name}: its function has no docstring"
    assert GUIDES.search(source), f"{name}: its docstring ends without 'Source: ' and guide, version, section"


@pytest.mark.parametrize("item", ITEMS)
def test_a_page_lists_every_key_of_the_model(item: Any, pages: dict[str, str]) -> None:
    part = pages[f"{item.name}.md"]
    if f"## In {verb_pages.LAYERS[item.layer]}\n" in part:
        part = part.partition(f"## In {verb_pages.LAYERS[item.layer]}\n")[2].partition("\n## In ")[0]
    rows = [re.split(r"(?<!\\)\|", row) for row in re.findall(r"^\| `.*$", part, re.MULTILINE)]
    listed = {cells[1].strip(" `"): cells[3].strip() == "yes" for cells in rows}
    entry = isinstance(item, verb_pages.Verb)
    needed = {path: field.is_required() for path, field, holds in verb_keys._walk(item.entry, "", entry)
              if not holds or path in listed}
    assert {path: listed[path] for path in needed} == needed
    assert listed.keys() - needed.keys() <= verb_keys.COMMON


def test_tables_are_even(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
        for table in re.findall(r"(?:^\|.*\|$\n?)+", prose, flags=re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(widths) == 1, f"{name}: {table}"


def test_links_lead_somewhere(pages: dict[str, str]) -> None:
    headings = {file: {verb_keys.anchor(h) for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
                for file, text in (pages | {f"../{page}": (ROOT / "docs" / page).read_text(encoding="utf-8")
                                            for page in ("language.md", "expressions.md")}).items()}
    for name, page in pages.items():
        for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", page):
            file, _, anchor = link.partition("#")
            assert file in headings, f"{name}: {link}"
            assert not anchor or anchor in headings[file], f"{name}: {link}"


def test_what_a_line_of_a_message_speaks_of() -> None:
    (drop,) = (item for item in verb_pages.items() if item.name == "drop")
    case = verb_cases.wrong_case(drop)
    (use,) = verb_cases.uses_of(case, drop)
    assert verb_cases.blames(case, use)
    others = [other for other in case.uses if other != use]
    assert others
    assert not any(verb_cases.blames(case, other) for other in others)


def test_a_raw_file_shows_as_a_table_or_as_it_is() -> None:
    assert verb_cases._raw("raw/a.csv", "A,B\n1,\n", lines=True) == (
        "`raw/a.csv`:\n\n| line | A | B |\n|---|---|---|\n| 2 | 1 | |")
    assert verb_cases._raw("raw/a.csv", "A,B\n1, x\n", lines=True) == (
        "`raw/a.csv`:\n\n```text\nA,B\n1, x\n```")


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(LookupError) as refused:
        verb_keys.words(set[int])
    assert str(refused.value) == "no words for the type set[int]; add its reading function to WORDS"


@pytest.mark.parametrize("module", ["verb_keys", "verb_cases"])
def test_examples_in_docstrings(module: str) -> None:
    import doctest
    found = doctest.testmod(sys.modules[module])
    assert (found.failed, found.attempted > 0) == (0, True)
