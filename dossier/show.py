"""``dossier spec show``: a dataset's spec as the build sees it, standard and defaults filled in."""

from __future__ import annotations

from engine.build.finish import FORMATS
from engine.build.plan import Plan
from engine.columns import Kind
from engine.errors import Problem, SpecError, hint_for
from engine.spec.dataset import VariableSpec
from engine.yaml import Node, Text, YamlList, YamlMap, dump


def shown(plan: Plan, dataset: str) -> str:
    """The resolved spec of one dataset as YAML that says everything the build does."""
    if dataset not in plan.datasets:
        hint = hint_for(dataset, plan.datasets)
        raise SpecError(Problem(None, dataset, "no such dataset in the study", hint))
    spec = plan.datasets[dataset]
    head: dict[Text, Node] = {
        Text("domain" if spec.layer == "sdtm" else "dataset"): Text(dataset),
        Text("from"): YamlList([Text(str(s.model.table)) for s in spec.sources]),
        Text("keys"): YamlList([Text(str(k)) for k in spec.model.keys or ()]),
    }
    variables: dict[Text, Node] = {}
    supplemental: dict[Text, Node] = {}
    for name, variable in spec.variables.items():
        (supplemental if variable.supplemental else variables)[Text(name)] = _entry(plan, dataset, variable)
    head[Text("variables")] = YamlMap(variables.items())
    if supplemental:
        head[Text("supplemental")] = YamlMap(supplemental.items())
    return dump(YamlMap(head.items()))


def _entry(plan: Plan, dataset: str, variable: VariableSpec) -> YamlMap:
    standard = plan.metadata.standard(dataset, variable.name)
    entry: dict[Text, Node] = dict(variable.node.items()) if isinstance(variable.node, YamlMap) else {}
    if variable.made_by:
        entry[Text("made_by")] = Text(variable.made_by)
    label = plan.metadata.label(dataset, variable.name)
    said = {"en": label.en, "zh": label.zh}
    texts = {Text(k): Text(str(v), quoted=True) for k, v in said.items() if v}
    kind = plan.kind(dataset, variable.name)
    if texts:
        entry[Text("label")] = YamlMap(texts.items(), flow=True)
    entry.setdefault(Text("type"), Text(kind.value))
    if kind in FORMATS:
        entry.setdefault(Text("format"), Text(FORMATS[kind]))
    if standard is not None:
        if standard.codelists:
            entry.setdefault(Text("codelist"), YamlList([Text(c) for c in standard.codelists], flow=True))
        for key, value in (("role", standard.role), ("core", standard.core), ("standard", standard.source)):
            if value:
                entry.setdefault(Text(key), Text(value))
    return YamlMap(entry.items())


__all__ = ["Kind", "shown"]
