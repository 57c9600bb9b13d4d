"""What is exported: the datasets that ``dossier build`` wrote, or any transport files; and their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from dossier.pipeline import FOLDERS
from dossier.transport.characters import Characters
from dossier.transport.check import files_of, is_supplemental
from dossier.transport.profiles import Profile
from dossier.transport.rewrite import Rules
from dossier.transport.rules import TEXT
from dossier.transport.terms import own_characters, terms_of
from engine import xpt
from engine.build.finish import dataset_label_of
from engine.build.plan import Plan
from engine.columns import Kind
from engine.errors import DataError, Place, Problem, SpecError
from engine.spec.dataset import DatasetSpec
from engine.standards import sdtm_dataset
from engine.standards.chinese import chinese_label
from engine.xpt import Metadata
from sdtm.supplemental import qualifier_label


@dataclass(frozen=True)
class Item:
    """One dataset to export: where it is read, where it goes below the set, what its header will say.

    ``metadata`` describes it as it will be written, but for the lengths of text;
    ``least`` has the lengths that the specs fix.
    """

    path: Path
    shown: str
    target: PurePosixPath
    metadata: Metadata
    rules: Rules
    encoding: str
    least: Mapping[str, int] = field(default_factory=dict)
    ours: bool = True
    notes: tuple[Problem, ...] = ()


BUILD_HINT = "run dossier build, then export again"


def study_items(plan: Plan, folder: Path, profile: Profile, encoding: str) -> list[Item]:
    """The datasets of a study's last build, with the labels of the specs in the agency's language.

    Raises a DataError where there are none, or where they do not fit the specs.
    """
    home, place = built_folder(plan, folder)
    found = {path.stem.upper(): (layer, path) for layer, below in FOLDERS.items()
             for path in sorted((home / below).glob("*.xpt"))}
    translations = terms_of(plan, profile.language) if _translates(profile, encoding) else {}
    hint = ("give its English under transport.translations.en, or the character under transport.characters"
            if encoding == "ascii" else "write it in the other encoding the agency takes")
    rules = Rules(Characters(encoding, own_characters(plan)), profile.agency, translations, translations,
                  language=profile.language, hint=hint)
    problems = [Problem(Place(home.as_posix()), name, "is in the specs, and was not built", BUILD_HINT)
                for name in plan.datasets if name not in found]
    items = []
    for name, (layer, path) in found.items():
        shown = path.as_posix()
        metadata = _only(path, shown, "utf-8")
        told = _unfit(plan, name, metadata)
        problems += [Problem(Place(shown), name, what, BUILD_HINT) for what in told]
        if told:
            continue
        own = replace(rules, titles=_titles(plan, name, profile) if is_supplemental(name) else {})
        items.append(Item(path, shown, PurePosixPath(place, FOLDERS[layer], path.name),
                          _labelled(plan, name, metadata, profile), own, "utf-8", _lengths(plan, name)))
    if problems:
        raise DataError(problems)
    return items


def built_folder(plan: Plan, folder: Path) -> tuple[Path, str]:
    """Where the last build of a study is, and its path in the set; a DataError where there is none."""
    place = f"m5/datasets/{plan.study.study.folder_name}"
    home = folder / place
    if not home.is_dir():
        raise DataError(Problem(Place(home.as_posix()), "export", "there are no built datasets", BUILD_HINT))
    return home, place


def _translates(profile: Profile, encoding: str) -> bool:
    """Whether terms are wanted in the agency's language: always, but in a set in Japanese as collected."""
    return profile.language == "zh" or encoding == "ascii"


def _only(path: Path, shown: str, encoding: str) -> Metadata:
    """What is said of the one dataset of a file."""
    members = xpt.members(path, encoding=encoding, shown=shown)
    if len(members) != 1:
        raise DataError(Problem(Place(shown), "", f"holds {len(members)} datasets", "one dataset a file"))
    return members[0]


def _unfit(plan: Plan, name: str, metadata: Metadata) -> list[str]:
    """How a built dataset differs from what the specs say now."""
    if metadata.name != name:
        return [f"the file holds dataset {metadata.name}"]
    there = {v.name: v.type for v in metadata.variables}
    spec = plan.datasets.get(name)
    if spec is not None:
        wanted = {n: "Char" if plan.kind(name, n) is Kind.TEXT else "Num" for n in _written(spec)}
    else:
        parent = plan.datasets.get(name.removeprefix("SUPP")) if is_supplemental(name) else None
        related = name == "RELREC" and any(one.relrec for one in plan.datasets.values())
        qualified = parent is not None and any(v.supplemental for v in parent.variables.values())
        if not related and not qualified:
            return ["is in no spec"]
        return []
    told = []
    if missing := [n for n in wanted if n not in there]:
        told.append(f"the specs have {', '.join(missing)} besides")
    if strange := [n for n in there if n not in wanted]:
        told.append(f"the specs do not have {', '.join(strange)}")
    if turned := [n for n in wanted if n in there and there[n] != wanted[n]]:
        told.append(f"the specs have another type of {', '.join(turned)}")
    return told


