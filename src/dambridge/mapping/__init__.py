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
from dambridge.mapping.deriving import Derived, derive
from dambridge.mapping.discovery import discover
from dambridge.mapping.embedded import embedded_fields, settled_by_file
from dambridge.mapping.embedding import EMBEDDABLE, may_embed, to_xmp, with_home, xmp_field
from dambridge.mapping.fields import FIELDS, WORK_LIST, Field, Kind
from dambridge.mapping.normal import equal, fingerprint, is_absent, is_cut_of, same
from dambridge.mapping.reading import to_canonical, unread_fields
from dambridge.mapping.variables import expression_variables
from dambridge.mapping.writing import NativeWrite, derived_fields, to_native

__all__ = [
    "EMBEDDABLE",
    "FIELDS",
    "WORK_LIST",
    "AccountMap",
    "Derived",
    "Direction",
    "Field",
    "Kind",
    "MapInvalid",
    "NativeWrite",
    "NewTerms",
    "Rule",
    "account_map",
    "default_map",
    "derive",
    "derived_fields",
    "discover",
    "embedded_fields",
    "equal",
    "expression_variables",
    "fingerprint",
    "is_absent",
    "is_cut_of",
    "may_embed",
    "same",
    "settled_by_file",
    "to_canonical",
    "to_native",
    "to_xmp",
    "unread_fields",
    "with_home",
    "xmp_field",
]
