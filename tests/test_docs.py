"""docs/language.md lists every verb, step and key, and nothing else; its examples are read and checked.

The format of the page:

* ``## Verbs of ...`` and ``## Record steps of ...`` (every layer, SDTM, ADaM) hold one heading
  ``### name, name`` for each verb or step, or family of them.
* Under such a heading, and in each section of :data:`BLOCKS`, stands one table ``| key | meaning |``.
  Its first cells name keys in backticks, a star behind one that is needed.  ``lookup.in`` is the key ``in``
  inside ``lookup``; ``.match`` behind a key of the same row has the same parent (or the key itself as its
  parent, if that key stands alone).  ``NAME`` is a name of the author's own.
* Under each heading of verbs one ``yaml`` block holds entries, under one of steps a list of steps; each verb
  named in the heading has an example.
* A ``yaml`` block that begins with ``study:`` or ``domain:`` is a whole file, one with ``relrec:`` a key of a
  file.  A ``text`` block behind a ``domain:`` block holds what that file is answered with.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import adam.records
import adam.verbs  # noqa: F401 (registers the verbs of this layer)
import sdtm.verbs  # noqa: F401
from engine.build.execute import Build
from engine.build.plan import make_plan
from engine.build.raw import all_headers
from engine.errors import DossierError
from engine.spec import dataset
from engine.spec.entries import COMMON, Label
from engine.spec.grading import Grading
from engine.spec.grading_files import load_grading
from engine.spec.load import _COMMON_BLOCKS, _OWN_BLOCKS, load_dataset, load_study
from engine.spec.study import RawFile, RawTable, Reading, Study, TreatmentEmergent
from engine.spec.verbs import Step, Verb, steps_of, verbs_of
from engine.spec.windows import Window
from engine.verbs.picking import Dated
from engine.yaml.fields import Model, validate
from engine.yaml.nodes import YamlList, YamlMap
from engine.yaml.reader import parse_yaml

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "language.md").read_text(encoding="utf-8")
LAYERS = {"every layer": "any", "SDTM": "sdtm", "ADaM": "adam"}
BLOCKS = ("The study file", "Raw tables", "Reading rules", "Grading tables", "A dataset's file", "Sources",
          "Sources of dates", "Keys of every entry")

Keys = dict[str, bool]
"""Keys by path, and whether each is needed."""


# --- the page ----------------------------------------------------------------------------


def sections(text: str, mark: str) -> dict[str, str]:
    """The parts of a text under headings of one level, by heading; yaml comments are no headings."""
    parts = re.split(rf"^{mark} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fences(text: str, language: str = "yaml") -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def keys_in(text: str) -> Keys:
    """The keys of the table that begins with ``| key | meaning |``."""
    rows = text.partition("| key | meaning |\n|---|---|\n")[2]
    found: Keys = {}
    for row in rows.splitlines():
        if not row.startswith("|"):
            break
        before = ""
        for name, star in re.findall(r"`([^`]+)`( \*)?", row.split("|")[1]):
            path = before.removesuffix(".") + name if name.startswith(".") else name
            assert path not in found, f"'{path}' stands twice"
            found[path] = bool(star)
            before = path.rpartition(".")[0] or path
            before += "."
    return found


FAMILIES = [pytest.param(kind, LAYERS[layer], heading, text, id=f"{layer}-{heading}")
            for title, body in sections(PAGE, "##").items()
            if (found := re.fullmatch(r"(Verbs|Record steps) of (.+)", title))
            for kind, layer in [found.groups()]
            for heading, text in sections(body, "###").items()]


# --- the models --------------------------------------------------------------------------


def models_of(annotation: object) -> Iterator[tuple[str, type[Model]]]:
    """The models inside the type of a field, with ``NAME.`` for each mapping around them."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield "", annotation
    for argument in typing.get_args(annotation):
        for path, model in models_of(argument):
            yield ("NAME." if typing.get_origin(annotation) is dict else "") + path, model


def keys_of(model: type[Model], skip: tuple[type[Model], ...] = (),
            common: frozenset[str] = frozenset()) -> Keys:
    """The keys of a model and of all models inside it but labels and those to ``skip``."""
    found: Keys = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in common:
            continue
        found[key] = field.is_required()
        for path, inner in models_of(field.annotation):
            if inner not in (Label, *skip):
                found |= {f"{key}.{path}{k}": needed for k, needed in keys_of(inner, skip).items()}
    return found


def registered(kind: str, layer: str) -> dict[str, Verb] | dict[str, Step]:
    """The verbs or steps that are a layer's own."""
    if kind == "Verbs":
        return {name: verb for name, verb in verbs_of(layer).items() if verb.layer == layer}
    return {name: step for name, step in steps_of(layer).items() if step.layer == layer}


def block(title: str) -> Keys:
    """The keys that a section of :data:`BLOCKS` must list."""
    if title == "The study file":
        return keys_of(Study, (Reading, RawTable))
    if title == "Raw tables":
        return keys_of(RawTable)
    if title == "Reading rules":
        return keys_of(Reading)
    if title == "Grading tables":
        return keys_of(Grading)
    if title == "A dataset's file":
        blocks = (*_COMMON_BLOCKS, *_OWN_BLOCKS["sdtm"], *_OWN_BLOCKS["adam"])
        return keys_of(dataset.DatasetModel) | dict.fromkeys(blocks, False)
    if title == "Sources of dates":
        return keys_of(Dated)
    if title == "Keys of every entry":
        return dict.fromkeys(COMMON, False)
    inner = {"tests": False, "long": False, "variables": False}
    inner |= {f"tests.NAME.{k}": needed for k, needed in keys_of(dataset.Test).items()}
    inner |= {f"long.{k}": needed for k, needed in keys_of(dataset.Long).items()}
    return keys_of(dataset.SourceModel) | inner


