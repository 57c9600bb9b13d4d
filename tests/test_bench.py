"""The benchmarks at a small size: their data make sense, all jobs run, and what they build is right."""

from __future__ import annotations

import csv
import datetime
import importlib
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

ROWS, SUBJECTS = 1000, 60
Modules = dict[str, ModuleType]


@pytest.fixture(scope="module")
def bench(root: Path) -> Modules:
    """The modules of the benchmarks by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "bench"))
        names = ("data_lb", "data_adam", "data_specs", "job", "run")
        return {name: importlib.import_module(name) for name in names}


@pytest.fixture(scope="module")
def lab(bench: Modules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lb")
    bench["data_lb"].make(folder, ROWS)
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def built(bench: Modules, root: Path, study: str, raw: Path, *only: str) -> dict[str, pd.DataFrame]:
    """The finished datasets, their text as plain text."""
    finished, seconds = bench["job"].build(root / "bench/studies" / study / "study.yaml", raw, list(only))
    assert all(spent >= 0 for spent in seconds.values())
    return {item.name: item.frame.astype({v.name: "str" for v in item.variables if v.type == "Char"})
            for item in finished}


def day(text: str) -> datetime.date:
    return datetime.datetime.strptime(text, "%d-%b-%Y").date()


def test_lab_file_is_long_with_many_results(bench: Modules, tmp_path: Path) -> None:
    bench["data_lb"].make(tmp_path, 50_123)
    lines = read(tmp_path / "lab.csv")
    assert len(lines) == 50_123
    assert tuple(lines[0]) == bench["data_lb"].COLUMNS
    assert len({(line["SITE"], line["SUBJ"]) for line in lines}) == len(read(tmp_path / "dm.csv")) == 101
    assert len({line["RESULT"] for line in lines}) > 5000
    assert len({(line["SITE"], line["SUBJ"], line["VISIT"], line["TEST"]) for line in lines}) == len(lines)


def test_lab_job_a_makes_terms_days_and_sequence(bench: Modules, root: Path, lab: Path) -> None:
    frames = built(bench, root, "lb-a", lab)
    made, lines = frames["LB"], read(lab / "lab.csv")
    assert (len(frames["DM"]), len(made)) == (2, ROWS)
    codes = {test.name: test.code for test in bench["data_lb"].TESTS}
    start = {f"BENCH-LB-{row['SITE']}-{row['SUBJ']}": day(row["FDDAT"]) for row in read(lab / "dm.csv")}
    found = {(row["LBREFID"], row["LBTESTCD"]): row for row in made.to_dict("records")}
    assert len(found) == ROWS
    for line in lines:
        row = found[line["ACCESSION"], codes[line["TEST"]]]
        subject, taken = f"BENCH-LB-{line['SITE']}-{line['SUBJ']}", day(line["LBDAT"])
        apart = (taken - start[subject]).days
        assert row["USUBJID"] == subject
        assert row["LBDTC"] == taken.isoformat() + (f"T{line['LBTIM']}" if line["LBTIM"] else "")
        assert row["LBDY"] == apart + (apart >= 0)
        done = (line["RESULT"], np.nan) if line["RESULT"] else (np.nan, "NOT DONE")
        assert (row["LBORRES"], row["LBSTAT"]) == done
        assert row["LBSPEC"] == {"Serum": "SERUM", "Whole blood": "BLOOD"}[line["SPECIMEN"]]
    for _, rows in made.groupby("USUBJID"):
        ordered = rows.sort_values(["LBTESTCD", "LBDTC", "VISITNUM"])
        assert ordered["LBSEQ"].tolist() == list(range(1, len(rows) + 1))


def standard(line: dict[str, str], tests: dict[str, tuple[str, Fraction, int]]) -> float:
    """A result in the standard unit, halves rounded up, worked out with fractions."""
    other, factor, digits = tests[line["TEST"]]
    number = Fraction(line["RESULT"])
    if line["UNIT"] != other:
        return float(number)
    exact = number * factor * 10**digits
    whole = (Decimal(exact.numerator) / exact.denominator).quantize(Decimal(1), ROUND_HALF_UP)
    return float(whole / 10**digits)


def test_lab_job_b_converts_and_compares(bench: Modules, root: Path, lab: Path) -> None:
    made = built(bench, root, "lb-b", lab)["LB"]
    found = {(row["LBREFID"], row["LBTEST"]): row for row in made.to_dict("records")}
    tests = {"Haemoglobin": ("g/dL", Fraction(10), 0),
             "Glucose": ("mg/dL", Fraction(10) / Fraction("180.156"), 2),
             "Creatinine": ("mg/dL", Fraction(10_000) / Fraction("113.12"), 1)}
    names = {"Haemoglobin": "Hemoglobin", "Glucose": "Glucose", "Creatinine": "Creatinine"}
    units = set()
    for line in read(lab / "lab.csv"):
        if line["TEST"] not in tests or not line["RESULT"]:
            continue
        row = found[line["ACCESSION"], names[line["TEST"]]]
        units.add((line["TEST"], line["UNIT"], row["LBSTRESU"]))
        if line["RESULT"].startswith("<"):
            assert (np.isnan(row["LBSTRESN"]), row["LBNRIND"]) == (True, "LOW")
            continue
        assert row["LBSTRESN"] == standard(line, tests)
        low, high, value = (Decimal(line[name]) for name in ("LOW", "HIGH", "RESULT"))
        assert row["LBNRIND"] == ("LOW" if value < low else "HIGH" if value > high else "NORMAL")
    assert units == {("Haemoglobin", "g/L", "g/L"), ("Haemoglobin", "g/dL", "g/L"),
                     ("Glucose", "mmol/L", "mmol/L"), ("Glucose", "mg/dL", "mmol/L"),
                     ("Creatinine", "umol/L", "umol/L"), ("Creatinine", "mg/dL", "umol/L")}


@pytest.fixture(scope="module")
def tabulated(bench: Modules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adam")
    bench["data_adam"].make(folder, SUBJECTS)
    return folder


def test_analysis_datasets(bench: Modules, root: Path, tabulated: Path) -> None:
    given = {path.stem.upper(): pd.read_parquet(path) for path in tabulated.glob("*.parquet")}
    frames = built(bench, root, "adam", tabulated, "ADSL", "ADAE", "ADPC")
    assert {name: len(frame) for name, frame in frames.items() if name != "ADPC"} == {
        "ADSL": SUBJECTS, "ADAE": SUBJECTS * bench["data_adam"].EVENTS}
    subjects = frames["ADSL"].set_index("USUBJID")
    first = given["EX"].groupby("USUBJID")["EXSTDTC"].min()
    assert pd.to_datetime(first).to_dict() == subjects["TRTSDTM"].dropna().to_dict()
    assert (subjects["SAFFL"] == "Y").sum() == len(first)
    creatinine = given["LB"].query("LBTESTCD == 'CREAT' and LBLOBXFL == 'Y'").set_index("USUBJID")["LBSTRESN"]
    assert creatinine.to_dict() == subjects["CREATBL"].to_dict()


def test_last_date_alive_is_the_latest_of_all(bench: Modules, root: Path, tabulated: Path) -> None:
    made = built(bench, root, "adam", tabulated, "ADSL")["ADSL"].set_index("USUBJID")["LSTALVDT"]
    dead = pd.read_parquet(tabulated / "dm.parquet").set_index("USUBJID")["DTHDTC"].dropna().index
    columns = {"ex": ["EXSTDTC", "EXENDTC"], "ae": ["AESTDTC", "AEENDTC"], "pc": ["PCDTC"], "lb": ["LBDTC"]}
    latest: dict[str, str] = {}
    for table, names in columns.items():
        frame = pd.read_parquet(tabulated / f"{table}.parquet")
        for name in names:
            for subject, text in zip(frame["USUBJID"], frame[name], strict=True):
                if isinstance(text, str) and len(text) >= 10:
                    latest[subject] = max(latest.get(subject, ""), text[:10])
    assert {who: str(date)[:10] for who, date in made.items() if who not in dead} == {
        who: date for who, date in latest.items() if who not in dead}


def test_concentrations_belong_to_the_dose_before(bench: Modules, root: Path,
                                                  tabulated: Path) -> None:
    made = built(bench, root, "adam", tabulated, "ADPC")["ADPC"]
    doses = pd.read_parquet(tabulated / "ex.parquet").groupby("USUBJID")["EXSTDTC"].apply(sorted).to_dict()
    samples = pd.read_parquet(tabulated / "pc.parquet")
    plain = made[made["DTYPE"].isna()]
    assert len(plain) == len(samples)
    assert len(made) - len(plain) == made["USUBJID"].nunique()
    for row in plain.to_dict("records"):
        before = [dose for dose in doses[row["USUBJID"]] if dose < row["PCDTC"]] or doses[row["USUBJID"]][:1]
        assert row["PCRFTDTM"] == pd.Timestamp(before[-1])
    highest = plain[plain["ARRLT"] > 0].groupby("USUBJID")["AVAL"].max()
    assert made[made["DTYPE"] == "MAXIMUM"].set_index("USUBJID")["AVAL"].to_dict() == highest.to_dict()


def test_specs_are_sixty_sound_datasets(bench: Modules, tmp_path: Path) -> None:
    study = bench["data_specs"].make(tmp_path)
    plan = bench["job"].pipeline.check(study, tmp_path / "raw")
    layers = [spec.layer for spec in plan.datasets.values()]
    assert (layers.count("sdtm"), layers.count("adam")) == (36, 24)
    sizes = [sum(not name.startswith("_") for name in spec.variables) for spec in plan.datasets.values()]
    assert np.median(sizes) > 30


@pytest.mark.full
def test_the_harness_runs_a_job_and_shows_its_targets(bench: Modules, tmp_path: Path) -> None:
    lines: list[str] = []
    found = bench["run"].report(["lb"], 100, 1, 1, tmp_path, lines.append)
    assert list(found) == ["lb A, 100 rows", "lb B, 100 rows"]
    assert all(one["records"] == {"DM": 1, "LB": 100} for one in found.values())
    assert all(one["cpu"] > 0 and 0 < one["peak"] < 2**31 for one in found.values())
    assert [line.split("  ")[0] for line in lines[1::2]] == list(found)
    assert (tmp_path / "lb-100/lab.csv").is_file()


def test_a_missed_target_is_told(bench: Modules) -> None:
    run = bench["run"]
    job = run.Job("lb A", (), 2, 640)
    found = {"cpu": 2.5, "wall": 2.0, "peak": 512 * 1024 * 1024, "seconds": {}}
    assert run.line(job, found, {}) == (
        "lb A                         2.50     2.00      512   < 2 s MISSED, < 640 MiB")
    ten = run.Job("lb A, 10,000,000 rows", (), None, None, "lb A", 11)
    assert run.line(ten, found | {"cpu": 20.0}, {"lb A": 2.0}).endswith("   < 11 x (is 10.0)")


def test_an_unknown_benchmark_is_refused(bench: Modules, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench["run"].main(["lbb"])
    assert "no benchmark 'lbb'; known: lb, adam, specs, study" in capsys.readouterr().err
