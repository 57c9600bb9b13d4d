"""What a study's define.xml says of the variables of a dataset.

Source: Define-XML 2.0 and 2.1; ODM 1.3.2.
"""

from __future__ import annotations

import xml.etree.ElementTree as tree
from pathlib import Path
from typing import Any
from xml.parsers import expat

from dossier.conformance.frame import Frame
from dossier.conformance.library import guide_list
from dossier.conformance.outcomes import NotRun
from dossier.conformance.study import Dataset, Study
from dossier.conformance.vectors import Vector
from engine.errors import DataError, Place, Problem
from engine.yaml.source import show_path

MOST_BYTES = 100 << 20

_DEFINED = ("name", "label", "data_type", "role", "size", "ccode", "format", "allowed_terms", "origin_type",
            "is_collected", "has_no_data", "order_number", "has_codelist", "codelist_coded_values",
            "codelist_coded_codes", "mandatory", "has_comment", "has_method")
_LIBRARY = ("name", "label", "data_type", "role", "core", "has_codelist", "ccode", "order_number")


def define_frame(dataset: Dataset, study: Study) -> Frame:
    """The variables that define.xml lists for a dataset, each beside what the guide says of it."""
    if study.define is None:
        raise NotRun("the rule needs define.xml")
    defined = _variables(_root(study.define), dataset)
    listed = {one.name: {
        "name": one.name, "label": one.label, "data_type": one.type, "role": one.role, "core": one.core,
        "has_codelist": bool(one.codelists), "ccode": one.codelists[0] if one.codelists else "",
        "order_number": at} for at, one in enumerate(guide_list(dataset, study), 1)}
    columns = {f"define_variable_{key}": Vector.of([one.get(key) for one in defined]) for key in _DEFINED}
    for key in _LIBRARY:
        columns[f"library_variable_{key}"] = Vector.of(
            [listed.get(one["name"], {}).get(key) for one in defined])
    return Frame(columns, len(defined), [dataset.name])


def _root(path: Path) -> tree.Element:
    place = Place(show_path(path))
    if not path.is_file():
        raise DataError(Problem(place, "", "no such file"))
    if path.stat().st_size > MOST_BYTES:
        raise DataError(Problem(place, "", f"is larger than {MOST_BYTES >> 20} MiB"))
    builder = tree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: builder.start(_short(name), {
        _short(key): value for key, value in given.items()})
    parser.EndElementHandler = lambda name: builder.end(_short(name))
    parser.CharacterDataHandler = builder.data

    def refuse(*_: object) -> None:
        raise DataError(Problem(place, "", "declares a document type", "define.xml needs none"))
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise DataError(Problem(place, "", f"is no XML ({error})")) from error
    return builder.close()


def _short(name: str) -> str:
    return name.rsplit("}", 1)[-1]


def _variables(root: tree.Element, dataset: Dataset) -> list[dict[str, Any]]:
    group = next((one for one in root.iter("ItemGroupDef")
                  if dataset.name in (one.get("Name"), one.get("Domain"), one.get("SASDatasetName"))
                  or one.get("Domain") == dataset.unsplit), None)
    if group is None:
        raise NotRun(f"define.xml does not list {dataset.name}")
    items = {one.get("OID"): one for one in root.iter("ItemDef")}
    lists = {one.get("OID"): one for one in root.iter("CodeList")}
    found = []
    for at, ref in enumerate(group.findall("ItemRef"), 1):
        item = items.get(ref.get("ItemOID"))
        if item is not None:
            found.append(_variable(ref, item, lists, at))
    return found


def _variable(ref: tree.Element, item: tree.Element, lists: dict[str | None, tree.Element],
              order: int) -> dict[str, Any]:
    code_ref = item.find("CodeListRef")
    codelist = lists.get(code_ref.get("CodeListOID")) if code_ref is not None else None
    origin = item.find("Origin")
    terms = [] if codelist is None else [one for kind in ("CodeListItem", "EnumeratedItem")
                                         for one in codelist.findall(kind)]
    alias = _nci(codelist) if codelist is not None else None
    length = item.get("Length")
    return {
        "name": item.get("Name"), "label": _text(item.find("Description")), "data_type": item.get("DataType"),
        "role": ref.get("Role"), "size": int(length) if length and length.isdecimal() else None,
        "ccode": alias, "format": item.get("DisplayFormat"),
        "allowed_terms": tuple(text for term in terms if (text := _text(term.find("Decode")))),
        "origin_type": origin.get("Type") if origin is not None else None,
        "is_collected": origin is not None and origin.get("Type") in ("CRF", "Collected"),
        "has_no_data": ref.get("HasNoData") == "Yes",
        "order_number": int(number) if (number := ref.get("OrderNumber") or "").isdecimal() else order,
        "has_codelist": codelist is not None,
        "codelist_coded_values": tuple(term.get("CodedValue") or "" for term in terms),
        "codelist_coded_codes": tuple(code for term in terms if (code := _nci(term))),
        "mandatory": ref.get("Mandatory") == "Yes", "has_comment": item.get("CommentOID") is not None,
        "has_method": ref.get("MethodOID") is not None,
    }


def _nci(element: tree.Element) -> str | None:
    return next((alias.get("Name") for alias in element.findall("Alias")
                 if alias.get("Context") == "nci:ExtCodeID"), None)


def _text(element: tree.Element | None) -> str:
    found = element.find("TranslatedText") if element is not None else None
    return (found.text or "").strip() if found is not None else ""
