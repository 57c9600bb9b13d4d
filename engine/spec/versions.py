"""The standards a study says it follows: guides and terminology that are carried, and dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from engine.standards import GUIDES
from engine.terminology import versions
from engine.yaml.fields import Model, TextField, wrong
from engine.yaml.nodes import Text


def _carried(name: str, known: Sequence[str]) -> AfterValidator:
    """Refuse a version of which nothing is known here: all metadata and terms are of these."""
    def checked(version: Text) -> Text:
        if version not in known:
            raise wrong(f"{name} '{version}' is not carried", f"carried: {', '.join(known)}")
        return version
    return AfterValidator(checked)


class Standards(Model):
    """``standards:`` - versions by name.

    Guides and terminology must be carried; a dictionary (``ctcae``, ``meddra``,
    ``whodrug``) is the study's own, so its version is only a record.
    """

    sdtmig: Annotated[TextField, _carried("SDTMIG", GUIDES["sdtmig"])] | None = None
    adamig: Annotated[TextField, _carried("ADaMIG", GUIDES["adamig"])] | None = None
    occds: Annotated[TextField, _carried("ADaM-OCCDSIG", GUIDES["occds"])] | None = None
    nca: Annotated[TextField, _carried("ADaMIG-NCA", GUIDES["nca"])] | None = None
    ct_sdtm: Annotated[TextField, _carried("SDTM terminology", versions("sdtm"))] | None = None
    ct_adam: Annotated[TextField, _carried("ADaM terminology", versions("adam"))] | None = None
    ct_define: Annotated[TextField, _carried("Define-XML terminology", versions("define"))] | None = None
    ctcae: TextField | None = None
    meddra: TextField | None = None
    whodrug: TextField | None = None