# --- verbs and steps ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Verbs", "Record steps"])
@pytest.mark.parametrize("layer", LAYERS.values())
def test_every_verb_has_a_heading_and_every_heading_a_verb(kind: str, layer: str) -> None:
    named = [name for param in FAMILIES if param.values[:2] == (kind, layer)
             for name in str(param.values[2]).split(", ")]
    assert sorted(named) == sorted(registered(kind, layer))


@pytest.mark.parametrize(("kind", "layer", "heading", "text"), FAMILIES)
def test_the_table_has_the_keys_of_the_models(kind: str, layer: str, heading: str, text: str) -> None:
    every = registered(kind, layer)
    models = [every[name].entry for name in heading.split(", ")]
    common = COMMON if kind == "Verbs" else frozenset()
    own = [keys_of(model, (TreatmentEmergent, Window), common) for model in models]
    listed = keys_in(text)
    wanted = {key for keys in own for key in keys}
    # A verb whose keys are listed need not be listed itself; a common key may be, where the verb uses it.
    absent = {key for key in wanted - set(listed) if not any(k.startswith(f"{key}.") for k in listed)}
    assert not absent
    assert not set(listed) - wanted - common
    for key in wanted & set(listed) - set(heading.split(", ")):
        needed = all(keys[key] for keys in own if key in keys)
        assert listed[key] == needed, f"the star of '{key}'"


@pytest.mark.parametrize(("kind", "layer", "heading", "text"), FAMILIES)
def test_the_examples_are_entries(kind: str, layer: str, heading: str, text: str, tmp_path: Path) -> None:
    every, names = registered(kind, layer), heading.split(", ")
    (example,) = fences(text)
    node = parse_yaml(example)
    assert isinstance(node, YamlList if kind == "Record steps" else YamlMap)
    used = set()
    for item in node.values() if isinstance(node, YamlMap) else node:
        assert isinstance(item, YamlMap)
        name = next(str(key) for key in item if key in names)
        used.add(name)
        validate(every[name].entry, item, name)
    assert used == set(names)
    _load_family(kind, layer, example, tmp_path)


def _load_family(kind: str, layer: str, example: str, folder: Path) -> None:
    """The examples as part of a file: names of variables and what else the loader checks."""
    part = "records" if kind == "Record steps" else "variables"
    indented = "".join(f"  {line}" for line in example.splitlines(keepends=True))
    key = "dataset" if layer == "adam" else "domain"
    file = folder / "zz.yaml"
    file.write_text(f"{key}: ZZ\nfrom: zz\n{part}:\n{indented}", encoding="utf-8")
    load_dataset(file, folder, "adam" if layer == "adam" else "sdtm", key)


# --- the other sections ------------------------------------------------------------------


@pytest.mark.parametrize("title", BLOCKS)
def test_the_table_of_a_section_has_the_keys_of_its_model(title: str) -> None:
    assert keys_in(sections(PAGE, "##")[title]) == block(title)


def test_a_raw_file_is_read_by_the_rules_of_the_study() -> None:
    assert set(keys_of(Reading)) < set(keys_of(RawFile))


@pytest.mark.parametrize("text", [t for t in fences(PAGE.partition("## Error messages")[0])
                                  if t.startswith("domain: ")])
def test_a_whole_dataset_is_read(text: str, tmp_path: Path) -> None:
    file = tmp_path / "zz.yaml"
    file.write_text(text, encoding="utf-8")
    assert load_dataset(file, tmp_path, "sdtm", "domain").variables


def test_a_whole_study_file_is_read(tmp_path: Path) -> None:
    (text,) = [t for t in fences(PAGE) if t.startswith("study: ")]
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    assert list(load_study(tmp_path / "study.yaml").study.raw.tables) == ["dm", "infusion", "lab"]


def test_a_grading_table_is_read(tmp_path: Path) -> None:
    (text,) = [t for t in fences(PAGE) if t.startswith("grading:")]
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    assert list(load_grading(tmp_path / "own.yaml", tmp_path).terms) == ["Anemia", "Creatinine increased"]


def test_relations_are_read(tmp_path: Path) -> None:
    (text,) = [t for t in fences(PAGE) if t.startswith("relrec:")]
    (tmp_path / "zz.yaml").write_text(f"domain: ZZ\nfrom: zz\n{text}", encoding="utf-8")
    assert len(load_dataset(tmp_path / "zz.yaml", tmp_path, "sdtm", "domain").relrec) == 3


@pytest.mark.parametrize("number", [0, 1])
def test_the_messages_shown_are_those_given(number: int, tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    part = sections(PAGE, "##")["Error messages"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs" / "sdtm").mkdir(parents=True)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "ae.csv").write_text("SUBJ,AETERM,SEV\n01,Fever,Mild\n02,Rash,Mld\n")
    (tmp_path / "specs" / "study.yaml").write_text(
        "study: {id: S, title: A study}\nstandards: {sdtmig: '3.4'}\nsubject: SUBJ\n"
        "raw: {folder: ../raw, tables: {ae: ae.csv}}\n", encoding="utf-8")
    (tmp_path / "specs" / "sdtm" / "ae.yaml").write_text(fences(part)[number], encoding="utf-8")
    with pytest.raises(DossierError) as error:
        _build(tmp_path / "specs" / "study.yaml")
    assert f"{error.value}\n" == fences(part, "text")[number]


def _build(path: Path) -> None:
    study = load_study(path)
    build = Build(make_plan(study, all_headers(study)))
    build.run()
    build.require_clean()


def test_lines_are_of_a_readable_length() -> None:
    # A message stands as it is given, on one line.
    assert [line for line in PAGE.splitlines() if len(line) > 120 and not line.startswith("raw/")] == []
