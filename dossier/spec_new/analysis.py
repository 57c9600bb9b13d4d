"""A skeleton of ADSL from what DM has."""

from __future__ import annotations

from dossier.spec_new.draft import FILL_IN, GUESS, said

_KEPT = ("SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE", "ETHNIC", "COUNTRY", "ARM", "ARMCD", "ACTARM",
         "ACTARMCD", "RFSTDTC", "RFENDTC", "DTHDTC", "DTHFL")


def adsl_text(names: set[str]) -> str:
    """The YAML of ``adam/adsl.yaml``; ``names`` are the variables that DM makes."""
    lines = ["# From the variables of DM; populations, treatments and dates are the study's to say.",
             "dataset: ADSL", "class: SUBJECT LEVEL ANALYSIS DATASET", "from: DM",
             *said("keys", ["STUDYID", "USUBJID"]),
             *said("keep", [name for name in _KEPT if name in names]), "variables:"]
    planned, actual = ("ARM" in names), ("ACTARM" in names)
    lines += said("TRT01P", {"from": "ARM"} if planned else {"missing": True},
                  GUESS if planned else f"{FILL_IN}: the planned treatment", 2)
    lines += said("TRT01A", {"from": "ACTARM"} if actual else {"missing": True},
                  GUESS if actual else f"{FILL_IN}: the actual treatment", 2)
    if "RFXSTDTC" in names:
        lines += said("TRTSDT", {"datepart": "DM.RFXSTDTC", "unread": "blank"}, GUESS, 2)
        lines += said("TRTEDT", {"datepart": "DM.RFXENDTC", "unread": "blank"}, GUESS, 2)
        lines += said("SAFFL", {"case": {"TRTSDT IS NOT NULL": "Y"}, "else": "N"},
                      f"{GUESS}: who was treated", 2)
    return "\n".join(lines) + "\n"
