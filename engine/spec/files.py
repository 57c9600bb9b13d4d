"""Which files of a study's folder are specs, and which look like specs and are not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import Place, Problem, SpecError
from engine.yaml.nodes import YamlMap
from engine.yaml.source import MAX_BYTES

_YAML = (".yaml", ".yml")
_DATASET = re.compile(r"^(domain|dataset)\s*:", re.MULTILINE)


def dataset_files(root: Path, layer: str) -> list[Path]:
    """The files of a layer's datasets: ``*.yaml`` straight in its folder."""
    return sorted((root / layer).glob("*.yaml"))


def require_layer(node: YamlMap, layer: str, keys: Mapping[str, str], name: str) -> None:
    """Refuse a file of another layer, by the ``keys`` that name its dataset: nothing of it would fit here."""
    for other, word in keys.items():
        if other != layer and word in node:
            raise SpecError(Problem(
                node.key_place(word), name,
                f"'{word}' is for files in {other}/, and one in {layer}/ has '{keys[layer]}'",
                f"put the file into {other}/"))


def unread_files(root: Path, layers: Iterable[str]) -> list[Problem]:
    """Files that someone wrote as a dataset's spec and that no one reads.

    In a layer's folder that is YAML under another ending (``ae.yml``) or further
    down; beside the study file, YAML that says ``domain:`` or ``dataset:``.
    """
    found = [problem for layer in layers for problem in unread_in(root, layer)]
    where = " or ".join(f"{layer}/" for layer in layers)
    for file in sorted(root.glob("*")):
        if file.suffix.lower() in _YAML and file.is_file() and _says_dataset(file):
            found.append(_unread(file, f"datasets' files lie in {where} and end in .yaml"))
    return found


def unread_in(root: Path, name: str, what: str = "datasets' files") -> list[Problem]:
    """YAML in a folder of specs that is not read, being of another ending or further down."""
    found: list[Problem] = []
    folder = root / name
    if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
        return [Problem(Place(str(folder)), "", "is no folder", f"{what} lie in it")]
    read = set(dataset_files(root, name))
    for file in sorted(folder.rglob("*")):
        if file in read or file.suffix.lower() not in _YAML or not file.is_file():
            continue
        hint = f"name it {file.stem}.yaml" if file.parent == folder else f"put it straight into {name}/"
        found.append(_unread(file, hint))
    return found


def _unread(file: Path, hint: str) -> Problem:
    return Problem(Place(str(file)), "", "the file is not read", hint)


def _says_dataset(file: Path) -> bool:
    """Whether a file names a dataset at its top level; what cannot be read at all does not."""
    try:
        with file.open(encoding="utf-8") as text:
            return _DATASET.search(text.read(MAX_BYTES)) is not None
    except (OSError, UnicodeDecodeError):
        return False
