"""JSON Schemas of the models that read specs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from engine.yaml.shapes import KEY, TEXT, Shape

_REF = "#/definitions/"
_SHARED = {"text": TEXT, "key": {"minLength": 1}}
"""Shapes so common that they stand once."""


class _Generator(GenerateJsonSchema):
    """Pydantic's schemas without its null, defaults and titles.

    A spec leaves a key out instead of writing null, and what is filled in
    where a key is left out is told in the documentation.
    """

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Shape:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Shape:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def literal_schema(self, schema: core_schema.LiteralSchema) -> Shape:
        """The words, each also as an editor's parser reads it: ``0`` as a number, ``true`` as true."""
        words = [str(word) for word in schema["expected"]]
        return {"enum": [*words, *(read for word in words if (read := _as_read(word)) is not None)]}

    def function_plain_schema(self, schema: Any) -> Shape:
        """A value that some package reads in a way of its own may be anything."""
        return {}


def _as_read(word: str) -> bool | int | None:
    if word in ("true", "false"):
        return word == "true"
    return int(word) if re.fullmatch(r"[0-9]{1,9}", word) else None


def ref(name: str) -> Shape:
    """A reference to a definition.

    >>> ref("entry")
    {'$ref': '#/definitions/entry'}
    """
    return {"$ref": f"{_REF}{name}"}


def model_schemas(models: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], Shape], dict[str, Shape]]:
    """For each model the reference to its definition; and all definitions that they need."""
    wanted = list(dict.fromkeys(models))
    made, whole = models_json_schema([(model, "validation") for model in wanted], schema_generator=_Generator,
                                     ref_template=f"{_REF}{{model}}")
    definitions = {name: _tidied(one) for name, one in whole["$defs"].items()}
    return {model: {"$ref": made[model, "validation"]["$ref"]} for model in wanted}, definitions


def _tidied(schema: Shape) -> Shape:
    made = {key: value for key, value in schema.items() if key != "title"}
    if "description" in made:
        made["description"] = plain(made["description"])
    return made


def plain(text: str) -> str:
    """A docstring as an editor shows it: one blank between words of a paragraph, plain quotes.

    >>> plain("Reads ``a: b``\\nand more.\\n\\nSee :class:`Model`.")
    "Reads 'a: b' and more.\\n\\nSee Model."
    """
    text = re.sub(r":\w+:`([^`]*)`", r"\1", text.partition("\n>>>")[0]).replace("``", "'")
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n") if part.strip())


def shared(schema: Any) -> Any:
    """A schema in which common shapes are references."""
    if isinstance(schema, dict):
        for name, shape in _SHARED.items():
            if schema == shape:
                return ref(name)
        return {key: shared(value) for key, value in schema.items()}
    return [shared(item) for item in schema] if isinstance(schema, list) else schema


def complete(schema: Shape, definitions: dict[str, Shape], about: str) -> Shape:
    """A whole schema, with those definitions that it needs."""
    every = {name: shared(one) for name, one in definitions.items()} | _SHARED
    top = shared(schema)
    needed: dict[str, Shape] = {}
    waiting = sorted(_names(top))
    while waiting:
        name = waiting.pop(0)
        if name not in needed:
            needed[name] = every[name]
            waiting += sorted(_names(every[name]))
    # No title: an editor would show it with every key.
    return {"$schema": "http://json-schema.org/draft-07/schema#", "$comment": about, **top,
            "definitions": dict(sorted(needed.items()))}


def _names(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        found = {str(schema["$ref"]).removeprefix(_REF)} if isinstance(schema.get("$ref"), str) else set()
        return found.union(*(_names(value) for value in schema.values()))
    return set().union(*(_names(item) for item in schema)) if isinstance(schema, list) else set()


__all__ = ["KEY", "complete", "model_schemas", "plain", "ref"]
