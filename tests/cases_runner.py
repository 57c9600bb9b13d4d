"""Cases written in YAML: a tiny study in, records or a whole error message out.

A file of ``tests/cases`` is a list of cases, each a mapping:

``name``    what the case shows, unique in its file; ``from: ...`` is for the page of the verb ``from``
            (docs/verbs, written by ``make docs``)
``study``   keys of the study file that differ from :data:`STUDY` (optional)
``raw``     raw tables by name, each the text of a CSV file
``grading``  grading tables by name, each as its file would say it, or the text of the file (optional)
``sdtm``, ``adam``  datasets by name, each as its file would say it (``domain``
            and ``dataset`` are filled in), or as the whole text of the file
``finish``  ``true``: the datasets are also finished (keys, required values), and
            their records compared in the order they leave in (optional)
``expect``  records by dataset (``SUPPAE`` and ``RELREC`` too), only the columns
            to compare, all as text, blank for NULL
``notes``   what the specs' policies mended, ``DATASET.VARIABLE: message; n records``
``error``   instead of ``expect``: the whole text of the error

The study is written to a folder and goes through ``load_study``, ``make_plan``
and ``Build.run``, as a real one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.build.execute import Build
from engine.build.finish import finish
from engine.build.plan import make_plan
from engine.build.raw import all_headers
from engine.columns import Column, Kind
from engine.dates import iso_date, iso_datetime
from engine.errors import DossierError, counted
from engine.expressions.tree import number_text
from engine.spec.load import load_study
from engine.yaml.dump import dump
from engine.yaml.nodes import Node, Text, YamlList, YamlMap
from engine.yaml.reader import parse_yaml, read_yaml
from sdtm.relrec import make_relrec, relations
from sdtm.supplemental import make_supplemental

CASES = Path(__file__).parent / "cases"
STUDY = """
study: {id: S, title: A study}
standards: {sdtmig: "3.4", adamig: "1.3"}
raw: {folder: raw}
read: {missing: [""], dates: [yyyy-MM-dd], times: [HH:mm], unknown: [UN, UNK]}
subject: SUBJ
"""


def cases_of(layer: str) -> list[Any]:
    """All cases of ``tests/cases/<layer>``, as parameters of a test named ``file-name``."""
    found = []
    for file in sorted((CASES / layer).glob("*.yaml")):
        cases = read_yaml(file, CASES)
        assert isinstance(cases, YamlList), f"{file}: a list of cases is wanted"
        for case in cases:
            assert isinstance(case, YamlMap), f"{case.place}: a case is a mapping"
            unknown = set(case) - {"name", "study", "raw", "grading", "sdtm", "adam", "finish", "expect",
                                   "notes", "error"}
            assert not unknown, f"{case.place}: unknown keys {sorted(unknown)}"
            assert "expect" in case or "error" in case, f"{case.place}: nothing is expected"
            found.append(pytest.param(case, id=f"{file.stem}-{case.find('name')}"))
    return found


def run_case(case: YamlMap, folder: Path) -> None:
    """Write the case's study into ``folder``, build it and compare."""
    path = write_study(case, folder)
    build, error = None, "no error"
    try:
        build = build_study(path, finished="finish" in case)
    except DossierError as caught:
        error = str(caught).replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")
    wanted = str(case.find("error") or "no error").rstrip("\n")
    assert error == wanted, f"{case.place}: the error is\n{error}\nand not\n{wanted}"
    if build is None:
        return
    for name, records in _map(case, "expect").items():
        assert isinstance(records, YamlList), f"{records.place}: a list of records is wanted"
        _compare(name, records, made_frame(build, str(name)))
    if "notes" in case:
        notes = _notes(build)
        wanted_notes = [str(line) for line in case[Text("notes")]]
        assert notes == wanted_notes, f"{case.place}: the notes are\n{_lines(notes)}"


