"""What each field type looks like to a reader of YAML 1.2, as JSON Schema (draft 7).

Here all is text; an editor's parser (YAML 1.2, core schema) makes numbers of
``012`` and ``1.10`` and true of ``true``.  So text may be any of the three.
Put a shape beside the validator of a field type: ``Annotated[str,
PlainValidator(read), WithJsonSchema(TEXT)]``.  See ``dossier spec schema``.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema

Shape = dict[str, Any]

SCALAR = ["string", "number", "boolean"]
TEXT: Shape = {"type": SCALAR, "minLength": 1}
ANY_TEXT: Shape = {"type": SCALAR}
TEXT_OR_NULL: Shape = {"type": [*SCALAR, "null"]}
"""Text that may be ``null`` or ``~``, which an editor cannot tell from nothing; elsewhere that is refused."""
KEY: Shape = {"type": "string", "minLength": 1}
"""Keys are text to every reader."""
INTEGER: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
RATIO: Shape = {"type": ["number", "string"], "pattern": r"^-?[0-9.]+( */ *-?[0-9.]+)?$"}
BOOLEAN: Shape = {"type": "boolean"}
DATE: Shape = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
NAME: Shape = {"type": "string", "pattern": r"^([A-Z][A-Z0-9_]{0,7}|_[A-Z0-9_]{1,31})$"}
ANY_NAME: Shape = {"type": SCALAR, "pattern": r"^[A-Za-z_][A-Za-z0-9_]{0,31}$"}


def list_of(shape: Shape) -> Shape:
    """A list of at least one."""
    return {"type": "array", "items": shape, "minItems": 1}


def map_of(shape: Shape) -> Shape:
    """A mapping of names of the author's own."""
    return {"type": "object", "additionalProperties": shape}


class One:
    """Beside a list type: one value may stand alone, and a list holds at least one."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Shape:
        made = handler(schema)
        return {"anyOf": [made["items"], {**made, "minItems": 1}]}


class OneUnnamed:
    """Beside a mapping type: one value may stand alone, without a name."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Shape:
        made = handler(schema)
        return {"anyOf": [made, made["additionalProperties"]]}


class TextOrModel:
    """Beside a validator that takes a text or the mapping of a model."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Shape:
        return {"anyOf": [TEXT, handler(self.model.__pydantic_core_schema__)]}
