"""A small study with known defects, and rules that find them."""

from __future__ import annotations

from pathlib import Path

AE = """\
STUDYID,DOMAIN,USUBJID,AESEQ,AETERM,AESEV
S,AE,S-01,1,NAUSEA,MILD
S,AE,S-01,2,,GRAVE
S,AE,S-02,1,=HYPERLINK("http://x"),GRAVE
"""
DM = "STUDYID,DOMAIN,USUBJID,SEX\nS,DM,S-01,F\nS,DM,S-02,M\n"
ADSL = "STUDYID,USUBJID,SEX\nS,S-01,F\nS,S-02,F\n"

RULES = {
    "OWN-1": """\
Core: {Id: OWN-1}
Authorities:
- Organization: Ours
  Standards:
  - Name: SDTMIG
    Version: "3.4"
    References:
    - Rule Identifier: {Id: R1}
      Citations: [{Document: SDTMIG 3.4, Section: 6.2}]
Severity: Warning
Rule Type: Record Data
Sensitivity: Record
Scope: {Domains: {Include: [AE]}}
Check: {all: [{name: AESEV, operator: equal_to, value: GRAVE}]}
Outcome: {Message: --SEV is no term., Output Variables: [AESEV, AETERM]}
""",
    "OWN-2": """\
Core: {Id: OWN-2}
Rule Type: Record Data
Sensitivity: Record
Scope: {Domains: {Include: [AE]}}
Check: {all: [{name: AETERM, operator: empty}]}
Outcome: {Message: AETERM is empty.}
""",
    "OWN-3": """\
Core: {Id: OWN-3}
Authorities:
- Organization: Ours
  Standards: [{Name: ADaMIG, Version: "1.3"}]
Rule Type: Record Data
Sensitivity: Record
Scope: {Domains: {Include: [ADSL]}}
Match Datasets: [{Name: DM, Keys: [USUBJID]}]
Check: {all: [{name: SEX, operator: not_equal_to, value: DM.SEX}]}
Outcome: {Message: SEX is not that of DM., Output Variables: [SEX, DM.SEX]}
""",
    "OWN-4": """\
Core: {Id: OWN-4}
Rule Type: Record Data
Sensitivity: Record
Scope: {Domains: {Include: [AE]}}
Check: {all: [{name: AELOC, operator: empty}]}
Outcome: {Message: AELOC is empty.}
""",
    "OWN-5": """\
Core: {Id: OWN-5}
Authorities:
- Organization: Ours
  Standards: [{Name: SENDIG, Version: "3.1"}]
Rule Type: Record Data
Sensitivity: Record
Scope: {Domains: {Include: [ALL]}}
Check: {all: [{name: USUBJID, operator: non_empty}]}
Outcome: {Message: Never run.}
""",
}


def write_study(folder: Path) -> Path:
    """Two folders below a folder: SDTM with AE and DM, ADaM with ADSL."""
    for name, text in {"sdtm/ae.csv": AE, "sdtm/dm.csv": DM, "adam/adsl.csv": ADSL}.items():
        file = folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "data"


def write_rules(folder: Path) -> Path:
    """A folder with the rules, each a file."""
    made = folder / "rules"
    made.mkdir()
    for name, text in RULES.items():
        (made / f"{name}.yml").write_text(text, encoding="utf-8")
    return made
