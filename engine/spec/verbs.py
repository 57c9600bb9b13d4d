"""The verbs: plain functions registered by name, each with the model of its entry.

A verb belongs to a layer (``any``, ``sdtm`` or ``adam``).  An installed package
adds verbs by an entry point of the group ``dossier.verbs`` that names a module
to import; YAML only ever names a registered verb.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from engine.columns import Column, Kind
from engine.spec.entries import Entry
from engine.yaml.fields import Model

if TYPE_CHECKING:
    from engine.build.derivation import Derivation
    from engine.build.rows import Rows

Made = Column | Mapping[str, Column]


@dataclass(frozen=True)
class Verb:
    """A verb of the variables: ``derive(entry, derivation)`` makes one column or several."""

    name: str
    layer: str
    entry: type[Entry]
    derive: Callable[[Any, Derivation], Made]
    kind: Callable[[Any, Callable[[tuple[str, ...]], Kind]], Kind] | Kind | None


@dataclass(frozen=True)
class Step:
    """A verb of the records: ``change(entry, derivation)`` gives the new rows."""

    name: str
    layer: str
    entry: type[Model]
    change: Callable[[Any, Derivation], Rows]


_verbs: dict[tuple[str, str], Verb] = {}
_steps: dict[tuple[str, str], Step] = {}
_loaded: set[str] = set()


def verb(
    name: str, layer: str = "any",
    kind: Callable[[Any, Callable[[tuple[str, ...]], Kind]], Kind] | Kind | None = None,
) -> Callable[[Callable[[Any, Derivation], Made]], Callable[[Any, Derivation], Made]]:
    """Register a verb; the entry's model is the annotation of the first argument.

    ``kind`` is what the verb makes where neither the standard nor the entry
    says it (working columns): a kind, or a function of the entry and of a
    look-up of other columns' kinds; text if absent.
    """
    def register(function: Callable[[Any, Derivation], Made]) -> Callable[[Any, Derivation], Made]:
        _verbs[layer, name] = Verb(name, layer, _model_of(function), function, kind)
        return function
    return register


def step(name: str, layer: str = "any") -> Callable[[Callable[[Any, Derivation], Rows]],
                                                    Callable[[Any, Derivation], Rows]]:
    """Register a step of ``records:``, as :func:`verb` does for variables."""
    def register(function: Callable[[Any, Derivation], Rows]) -> Callable[[Any, Derivation], Rows]:
        _steps[layer, name] = Step(name, layer, _model_of(function), function)
        return function
    return register


def _model_of(function: Callable[..., object]) -> Any:
    code = typing.cast(Any, function).__code__
    first = code.co_varnames[0]
    space = typing.cast(Any, function).__globals__
    annotation = typing.cast(Any, function).__annotations__[first]
    return space[annotation] if isinstance(annotation, str) else annotation


def load_verbs() -> None:
    """Import the modules that register verbs, once each."""
    for point in entry_points(group="dossier.verbs"):
        if point.value not in _loaded:
            _loaded.add(point.value)
            point.load()


def verbs_of(layer: str) -> dict[str, Verb]:
    """The verbs a layer may use, its own before the common ones."""
    common = {n: v for (at, n), v in _verbs.items() if at == "any"}
    return common | {n: v for (at, n), v in _verbs.items() if at == layer}


def steps_of(layer: str) -> dict[str, Step]:
    """The record steps a layer may use."""
    common = {n: s for (at, n), s in _steps.items() if at == "any"}
    return common | {n: s for (at, n), s in _steps.items() if at == layer}
