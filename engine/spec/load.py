"""Read a study's YAML into checked specs, collecting every mistake on the way."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Place, Problem, SpecError, did_you_mean, hint_for, nearest
from engine.spec.bounds import require_few, too_many
from engine.spec.dataset import (
    DatasetModel,
    DatasetSpec,
    Long,
    SourceModel,
    SourceSpec,
    StepSpec,
    Test,
    VariableSpec,
)
from engine.spec.entries import COMMON, Declaration, Entry
from engine.spec.faults import key_faults, twice_made
from engine.spec.files import dataset_files, require_layer, unread_files
from engine.spec.grading_files import Gradings, load_gradings
from engine.spec.names import NAME_HINT, is_name, name_fault
from engine.spec.nodes import key, listed, named, remade, with_tests
from engine.spec.study import Study
from engine.spec.study_file import read_study
from engine.spec.told import read_told
from engine.spec.verbs import Verb, steps_of, verbs_of
from engine.yaml.fields import Collector, Model, validate
from engine.yaml.nodes import Node, Text, YamlList, YamlMap, describe
from engine.yaml.source import MAX_PROBLEMS, show_path

_COMMON_BLOCKS = ("from", "join", "where", "empty", "not_done", "tests", "long", "records", "variables")
_OWN_BLOCKS = {"sdtm": ("supplemental", "relrec"), "adam": ("keep", "with", "periods", "parameters")}
_SHARED_BLOCKS = ("join", "where", "empty", "not_done", "tests", "long")
_SOURCE_BLOCKS = ("variables", "tests", "long")
_DATASET = re.compile(r"[A-Z][A-Z0-9]{1,7}")
_LAYERS = {"sdtm": "domain", "adam": "dataset"}
MOST_STRANGE = 20  # keys that the verb does not have, among which a misspelt verb is looked for


@dataclass(frozen=True)
class StudySpec:
    """A study: its file, its folder, and its datasets by name."""

    study: Study
    path: Path
    datasets: dict[str, DatasetSpec]
    node: YamlMap
    raw_override: Path | None = None
    gradings: Gradings = field(default_factory=dict)

    @property
    def raw_folder(self) -> Path:
        """The folder raw files are read from."""
        named = self.raw_override or self.path.parent / str(self.study.raw.folder)
        return Path(os.path.realpath(named))  # other than resolve(), it bears a link to itself


def load_study(path: Path) -> StudySpec:
    """Read ``study.yaml`` and the datasets in ``sdtm/`` and ``adam/`` beside it.

    Raises a SpecError with every problem found in any file.
    """
    root = path.parent
    problems = Collector()
    node, study = remade({}), None
    with problems:
        read = read_told(path, root, "study", "it has 'study', 'standards', 'raw' and 'subject' at least")
        if not isinstance(read, YamlMap):
            raise SpecError(Problem(read.place, "study", "a study file is a mapping of keys to values"))
        node, study = read, read_study(read)
    datasets: dict[str, DatasetSpec] = {}
    for layer, name_key in _LAYERS.items():
        files = dataset_files(root, layer)
        if told := too_many(len(files), "datasets' files"):
            problems.add(Problem(Place(show_path(root / layer)), "", told))
            continue
        for file in files:
            try:
                spec = load_dataset(file, root, layer, name_key)
            except SpecError as error:
                problems.extend(error)
                continue
            if spec.name in datasets:
                other = datasets[spec.name].place.file
                problems.add(Problem(spec.place, spec.name, f"the dataset is specified here and in {other}",
                                     "several sources go into one file, under 'from'"))
            datasets[spec.name] = spec
    for problem in unread_files(root, _LAYERS):
        problems.add(problem)
    gradings = load_gradings(root, problems)
    problems.require_none()
    assert study is not None  # nosec: require_none has raised otherwise
    return StudySpec(study, path, datasets, node, gradings=gradings)


def load_dataset(path: Path, root: Path, layer: str, name_key: str) -> DatasetSpec:
    """Read one dataset's file; raises a SpecError with all of its problems."""
    name, wanted = path.stem.upper(), f"a file in {layer}/ has '{name_key}', 'from' and 'variables' at least"
    node = read_told(path, root, name, wanted)
    if not isinstance(node, YamlMap):
        raise SpecError(Problem(node.place, name, "a dataset's file is a mapping of keys to values", wanted))
    given = node.find(name_key)
    reader = _DatasetReader(layer, str(given) if isinstance(given, Text) and given else name)
    if given is None:
        require_layer(node, layer, _LAYERS, name)
        reader.problems.add(Problem(node.place, name, f"key '{name_key}' is missing",
                                    f"as in {name_key}: {name}"))
    elif not isinstance(given, Text) or not _DATASET.fullmatch(given):
        what = f"'{given}'" if isinstance(given, Text) and given else describe(given)
        reader.problems.add(Problem(given.place, reader.name, f"{what} is no name of a dataset",
                                    "capital letters and digits, at most 8"))
    return reader.read(node)


