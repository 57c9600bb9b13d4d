"""JSON Schemas for editors: our specs fit, typical wrong ones do not, and there is something to complete."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases_runner import cases_of, write_study
from jsonschema import Draft7Validator
from test_plugins import PLUGIN
from yaml_core import read

import dossier.pipeline  # noqa: F401 (registers the verbs)
from dossier.cli import main
from dossier.spec_schema import FILES, schemas, write_schemas
from engine.errors import DataError
from engine.spec.verbs import steps_of, verbs_of
from engine.standards import adam_structures, sdtm_names

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> dict[str, Schema]:
    """The schemas, made once."""
    return schemas()


@pytest.fixture(scope="module")
def validators(made: dict[str, Schema]) -> dict[str, Draft7Validator]:
    """A validator for each kind of file."""
    return {kind: Draft7Validator(schema) for kind, schema in made.items()}


def mistakes(validator: Draft7Validator, text: str) -> list[str]:
    """What is wrong in a file, each with the keys that lead to it."""
    found = [("/".join(map(str, e.absolute_path)), e.message) for e in validator.iter_errors(read(text))]
    return sorted({f"{path}: {message}" if path else message for path, message in found})


def files_of(study: Path) -> Iterator[tuple[str, Path]]:
    """The files of a study and what each is."""
    yield "study", study
    for layer in ("sdtm", "adam", "grading", "figures"):
        for file in sorted((study.parent / layer).glob("*.yaml")):
            yield layer, file


@pytest.mark.parametrize("kind", FILES)
def test_they_are_schemas_of_draft_7(made: dict[str, Schema], kind: str) -> None:
    assert made[kind]["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(made[kind])
    assert "$defs" not in json.dumps(made[kind])  # of a later draft


@pytest.mark.parametrize("study", ["specs/study.yaml", "specs/examples/edc-demo/study.yaml"])
def test_every_spec_fits(validators: dict[str, Draft7Validator], root: Path, study: str) -> None:
    found = {file.name: mistakes(validators[kind], file.read_text(encoding="utf-8"))
             for kind, file in files_of(root / study)}
    assert len(found) > 5
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("layer", ["sdtm", "adam", "engine"])
def test_every_good_case_fits(validators: dict[str, Draft7Validator], tmp_path: Path, layer: str) -> None:
    wrong, count = {}, 0
    for number, parameter in enumerate(cases_of(layer)):
        (case,) = parameter.values
        if "error" in case:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        for kind, file in files_of(write_study(case, folder)):
            count += 1
            if found := mistakes(validators[kind], file.read_text(encoding="utf-8")):
                wrong[f"{parameter.id}: {file.name}"] = found
    assert wrong == {}
    assert count > 100


GOOD = "domain: AE\nfrom: ae\nvariables:\n"
WRONG = [
    pytest.param("sdtm", "domain: AE\nvariables: {}\n", ["'from' is a required property"],
                 id="a missing key"),
    pytest.param("sdtm", "domain: AE\nfrom: ae\nvariabels: {}\n",
                 ["Additional properties are not allowed ('variabels' was unexpected)"], id="an unknown key"),
    pytest.param("sdtm", GOOD + "  AETERM: {form: AETERM}\n", [
        "variables/AETERM: Additional properties are not allowed ('form' was unexpected)"],
                 id="an unknown verb"),
    pytest.param("sdtm", GOOD + "  AETERM: {from: A, constant: B}\n", [
        "variables/AETERM: Additional properties are not allowed ('constant' was unexpected)",
        "variables/AETERM: Additional properties are not allowed ('from' was unexpected)"], id="two verbs"),
    pytest.param("sdtm", GOOD + "  AETERM: {from: A, mapp: {a: b}}\n", [
        "variables/AETERM: Additional properties are not allowed ('mapp' was unexpected)"],
                 id="a key of no verb"),
    pytest.param("sdtm", GOOD + "  AETREM: {from: A}\n", [
        "variables: 'AETREM' does not match any of the regexes: '^_'"], id="no variable of AE"),
    pytest.param("sdtm", "domain: XB\nfrom: xb\nvariables:\n  xbterm: {from: A}\n", [
        "variables: 'xbterm' does not match any of the regexes: "
        "'^([A-Z][A-Z0-9_]{0,7}|_[A-Za-z0-9_]{1,31})$'"], id="no name of a variable"),
    pytest.param("sdtm", GOOD + "  AESTDTC: {date: A, time_alone: dropp}\n", [
        "variables/AESTDTC/time_alone: 'dropp' is not one of ['keep', 'drop']"], id="a word that is none"),
    pytest.param("sdtm", GOOD + "  AETERM: {from: A, length: '20'}\n", [
        "variables/AETERM/length: '20' is not of type 'integer'"], id="a quoted number"),
    pytest.param("sdtm", GOOD + "  AETERM: {from: A, length: 300}\n", [
        "variables/AETERM/length: 300 is greater than the maximum of 200"], id="a length that cannot be"),
    pytest.param("sdtm", GOOD + "  AETERM: {from: A, codelist: NYY}\n", [
        "variables/AETERM/codelist: 'NYY' is not valid under any of the given schemas"], id="no codelist"),
    pytest.param("sdtm", GOOD + "  AETERM: {from: }\n", [
        "variables/AETERM/from: None is not of type 'string', 'number', 'boolean'"],
                 id="a key without a value"),
    pytest.param("sdtm", GOOD + "  AETERM: AETERM\n", [
        "variables/AETERM: 'AETERM' is not of type 'object'"], id="an entry that is text"),
    pytest.param("sdtm", "domain: AE\nfrom: [a, b]\nwhere: A IS NULL\n", [
        "False schema does not allow 'A IS NULL'"], id="a source's key beside several"),
    pytest.param("sdtm", "domain: AE\nfrom: ae\nrecords: [{wher: A}]\n", [
        "records/0: Additional properties are not allowed ('wher' was unexpected)"], id="an unknown step"),
    pytest.param("sdtm", "domain: AE\nfrom: {table: ae, variables: {AETERM: {from: A, when: B}}}\n", [
        "from: {'table': 'ae', 'variables': {'AETERM': {'from': 'A', 'when': 'B'}}} is not valid under any "
        "of the given schemas"], id="inside a source"),
    pytest.param("adam", "dataset: ADSL\nfrom: DM\nkeep: AGE\n", ["keep: 'AGE' is not of type 'array'"],
                 id="a list that is none"),
    pytest.param("adam", "dataset: ADLB\nfrom: LB\nvariables:\n  CHG: {change: {value: AVAL}}\n", [
        "variables/CHG/change: 'base' is a required property"], id="a verb's missing key"),
    pytest.param("study", "study: {id: S, title: T}\nstandards: {sdtmig: '3.4'}\nsubject: SUBJ\n"
                 "raw: {folder: raw, tables: {ae: {file: ae.csv, delimitr: ';'}}}\n", [
                     "raw/tables/ae: Additional properties are not allowed ('delimitr' was unexpected)"],
                 id="an unknown key of a raw table"),
    pytest.param("study", "study: {id: S, title: T, cutoff: 30JUN2026}\nstandards: {sdtmig: '3.4'}\n"
                 "subject: SUBJ\nraw: {folder: raw, tables: {ae: ae.csv}}\n", [
                     "study/cutoff: '30JUN2026' does not match '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'"],
                 id="no date"),
]


@pytest.mark.parametrize(("kind", "text", "wanted"), WRONG)
def test_typical_mistakes_are_told(validators: dict[str, Draft7Validator], kind: str, text: str,
                                   wanted: list[str]) -> None:
    assert mistakes(validators[kind], text) == wanted


def test_what_an_editor_reads_as_numbers_and_truth_is_text(validators: dict[str, Draft7Validator]) -> None:
    text = GOOD + """
  AESPID: {constant: 012}
  AESEV: {from: S, map: {1: MILD, 2: 3, yes: true}, blank: [0.5, 2025-01-02, NO]}
  AESTDTC: {date: [Y, M, D], times: [12:30]}
