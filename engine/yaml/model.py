"""Models of spec entries, checked with every problem and its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from engine.errors import Place, Problem, SpecError, hint_for
from engine.yaml.nodes import NOWHERE, Node, Text, YamlMap, describe, shown
from engine.yaml.source import MAX_PROBLEMS
from engine.yaml.syntax import QUOTE_EXPRESSION

_MODELS = "models"
_LITERAL = re.compile(r"'([^']*)'")


class Model(BaseModel):
    """Base of the models of spec entries: strict, frozen, no unknown key.

    ``place`` is where the mapping starts, ``places`` where the value of each
    key stands.  Two models are equal when their fields are, wherever they stand.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    _place: Place = PrivateAttr(default_factory=lambda: NOWHERE)  # a default would be copied each time
    _places: Mapping[str, Place] = PrivateAttr(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where the mapping starts."""
        return self._place

    @property
    def places(self) -> Mapping[str, Place]:
        """Where the value of each key stands, by the key as typed."""
        return self._places

    @model_validator(mode="wrap")
    @classmethod
    def _keep_places(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if not isinstance(value, YamlMap):
            return handler(value)
        if isinstance(info.context, dict):
            info.context.setdefault(_MODELS, {})[id(value)] = cls
        made = handler(value)
        made._place = value.place
        made._places = {str(key): entry.place for key, entry in value.items()}
        return made

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in type(self).model_fields)


M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], node: Node, subject: str, *, keyed: bool = False) -> M:
    """Build ``model`` from a node.

    Raises :class:`SpecError` with the problems of the node, 100 at most, each at its
    place; ``keyed`` tells each of ``SUBJECT.KEY``, the key of the node it lies under.

    >>> from pydantic import create_model
    >>> from engine.yaml.reader import parse_yaml
    >>> from engine.yaml.convert import Name
    >>> Copy = create_model("Copy", __base__=Model, source=(Name, ...))
    >>> validate(Copy, parse_yaml("source: AETERM"), "AE.AETERM").source
    'AETERM'
    >>> validate(Copy, parse_yaml("sorce: AETERM"), "AE.AETERM")
    Traceback (most recent call last):
    engine.errors.SpecError: spec.yaml:1:1: AE.AETERM: unknown key 'sorce'; did you mean 'source'?
    """
    models: dict[int, type[BaseModel]] = {}
    if isinstance(node, YamlMap) and len(node) > MAX_PROBLEMS:
        known = _aliases(model)
        if len(strange := [key for key in node if key not in known]) >= MAX_PROBLEMS:
            raise SpecError(_unknown_key(node, key, known, subject) for key in strange[:MAX_PROBLEMS])
    try:
        return model.model_validate(node, context={_MODELS: models})
    except ValidationError as error:
        details = error.errors(include_url=False)
    def told(detail: ErrorDetails) -> str:
        first = detail["loc"][0] if keyed and detail["loc"] else ""
        return f"{subject}.{first}" if isinstance(node, YamlMap) and first in node else subject

    found = [_problem(detail, node, told(detail), models) for detail in details[:MAX_PROBLEMS]]
    typed = {problem.hint for problem in found if problem.message.startswith("unknown key")}
    # A key that is missing because it is misspelt is told once.
    found = [problem for problem in found
             if problem.message.replace("missing key ", "did you mean ") + "?" not in typed]
    raise SpecError(sort_problems(found))


def _problem(
    detail: ErrorDetails, root: Node, subject: str, models: Mapping[int, type[BaseModel]]
) -> Problem:
    """Find the place of a pydantic error by walking its ``loc`` down the nodes."""
    node, place, parent, last = root, root.place, root, ""
    alone, above = False, ""
    for part in detail["loc"]:
        if isinstance(part, int) and isinstance(node, list) and part < len(node):
            parent, node = node, node[part]
            place = node.place
        elif isinstance(part, int):
            alone = True  # one value where a list may stand
        elif isinstance(part, str) and isinstance(node, YamlMap) and part in node:
            parent, node, above, last = node, node[Text(part)], part, part
            place = node.place
        elif part == "[key]" and isinstance(parent, YamlMap):
            place = parent.key_place(last)
        elif detail["type"] == "missing":
            last = str(part)
    if detail["type"] == "extra_forbidden" and isinstance(parent, YamlMap):
        known = _aliases(models.get(id(parent)))
        return _unknown_key(parent, last, known, subject)
    if detail["type"] == "missing":
        hint = _NEEDED.get(last) or (f"add it under '{above}'" if above else "add it")
        return Problem(node.place, subject, f"missing key '{last}'", hint)
    message, hint = _message(detail, node, above, alone=alone)
    if not hint and _is_nothing(node) and isinstance(parent, YamlMap) and parent.flow:
        hint = QUOTE_EXPRESSION
    return Problem(detail.get("ctx", {}).get("place") or place, subject, message, hint)


def _unknown_key(parent: YamlMap, key: str, known: Iterable[str], subject: str) -> Problem:
    hint = QUOTE_EXPRESSION if parent.flow and _is_nothing(parent[Text(key)]) else hint_for(key, known)
    return Problem(parent.key_place(key), subject, f"unknown key '{shown(key)}'", hint)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Text) and not node and not node.quoted


def _aliases(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _message(detail: ErrorDetails, node: Node, key: str, *, alone: bool) -> tuple[str, str]:
    """What is wrong with the value of a key, and a hint; ``alone``: of a list it could be the only value."""
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "spec":
            message, hint = str(context["message"]), str(context["hint"])
            if alone and isinstance(node, YamlMap) and not hint:
                listed = f"as in [{', '.join([*node][:2])}]"
                return message.replace(" is wanted", " or a list is wanted", 1), listed
            shape = next((ends for word, ends in _SHAPES.items() if message.startswith(word)), None)
            return message, hint or (_as_in(key, *shape) if shape else "")
        case "literal_error":
            if not isinstance(node, Text) or not node:
                return f"text is wanted, not {describe(node)}", ""
            known = _LITERAL.findall(str(context["expected"]))
            return f"unknown value '{shown(node)}'", hint_for(node, known)
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"a mapping is wanted, not {describe(node)}", _as_in(key, "{", "}")
        case "list_type" | "tuple_type":
            return f"a list is wanted, not {describe(node)}", _as_in(key, "[", "]")
        case "union_tag_invalid":
            wanted = [word for tag, word in _KINDS.items() if tag in str(context["expected_tags"])]
            return f"{' or '.join(wanted)} is wanted, not {describe(node)}", ""
        case "value_error" | "assertion_error":
            return str(context["error"]), ""
        case "too_short":
            return f"at least {context['min_length']} wanted, not {context['actual_length']}", ""
    return detail["msg"], ""


def _as_in(key: str, opened: str, closed: str) -> str:
    """How a mapping or a list is written under a key.

    >>> _as_in("map", "{", "}"), _as_in("", "[", "]")
    ('as in map: {COLLECTED: TERM}', '')
    """
    inside = "VALUE, VALUE" if opened == "[" else _INSIDE.get(key, "KEY: VALUE")
    return f"as in {key}: {opened}{inside}{closed}" if key else ""


_INSIDE = {"map": "COLLECTED: TERM", "extend": "TERM: DECODE", "units": "COLLECTED: UNIT",
           "rename": "HEADER: NAME"}
_NEEDED = {"table": "as in table: NAME", "standards": 'as in standards: {sdtmig: "3.4", adamig: "1.3"}',
           "subject": "as in subject: \"study.id || '-' || SUBJ\""}
_SHAPES = {"a mapping is wanted": ("{", "}"), "a list is wanted": ("[", "]")}
_KINDS = {"<text>": "text", "<list>": "a list", "<map>": "a mapping"}


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file, line and column; those without a place come first."""
    return sorted(problems, key=_order)


def _order(problem: Problem) -> tuple[str, int, int]:
    place = problem.place or NOWHERE
    return place.file, place.line or 0, place.column or 0


class Problems(list[Problem]):
    """A list that raises its problems as a :class:`SpecError` as soon as it holds 100."""

    def append(self, problem: Problem) -> None:
        """Keep one problem."""
        super().append(problem)
        if len(self) >= MAX_PROBLEMS:
            raise SpecError(sort_problems(self))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Keep several problems."""
        for problem in problems:
            self.append(problem)

    def __iadd__(self, problems: Iterable[Problem]) -> Self:  # type: ignore[override,misc]
        self.extend(problems)
        return self


class Collector:
    """Gathers the problems of many nodes and files, to raise them once.

    With ``most`` it raises as soon as it holds so many: a text that is wrong all over
    costs no more than one that is wrong in places.

    >>> collector = Collector()
    >>> collector.add(Problem(Place("ae.yaml", 2), "AE", "no variables"))
    >>> with collector:
    ...     raise SpecError(Problem(Place("ae.yaml", 1), "AE", "no keys"))
    >>> collector.require_none()
    Traceback (most recent call last):
    engine.errors.SpecError: ae.yaml:1: AE: no keys
    ae.yaml:2: AE: no variables
    """

    def __init__(self, most: int | None = None) -> None:
        self.problems: list[Problem] = []
        self._most = most

    def add(self, problem: Problem) -> None:
        """Keep one problem."""
        self._keep((problem,))

    def extend(self, error: SpecError) -> None:
        """Keep all problems of an error."""
        self._keep(error.problems)

    def _keep(self, problems: tuple[Problem, ...]) -> None:
        self.problems.extend(problems)
        if self._most is not None and len(self.problems) >= self._most:
            raise SpecError(sort_problems(self.problems[:self._most]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Keep a :class:`SpecError` raised in the block; anything else passes."""
        if isinstance(error, SpecError):
            self.extend(error)
            return True
        return False

    def require_none(self) -> None:
        """Raise :class:`SpecError` with all problems in order of place, if there are any."""
        if self.problems:
            raise SpecError(sort_problems(self.problems))
