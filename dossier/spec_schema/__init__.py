"""JSON Schemas of a study's YAML files, for editors: ``dossier spec schema``.

Draft 7: the YAML language server reads it in every release, the later drafts only
since 1.20, and nothing here needs more.  The schemas are made of the models that
read the specs, the verbs that are registered (those of installed packages too) and
the standards; they accept what an editor's parser (YAML 1.2, core schema) makes of
a spec.  What only shows across entries, files or data is left to ``spec check``.
"""

from __future__ import annotations

import json
from pathlib import Path

from dossier.spec_schema.files import dataset_schema, figures_schema, grading_schema, study_schema
from engine.errors import DataError, Place, Problem
from engine.spec.verbs import load_verbs

__all__ = ["FILES", "schemas", "write_schemas"]

FILES = {"study": "study.schema.json", "sdtm": "sdtm.schema.json", "adam": "adam.schema.json",
         "grading": "grading.schema.json", "figures": "figures.schema.json"}
"""The schema of ``study.yaml`` and of the files in ``sdtm/``, ``adam/``, ``grading/`` and ``figures/``."""


def schemas() -> dict[str, dict[str, object]]:
    """The schemas by the keys of :data:`FILES`.

    >>> sorted(schemas())
    ['adam', 'figures', 'grading', 'sdtm', 'study']
    """
    load_verbs()
    return {"study": study_schema(), "sdtm": dataset_schema("sdtm"), "adam": dataset_schema("adam"),
            "grading": grading_schema(), "figures": figures_schema()}


def write_schemas(out: Path) -> list[Path]:
    """Write the schemas into a folder, over those of before; DataError where it cannot be written."""
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas().items():
            path = out / FILES[name]
            text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
            path.write_text(f"{text}\n", encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise DataError(Problem(Place(str(out)), "schema", f"cannot be written: {error.strerror}",
                                "name another folder with --out")) from error
    return written