"""
    assert "012" not in json.dumps(read(text))
    assert mistakes(validators["sdtm"], text.replace("times: [12:30]", "times: HH:mm")) == []
    rules = ("dataset: ADPC\nfrom: PC\nvariables:\n"
             "  AVAL: {blq: {text: A, number: B, is: [ND], time: C, by: [D], ")
    assert mistakes(validators["adam"], rules + "before_dose: 0, between: blank}}\n") == []
    assert mistakes(validators["adam"], rules + "before_dose: 1}}\n") == [
        "variables/AVAL/blq/before_dose: 1 is not one of ['0', 'blank', 'lloq', 'half', 0]"]


def test_a_verb_that_is_a_key_of_another_stands_beside_it(validators: dict[str, Draft7Validator]) -> None:
    assert mistakes(validators["sdtm"], GOOD + "  VISITNUM: {visit: V, date: AESTDTC}\n") == []
    assert mistakes(validators["sdtm"], GOOD + "  VISITNUM: {date: AESTDTC, take: VISIT}\n") == [
        "variables/VISITNUM: Additional properties are not allowed ('take' was unexpected)"]


@pytest.mark.parametrize("layer", ["sdtm", "adam"])
def test_verbs_and_steps_come_with_their_summary(made: dict[str, Schema], layer: str) -> None:
    offered = made[layer]["definitions"]["declaration"]["properties"]
    steps = made[layer]["definitions"]["step"]["allOf"][-1]["then"]["properties"]
    assert set(steps) == set(steps_of(layer))
    functions = {name: verb.derive for name, verb in verbs_of(layer).items()}
    for told, every in ((offered, functions), (steps, {n: s.change for n, s in steps_of(layer).items()})):
        for name, function in every.items():
            first = (inspect.getdoc(function) or "").partition("\n\n")[0]
            words = " ".join(first.replace("``", "'").split())
            assert told[name] == {"description": words}, name
            assert words.endswith(".")


def test_every_domain_offers_its_variables(made: dict[str, Schema]) -> None:
    definitions = made["sdtm"]["definitions"]
    assert {f"variables.{name}" for name in sdtm_names()} <= set(definitions)
    ae = definitions["variables.AE"]["properties"]
    assert ae["AETERM"]["description"] == (
        "Reported Term for the Adverse Event. Required, text, Topic")
    assert ae["AESER"]["description"] == (
        "Serious Event. Expected, text, Record Qualifier, codelist NY (C66742)")
    assert ae["AESEV"]["allOf"] == [{"$ref": "#/definitions/terms.C66769"}]
    assert definitions["term.C66769"]["anyOf"][0] == {"enum": ["MILD", "MODERATE", "SEVERE"]}
    assert definitions["tests.C65047"]["properties"]["HGB"]["description"] == "Hemoglobin Measurement"


def test_analysis_structures_offer_their_variables(made: dict[str, Schema]) -> None:
    definitions = made["adam"]["definitions"]
    assert {f"variables.{name}" for name in adam_structures()} <= set(definitions)
    first = definitions["variables.ADSL"]["properties"]["TRT01P"]["description"]
    assert first.startswith("Planned Treatment for Period 01. Required")
    assert "AVAL" in definitions["variables.BDS"]["properties"]
    assert "AVAL" not in definitions["variables.ADSL"]["properties"]


def test_codelists_are_offered_by_name(made: dict[str, Schema]) -> None:
    one = made["sdtm"]["definitions"]["codelists"]["anyOf"][0]["anyOf"][0]
    assert one["enum"][0] == "none"
    assert {"NY", "UNIT", "DTYPE"} <= set(one["enum"])


def test_the_command_writes_them_and_says_how_to_name_one(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["spec", "schema"]) == 0
    assert capsys.readouterr() == (
        "wrote schema/study.schema.json\nwrote schema/sdtm.schema.json\nwrote schema/adam.schema.json\n"
        "wrote schema/grading.schema.json\nwrote schema/figures.schema.json\n"
        "first line of a file in specs/sdtm, likewise elsewhere:\n"
        "# yaml-language-server: $schema=../../schema/sdtm.schema.json\n", "")
    read_back = json.loads((tmp_path / "schema/sdtm.schema.json").read_text(encoding="utf-8"))
    assert read_back["required"] == ["domain", "from"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError) as caught:
        write_schemas(tmp_path / "file")
    assert str(caught.value) == (
        f"{tmp_path}/file: schema: cannot be written: File exists; name another folder with --out")


@pytest.mark.full
def test_verbs_of_an_installed_package_are_in_it(tmp_path: Path) -> None:
    info = tmp_path / "shouting-1.0.dist-info"
    info.mkdir()
    (tmp_path / "shouting.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[dossier.verbs]\nshouting = shouting\n")
    program = (f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from dossier.cli import main; "
               "sys.exit(main(['spec', 'schema', '--out', 'schema']))")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    schema = json.loads((tmp_path / "schema/sdtm.schema.json").read_text(encoding="utf-8"))
    assert schema["definitions"]["declaration"]["properties"]["shout"] == {
        "description": "The column in capitals with an exclamation mark."}
    assert mistakes(Draft7Validator(schema), GOOD + "  AETERM: {shout: A}\n") == []
