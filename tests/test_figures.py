"""Figures: what is drawn, of hand-made tables; files that stay the same; no part of a build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from built_study import Built
from figures_study import FIGURES, PROFILE, write_home
from hypothesis import given
from hypothesis import strategies as st

from dossier import state
from dossier.cli import main
from dossier.figures.command import Prepared, prepare, write_figures
from dossier.figures.grades import ALL, ANY, GradesData, count_worst, frequent_terms
from dossier.figures.profile import ProfileData, compute_medians
from dossier.figures.scales import TimeScale, rounded_up, value_scale
from dossier.figures.swimmer import SwimmerData, on_bars, place_marks
from engine.spec.load import load_study

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("figures"))


@pytest.fixture
def home(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(first, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    return Path()


def prepared(home: Path, name: str) -> Prepared:
    return prepare(home / "study.yaml", home / "build", [name])[1][0]


# --- what is drawn ------------------------------------------------------------------------


def test_a_profile_draws_the_records_of_its_subjects(first: Path) -> None:
    data = prepared(first, "cells").data
    assert isinstance(data, ProfileData)
    points = data.points.round({"x": 2}).astype(object)
    shown = points.where(points.notna(), None)[["label", "group", "x", "y", "below", "ringed"]]
    assert [tuple(row) for row in shown.values.tolist()] == [
        ("1", "Low dose", 0.0, None, True, True), ("1", "Low dose", 7.08, 800.0, False, False),
        ("2", "High dose", 0.0, None, True, True), ("2", "High dose", 7.0, 100.0, False, False),
        ("2", "High dose", 7.92, 9000.0, False, False), ("2", "High dose", 28.0, None, True, False),
        ("3", "High dose", 28.17, 60.0, False, False)]  # ND is no BLQ here, and has no value: not drawn
    assert data.limit == 50.0


def test_medians_take_one_record_a_subject_and_rank_what_is_below_the_limit_lowest(first: Path) -> None:
    data = prepared(first, "cells").data
    assert isinstance(data, ProfileData)
    # day 7: 100 and 800 (9000 is not flagged); day 28: BLQ and 60, of which the middle is unknown
    assert data.medians.drop(columns="y").values.tolist() == [
        ["", 0.0, 2, True], ["", 7.0, 2, False], ["", 28.0, 2, True]]
    assert data.medians["y"].fillna(-1).tolist() == [-1, 450.0, -1]


Medians = list[tuple[float | None, int, bool]]


@pytest.mark.parametrize(("values", "least", "wanted"), [
    ([1.0, 4.0, 9.0], 3, [(4.0, 3, False)]),
    ([1.0, 4.0, 9.0, 20.0], 2, [(6.5, 4, False)]),
    ([None, None, 7.0], 2, [(None, 3, True)]),
    ([None, 7.0, 8.0], 2, [(7.0, 3, False)]),
    ([0.25, 0.25, 0.25], 2, [(0.25, 3, True)]),
    ([5.0], 2, []),
])
def test_medians(values: list[float | None], least: int, wanted: Medians) -> None:
    points = pd.DataFrame({"group": "G", "at": 7.0, "subject": [str(n) for n in range(len(values))],
                           "y": pd.Series(values, dtype="float64"), "below": [v is None for v in values]})
    found = compute_medians(points, least, 0.5)[["y", "n", "below"]].astype(object)
    assert [tuple(row) for row in found.where(found.notna(), None).values.tolist()] == wanted


def test_a_subject_with_two_records_at_a_time_counts_once() -> None:
    points = pd.DataFrame({"group": "", "at": 7.0, "subject": ["a", "a", "b"], "y": [1.0, 3.0, 10.0],
                           "below": False})
    assert compute_medians(points, 2, None)[["y", "n"]].values.tolist() == [[6.0, 2]]


def test_grades_are_the_worst_of_each_subject(first: Path) -> None:
    data = prepared(first, "events").data
    assert isinstance(data, GradesData)
    assert data.terms == (ANY, "Fever", "Rash")  # both of 2 subjects, fever the worse
    assert data.sizes == {"High dose": 2, "Low dose": 1, ALL: 3}
    assert sorted(data.counts[data.counts["group"] != ALL].itertuples(index=False, name=None)) == [
        (ANY, "High dose", 1, 1), (ANY, "High dose", 4, 1), (ANY, "Low dose", 3, 1),
        ("Fever", "High dose", 0, 1), ("Fever", "Low dose", 3, 1),
        ("Rash", "High dose", 1, 1), ("Rash", "Low dose", 2, 1)]
    whole = data.counts[data.counts["group"] == ALL]
    assert whole.groupby("term")["n"].sum().to_dict() == {ANY: 3, "Fever": 2, "Rash": 2}


def test_the_most_frequent_terms_come_first() -> None:
    events = pd.DataFrame({"subject": list("aabbcc"), "term": list("xyxzyz"),
                           "grade": [1.0, 2, 1, 3, 2, None]})
    assert frequent_terms(events, 5) == ("z", "y", "x")  # all of two subjects: by the worst grade
    assert frequent_terms(events, 2) == ("z", "y")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(1, 5)), min_size=1))
def test_each_subject_counts_once_a_term(rows: list[tuple[str, str, int]]) -> None:
    events = pd.DataFrame(rows, columns=["subject", "term", "grade"]).assign(group="G")
    counts = count_worst(events)
    for term, own in events.groupby("term"):
        found = counts[counts["term"] == term]
        assert found["n"].sum() == own["subject"].nunique()
        assert found["grade"].max() == own["grade"].max()


def test_a_swimmer_has_a_bar_a_subject_by_group_the_longest_first(first: Path) -> None:
    data = prepared(first, "response").data
    assert isinstance(data, SwimmerData)
    assert data.bars[["label", "group", "row", "start", "end"]].values.tolist() == [
        ["2", "High dose", 0, 0.0, 100.0], ["3", "High dose", 1, 0.0, 100.0], ["1", "Low dose", 2, 0.0, 60.0]]
    assert data.spans[0].values.tolist() == [[0.0, 28.0, 59.0]]
    dlt, alive, death = (marks.values.tolist() for marks in data.marks)
    assert dlt == [[0.0, 5.0]]               # the event of a subject who was not treated is not there
    assert alive == [[1.0, 100.0], [2.0, 60.0]]  # the censored, at the ends of their bars
    assert death == [[0.0, 100.0]]


def test_spans_and_signs_of_other_subjects_are_left_out() -> None:
    bars = pd.DataFrame({"subject": ["a"], "row": [0], "end": [9.0]})
    spans = pd.DataFrame({"subject": ["b", "a"], "start": [1.0, 2.0], "end": [3.0, 4.0]})
    assert on_bars(spans, bars).values.tolist() == [[0, 2.0, 4.0]]
    marks = pd.DataFrame({"subject": ["a", "a", "b"], "at": [1.0, None, 2.0]})
    assert place_marks(marks, bars, at_end=False).values.tolist() == [[0, 1.0]]
    assert place_marks(marks, bars, at_end=True).values.tolist() == [[0, 9.0]]


def test_groups_and_sizes_are_those_of_the_population(first: Path) -> None:
    subjects = prepared(first, "cells").subjects
    assert subjects.groups == ("High dose", "Low dose")  # named first, then by name
    assert subjects.sizes() == {"High dose": 2, "Low dose": 1}


@given(st.floats(-50, 800))
def test_a_time_scale_can_be_undone(time: float) -> None:
    scale = TimeScale(-7, 730, 28, 0.5)
    back = scale.inverse(scale.forward(np.array([time])))
    assert back == pytest.approx([time], abs=1e-6)


@given(st.floats(1e-6, 1e12))
def test_an_axis_ends_at_a_round_number_not_far_above(value: float) -> None:
    end = rounded_up(value)
    assert value <= end * (1 + 1e-6)
    assert end <= value * 2.5 * (1 + 1e-6)
    assert f"{end:.0e}"[0] in "125"


def test_the_strip_below_the_limit_lies_below_it() -> None:
    for log in (True, False):
        scale = value_scale(pd.Series([70.0, 4000.0]), 50.0, log=log)
        low, high = scale.ends()
        assert low < scale.in_strip(0.2) < scale.in_strip(0.8) < 50 < 4000 <= high
    assert value_scale(pd.Series([3.0, 70.0]), None, log=False).ends()[0] == 0.0


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_two_runs_write_the_same_files(home: Path, name: str) -> None:
    one, other = (write_figures(home / "study.yaml", home / "build", home / to, [name]) for to in ("a", "b"))
    assert [path.name for path in one] == [f"{name}.svg", f"{name}.png"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    picture, raster = (path.read_bytes() for path in one)
    root = ElementTree.fromstring(picture)
    assert (root.get("width"), root.get("height")) == ("648pt", "446.4pt")
    assert b"<dc:date>" not in picture
    assert raster[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(raster[at:at + 4], "big") for at in (16, 20)] == [1800, 1240]


def test_the_command_says_what_it_wrote(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = PROFILE.replace("scale: log", "scale: linear").replace("median:", "panels: true\nmedian:")
    (home / "figures" / "own.yaml").write_text(own, encoding="utf-8")
    assert main(["figures", "own", "--study", "study.yaml", "--language", "zh"]) == 0
    assert capsys.readouterr().out == "wrote build/figures/own.svg\nwrote build/figures/own.png\n"
    assert sorted(path.name for path in Path("build/figures").iterdir()) == ["own.png", "own.svg"]


def test_only_drawing_imports_the_plotting_library() -> None:
    code = ("import sys, dossier.cli, dossier.pipeline, dossier.spec_check, dossier.figures.command; "
            "sys.exit('matplotlib' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.full
def test_the_figures_of_the_built_in_study(built: Built, tmp_path: Path) -> None:
    """All are drawn, and another process draws the same."""
    out = built.folder.parents[1]
    names = ["adverse-events", "cd7-cells", "cellular-kinetics", "response-swimmer"]
    one = write_figures(ROOT / "specs/study.yaml", out, tmp_path / "a")
    assert [path.name for path in one] == [f"{n}.{kind}" for n in names for kind in ("svg", "png")]
    subprocess.run([sys.executable, "-m", "dossier", "figures", "--from", out, "--out", tmp_path / "b"],
                   cwd=ROOT, check=True, capture_output=True)
    for path in one:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
        assert path.stat().st_size > 50_000


# --- no part of a build -------------------------------------------------------------------


def test_figures_are_no_part_of_a_build(home: Path) -> None:
    study = home / "study.yaml"
    before = state.base(study, None, state.Hashes())
    assert [path.as_posix() for path in state.spec_files(study)] == ["study.yaml"]
    (home / "figures" / "cells.yaml").write_text("figure: [", encoding="utf-8")
    assert state.base(study, None, state.Hashes()) == before
    assert load_study(study).datasets == {}  # nor is the file said to be unread


def test_a_dataset_in_a_folder_below_is_still_seen(home: Path) -> None:
    (home / "sdtm" / "figures").mkdir(parents=True)
    (home / "sdtm" / "figures" / "ae.yaml").write_text("domain: AE\n", encoding="utf-8")
    assert [path.as_posix() for path in state.spec_files(home / "study.yaml")] == [
        "study.yaml", "sdtm/figures/ae.yaml"]
