"""The map file's options, one model: its JSON Schema and reference page come from it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=100)]
Given = str | int | bool | tuple[str, ...]
"""A value as it is written: a text, a number, yes or no, or a list of texts."""


class MapPart(BaseModel):
    """A group of options of the map; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TransformOptions(MapPart):
    """How the account spells the field's texts: rules in CEL over `value`, one each way."""

    write: str | None = Field(
        default=None, description="Our text in the account's spelling, for instance `upper(value)`."
    )
    read: str | None = Field(
        default=None, description="The account's text in ours; a field that goes both ways needs it."
    )


class RuleOptions(MapPart):
    """One field and its place in the account."""

    to: str | None = Field(
        default=None, description="The account's name of the place; the default profile's if absent."
    )
    direction: Literal["in", "out", "both"] = Field(
        default="both", description="`in` is only read, `out` only written, `both` is both."
    )
    type: Literal["text", "textarea", "pulldown", "multi-select", "tag", "number", "date"] | None = Field(
        default=None, description="The place's type, where the account does not show it."
    )
    many: bool | None = Field(
        default=None,
        description="Whether the place takes several values; as its type says if absent. A site's own field (`custom:…`) is "
        "read as a list with `true`, else as its first value.",
    )
    separator: str | None = Field(default=None, description="What joins a list into one text, and splits it again.")
    limit: int | None = Field(default=None, ge=1, description="The most characters that the place holds.")
    language: str | None = Field(
        default=None,
        description="The one language that the place holds, as `en` or `de-AT`; another never stands in for it.",
    )
    languages: dict[str, Name] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="NetX alone: an attribute for each language, `{en: Description, de: Beschreibung}`, read into one text in "
        "languages and written back to each. The first one holds texts without a language as well, unless `to` names another.",
    )
    new_terms: Literal["wait", "send"] = Field(
        default="wait",
        description="What becomes of a term that the vocabulary does not have: wait, or let the account say.",
    )
    required: bool = Field(
        default=False, description="Whether the place must not stay empty; the linter looks for a source."
    )
    default: Given | None = Field(default=None, description="What stands there where the asset has no value.")
    constant: Given | None = Field(default=None, description="What stands there whatever the asset says.")
    expression: str | None = Field(default=None, description="A rule in CEL that makes the value.")
    transform: TransformOptions | None = Field(default=None, description="How the account spells the field's texts.")


def _as_group(given: Any) -> Any:
    return {"to": given} if isinstance(given, str) else given


FieldRule = Annotated[RuleOptions, BeforeValidator(_as_group, json_schema_input_type=str | RuleOptions)]
"""A rule, or the name of the place alone."""


class DisplayOptions(MapPart):
    """A field shown before another one's text, where people of the account see it."""

    field: Name = Field(description="The field in whose place it is shown, for instance `instructions`.")
    text: str = Field(
        min_length=1, max_length=200, description="What is shown, fields in braces: `EMBARGO until {embargo_until}`."
    )


class UploaderOptions(MapPart):
    """The keyword that PhotoShelter's uploader for contributors writes into every file of a delivery."""

    galleries: tuple[str, ...] = Field(
        min_length=1,
        description="Paths of the galleries that contributors upload to, a `*` at the end for the description that the "
        "uploader appends: `Intake/Crew *`.",
    )
    to: str | None = Field(
        default=None, description="A text field that takes the description; if absent it is stripped."
    )


class MetadataMapOptions(MapPart):
    """One of the NetX site's own metadata maps, in their order there, for the linter: nothing is written by it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    xmp: Name = Field(alias="from", description="The XMP name, for instance `dc:description`.")
    attribute: Name = Field(alias="to", description="The NetX attribute.")
    imports: bool = Field(default=True, description="Its Import switch.")
    exports: bool = Field(default=False, description="Its Export switch.")


class AccountMapOptions(MapPart):
    """One account: where its fields stand, and what is particular there."""

    fields: dict[str, FieldRule] = Field(
        default_factory=dict,
        description="Canonical field to the account's place, or to a group of options; an empty text leaves the field out.",
    )
    displays: tuple[DisplayOptions, ...] = Field(default=(), description="Fields shown in the places of others.")
    uploader: UploaderOptions | None = Field(default=None, description="The uploader's keyword, recognised.")
    send_back: str | None = Field(
        default=None,
        description="A field of PhotoShelter in which an asset that lacks a required field says so, for instance "
        "`instructions` or `custom.Note`; what people wrote there is left alone. Where no route to it is proven, the waiting "
        "list says it.",
    )
    metadata_maps: tuple[MetadataMapOptions, ...] = Field(
        default=(), description="The NetX site's own metadata maps, in order, so that the linter can compare."
    )


class LookupOptions(MapPart):
    """A table, as of campaigns or products: a key in one of the asset's texts brings the fields of its row."""

    file: Path = Field(description="A CSV file in UTF-8, beside the map unless it is absolute; lists separated by `|`.")
    key: Name = Field(description="The column that holds the key.")
    reads: str = Field(description="Where the key is looked for: a field, `file_name`, `name` or `galleries`.")
    pattern: str = Field(
        default="",
        description="How a key looks: `#` a digit, `@` a letter, `*` letters and digits; `<…>` around what is the key, for "
        "instance `Job <HB-####>`. Without a pattern the whole text is the key.",
    )
    fields: dict[str, str] = Field(min_length=1, description="Canonical field to the column that brings it.")
    replace: bool = Field(default=False, description="Whether a row wins over what the asset says.")
    unknown: Literal["ignore", "wait"] = Field(default="ignore", description="What a key without a row means.")


class ClassifyOptions(MapPart):
    """A rule that says what an asset is."""

    name: Name = Field(description="What the rule is called, in reports and beside each value that it made.")
    when: str = Field(description='A rule in CEL over the record: `"press" in keywords`.')
    set: dict[str, Given] = Field(default_factory=dict, description="Fields that are filled where they are empty.")
    add: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Terms that are put into lists.")
    replace: bool = Field(default=False, description="Whether `set` wins over what the asset says.")


class PlaceRuleOptions(MapPart):
    """Where an asset goes and what it is called; the first rule that holds decides."""

    when: str | None = Field(default=None, description="A rule in CEL over the record; without one it always holds.")
    folder: str = Field(default="", description="The folder's template; the flow's own if empty.")
    name: str = Field(
        default="",
        description="The file name's template, without suffix. Variables are those of folders, `stem` (the source's name "
        "without suffix), and `counter` or `counter:4` for a number with so many digits. The source's name if empty.",
    )


class MapOptions(MapPart):
    """The map: where each field stands in each account, and the rules by which fields, folders and names are made."""

    owner: Name = Field(description="Who answers for this map.")
    review_by: date = Field(description="When it is to be looked at again.")
    accounts: dict[str, AccountMapOptions] = Field(
        default_factory=dict, description="Each account by its name in the configuration."
    )
    lookups: dict[Name, LookupOptions] = Field(
        default_factory=dict, max_length=50, description="Tables by name, in the order in which they are asked."
    )
    classify: tuple[ClassifyOptions, ...] = Field(
        default=(),
        max_length=200,
        description="Rules that say what an asset is, in order; they see what tables brought.",
    )
    places: tuple[PlaceRuleOptions, ...] = Field(
        default=(), max_length=100, description="Rules for folder and file name, before the flow's own `place`."
    )


def map_schema() -> dict[str, Any]:
    """The JSON Schema of the map file."""
    schema = MapOptions.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "map.yaml", **schema}
