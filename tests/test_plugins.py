"""Verbs that an installed package adds through an entry point."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from command import run

PLUGIN = '''
"""A verb from elsewhere."""
from engine.build.derivation import Derivation
from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.spec.references import RefField
from engine.spec.verbs import verb


class Shout(Entry):
    """``{shout: COLUMN}``."""

    shout: RefField


@verb("shout")
def derive_shout(entry: Shout, at: Derivation) -> Column:
    """The column in capitals with an exclamation mark."""
    return Column(at.text(entry.shout).str.upper() + "!", Kind.TEXT)
'''
STUDY = """
study: {id: S1, title: Small}
standards: {sdtmig: "3.4"}
subject: "study.id || '-' || SUBJ"
raw: {folder: raw, tables: {dm: dm.csv}}
"""
DM = """
domain: DM
from: dm
variables:
  SUBJID: {shout: SUBJ}
  SITEID: {constant: "1"}
  SEX: {constant: F}
  COUNTRY: {constant: CHN}
"""


def test_an_installed_package_adds_a_verb(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "shouting-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "shouting.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[dossier.verbs]\nshouting = shouting\n")
    for folder in ("sdtm", "raw"):
        (tmp_path / folder).mkdir()
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "sdtm/dm.yaml").write_text(DM)
    (tmp_path / "raw/dm.csv").write_text("SUBJ\nabc\n")
    command = ["build", "--study", "study.yaml", "--out", "out"]
    without = run(tmp_path, *command)
    assert without.returncode == 2
    assert "sdtm/dm.yaml:5:12: DM.SUBJID: unknown verb 'shout'" in without.stderr
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); "
         "from dossier.cli import main; sys.exit(main(sys.argv[1:]))", *command],
        cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    from engine import xpt
    frame, _ = xpt.read(next((tmp_path / "out").rglob("dm.xpt")))
    assert frame["SUBJID"].tolist() == ["ABC!"]