class _DatasetReader:
    """Reads the blocks of one dataset's file, gathering problems."""

    def __init__(self, layer: str, name: str) -> None:
        self.layer, self.name = layer, name
        self.problems = Collector(MAX_PROBLEMS)
        self.verbs = verbs_of(layer)
        self.steps = steps_of(layer)

    def read(self, node: YamlMap) -> DatasetSpec:
        blocks = (*_COMMON_BLOCKS, *_OWN_BLOCKS[self.layer])
        self._require_few(node, "keys", "keys")
        self._require_few(node, "sort", "keys")
        model = self._head(DatasetModel, node, blocks, self.name)
        sources = self._sources(node)
        self._require_few(node, "variables", "variables")
        self._require_few(node, "supplemental", "variables")
        variables = self._entries(node.find("variables"), supplemental=False)
        for name, spec in self._entries(node.find("supplemental"), supplemental=True).items():
            if name in variables:
                self._add(spec.place, name, "stands under variables and supplemental")
            variables[name] = spec
        for spec in self._periods(node.find("periods")):
            variables[spec.name] = spec
        steps = self._steps(node.find("records")) + self._parameters(node.find("parameters"))
        keep = self._names(node.find("keep"), "keep")
        carry = self._carry(node.find("with"))
        self._require_few(node, "relrec", "relations")
        relrec = tuple(self._list(node.find("relrec"), "relrec"))
        self._made(variables)
        for fault in (*key_faults(node.find("keys")), *twice_made(variables, sources)):
            self._add(*fault)
        self.problems.require_none()
        assert isinstance(model, DatasetModel)
        return DatasetSpec(self.name, self.layer, model, node.place, sources, variables, steps, keep,
                           carry, relrec)

    def _require_few(self, node: Node, name: str, what: str) -> None:
        """Refuse a block that holds more than any study needs, before its parts are looked at."""
        block = node.find(name) if isinstance(node, YamlMap) else None
        if isinstance(block, YamlMap | YamlList):
            require_few(block, what, block.place, f"{self.name}.{name}")

    def _add(self, place: object, subject: str, message: str, hint: str = "") -> None:
        full = f"{self.name}.{subject}" if subject and subject != self.name else self.name
        self.problems.add(Problem(place, full, message, hint))  # type: ignore[arg-type]

    def _validated(self, model: type, node: Node, subject: str, *, keyed: bool = False) -> object:
        try:
            return validate(model, node, subject, keyed=keyed)
        except SpecError as error:
            self.problems.extend(error)
            return None

    def _head(self, model: type[Model], node: YamlMap, blocks: tuple[str, ...], subject: str, *,
              keyed: bool = True) -> object:
        """The keys of a mapping that are not blocks of their own; a hint knows the blocks too."""
        known = {f.alias or n for n, f in model.model_fields.items()}
        for name in node:
            if name not in known and name not in blocks:
                self.problems.add(Problem(name.place, subject, f"unknown key '{name}'",
                                          hint_for(name, known.union(blocks))))
        own = remade({k: v for k, v in node.items() if k in known}, node)
        return self._validated(model, own, subject, keyed=keyed)

    def _list(self, node: Node | None, key: str) -> list[Node]:
        if node is None:
            return []
        if isinstance(node, YamlList):
            return list(node)
        self._add(node.place, key, f"a list is wanted, not {describe(node)}", "begin each item with '- '")
        return []

    def _map(self, node: Node | None, key: str) -> YamlMap:
        if isinstance(node, YamlMap):
            return node
        if node is not None and not (isinstance(node, Text) and node == ""):
            self._add(node.place, key, "a mapping of names to entries is wanted")
        return remade({})

    def _carry(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for dataset, names in self._map(node, "with").items():
            found[dataset] = self._names(names, "with")
        return found

    def _names(self, node: Node | None, key: str) -> tuple[str, ...]:
        """A list of variables' names, each with its place."""
        found = []
        for item in self._list(node, key):
            if isinstance(item, Text) and is_name(item):
                found.append(item)
            else:
                what = f"'{item}'" if isinstance(item, Text) and item else describe(item)
                self._add(item.place, key, f"{what} is no name of a variable", NAME_HINT)
        return tuple(found)

    def _sources(self, node: YamlMap) -> tuple[SourceSpec, ...]:
        origin = node.find("from")
        if origin is None:
            self._add(node.place, self.name, "key 'from' is missing", "name the table its records come from")
            return ()
        shared = {k: v for k, v in node.items() if k in _SHARED_BLOCKS}
        if isinstance(origin, YamlList):
            self._require_few(node, "from", "sources")
            for name in shared:
                if name != "tests":
                    self._add(name.place, name, "belongs to one source, and 'from' lists several",
                              "write it in the sources")
            tests = self._map(node.find("tests"), "tests")
            found = [self._source(with_tests(item, tests)) for item in origin]
        else:
            if isinstance(origin, Text):
                origin = named("table", origin)
            if not isinstance(origin, YamlMap):
                self._add(origin.place, "from", "a table's name, or a mapping with 'table', is wanted")
                return ()
            for name in shared:
                if name in origin:
                    self._add(name.place, name, "stands here and under 'from'", "write it once")
            found = [self._source(remade({**origin, **shared}, origin), whole=True)]
        return tuple(s for s in found if s is not None)

    def _source(self, node: Node, *, whole: bool = False) -> SourceSpec | None:
        """One source; ``whole``: its keys are those of the file."""
        if isinstance(node, Text):
            node = named("table", node)
        if not isinstance(node, YamlMap):
            self._add(node.place, "from", "a table's name, or a mapping with 'table', is wanted")
            return None
        self._require_few(node, "join", "joined tables")
        self._require_few(node, "tests", "tests")
        self._require_few(node, "variables", "variables")
        model = self._head(SourceModel, node, _SOURCE_BLOCKS, self.name if whole else f"{self.name}.from",
                           keyed=whole)
        tests = {}
        for code, item in self._map(node.find("tests"), "tests").items():
            test = self._validated(Test, item, f"{self.name}.tests.{code}")
            if isinstance(test, Test):
                tests[str(code)] = test
        long = self._validated(Long, node[Text("long")], f"{self.name}.long") if "long" in node else None
        variables = self._entries(node.find("variables"), supplemental=False)
        self._made(variables)
        if not isinstance(model, SourceModel):
            return None
        return SourceSpec(model, node.place, variables, tests, long)  # type: ignore[arg-type]

    def _entries(self, node: Node | None, *, supplemental: bool) -> dict[str, VariableSpec]:
        found: dict[str, VariableSpec] = {}
        entries = self._map(node, "variables")
        for (name, item), after in zip(entries.items(), [*[*entries][1:], Text()], strict=False):
            if item == "" and self._is_key(after):
                self._add(item.place, name, "the entry is empty",
                          f"indent '{after}' in line {after.place.line} under it")
                continue
            spec = self._entry(str(name), item, name, supplemental)
            if spec is not None:
                found[spec.name] = spec
        return found

    def _entry(self, name: str, item: Node, key: Text, supplemental: bool) -> VariableSpec | None:
        if not is_name(name):
            place, message, hint = name_fault(name, key.place)
            if self._is_key(name):
                message, hint = "is a key of an entry and no variable", "indent it under its variable"
            good = len(name) if place == key.place else (place.column or 0) - (key.place.column or 0)
            self._add(place, name[:good].strip(), message, hint)
            return None
        if not isinstance(item, YamlMap):
            self._add(item.place, name, "an entry is a mapping with one verb",
                      f"as in {{from: {item if isinstance(item, Text) and item else 'X'}}}")
            return None
        verb = self._verb(name, item)
        if verb is not None and (meant := self._meant(verb, item)) is not None:
            self._add(meant[0].place, name, f"unknown key or verb '{meant[0]}'", did_you_mean(*meant))
            return None
        if verb is None:
            entry = self._declaration(name, item)
        else:
            entry = self._validated(verb.entry, item, f"{self.name}.{name}")
        if not isinstance(entry, Entry):
            return None
        for message, hint in entry.faults(name):
            self._add(item.place, name, message, hint)
        return VariableSpec(name, entry, verb, item.place, supplemental=supplemental, node=item)

    def _is_key(self, name: str) -> bool:
        """Whether a word that is no variable's name is a verb or another key of entries."""
        return not is_name(name) and (name in self.verbs or name in COMMON)

    def _meant(self, verb: Verb, item: YamlMap) -> tuple[Text, str] | None:
        """A misspelt verb beside a key that is a verb too (``date`` of ``visit``), and which it is."""
        strange = [word for word in item if word not in _keys(verb)]
        for word in strange if len(strange) <= MOST_STRANGE else ():
            near = nearest(word, self.verbs)
            if near is not None and near != verb.name and {*item} - {word} <= _keys(self.verbs[near]):
                return word, near
        return None

    def _declaration(self, name: str, item: YamlMap) -> object:
        if set(item) <= COMMON:
            return self._validated(Declaration, item, f"{self.name}.{name}")
        return None

    def _verb(self, name: str, item: YamlMap) -> Verb | None:
        keys = [k for k in item if k in self.verbs]
        if len(keys) == 1:
            return self.verbs[keys[0]]
        if len(keys) > 1:
            mains = [k for k in keys if not any(k in _keys(self.verbs[o]) for o in keys if o != k)]
            if len(mains) == 1:
                return self.verbs[mains[0]]
            listed = ", ".join(f"'{k}'" for k in keys)
            self._add(keys[1].place, name, f"several verbs: {listed}", "an entry has exactly one")
        else:
            strange = next((k for k in item if k not in COMMON), None)
            if strange is not None:
                hint = "quote the expression" if item.flow and item[strange] == "" else hint_for(
                    strange, self.verbs)
                self._add(strange.place, name, f"unknown verb '{strange}'", hint)
        return None

    def _steps(self, node: Node | None) -> tuple[StepSpec, ...]:
        found = []
        if isinstance(node, YamlList):
            require_few(node, "steps", node.place, f"{self.name}.records")
        for item in self._list(node, "records"):
            if not isinstance(item, YamlMap) or not item:
                self._add(item.place, "records", "a step is a mapping with one verb")
                continue
            names = [k for k in item if k in self.steps]
            if len(names) > 1:
                listed = ", ".join(f"'{n}'" for n in names)
                self._add(names[1].place, "records", f"several steps: {listed}", "an item has exactly one")
                continue
            if not names:
                first = next(iter(item))
                self._add(first.place, "records", f"unknown step '{first}'", hint_for(first, self.steps))
                continue
            step = self.steps[names[0]]
            entry = self._validated(step.entry, item, f"{self.name}.records")
            if entry is not None:
                found.append(StepSpec(step, entry, item.place))  # type: ignore[arg-type]
        return tuple(found)

    def _periods(self, node: Node | None) -> list[VariableSpec]:
        """``periods`` of the file, one or a list: entries of working columns with that verb."""
        many = isinstance(node, YamlList)
        found = [self._entry(f"_PERIODS{number if many else ''}", named("periods", item),
                             key("_PERIODS", item), False)
                 for number, item in enumerate([] if node is None else listed(node), start=1)]
        return [spec for spec in found if spec is not None]

    def _parameters(self, node: Node | None) -> tuple[StepSpec, ...]:
        """``parameters`` of the file: the step of that name, after all others."""
        return () if node is None else self._steps(YamlList([named("parameters", node)], node.place))

    def _made(self, variables: dict[str, VariableSpec]) -> None:
        """Enter the variables that another entry makes, and check declarations."""
        for spec in list(variables.values()):
            qualifiers = spec.entry.also_supplemental(spec.name)
            for name in spec.entry.also_makes(spec.name) if spec.verb else ():
                if not is_name(name):
                    self._add(spec.place, spec.name, f"'{name}' is no name of a variable", NAME_HINT)
                    continue
                own = variables.get(name)
                if own is not None and own.verb is not None:
                    self._add(own.place, name, f"is made here and by {spec.name}")
                    continue
                entry = own.entry if own else Declaration()
                variables[name] = VariableSpec(name, entry, spec.verb, own.place if own else spec.place,
                                               made_by=spec.name,
                                               supplemental=spec.supplemental or name in qualifiers,
                                               node=own.node if own else None)
        # Declarations nobody makes: sources, steps, keep or the standard may still make them;
        # the plan looks at that once all names are known.


def _keys(verb: Verb) -> set[str]:
    return {(f.alias or n) for n, f in verb.entry.model_fields.items()}
