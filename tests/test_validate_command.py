"""The command ``dossier validate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import run
from test_validate_core import install
from validate_study import write_rules, write_study

ACCEPT = "accepted:\n" + "".join(
    f"- {{rule: OWN-{number}, reason: so, author: A. Lee, date: 2026-05-01}}\n" for number in (2, 3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_study(tmp_path)
    write_rules(tmp_path)
    (tmp_path / "accepted.yaml").write_text(ACCEPT)
    return tmp_path


def test_errors_make_the_status_1_and_files_are_written(folder: Path) -> None:
    done = run(folder, "validate", "data", "--rules", "rules", "--only", "--out", "out")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-5:] == [
        "2 errors, 2 warnings; 3 rules run on 3 datasets, 2 not run", "wrote out/validation.csv",
        "wrote out/validation.json", "wrote out/validation.xlsx", "wrote out/validation.html"]


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--fail-on", "warning"), 1)])
def test_accepted_errors_do_not_fail_and_warnings_may(options: tuple[str, ...], status: int,
                                                      folder: Path) -> None:
    done = run(folder, "validate", "data", "--rules", "rules", "--only", "--accepted", "accepted.yaml",
               *options)
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.endswith("\n2 warnings, 2 accepted; 3 rules run on 3 datasets, 2 not run\n")


def test_json_can_take_the_place_of_the_table(folder: Path) -> None:
    done = run(folder, "validate", "data", "--rules", "rules", "--only", "--format", "json")
    assert len(json.loads(done.stdout)["findings"]) == 4


def test_our_own_rules_are_run_if_nothing_else_is_said(folder: Path) -> None:
    done = run(folder, "validate", "data", "--format", "json")
    assert not [one for one in json.loads(done.stdout)["rules"] if one["id"].startswith("OWN-")]
    assert not [one for one in json.loads(done.stdout)["rules"] if one["status"] == "not readable"]


@pytest.mark.parametrize(("options", "told"), [
    (("--core", "x"), "dossier validate: --core goes with --engine core\n"),
    (("--only",), "dossier validate: --only goes with --rules\n"),
    (("--format", "xlsx"), "dossier validate: --format without --out is csv or json; name a folder with "
                           "--out for the others\n"),
    (("--engine", "core", "--core", "data"),
     "dossier validate: no CORE installation is found; unpack a release of CDISC's engine "
     "(github.com/cdisc-org/cdisc-rules-engine/releases) and name its folder with --core PATH\n"),
])
def test_what_cannot_be_done_is_told_in_one_line(options: tuple[str, ...], told: str, folder: Path) -> None:
    done = run(folder, "validate", "data", *options)
    assert (done.returncode, done.stderr) == (2, told)


def test_a_wrong_accepted_file_is_a_mistake_of_the_user(folder: Path) -> None:
    (folder / "accepted.yaml").write_text(ACCEPT.replace("reason: so,", ""))
    done = run(folder, "validate", "data", "--rules", "rules", "--only", "--accepted", "accepted.yaml")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2, "accepted.yaml:2:3: missing key 'reason'; add it under 'accepted'")


def test_an_entry_of_a_rule_that_is_not_here_is_told(folder: Path) -> None:
    (folder / "accepted.yaml").write_text(ACCEPT.replace("OWN-2", "OWN-22"))
    done = run(folder, "validate", "data", "--rules", "rules", "--only", "--accepted", "accepted.yaml")
    assert done.returncode == 1
    assert ("accepted.yaml:2:3: OWN-22: accepted, but there is no such rule here; did you mean 'OWN-2'?"
            in done.stdout.splitlines())


def test_the_other_engine_is_run_beside_ours(folder: Path) -> None:
    install(folder)
    done = run(folder, "validate", "data", "--rules", "rules", "--only", "--accepted", "accepted.yaml",
               "--engine", "core", "--core", "core")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == [
        "CORE: 1 rule run by both engines; 1 finding of both, 1 of Dossier only, 1 of CORE only",
        "1 error, 3 warnings, 2 accepted; 4 rules run on 3 datasets, 2 not run"]