def write_study(case: YamlMap, folder: Path) -> Path:
    """The case's study file, dataset files and raw files; gives the study file."""
    raw, specs = folder / "raw", folder / "specs"
    raw.mkdir()
    own = _map(case, "study")
    base = parse_yaml(STUDY)
    assert isinstance(base, YamlMap)
    base.update({k: v for k, v in own.items() if k != "raw"})
    tables = YamlMap({Text(n): Text(f"{n}.csv") for n in _map(case, "raw")}.items())
    own_raw = own.find("raw")
    if isinstance(own_raw, YamlMap):
        tables.update(_map(own_raw, "tables"))
    base[Text("raw")] = YamlMap([(Text("folder"), Text("../raw")), (Text("tables"), tables)])
    for name, text in _map(case, "raw").items():
        (raw / f"{name}.csv").write_text(str(text), encoding="utf-8")
    for layer, key in (("sdtm", "domain"), ("adam", "dataset")):
        (specs / layer).mkdir(parents=True)
        for name, spec in _map(case, layer).items():
            file = specs / layer / f"{name.lower()}.yaml"
            if isinstance(spec, Text):
                file.write_text(spec, encoding="utf-8")
                continue
            assert isinstance(spec, YamlMap), f"{spec.place}: a dataset is a mapping or the text of its file"
            full = YamlMap([(Text(key), Text(name)), *(i for i in spec.items() if i[0] != key)])
            file.write_text(dump(full), encoding="utf-8")
    for name, table in _map(case, "grading").items():
        (specs / "grading").mkdir(exist_ok=True)
        whole = str(table) if isinstance(table, Text) else dump(table)
        (specs / "grading" / f"{name}.yaml").write_text(whole, encoding="utf-8")
    path = specs / "study.yaml"
    path.write_text(dump(base), encoding="utf-8")
    return path


def build_study(path: Path, *, finished: bool = False) -> Build:
    """The build of a study; raises what a real one raises.  ``finished`` checks and sorts datasets too."""
    study = load_study(path)
    plan = make_plan(study, all_headers(study))
    relations(plan)
    build = Build(plan)
    build.run()
    made = [finish(build, name) for name in build.rows] if finished else []
    build.require_clean()
    for item in made:
        assert item.rows is not None
        build.rows[item.name] = item.rows
    return build


def made_frame(build: Build, name: str) -> pd.DataFrame:
    """A dataset's records as text, NULL as an empty text."""
    if name in build.rows:
        rows = build.rows[name]
        columns = {k[0]: _as_text(c) for k, c in rows.columns.items() if len(k) == 1 and k[0][0] != "@"}
        return pd.DataFrame(columns, index=rows.index)
    made = None
    if name == "RELREC":
        made = make_relrec(build.plan, build.rows)
    elif name.removeprefix("SUPP") in build.rows:
        parent = name.removeprefix("SUPP")
        made = make_supplemental(build.rows[parent], build.plan.datasets[parent], build.plan)
    return pd.DataFrame() if made is None else made.astype("str").fillna("").reset_index(drop=True)


def _as_text(column: Column) -> pd.Series:
    values = column.values
    if column.kind is Kind.NUMBER:
        values = values.map(number_text, na_action="ignore")
    elif column.kind is Kind.DATE:
        values = iso_date(values)
    elif column.kind is Kind.DATETIME:
        values = iso_datetime(values)
    elif column.kind is Kind.TIME:
        values = (values + pd.Timestamp(0)).dt.strftime("%H:%M:%S")
    return values.astype("str").fillna("")


def _compare(name: str, expected: YamlList, frame: pd.DataFrame) -> None:
    records = [{str(k): str(v) for k, v in r.items()} for r in expected if isinstance(r, YamlMap)]
    names = list(dict.fromkeys(k for r in records for k in r))
    absent = [n for n in names if n not in frame.columns]
    assert not absent, f"{name} has no {', '.join(absent)}; it has {', '.join(map(str, frame.columns))}"
    made = [{k: str(v) for k, v in row.items()} for row in frame[names].to_dict("records")]
    wanted = [{n: r.get(n, "") for n in names} for r in records]
    assert made == wanted, f"{expected.place}: {name} is\n{_lines(made)}\nand not\n{_lines(wanted)}"


def _lines(items: Sequence[object]) -> str:
    return "\n".join(str(item) for item in items) or "nothing"


def _notes(build: Build) -> list[str]:
    return [f"{n.dataset}.{n.variable}: {n.message}; {counted(n.records, 'record')}" if n.variable
            else f"{n.dataset}: {n.message}; {counted(n.records, 'record')}" for n in build.refusals.notes]


def _map(node: YamlMap, key: str) -> YamlMap:
    found: Node = node.get(Text(key), YamlMap())
    assert isinstance(found, YamlMap), f"{found.place}: '{key}' is a mapping"
    return found
