"""Specs of the benchmark ``specs``: a study of 60 datasets, 36 of SDTM and 24 of ADaM.

They are written from the standards the project carries, in ``studies/specs``
from templates: the variables of each domain in their order, with the verbs such
variables have in real studies.  Raw files have a header and no records, for
only reading and checking is timed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.standards import StandardDataset, sdtm_dataset
from engine.terminology import codelist

TEMPLATES = Path(__file__).resolve().parent / "studies" / "specs"
INTERVENTIONS = ("EX", "AG", "CM", "EC", "ML", "PR", "SU")
EVENTS = ("AE", "BE", "CE", "DS", "DV", "HO", "MH")
FINDINGS = ("LB", "VS", "EG", "BS", "CV", "DA", "IS", "MB", "MI", "MK", "NV", "OE", "PP", "RE", "RP", "SC",
            "SS", "TR", "TU", "UR", "FT")
OCCURRENCES = ("AE", "CM", "MH", "PR", "SU", "CE", "HO")
"""Domains that have an analysis dataset of occurrence data."""
PARAMETERS = ("LB", "VS", "EG", "CV", "DA", "IS", "MB", "MK", "NV", "OE", "RE", "SS", "TR", "UR", "FT")
"""Domains that have one of basic data."""
MOST = 38
"""Variables written at most for a domain."""
UNITS = (("g/L", "{g/dL: 10}"), ("10^9/L", "{10^3/uL: 1}"), ("umol/L", "{mg/dL: {molar: 113.12}}"),
         ("mmol/L", "{mg/dL: {molar: 180.156}}"), ("U/L", ""))
OWN_UNITS = {"VS": (("cm", "{in: 2.54}"), ("kg", "{LB: 0.45359237}")),
             "PP": (("ng/mL", "{ug/mL: 1000}"), ("h", ""))}
"""Domains whose units have a codelist of their own."""
CODED = {"AELLT": "LLT", "AEHLT": "HLT", "AEHLGT": "HLGT", "AEBODSYS": "SOC", "AEBDSYCD": "SOC_CODE",
         "AESOC": "SOC", "AESOCCD": "SOC_CODE", "AEPTCD": "PT_CODE"}
"""What AEDECOD's lookup makes beside it."""
DICTIONARY = "KIND,VERBATIM,LLT,PT,HLT,HLGT,SOC,PT_CODE,SOC_CODE\n"


class Spec:
    """The text of a domain's file as it grows, and the raw columns it reads."""

    def __init__(self, domain: str, *head: str) -> None:
        self.domain = domain
        found = sdtm_dataset(domain)
        assert found is not None
        self.standard: StandardDataset = found
        self.lines = [f"domain: {domain}", f"from: {domain.lower()}", *head, "variables:"]
        self.names: list[str] = []
        self.columns = ["SITE", "SUBJ", "VISIT", "DAT", "TIM"]

    def add(self, name: str, entry: str) -> None:
        """Write one variable's entry."""
        self.names.append(name)
        self.lines.append(f"  {name + ':':9} {entry}")

    def read(self, column: str) -> str:
        """Name a raw column; it will be in the raw file's header."""
        if column not in self.columns:
            self.columns.append(column)
        return column

    def listed(self, *also: str) -> list[str]:
        """The variables to write: those that are needed, others as long as there is room, and ``also``."""
        own = [v for v in self.standard.variables.values() if v.name not in ("STUDYID", "DOMAIN", "USUBJID")]
        needed = {v.name for v in own if v.core in ("Req", "Exp")}
        others = [v.name for v in own if v.name not in needed]
        chosen = needed | set(others[:max(0, MOST - len(needed))])
        found = [v.name for v in own if v.name in chosen]
        return [*found, *(name for name in also if name not in chosen)]

    def codelists(self, name: str) -> Iterable[str]:
        """The codelists the standard has for a variable."""
        variable = self.standard.variables.get(name)
        return variable.codelists if variable is not None else ()


def make(folder: Path) -> Path:
    """Write the study below a folder; gives the path of its study file.  Raw files are in ``raw``."""
    for name in ("sdtm", "adam", "raw"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    specs = [_subjects(), *map(_occurrence, (*INTERVENTIONS, *EVENTS)), *map(_finding, FINDINGS)]
    for spec in specs:
        file = spec.domain.lower()
        (folder / "sdtm" / f"{file}.yaml").write_text("\n".join([*spec.lines, ""]), encoding="utf-8")
        (folder / "raw" / f"{file}.csv").write_text(",".join(spec.columns) + "\n", encoding="utf-8")
    (folder / "raw" / "coding.csv").write_text(DICTIONARY, encoding="utf-8")
    analyses = {"adsl": _filled("adsl", {}), "adtte": _filled("adtte", {})}
    for spec in specs:
        if spec.domain in OCCURRENCES:
            analyses[f"ad{spec.domain.lower()}"] = _analysed(spec)
        elif spec.domain in PARAMETERS:
            analyses[f"ad{spec.domain.lower()}"] = _filled("basic", {"KEEP": _kept(spec), "@": spec.domain})
    for name, text in analyses.items():
        (folder / "adam" / f"{name}.yaml").write_text(text, encoding="utf-8")
    files = [spec.domain.lower() for spec in specs]
    tables = "\n".join(f"    {file}: {{file: {file}.csv, unique: true}}" for file in files)
    study = folder / "study.yaml"
    study.write_text(_filled("study", {"TABLES": tables}), encoding="utf-8")
    return study


def _filled(template: str, words: Mapping[str, str]) -> str:
    """A template with ``@WORD`` replaced; ``@@`` is the domain."""
    text = (TEMPLATES / f"{template}.yaml.in").read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}", value)
    return text


