"""From a system's fields to canonical ones and back: names, kinds, vocabularies, dates, and what counts as equal."""

from dambridge.mapping.account_map import (
    AccountMap,
    Direction,
    MapInvalid,
    NewTerms,
    Rule,
    account_map,
    default_map,
)
from dambridge.mapping.discovery import discover
from dambridge.mapping.embedded import embedded_fields, settled_by_file
from dambridge.mapping.embedding import EMBEDDABLE, may_embed, own_tags, to_xmp, with_home, xmp_field
from dambridge.mapping.fields import FIELDS, Field, Kind
from dambridge.mapping.normal import equal, fingerprint, is_absent, is_cut_of, same
from dambridge.mapping.reading import to_canonical, unread_fields
from dambridge.mapping.terms import NO_ALIASES, Aliases, Definition, Spoken, in_terms, waiting_for
from dambridge.mapping.variables import expression_variables
from dambridge.mapping.writing import NativeWrite, derived_fields, to_native

__all__ = [
    "EMBEDDABLE",
    "FIELDS",
    "NO_ALIASES",
    "AccountMap",
    "Aliases",
    "Definition",
    "Direction",
    "Field",
    "Kind",
    "MapInvalid",
    "NativeWrite",
    "NewTerms",
    "Rule",
    "Spoken",
    "account_map",
    "default_map",
    "derived_fields",
    "discover",
    "embedded_fields",
    "equal",
    "expression_variables",
    "fingerprint",
    "in_terms",
    "is_absent",
    "is_cut_of",
    "may_embed",
    "own_tags",
    "same",
    "settled_by_file",
    "to_canonical",
    "to_native",
    "to_xmp",
    "unread_fields",
    "waiting_for",
    "with_home",
    "xmp_field",
]
