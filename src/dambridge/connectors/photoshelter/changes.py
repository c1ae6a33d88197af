"""What a write of attributes means in PhotoShelter's calls: which part of an asset, which form. No IO."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dambridge.connectors.photoshelter.abilities import CUSTOM_PREFIX, IMAGES, IPTC_FIELDS, MEDIA_FIELDS
from dambridge.model.records import MediaType
from dambridge.ports.errors import Refused

KEYWORDS = "keywords"
CustomFields = Mapping[str, Mapping[str, str]]
"""Field id to option id to the value that people see."""


@dataclass(frozen=True, slots=True)
class Change:
    """One PATCH: `rest` follows the path of the asset, `form` holds what changes and nothing else."""

    rest: str
    form: Mapping[str, str]


def changes_for(
    kind: MediaType,
    attributes: Mapping[str, tuple[str, ...]],
    file_name: str | None,
    custom_fields: CustomFields,
    *,
    about: str,
) -> list[Change]:
    """The calls that a write takes, none of them sent yet. Raises `Refused` for what cannot be said to PhotoShelter, so
    that nothing is written in part or dropped on the way (hazard P31)."""
    described: dict[str, str] = {}
    media: dict[str, str] = {}
    custom: dict[str, str | None] = {}
    for name, values in attributes.items():
        if name in IPTC_FIELDS:
            described[name] = _described(name, values, about)
        elif name in MEDIA_FIELDS:
            media[name] = _single(name, values, about)
        elif name.startswith(CUSTOM_PREFIX):
            field = name.removeprefix(CUSTOM_PREFIX)
            custom[field] = _option(field, values, custom_fields, about)
        else:
            raise Refused(f"Could not {about}: PhotoShelter has no field {name!r}.", code=name)
    if file_name is not None:
        media["file_name"] = file_name
    found = [Change("", media)] if media else []
    if described:
        found.append(Change(_home(kind, about), described))
    if custom:
        # PS 8, INFERRED: the form that the search filter of E17 has.
        found.append(Change("/custom-metadata", {"custom_metadata": json.dumps(custom, ensure_ascii=False)}))
    return found


def _home(kind: MediaType, about: str) -> str:
    """Where descriptive metadata stand: E22 for images, E24 for videos; of other kinds nobody has seen a write."""
    if kind in IMAGES:
        return "/iptc"
    if kind is MediaType.VIDEO:
        return "/metadata"
    raise Refused(f"Could not {about}: PhotoShelter has no call that describes {kind} files.", code=str(kind))


def _described(name: str, values: tuple[str, ...], about: str) -> str:
    if name != KEYWORDS:
        return _single(name, values, about)
    torn = [it for it in values if "," in it]
    if torn:
        raise Refused(
            f"Could not {about}: keywords travel as comma text (PS E21), so {torn[0]!r} would come apart. Change the term.",
            code=name,
        )
    return ", ".join(values)


def _single(name: str, values: tuple[str, ...], about: str) -> str:
    if len(values) > 1:
        raise Refused(
            f"Could not {about}: PhotoShelter's {name} takes one value; set a `separator` for it in the map.", code=name
        )
    return values[0] if values else ""


def _option(field: str, values: tuple[str, ...], custom_fields: CustomFields, about: str) -> str | None:
    """The id of the option whose value is asked for; None takes the field's option away."""
    options = custom_fields.get(field)
    if options is None:
        raise Refused(f"Could not {about}: name the options of {field!r} in `custom_fields` first.", code=field)
    value = _single(field, values, about)
    if not value:
        return None
    found = next((option for option, shown in options.items() if shown == value), None)
    if found is None:
        raise Refused(f"Could not {about}: {value!r} is no option of {field!r} in `custom_fields`.", code=field)
    return found