def _collected(spec: Spec, name: str) -> str:
    """The usual entry of a variable whose values are collected."""
    domain, part = spec.domain, name.removeprefix(spec.domain)
    dated = f"{domain}{'DTC' if domain in FINDINGS else 'STDTC'}"
    if name in ("VISITNUM", "VISIT", "VISITDY"):
        return f"{{visit: source.VISIT, date: {dated}}}"
    if name == "EPOCH":
        return f"{{epoch: {dated}}}"
    if part in ("DTC", "STDTC", "ENDTC"):
        date = spec.read(part[:-3] + "DAT")
        return f"{{date: {date}, time: {spec.read(part[:-3] + 'TIM')}, time_alone: drop}}"
    if part in ("DY", "STDY", "ENDY"):
        return f"{{study_day: {domain}{part[:-1]}TC}}"
    if "C66742" in spec.codelists(name):
        return f"{{from: {spec.read(name)}, map: {{Yes: Y, No: N, Unknown: U}}}}"
    if part == "STAT":
        return f"{{case: {{\"{spec.read('PERF')} = 'N'\": NOT DONE}}}}"
    if part == "REASND":
        undone = f"{spec.read('PERF')} = 'N'"
        return f"{{expression: \"CASE WHEN {undone} THEN UPPER({spec.read('REASON')}) END\"}}"
    if part == "NAM":
        return "{expression: \"'SITE ' || SITE || ' LABORATORY'\"}"
    return f"{{from: {spec.read(name)}}}"


def _occurrence(domain: str) -> Spec:
    """An intervention or event."""
    topic, start = f"{domain}{'TRT' if domain in INTERVENTIONS else 'TERM'}", f"{domain}STDTC"
    spec = Spec(domain, f"where: \"{topic} IS NOT NULL\"",
                f"keys: [STUDYID, USUBJID, {topic}, {start}, {domain}SEQ]", "records:",
                f"  - {{drop: \"SUBSTR({start}, 1, 10) > CAST(study.cutoff AS TEXT)\", note: after cut-off}}")
    for name in spec.listed(start):
        if name == f"{domain}SEQ":
            spec.add(name, f"{{sequence: [{start}, {topic}]}}")
        elif name == "AEDECOD":
            into = ", ".join(f"{variable}: {column}" for variable, column in CODED.items())
            spec.add(name, "{lookup: {in: coding, where: \"KIND = 'AE'\", match: {VERBATIM: AETERM}, "
                           f"fold: true, take: PT,\n             into: {{{into}}}}}}}")
        elif name not in CODED:
            spec.add(name, _collected(spec, name))
    spec.read(topic)
    spec.lines.append("supplemental:")
    for number in (1, 2):
        column = spec.read(f"EXTRA{number}")
        spec.lines.append(f"  {domain}X{number}: {{from: {column}, codelist: NY, map: {{Yes: Y, No: N}}, "
                          f"label: {{en: Further Question {number}}}, origin: Collected}}")
    return spec


def _tests(domain: str, codes: Iterable[str], named: bool) -> list[str]:
    found = []
    for number, code in enumerate(codes):
        units = OWN_UNITS.get(domain, UNITS)
        unit, convert = units[number % len(units)]
        name = "" if named else f", name: Test {number}"
        ways = f", convert: {convert}" if convert else ""
        found.append(f"  \"{code}\": {{is: [\"{code} result\", \"{code}\"]{name}, standard: {unit}{ways}, "
                     f"digits: {number % 3}}}")
    return found


