"""Specs of figures: what is wrong is told in full; docs/figures.md lists every key and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from figures_study import GRADES, PROFILE, SWIMMER, write_home
from test_docs import fences, keys_in, keys_of, sections

from dossier.cli import main
from dossier.figures.command import prepare, write_figures
from dossier.figures.files import figure_problems, load_figure, load_figures
from dossier.figures.model import KINDS, FigureModel
from engine.errors import DataError, SpecError

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
KIND_OF = {"Values over time (profile)": "profile", "A bar a subject (swimmer)": "swimmer",
           "Events by grade (grades)": "grades"}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("figures"))


@pytest.fixture
def home(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(first, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    return Path()


# --- specs that are wrong -----------------------------------------------------------------


@pytest.mark.parametrize(("text", "message"), [
    ("", "figures/own.yaml:1: own: the file is empty; "
         "a figure's file has 'figure', 'title' and 'population' at least"),
    ("- a\n", "figures/own.yaml:1:1: own: a figure is a mapping of keys to values; "
              "a figure's file has 'figure', 'title' and 'population' at least"),
    ("title: A\n", "figures/own.yaml:1:1: own: key 'figure' is missing; known: grades, profile, swimmer"),
    ("figure: profil\n",
     "figures/own.yaml:1:9: own: unknown kind of figure 'profil'; did you mean 'profile'?"),
    ("figure: [grades]\n", "figures/own.yaml:1:9: own: a kind of figure is wanted, not a list; "
                           "known: grades, profile, swimmer"),
    (GRADES.replace("term: AEDECOD\n", ""), "figures/own.yaml:1:1: own: missing key 'term'; add it"),
    (GRADES.replace("most: 2", "most: 0"),
     "figures/own.yaml:14:7: own: 0 terms, 1 to 40 are wanted"),
    (GRADES.replace("[1, 2, 3, 4, 5]", "[1, 3, 2]"),
     "figures/own.yaml:13:9: own: the grades do not rise; from the mildest to the worst"),
    (GRADES.replace("[1, 2, 3, 4, 5]", "[]"), "figures/own.yaml:13:9: own: 0 grades, 1 to 6 are wanted"),
    (re.sub(r"  group.*\n", "", GRADES),
     "figures/own.yaml:14:6: own: 'all' stands beside groups, and the population has none"),
    (GRADES.replace("  group: TRT01A\n", ""),
     "figures/own.yaml:8:11: own.population: 'groups' needs 'group', the variable whose values it names"),
    (GRADES.replace("title: Events", "title: {zh: 事件}"),
     "figures/own.yaml:2:8: own.title: the English text is missing; as in {en: ..., zh: ...}"),
    (GRADES.replace("title: Events", "title: [Events]"),
     "figures/own.yaml:2:8: own.title: a text is wanted, not a list; as in {en: ..., zh: ...}"),
    (GRADES.replace("grade: GRADE", "grade: GRADE +"),
     "figures/own.yaml:12:15: own.grade: the expression ends too early; expected a value "
     "(a name, a number, 'text', a function or '(')\n    GRADE +\n           ^"),
    (PROFILE.replace("share: 0.6", "share: 60"),
     "figures/own.yaml:12:73: own.x: a share of 60 is not from 0.1 to 0.9"),
    (PROFILE.replace("[0, 7, 28, 90]", "[0, 28, 7]"), "figures/own.yaml:12:34: own.x: the ticks do not rise"),
    (PROFILE.replace("from: 0,", "from: 9, to: 3,"),
     "figures/own.yaml:12:31: own.x: the axis begins at 9 and ends at 3"),
    (PROFILE.replace("scale: log", "scale: ln"),
     "figures/own.yaml:16:10: own.y: unknown value 'ln'; known: linear, log"),
    (SWIMMER.replace("mark: star", "mark: stern"),
     "figures/own.yaml:15:57: own.marks: unknown value 'stern'; did you mean 'star'?"),
    (SWIMMER.replace("x: {label: Days, from: 0}", "x: {label: Days, split: {at: 28, share: 0.5}}"),
     "figures/own.yaml:10:18: own.x: unknown key 'split'; known: from, label, ticks, to"),
    (SWIMMER.replace("label: Follow-up}", "label: Follow-up}\nmark: []"),
     "figures/own.yaml:12:1: own.mark: unknown key 'mark'; did you mean 'marks'?"),
])
def test_a_wrong_spec_is_told_where_and_how(home: Path, text: str, message: str) -> None:
    path = home / "figures" / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_figure(path, home)
    assert str(caught.value) == message


def test_every_wrong_file_is_told_at_once(home: Path) -> None:
    for name, text in {"cells.yaml": "figure: x\n", "events.yaml": "figure: y\n", "more.yml": GRADES}.items():
        (home / "figures" / name).write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_figures(home)
    wanted = ("figures/cells.yaml:1:9: cells: unknown kind of figure 'x'; known: grades, profile, swimmer\n"
              "figures/events.yaml:1:9: events: unknown kind of figure 'y'; known: grades, profile, swimmer\n"
              "figures/more.yml: the file is not read; name it more.yaml")
    assert str(caught.value) == wanted
    assert "\n".join(map(str, figure_problems(home))) == wanted


def test_a_study_without_figures(home: Path) -> None:
    shutil.rmtree(home / "figures")
    assert figure_problems(home) == ()
    with pytest.raises(SpecError) as caught:
        load_figures(home)
    assert str(caught.value) == "figures: the study has no figures; each is a file in this folder"


def test_a_figure_that_is_not_there(home: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_figures(home, ["cels"])
    assert str(caught.value) == "cels: no such figure in the study; did you mean 'cells'?"


# --- specs and data that do not fit -------------------------------------------------------


@pytest.mark.parametrize(("name", "old", "new", "message"), [
    ("cells", "dataset: ADPC", "dataset: ADPP",
     "figures/cells.yaml:10:20: cells: the build has no dataset 'ADPP'; did you mean 'ADPC'?"),
    ("cells", "value: AVAL", "value: AVALX",
     "figures/cells.yaml:14:10: cells: unknown name 'AVALX'; did you mean 'AVAL'?\n    AVALX\n    ^"),
    ("cells", "value: AVAL", "value: RESULT",
     "figures/cells.yaml:14:10: cells: a number is wanted, and the expression gives a text"),
    ("events", "TRTEMFL = 'Y'", "AEDECOD",
     "figures/events.yaml:10:33: events: a condition is wanted, and the expression gives a text"),
    ("events", "term: AEDECOD", "term: AETERM",
     "figures/events.yaml:11:7: events: ADAE has no variable 'AETERM'; "
     "known: AEDECOD, DAY, GRADE, TRTEMFL, USUBJID"),
    ("events", "term: AEDECOD", "term: DAY",
     "figures/events.yaml:11:7: events: a text is wanted, and ADAE.DAY is a number"),
    ("events", "label: SUBJID", "label: SUBJNUM",
     "figures/events.yaml:7:10: events: a text is wanted, and ADSL.SUBJNUM is a number"),
])
def test_a_spec_that_does_not_fit_the_data(home: Path, name: str, old: str, new: str, message: str) -> None:
    assert refused(home, name, old, new, SpecError) == message


@pytest.mark.parametrize(("name", "old", "new", "message"), [
    ("cells", "PARAMCD = 'CAR'", "PARAMCD = 'NONE'",
     "figures/cells.yaml:10:20: cells: no record of ADPC is left to be drawn; see 'where'"),
    ("cells", "value: ALLOQ", "value: CASE WHEN AFRLT < 0 THEN ALLOQ END",
     "figures/cells.yaml:17:18: cells: no record has a limit; one line is drawn"),
    ("cells", "value: ALLOQ", 'value: "AFRLT + 1"',
     "figures/cells.yaml:17:18: cells: records have several limits, 1 to 677; one line is drawn"),
    ("cells", "value: AVAL\n", 'value: "AVAL - 100"\n',
     "figures/cells.yaml:14:3: cells: a log scale has no place for 2 values of 0 or less; "
     "'limit' and 'below' say where they go"),
    ("cells", '"AFRLT / 24"', '"AFRLT / NFRLT"',
     "figures/cells.yaml:11:7: cells: division by zero in 2 records of ADPC"),
    ("events", "TRTEMFL = 'Y'", "TRTEMFL = 'N'",
     "figures/events.yaml:10:20: events: no record of ADAE is left to be drawn; see 'where'"),
    ("events", "[1, 2, 3, 4, 5]", "[1, 2, 3]",
     "figures/events.yaml:12:8: events: 4 is none of the grades; see 'grades'"),
    ("response", "PARAMCD = 'OS'\", end", "CNSR >= 0\", end",
     "figures/response.yaml:11:16: response: 2 records of ADTTE are bars of one subject; "
     "one is wanted; see 'where'"),
    ("response", "SAFFL = 'Y'", "SAFFL = 'X'",
     "figures/response.yaml:4:12: response: no subject of ADSL is in the population"),
])
def test_data_that_cannot_be_drawn(home: Path, name: str, old: str, new: str, message: str) -> None:
    assert refused(home, name, old, new, DataError) == message


def refused(home: Path, name: str, old: str, new: str, kind: type[Exception]) -> str:
    """The error of a figure with a change."""
    path = home / "figures" / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(kind) as caught:
        prepare(home / "study.yaml", home / "build", [name])
    return str(caught.value)


def test_a_population_has_one_record_a_subject(home: Path) -> None:
    path = home / "figures" / "events.yaml"
    text = GRADES.replace("dataset: ADSL", "dataset: ADAE").replace("SAFFL", "TRTEMFL")
    path.write_text(re.sub("  (label: SUBJID|group.*)\n|all: .*\n", "", text), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        prepare(home / "study.yaml", home / "build", ["events"])
    assert str(caught.value) == (
        "figures/events.yaml:4:12: events: ADAE has several records of one subject; "
        "a population is of a dataset with one record a subject")


def test_without_a_build_there_is_nothing_to_draw(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", "--study", "study.yaml", "--from", "none"]) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[-2:] == [
        "none/m5/datasets/tiny-1/analysis/adam/datasets: no analysis dataset has been built here; "
        "run 'dossier build --out none' first", "dossier: 1 problem; nothing was written"]


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    Path("file").write_text("", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        write_figures(home / "study.yaml", home / "build", Path("file"), ["events"])
    assert str(caught.value) == (
        "file: the figures cannot be written (File exists); --out names another folder")


# --- the page -----------------------------------------------------------------------------


def test_the_page_lists_every_key() -> None:
    parts = sections(PAGE, "##")
    common = keys_of(FigureModel) | {"figure": True}
    assert keys_in(parts["Every figure"]) == common
    for title, kind in KIND_OF.items():
        own = {key: needed for key, needed in keys_of(KINDS[kind]).items() if key not in common}
        assert keys_in(parts[title]) == own, title


def test_the_examples_of_the_page_are_read(tmp_path: Path) -> None:
    examples = fences(PAGE)
    for at, text in enumerate(examples):
        path = tmp_path / f"example{at}.yaml"
        path.write_text(text, encoding="utf-8")
        assert load_figure(path, tmp_path).figure == list(KIND_OF.values())[at]


def test_the_figures_of_the_built_in_study_are_read() -> None:
    found = load_figures(ROOT / "specs")
    assert {name: spec.figure for name, spec in found.items()} == {
        "adverse-events": "grades", "cd7-cells": "profile", "cellular-kinetics": "profile",
        "response-swimmer": "swimmer"}
