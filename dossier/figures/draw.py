"""Draws a figure whose data are worked out, on a sheet with title and footnotes."""

from __future__ import annotations

from dossier.figures.command import Prepared
from dossier.figures.draw_grades import draw_grades
from dossier.figures.draw_profile import draw_profile
from dossier.figures.draw_swimmer import draw_swimmer
from dossier.figures.grades import GradesData
from dossier.figures.model import Figure, Grades, Profile, Swimmer
from dossier.figures.page import HEIGHT, Page
from dossier.figures.profile import ProfileData
from dossier.figures.style import chinese_font, rendered, styled
from dossier.figures.swimmer import SwimmerData
from dossier.figures.tables import Subjects
from dossier.figures.words import in_language, word
from engine.spec.study import Study

_AROUND = 2.0
"""Inches for title, axis, legend and notes."""


def language_shown(language: str) -> str:
    """The language that can be shown: Chinese needs a font that has its characters."""
    return "en" if language == "zh" and chinese_font() is None else language


def draw(figure: Prepared, study: Study, language: str) -> dict[str, bytes]:
    """One figure as SVG and PNG, by these words."""
    spec, data, language = figure.spec, figure.data, language_shown(language)
    with styled(language):
        page = Page(in_language(spec.title, language), footnotes(figure, study, language), sheet_height(data))
        names = group_names(spec, figure.subjects, language)
        if isinstance(spec, Profile) and isinstance(data, ProfileData):
            draw_profile(spec, data, figure.subjects, page, names, language)
        elif isinstance(spec, Swimmer) and isinstance(data, SwimmerData):
            draw_swimmer(spec, data, figure.subjects, page, names, language)
        elif isinstance(spec, Grades) and isinstance(data, GradesData):
            draw_grades(spec, data, page, names, language)
        return rendered(page.figure)


def sheet_height(data: ProfileData | SwimmerData | GradesData) -> float:
    """The height of the sheet in inches: more than usual where there are very many bars."""
    if isinstance(data, SwimmerData):
        return max(HEIGHT, _AROUND + 0.15 * (len(data.bars) + data.bars["group"].nunique()))
    return max(HEIGHT, _AROUND + 0.19 * len(data.terms)) if isinstance(data, GradesData) else HEIGHT


def group_names(spec: Figure, subjects: Subjects, language: str) -> dict[str, str]:
    """What each group is called: as the spec names it, else as the dataset has it."""
    named = {str(key): in_language(label, language) for key, label in (spec.population.groups or {}).items()}
    none = word("none", language) if spec.population.group is not None else ""
    return {group: named.get(group, group or none) for group in subjects.groups}


def footnotes(figure: Prepared, study: Study, language: str) -> list[str]:
    """The notes of the spec, then population with its size, datasets, study and data cut."""
    def told(name: str, value: str) -> str:
        return f"{word(name, language)}{word('colon', language)}{value}{word('stop', language)}"

    spec = figure.spec
    size = f" ({word('n', language)} = {len(figure.subjects.frame)})"
    facts = [told("population", in_language(spec.population.name, language) + size),
             told("source", word("comma", language).join(figure.sources)),
             told("study", str(study.study.id))]
    if study.study.cutoff is not None:
        facts.append(told("cut", study.study.cutoff.isoformat()))
    blank = "" if language == "zh" else " "
    return [*(in_language(note, language) for note in spec.footnotes or ()), blank.join(facts)]