def _finding(domain: str) -> Spec:
    """A findings domain from a long table with ten tests."""
    listed = (sdtm_dataset(domain) or Spec(domain).standard).variables[f"{domain}TESTCD"].codelists
    known = codelist(listed[0]) if listed else None
    codes = list(known.terms)[:10] if known else [f"{domain}{number:02d}" for number in range(1, 11)]
    spec = Spec(domain, "long: {test: TEST, result: RESULT, unit: UNIT}",
                f"keys: [STUDYID, USUBJID, {domain}TESTCD, {domain}DTC, {domain}SEQ]",
                "tests:", *_tests(domain, codes, known is not None))
    for column in ("TEST", "RESULT", "UNIT"):
        spec.read(column)
    free = "" if known else ", codelist: none"
    own = {
        "SEQ": f"{{sequence: [{domain}TESTCD, {domain}DTC]}}",
        "TESTCD": f"{{test: code{free}}}", "TEST": f"{{test: name{free}}}",
        "ORRES": "{test: result}", "ORRESU": "{test: unit}" if domain in OWN_UNITS else (
            "{test: unit, map: {x10^9/L: 10^9/L, K/uL: 10^3/uL}}"),
        "STRESC": f"{{standardise: {{result: {domain}ORRES, unit: {domain}ORRESU}}, "
                  f"into: [{domain}STRESN, {domain}STRESU]}}",
        "LOBXFL": f"{{last_before: {{date: {domain}DTC, by: [USUBJID, {domain}TESTCD], "
                  f"order: [{domain}SEQ]}}}}",
        "NRIND": f"{{range_indicator: {{value: {domain}STRESN, low: {domain}STNRLO, "
                 f"high: {domain}STNRHI}}}}",
    }
    for name in spec.listed(f"{domain}DTC", f"{domain}ORRESU", f"{domain}LOBXFL", "VISITNUM", "VISIT"):
        part = name.removeprefix(domain)
        if part not in ("STRESN", "STRESU"):  # STRESC makes them
            spec.add(name, own.get(part) or _collected(spec, name))
    return spec


def _subjects() -> Spec:
    spec = Spec("DM", "keys: [STUDYID, USUBJID]")
    for name in spec.listed():
        spec.add(name, DM.get(name) or f"{{from: {spec.read(name)}}}")
    for column in ("BRTHYY", "BRTHMM", "BRTHDD", "R_ASIAN", "R_WHITE", "R_BLACK", "SEX", "COUNTRY"):
        spec.read(column)
    return spec


def _kept(spec: Spec) -> str:
    """The domain's variables that its analysis dataset keeps."""
    made = {*spec.names, *CODED} if spec.domain == "AE" else set(spec.names)
    return ", ".join(name for name in spec.standard.variables if name in made and name != "EPOCH")


def _analysed(spec: Spec) -> str:
    """Occurrence data, as ADAE: imputed dates, treatment emergence, occurrence flags."""
    domain = spec.domain
    topic = f"{domain}{'TRT' if domain in INTERVENTIONS else 'TERM'}"
    term, end = f"{domain}DECOD", f"{domain}ENDTC"
    return _filled("occurrence", {
        "SUBCLASS": "\nsubclass: ADVERSE EVENT" if domain == "AE" else "", "KEEP": _kept(spec),
        "TERM": term if term in spec.names else topic, "START": f"{domain}STDTC",
        "END": end if end in spec.names else f"{domain}STDTC",
        "GRADE": "AETOXGR" if "AETOXGR" in spec.names else "1", "@": domain})


DM = {
    "SUBJID": "{expression: \"SITE || '-' || SUBJ\"}", "SITEID": "{from: SITE}",
    "RFSTDTC": "{from: RFXSTDTC}", "RFENDTC": "{from: RFXENDTC}",
    "RFXSTDTC": "{earliest: EX.EXSTDTC}", "RFXENDTC": "{latest: EX.EXENDTC}",
    "RFICDTC": "{date: DAT, time: TIM}", "RFPENDTC": "{expression: \"COALESCE(DTHDTC, _CONTACT)\"}\n"
    "  _CONTACT: {latest: [{in: ds, value: STDAT}, {in: vs, value: DAT}], not_after: [study.cutoff]}",
    "DTHDTC": "{agree: [{in: ds, value: STDAT, where: \"DSDECOD = 'DEATH'\"}, "
              "{in: ae, value: ENDAT, where: \"AEOUT = 'FATAL'\"}], conflict: keep}",
    "DTHFL": "{case: {\"DTHDTC IS NOT NULL\": \"Y\"}}",
    "BRTHDTC": "{date: [BRTHYY, BRTHMM, BRTHDD]}", "AGEU": "{case: {\"AGE IS NOT NULL\": YEARS}}",
    "SEX": "{from: SEX, map: {Male: M, Female: F}}",
    "RACE": "{choose: {ASIAN: R_ASIAN, WHITE: R_WHITE, BLACK OR AFRICAN AMERICAN: R_BLACK}, many: MULTIPLE, "
            "ticked: [\"Y\", \"Yes\"], supplemental: RACE, extend: {MULTIPLE: Multiple}}",
    "ARM": "{from: ARMCD, map: {A: Active, P: Placebo}}",
    "ACTARMCD": "{expression: \"CASE WHEN RFXSTDTC IS NOT NULL THEN ARMCD END\"}",
    "ACTARM": "{expression: \"CASE WHEN RFXSTDTC IS NOT NULL THEN ARM END\"}",
    "ARMNRS": "{case: {\"ARMCD IS NULL\": SCREEN FAILURE, \"RFXSTDTC IS NULL\": \"ASSIGNED, NOT TREATED\"}}",
    "COUNTRY": "{from: COUNTRY, map: {China: CHN, Germany: DEU}}", "DMDTC": "{date: DAT}",
    "DMDY": "{study_day: DMDTC}",
}
"""Entries of DM that are more than a collected column."""
