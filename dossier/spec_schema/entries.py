"""Schemas of a variable's entry and of a record step: exactly one verb, and its keys."""

from __future__ import annotations

from dossier.spec_schema.models import plain, ref
from engine.spec.entries import COMMON
from engine.spec.verbs import Step, Verb
from engine.terminology import names
from engine.yaml.fields import Model
from engine.yaml.shapes import Shape


def summary(function: object) -> str:
    """The first paragraph of a docstring."""
    return plain(getattr(function, "__doc__", None) or "").partition("\n\n")[0]


def entry_schema(verbs: dict[str, Verb], refs: dict[type, Shape], definitions: dict[str, Shape]) -> Shape:
    """An entry: the keys of its one verb, or of none, which only describes a variable.

    A verb that is also a key of another one (``date`` of ``visit``) is that key
    where the other stands; with two verbs each refuses the other's key.
    """
    for name, verb in verbs.items():
        own = definitions[name_of(refs[verb.entry])]
        own.pop("description", None)  # an editor shows the first it meets, and that is to be the variable's
        _describe(own, name, summary(verb.derive))
        own["properties"]["codelist"] = ref("codelists")
    first = next(iter(verbs.values()))
    common = definitions[name_of(refs[first.entry])]["properties"]
    told = {name: {"description": summary(verb.derive)} for name, verb in verbs.items()}
    definitions["declaration"] = {
        "type": "object", "additionalProperties": False,
        "properties": {key: common[key] for key in sorted(COMMON)} | told}
    rules = []
    for name, verb in verbs.items():
        over = [other for other, one in verbs.items() if other != name and name in keys_of(one.entry)]
        rules.append({"if": _has(name, over), "then": refs[verb.entry]})
    return {"type": "object", "allOf": [*rules, {"if": _has_none(verbs), "then": ref("declaration")}]}


def step_schema(steps: dict[str, Step], refs: dict[type, Shape], definitions: dict[str, Shape]) -> Shape:
    """An item of ``records``: one step and its keys."""
    for name, step in steps.items():
        _describe(definitions[name_of(refs[step.entry])], name, summary(step.change))
    told = {name: {"description": summary(step.change)} for name, step in steps.items()}
    rules = [{"if": _has(name, []), "then": refs[step.entry]} for name, step in steps.items()]
    none = {"properties": told, "additionalProperties": False, "minProperties": 1}
    return {"type": "object", "allOf": [*rules, {"if": _has_none(steps), "then": none}]}


def codelists_schema() -> Shape:
    """Codelists by name or code, or ``none``."""
    known = ["none", *sorted({*names("sdtm"), *names("adam")})]
    one = {"anyOf": [{"enum": known, "errorMessage": "unknown codelist"},  # the list of all helps no one
                     {"type": "string", "pattern": "^C[0-9]+$"}]}
    return {"description": "Codelists by name or NCI code in place of the standard's; none for none",
            "anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def keys_of(model: type[Model]) -> set[str]:
    """The keys of a model as they are typed."""
    return {field.alias or name for name, field in model.model_fields.items()}


def _has(name: str, others: list[str]) -> Shape:
    made: Shape = {"required": [name]}
    return made if not others else {**made, "not": {"anyOf": [{"required": [other]} for other in others]}}


def _has_none(names_: dict[str, Verb] | dict[str, Step]) -> Shape:
    return {"not": {"anyOf": [{"required": [name]} for name in names_]}}


def name_of(reference: Shape) -> str:
    """The name of the definition that a reference means."""
    return str(reference["$ref"]).rpartition("/")[2]


def _describe(schema: Shape, key: str, text: str) -> None:
    """Say what a key is for, beside its schema (draft 7 knows nothing beside a reference)."""
    own = schema["properties"][key]
    schema["properties"][key] = {"description": text, **({"allOf": [own]} if "$ref" in own else own)}
