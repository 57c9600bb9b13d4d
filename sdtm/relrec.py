"""Related records: relationships between datasets and between records, as RELREC.

Source: SDTMIG 3.4, sections 8.2 and 8.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.build.plan import Plan
from engine.build.rows import Rows
from engine.errors import Place, Problem, SpecError, hint_for
from engine.numbers import format_number
from engine.spec.dataset import DatasetSpec
from engine.yaml.nodes import NOWHERE, Text, YamlList, YamlMap
from sdtm.supplemental import as_text

VARIABLES = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "RELTYPE", "RELID")


@dataclass(frozen=True)
class Relation:
    """``{PC: PCGRPID, PP: PPGRPID, type: [MANY, MANY], id: PCPP}``.

    With ``types`` the datasets are related by these variables; without, the records
    that are alike in them, within a subject: each by its --SEQ, or with ``groups``
    all of a dataset together by the variable itself, a --GRPID.
    """

    members: Mapping[str, str]
    types: tuple[str, ...]
    id: str
    place: Place
    groups: bool = False


def make_relrec(plan: Plan, rows: Mapping[str, Rows]) -> pd.DataFrame | None:
    """All related records, text columns :data:`VARIABLES`, NULL as NaN; None where there is none.

    Dataset relationships come first.  Records are identified by --SEQ, or as a group
    by --GRPID, and RELID is unique within a subject.  Raises SpecError with all mistakes of ``relrec``.
    """
    found = relations(plan)
    parts = [_datasets(relation, plan) if relation.types else _records(relation, rows) for relation in found]
    made = pd.concat([p for p in parts if len(p)], ignore_index=True) if any(len(p) for p in parts) else None
    if made is None:
        return None
    made["_blank"] = made["USUBJID"].notna()
    made = made.sort_values(["_blank", "USUBJID"], kind="stable").reset_index(drop=True)
    return made[list(VARIABLES)].astype("str")


def relations(plan: Plan) -> list[Relation]:
    """The relations of all datasets' specs, checked."""
    problems: list[Problem] = []
    found = [_relation(node, spec, plan, problems) for spec in plan.datasets.values() for node in spec.relrec]
    if problems:
        raise SpecError(problems)
    relations_ = [r for r in found if r is not None]
    seen: dict[str, int] = {}
    for relation in relations_:
        seen[relation.id] = seen.get(relation.id, 0) + 1
    again = next((r for r in reversed(relations_) if seen[r.id] > 1), None)
    if again is not None:
        raise SpecError(Problem(again.place, "RELREC", f"two relations have the id '{again.id}'",
                                "give one of them another 'id'"))
    return relations_


def _relation(node: object, spec: DatasetSpec, plan: Plan, problems: list[Problem]) -> Relation | None:
    place = getattr(node, "place", NOWHERE)
    subject = f"{spec.name}.relrec"
    if not isinstance(node, YamlMap):
        problems.append(Problem(place, subject, "a relation is a mapping of datasets to variables",
                                "as in {PC: PCGRPID, PP: PPGRPID, type: [MANY, MANY]}"))
        return None
    members = {str(k): str(v) for k, v in node.items() if k not in ("type", "id", "groups")}
    before = len(problems)
    for dataset, variable in members.items():
        if dataset not in plan.datasets or plan.datasets[dataset].layer != "sdtm":
            known = [n for n, s in plan.datasets.items() if s.layer == "sdtm"]
            problems.append(Problem(node.key_place(dataset), subject, f"no SDTM dataset '{dataset}'",
                                    hint_for(dataset, known)))
        elif variable not in plan.datasets[dataset].variables:
            problems.append(Problem(node[Text(dataset)].place, subject,
                                    f"'{variable}' is no variable of {dataset}",
                                    hint_for(variable, plan.datasets[dataset].variables)))
    if len(members) < 2:
        problems.append(Problem(place, subject, "a relation has two datasets or more"))
    types = _types(node, len(members), subject, problems)
    groups = _groups(node, bool(types), subject, problems)
    if len(problems) > before:
        return None
    return Relation(members, types, str(node.get(Text("id"), "".join(members))), place, groups)


def _types(node: YamlMap, count: int, subject: str, problems: list[Problem]) -> tuple[str, ...]:
    given = node.find("type")
    if given is None:
        return ()
    words = tuple(str(w) for w in given) if isinstance(given, YamlList) else ()
    if len(words) != count or not set(words) <= {"ONE", "MANY"}:
        problems.append(Problem(given.place, subject, "'type' is a list of ONE or MANY, one a dataset",
                                "as in [ONE, MANY]"))
    return words


def _groups(node: YamlMap, typed: bool, subject: str, problems: list[Problem]) -> bool:
    """Whether the records are named by groups, which relations of whole datasets are not."""
    given = node.find("groups")
    if given is None:
        return False
    if str(given) not in ("true", "false"):
        problems.append(Problem(given.place, subject, f"'groups' is true or false, not '{given}'"))
    elif typed:
        problems.append(Problem(given.place, subject, "'groups' and 'type' exclude each other",
                                "with 'type' whole datasets are related"))
    return str(given) == "true"


def _datasets(relation: Relation, plan: Plan) -> pd.DataFrame:
    """One record a dataset, without a subject or a value (SDTMIG 3.4, section 8.3)."""
    study = str(plan.study.study.study.id)
    return pd.DataFrame([
        {"STUDYID": study, "RDOMAIN": dataset, "USUBJID": None, "IDVAR": variable, "IDVARVAL": None,
         "RELTYPE": kind, "RELID": relation.id}
        for (dataset, variable), kind in zip(relation.members.items(), relation.types, strict=True)])


def _records(relation: Relation, rows: Mapping[str, Rows]) -> pd.DataFrame:
    """The records alike in the variables, of at least two of the datasets, within each subject."""
    parts = []
    for place, (dataset, variable) in enumerate(relation.members.items()):
        table = rows[dataset]
        sequence = f"{dataset}SEQ"
        parts.append(pd.DataFrame({
            "STUDYID": table.values("STUDYID"), "RDOMAIN": dataset, "USUBJID": table.values("USUBJID"),
            "IDVAR": variable if relation.groups else sequence, "_number": table.values(sequence),
            "IDVARVAL": np.nan, "RELTYPE": np.nan,
            "_link": as_text(table.columns[(variable,)]), "_place": place}))
    made = pd.concat(parts, ignore_index=True)
    made = made[made["_link"].notna()]
    wide = made.groupby(["USUBJID", "_link"])["_place"].transform("nunique") > 1
    made = made[wide].sort_values(["USUBJID", "_link", "_place", "_number"], kind="stable")
    first = ~made.duplicated(["USUBJID", "_link"])
    number = first.astype("int64").groupby(made["USUBJID"]).cumsum().astype("float64")
    made["IDVARVAL"] = made["_link"] if relation.groups else format_number(made["_number"])
    made["RELID"] = relation.id + format_number(number)
    return made.drop_duplicates(["USUBJID", "_link", "_place"]) if relation.groups else made
