"""How values are written for an agency: characters, and terms in the agency's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.yaml.fields import AnyText, Key, MapOf, Model, Name, TextField, wrong
from engine.yaml.nodes import Text


class Translation(Model):
    """The terms of one variable in another language.

    ``map`` gives them one by one; ``in`` names a raw table whose column ``match``
    holds the values and whose column ``take`` the terms.  ``map`` goes before.
    """

    map: MapOf[Key, TextField] | None = None
    in_: TextField | None = Field(default=None, alias="in")
    match: TextField | None = None
    take: TextField | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        said = {"in": self.in_, "match": self.match, "take": self.take}
        given = {name: text for name, text in said.items() if text is not None}
        if not given and self.map is None:
            raise wrong("neither 'map' nor 'in' says where the terms are",
                        "as in {map: {恶心: Nausea}} or {in: coding, match: PT, take: PT_ZH}")
        if given and len(given) < len(said):
            missing = next(name for name in said if name not in given)
            raise wrong(f"key '{missing}' is missing", "'in', 'match' and 'take' go together",
                        next(iter(given.values())).place)
        return self


class Translations(Model):
    """Translations by the agency's language, and by variable or supplemental qualifier."""

    en: MapOf[Name, Translation] | None = None
    zh: MapOf[Name, Translation] | None = None

    def of(self, language: str) -> Mapping[Text, Translation]:
        """The translations into a language, by variable."""
        found = self.en if language == "en" else self.zh
        return found or {}


def _plain(characters: dict[str, Text]) -> dict[str, Text]:
    for character, written in characters.items():
        if len(character) != 1 or character.isascii():
            raise wrong(f"'{character}' is not one character outside ASCII", "as in {é: e}",
                        getattr(character, "place", None))
        if not (written.isascii() and (written.isprintable() or not written)):
            raise wrong(f"'{written}' is not ASCII", f"what {character} is written as", written.place)
    return characters


class Transport(Model):
    """``transport:`` - what ``dossier xpt export`` writes in place of what the datasets hold."""

    characters: Annotated[MapOf[Key, AnyText], AfterValidator(_plain)] | None = None
    translations: Translations | None = None
