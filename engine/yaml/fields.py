"""What a spec model is written with: the base model, its field types, ``validate``."""

from engine.yaml.convert import (
    BY_KIND,
    IS_LIST,
    IS_MAP,
    IS_TEXT,
    AnyName,
    AnyText,
    Boolean,
    Integer,
    IsoDate,
    Key,
    ListOf,
    MapOf,
    Name,
    NameKey,
    Number,
    OneOrMany,
    Ratio,
    TextField,
    TextOr,
    choice,
    mapping_of,
    one_or_many,
    wrong,
)
from engine.yaml.model import Collector, Model, Problems, sort_problems, validate

__all__ = [
    "BY_KIND", "IS_LIST", "IS_MAP", "IS_TEXT", "AnyName", "AnyText", "Boolean", "Collector", "Integer",
    "IsoDate", "Key", "ListOf", "MapOf", "Model", "Name", "NameKey", "Number", "OneOrMany", "Problems",
    "Ratio", "TextField", "TextOr", "choice", "mapping_of", "one_or_many", "sort_problems", "validate",
    "wrong",
]
