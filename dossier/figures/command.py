"""``dossier figures``: read specs and a build, draw, and write SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from dossier.figures.files import load_figures, load_identity
from dossier.figures.grades import GradesData, grades_data
from dossier.figures.model import Figure, Profile, Swimmer
from dossier.figures.profile import ProfileData, profile_data
from dossier.figures.swimmer import SwimmerData, swimmer_data
from dossier.figures.tables import SUBJECT, Builds, Subjects, read_subjects
from engine.errors import DataError, Place, Problem
from engine.spec.study import Study
from engine.yaml.fields import Collector
from engine.yaml.nodes import Text
from engine.yaml.source import show_path

ADAM = "analysis/adam/datasets"


@dataclass(frozen=True)
class Prepared:
    """A figure whose data are worked out; nothing is drawn yet."""

    name: str
    spec: Figure
    subjects: Subjects
    data: ProfileData | SwimmerData | GradesData
    sources: tuple[str, ...]


def prepare(study: Path, built: Path, only: Iterable[str] = ()) -> tuple[Study, list[Prepared]]:
    """Read the specs of figures and work out what each shows from the datasets of a build.

    Raises a SpecError with every mistake of the specs, or a DataError with all that is
    wrong with the data.
    """
    identity, problems = None, Collector()
    specs: dict[str, Figure] = {}
    with problems:
        identity = load_identity(study)
    with problems:
        specs = load_figures(study.parent, only)
    problems.require_none()
    assert identity is not None
    builds = Builds(built_folder(identity, built))
    made: list[Prepared] = []
    refused: list[Problem] = []
    for name, spec in specs.items():
        try:
            with problems:
                made.append(prepare_figure(name, spec, builds))
        except DataError as error:
            refused += error.problems
    problems.require_none()
    if refused:
        raise DataError(refused)
    return identity, made


def built_folder(study: Study, built: Path) -> Path:
    """The folder of the analysis datasets of a build; a DataError where there is none."""
    folder = built / "m5" / "datasets" / study.folder_name / ADAM
    if not any(folder.glob("*.xpt")):
        raise DataError(Problem(Place(show_path(folder)), "", "no analysis dataset has been built here",
                                f"run 'dossier build --out {show_path(built)}' first"))
    return folder


def prepare_figure(name: str, spec: Figure, builds: Builds) -> Prepared:
    """Work out what one figure shows."""
    subject = spec.subject or Text(SUBJECT)
    subjects = read_subjects(spec.population, builds, name, subject)
    data: ProfileData | SwimmerData | GradesData
    if isinstance(spec, Profile):
        data = profile_data(spec, builds, subjects, name, subject)
    elif isinstance(spec, Swimmer):
        data = swimmer_data(spec, builds, subjects, name, subject)
    else:
        data = grades_data(spec, builds, subjects, name, subject)
    return Prepared(name, spec, subjects, data, sources(spec))


def sources(spec: Figure) -> tuple[str, ...]:
    """The datasets that a figure reads, in the order of its spec; that of the population last."""
    if isinstance(spec, Swimmer):
        own = [spec.bar.dataset, *(one.dataset for one in (*(spec.spans or ()), *spec.marks))]
    else:
        own = [spec.records.dataset]
    return tuple(dict.fromkeys(str(name) for name in (*own, spec.population.dataset)))


def write_figures(study: Path, built: Path, out: Path, only: Iterable[str] = (), language: str = "en",
                  progress: Callable[[str], None] = lambda message: None) -> list[Path]:
    """Write each figure as SVG and PNG into ``out``; all are drawn before any file is written.

    Raises as :func:`prepare`, and a DataError where ``out`` is no folder or cannot be written.
    """
    progress("reading specs and datasets")
    identity, prepared = prepare(study, built, only)
    # the plotting library is imported only here, where there is something to draw
    from dossier.figures.draw import draw, language_shown
    if language_shown(language) != language:
        progress("no font with Chinese characters is installed: the figures are in English")
    made: dict[str, bytes] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for figure in prepared:
            progress(f"drawing {figure.name}")
            drawn = draw(figure, identity, language)
            made |= {f"{figure.name}.{kind}": content for kind, content in drawn.items()}
        for name, content in made.items():
            whole = out / f".{name}.new"
            whole.write_bytes(content)
            whole.replace(out / name)
    except OSError as error:
        told = f"the figures cannot be written ({error.strerror})"
        raise DataError(Problem(Place(show_path(out)), "", told, "--out names another folder")) from error
    return [out / name for name in made]
