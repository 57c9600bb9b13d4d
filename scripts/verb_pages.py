"""Write docs/verbs: a page for each verb and record step, from the code, docs/language.md and tests/cases.

``make docs`` runs it; a test compares the pages with what it would write.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable

from verb_cases import CASES, ROOT, fenced, good_case, shown, table, wrong_case
from verb_keys import Key, anchor, keys_of, plain, sections_of

import adam.records
import adam.verbs
import engine.verbs
import sdtm.verbs
from engine.columns import Kind
from engine.spec.verbs import Step, Verb, steps_of, verbs_of
from engine.yaml.fields import Model

REGISTERED = (engine.verbs, sdtm.verbs, adam.verbs, adam.records)
"""Importing these packages registers the verbs."""

FOLDER = ROOT / "docs" / "verbs"
LAYERS = {"any": "every layer", "sdtm": "SDTM", "adam": "ADaM"}
MARK = "<!-- Written by `make docs` from the code, docs/language.md and tests/cases; edit those. -->"

Item = Verb | Step


def items() -> list[Item]:
    """Every verb and step of the project, in the order of layers and of registration."""
    found: list[Item] = []
    for layer in LAYERS:
        found += [verb for verb in verbs_of(layer).values() if verb.layer == layer and _ours(verb.derive)]
        found += [step for step in steps_of(layer).values() if step.layer == layer and _ours(step.change)]
    return found


def _ours(function: object) -> bool:
    """Whether a verb is of the project and not of a package installed beside it."""
    return str(getattr(function, "__module__", "")).startswith(("engine.", "sdtm.", "adam."))


def pages() -> dict[str, str]:
    """Every file of docs/verbs by its name."""
    sections = sections_of((ROOT / "docs" / "language.md").read_text(encoding="utf-8"))
    by_name: dict[str, list[Item]] = {}
    for item in items():
        by_name.setdefault(item.name, []).append(item)
    made = {f"{name}.md": _page(name, found, sections) for name, found in by_name.items()}
    return made | {"README.md": _index()}


# --- one page ----------------------------------------------------------------------------


def _page(name: str, found: list[Item], sections: dict[tuple[str, str, str], tuple[str, str]]) -> str:
    parts = [MARK, f"# {name}"]
    for item in found:
        kind = "Verbs" if isinstance(item, Verb) else "Record steps"
        if (kind, item.layer, name) not in sections:
            raise LookupError(f"docs/language.md has no heading for '{name}' under '{kind} of "
                              f"{LAYERS[item.layer]}'")
        if len(found) > 1:
            parts.append(f"## In {LAYERS[item.layer]}")
        parts += _parts(item, *sections[kind, item.layer, name], mark="##" if len(found) == 1 else "###")
    return "\n\n".join(parts) + "\n"


def _parts(item: Item, heading: str, section: str, mark: str) -> Iterable[str]:
    text, source = told(item)
    yield _kind_of(item)
    yield text
    yield f"Source: {source}"
    yield _form(item)
    yield f"{mark} Keys\n\n{_key_table(keys_of(item, section))}"
    beside = "" if isinstance(item, Step) else (
        "[Keys of every entry](../language.md#keys-of-every-entry), such as `map` and `codelist`, may stand "
        "beside these. ")
    yield f"{beside}See also [{heading}](../language.md#{anchor(heading)}) in the page of the language."
    for title, case in (("Example", good_case(item)), ("What is refused", wrong_case(item))):
        if case is not None:
            yield f"{mark} {title}: {case.title(item.name)}\n\n{shown(case)}"


def _kind_of(item: Item) -> str:
    where = LAYERS[item.layer]
    if isinstance(item, Step):
        return f"*Step of {where}, an item of the list `records` of a dataset's file.*"
    kind = item.kind or Kind.TEXT
    makes = "a value of the kind of what it takes"
    if isinstance(kind, Kind):
        makes = "text" if kind is Kind.TEXT else f"a {kind.value}"
    more = _further(item)
    return (f"*Verb of {where}, for an entry under `variables`"
            f"{' or `supplemental`' if item.layer != 'adam' else ''}. Makes {makes}{more}.*")


def _further(item: Verb) -> str:
    """What the entry's model says of further variables."""
    method = item.entry.also_makes
    if method.__qualname__.startswith("Entry."):
        return ""
    text = plain(" ".join(inspect.cleandoc(method.__doc__ or "").split())).rstrip(".")
    return f"; can make further variables: {text[:1].lower()}{text[1:]}"


def told(item: Item) -> tuple[str, str]:
    """What the docstring of a verb's function says, and the source it names."""
    function = item.derive if isinstance(item, Verb) else item.change
    paragraphs = [p for p in inspect.cleandoc(function.__doc__ or "").split("\n\n") if ">>>" not in p]
    text, _, source = "\n\n".join(paragraphs).partition("Source: ")
    return plain(text.strip()), plain(" ".join(source.split()))


def _form(item: Item) -> str:
    """How an entry is written: the docstrings of its model and of the mapping of the verb."""
    models = [item.entry, *(about.annotation for field, about in item.entry.model_fields.items()
                            if (about.alias or field) == item.name and isinstance(about.annotation, type)
                            and issubclass(about.annotation, Model))]
    texts = [inspect.cleandoc(model.__doc__ or "") for model in models]
    return "How it is written: " + plain("\n\n".join(texts))


def _key_table(keys: list[Key]) -> str:
    rows, before = ["| key | takes | needed | if not said | meaning |", "|---|---|---|---|---|"], ""
    for key in keys:
        meaning = "″" if key.meaning == before else key.meaning
        needed = "yes" if key.needed else ""
        rows.append(f"| `{key.path}` | {key.takes} | {needed} | {key.default} | {meaning} |")
        before = key.meaning
    return "\n".join(re.sub(r"\|  (?=\|)", "| ", row) for row in rows)


# --- the index ---------------------------------------------------------------------------


def _index() -> str:
    parts = [MARK, "# Verbs and record steps", INTRODUCTION]
    for layer, words in LAYERS.items():
        for title, kind in (("Verbs", Verb), ("Record steps", Step)):
            rows = [[f"[{item.name}]({item.name}.md)", told(item)[0].partition("\n\n")[0].replace("\n", " ")]
                    for item in items() if item.layer == layer and isinstance(item, kind)]
            if rows:
                lines = ["| name | what it does |", "|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
                parts.append(f"## {title} of {words}\n\n" + "\n".join(lines))
    study = re.search(r'^STUDY = """\n(.*?)"""', (CASES.parent / "cases_runner.py").read_text("utf-8"),
                      re.DOTALL | re.MULTILINE)
    assert study is not None
    parts.append("## The study of the examples\n\nEach example is a study of its own, made of the files that "
                 "its page\nshows and of this study file, in which raw tables are named after their files:"
                 f"\n\n{fenced(study[1], 'yaml')}")
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """\
A page for each verb: what it makes and after which guide, its keys, an example, and a mistake with the
message it is answered with. The examples are cases of the test suite, so they do what they say. All verbs
on one page: [language.md](../language.md).

Blank cells are blank values. The examples leave out what they do not need: variables that the standard
requires, and, in ADaM, the SDTM datasets that a raw table stands for."""


def main() -> None:
    """Write the pages, and delete those of verbs that are gone."""
    made = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} pages in {FOLDER.relative_to(ROOT)}")


__all__ = ["Item", "items", "main", "pages", "table", "told"]

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