def _written(spec: DatasetSpec) -> Iterator[str]:
    return (n for n, v in spec.variables.items() if not n.startswith("_") and not v.supplemental)


def _labelled(plan: Plan, name: str, metadata: Metadata, profile: Profile) -> Metadata:
    """A built dataset's description with the labels of the specs in the agency's language."""
    spec = plan.datasets.get(name)
    zh = profile.language == "zh"
    if spec is not None:
        whole = dataset_label_of(spec)
        labels = {v.name: plan.metadata.label(name, v.name) for v in metadata.variables}
        texts = {n: str((one.zh if zh else one.en) or "") for n, one in labels.items()}
        label = str((whole.zh if zh else whole.en) or "")
    else:
        standard = sdtm_dataset(name)
        label = chinese_label(name, "") if zh else metadata.label
        texts = {v.name: chinese_label(name, v.name) if zh else v.label for v in metadata.variables}
        if standard is not None and not zh:
            label = standard.label
    return replace(metadata, label=label,
                   variables=tuple(replace(v, label=texts[v.name]) for v in metadata.variables))


def _titles(plan: Plan, name: str, profile: Profile) -> dict[str, dict[str, str]]:
    """QLABEL of each qualifier in the agency's language, by QNAM."""
    parent = plan.datasets.get(name.removeprefix("SUPP"))
    if parent is None or profile.language == "en":
        return {}
    found = {}
    for variable in parent.variables.values():
        if variable.supplemental:  # one without a Chinese label has no terms, and is told
            zh = plan.metadata.label(parent.name, variable.name).zh
            found[variable.name] = {qualifier_label(variable, parent, plan): str(zh)} if zh else {}
    return found


def _lengths(plan: Plan, name: str) -> dict[str, int]:
    """The lengths that a spec fixes."""
    spec = plan.datasets.get(name)
    variables = spec.variables.values() if spec is not None else ()
    return {v.name: int(v.entry.length) for v in variables if v.entry.length}


def file_items(paths: Sequence[Path], profile: Profile, encoding: str, read_as: str) -> list[Item]:
    """Any transport files, and all below folders; labels stay as they are.

    Names come in capitals, the file is named as its dataset.  Raises a DataError
    with all files that cannot be read.
    """
    characters = Characters(encoding)
    rules = Rules(characters, profile.agency, hint="write it in ASCII" if encoding == "ascii" else "")
    items: list[Item] = []
    problems: list[Problem] = []
    for root in paths:
        for path, shown in files_of([root]):
            try:
                metadata = _only(path, shown, read_as)
            except DataError as error:
                problems += error.problems
                continue
            except OSError as error:
                problems.append(Problem(Place(shown), "export", f"cannot be read: {error.strerror}"))
                continue
            below = path.relative_to(root).parent if root.is_dir() else Path()
            target = PurePosixPath(below.as_posix(), f"{metadata.name.lower()}.xpt")
            told, notes = _as_it_is(metadata, shown, characters)
            items.append(Item(path, shown, target, told, rules, read_as, ours=False, notes=notes))
    targets = [item.target for item in items]
    problems += [Problem(Place(item.shown), item.metadata.name, "is exported from another file too",
                         "name one of them") for item in items if targets.count(item.target) > 1]
    if not items and not problems:
        raise SpecError(Problem(None, ", ".join(map(str, paths)), "there is no transport file (*.xpt)"))
    if problems:
        raise DataError(problems)
    return items


def _as_it_is(metadata: Metadata, shown: str, characters: Characters) -> tuple[Metadata, tuple[Problem, ...]]:
    """A description with names in capitals and labels in the encoding's characters, and what that changes."""
    notes: list[Problem] = []

    def noted(subject: str, what: str, text: str, made: str) -> str:
        if made != text:
            notes.append(Problem(Place(shown), subject, f"{what} '{text}' written as '{made}'"))
        return made

    def label(subject: str, text: str) -> str:
        made, bad = characters.written(text)
        return text if bad else noted(subject, "label", text, made)

    name = noted(metadata.name, "name", metadata.name, metadata.name.upper())
    variables = []
    for v in metadata.variables:
        subject = f"{metadata.name}.{v.name}"
        capitals = noted(subject, "name", v.name, v.name.upper())
        length = min(v.length, TEXT[5]) if v.type == "Char" else v.length  # a longer value is told later
        variables.append(replace(v, name=capitals, label=label(subject, v.label), length=length))
    told = replace(metadata, name=name, label=label(metadata.name, metadata.label), version=5,
                   variables=tuple(variables))
    return told, tuple(notes)
