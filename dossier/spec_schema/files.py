"""Schemas of the whole files: the study's, a domain's, an analysis dataset's."""

from __future__ import annotations

from pydantic import BaseModel

from dossier.figures.model import KINDS
from dossier.spec_schema.entries import codelists_schema, entry_schema, keys_of, name_of, step_schema
from dossier.spec_schema.models import complete, model_schemas, ref
from dossier.spec_schema.standards import Offers
from engine.spec.dataset import DatasetModel, Long, SourceModel, Test
from engine.spec.grading import Grading
from engine.spec.load import _LAYERS, _OWN_BLOCKS, _SHARED_BLOCKS
from engine.spec.names import NAME
from engine.spec.study import TABLE_KEYS, RawFile, RawTable, Study
from engine.spec.verbs import steps_of, verbs_of
from engine.standards import adam_structure, adam_structures, sdtm_names
from engine.yaml.shapes import TEXT, Shape, list_of, map_of

_VARIABLE = f"^({NAME.pattern})$"
_NAMES: Shape = {"type": "array", "items": {"type": "string", "pattern": _VARIABLE}}
_DATASET: Shape = {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,7}$"}


def study_schema() -> Shape:
    """The schema of ``study.yaml``."""
    refs, definitions = model_schemas([Study, RawTable, RawFile])
    top = definitions.pop("Study")
    table, file = definitions["RawTable"], definitions["RawFile"]
    one = {"anyOf": [TEXT, refs[RawFile]]}
    table["properties"]["files"] = {"anyOf": [one, list_of(one)]}
    own = {key: value for key, value in table["properties"].items() if key in TABLE_KEYS - {"files"}}
    definitions["short table"] = {
        "type": "object", "description": "A table of one file, whose keys stand beside the table's",
        "properties": file["properties"] | own, "required": ["file"], "additionalProperties": False}
    definitions["Raw"]["properties"]["tables"] = map_of({
        "if": {"type": "object"},
        "then": {"if": {"required": ["files"]}, "then": refs[RawTable], "else": ref("short table")},
        "else": {"anyOf": [TEXT, list_of(one)]}})
    return complete(top, definitions, "The study file of a Dossier study")


def grading_schema() -> Shape:
    """The schema of the files in ``grading/``."""
    refs, definitions = model_schemas([Grading])
    return complete(definitions.pop(name_of(refs[Grading])), definitions,
                    "A grading table of a Dossier study")


def figures_schema() -> Shape:
    """The schema of the files in ``figures/``, by their kind."""
    refs, definitions = model_schemas(KINDS.values())
    kinds = [{"if": {"properties": {"figure": {"const": name}}, "required": ["figure"]}, "then": refs[model]}
             for name, model in KINDS.items()]
    top: Shape = {"type": "object", "required": ["figure"], "allOf": kinds,
                  "properties": {"figure": {"description": "The kind of figure", "enum": [*KINDS]}}}
    return complete(top, definitions, "A figure of a Dossier study")


def dataset_schema(layer: str) -> Shape:
    """The schema of the files in ``sdtm/`` or ``adam/``."""
    verbs, steps = verbs_of(layer), steps_of(layer)
    models: list[type[BaseModel]] = [DatasetModel, SourceModel, Test, Long]
    refs, definitions = model_schemas(
        [*models, *(v.entry for v in verbs.values()), *(s.entry for s in steps.values())])
    definitions["codelists"] = codelists_schema()
    definitions["entry"] = entry_schema(verbs, refs, definitions)
    definitions["step"] = step_schema(steps, refs, definitions)
    definitions["variables"] = {"type": ["object", "null"], "patternProperties": {_VARIABLE: ref("entry")},
                                "additionalProperties": False}
    definitions["tests"] = {"type": ["object", "null"], "additionalProperties": refs[Test]}
    source = _source(definitions)
    properties = _properties(layer, definitions) | {
        key: value for key, value in source["properties"].items() if key in _SHARED_BLOCKS}
    for block in set(_OWN_BLOCKS[layer]) - set(properties):  # a verb's part that may stand in the file itself
        entry = verbs[block].entry if block in verbs else steps[block].entry
        part = definitions[name_of(refs[entry])]["properties"][block]
        properties[block] = {"anyOf": [part, list_of(part)]} if block in verbs else part
    offers = Offers(definitions)
    key = _LAYERS[layer]
    top: Shape = {
        "type": "object", "properties": properties, "required": [key, "from"],
        "additionalProperties": False,
        "allOf": [_one_place(), *(offers.domains() if layer == "sdtm" else offers.structures())]}
    return complete(top, definitions, f"The file of one {layer.upper()} dataset of a Dossier study")


def _source(definitions: dict[str, Shape]) -> Shape:
    """A source of records; its definition is made whole with what the loader reads beside the model."""
    source = definitions["SourceModel"]
    source["properties"] |= {"variables": ref("variables"), "tests": ref("tests"), "long": ref("Long")}
    return source


def _properties(layer: str, definitions: dict[str, Shape]) -> dict[str, Shape]:
    model = definitions["DatasetModel"]["properties"]
    own = {key: model[key] for key in sorted(keys_of(DatasetModel)) if key not in _LAYERS.values()}
    own[_LAYERS[layer]] = _name(layer)
    own["class"] = _offered(_classes(False))
    own["subclass"] = _offered(_classes(True))
    source = {"anyOf": [TEXT, ref("SourceModel")]}
    own |= {
        "from": {"description": "Where records come from: a raw table or dataset, or several",
                 "anyOf": [*source["anyOf"], {"type": "array", "items": source}]},
        "records": {"description": "Steps that change which records there are, in their order",
                    "type": "array", "items": ref("step")},
        "variables": {"description": "One entry a variable", "allOf": [ref("variables")]},
    }
    if layer == "sdtm":
        relation = {"type": "object", "minProperties": 2, "additionalProperties": TEXT, "properties": {
            "id": TEXT, "type": list_of({"enum": ["ONE", "MANY"]}), "groups": {"type": "boolean"}}}
        own["supplemental"] = {"description": "One entry a supplemental qualifier",
                               "allOf": [ref("variables")]}
        own["relrec"] = {"type": "array", "items": relation}
    else:
        own["keep"] = {"description": "Variables taken from the source as they are", "allOf": [_NAMES]}
        own["with"] = {"description": "Variables taken from other datasets, by subject",
                       **map_of(_NAMES)}
    return own


def _one_place() -> Shape:
    """With several sources only ``tests`` may stand beside ``from``."""
    return {"if": {"properties": {"from": {"type": "array"}}, "required": ["from"]},
            "then": {"properties": dict.fromkeys(sorted({*_SHARED_BLOCKS} - {"tests"}), False)}}


def _name(layer: str) -> Shape:
    return {**_DATASET, "anyOf": [{"enum": list(sdtm_names())}, {}]} if layer == "sdtm" else _DATASET


def _classes(sub: bool) -> list[str]:
    every = [s for n in adam_structures() if (s := adam_structure(n)) is not None]
    return sorted({s.subclass if sub else s.cls for s in every} - {""})


def _offered(words: list[str]) -> Shape:
    return {"anyOf": [{"enum": words}, TEXT]}
