"""From a system's fields to canonical ones and back: names, kinds, vocabularies, dates, and what counts as equal."""

from dambridge.mapping.account_map import (
    AccountMap,
    Derivations,
    Direction,
    MapInvalid,
    NewTerms,
    Rule,
    account_map,
    default_map,
)
from dambridge.mapping.bases import Derived, derive_with_bases
from dambridge.mapping.classifying import Classification
from dambridge.mapping.deriving import Derivation, derive, derived_fields
from dambridge.mapping.discovery import discover, discover_reads
from dambridge.mapping.displays import Display, display_mistakes
from dambridge.mapping.embedded import embedded_fields, settled_by_file, status_words
from dambridge.mapping.embedding import EMBEDDABLE, may_embed, own_tags, to_xmp, with_home, xmp_field
from dambridge.mapping.fields import FIELDS, WORK_LIST, Field, Kind
from dambridge.mapping.lookups import OF_THE_FILE, Lookup, TableInvalid, key_pattern, keys_by, table_rows
from dambridge.mapping.normal import equal, fingerprint, is_absent, is_cut_of, same
from dambridge.mapping.reading import to_canonical, unread_fields
from dambridge.mapping.side_cars import (
    belongs,
    has_side_car,
    is_side_car,
    side_car_names,
    with_side_car,
    words_for,
)
from dambridge.mapping.terms import NO_ALIASES, Aliases, Definition, Spoken, Vocabularies, in_terms, waiting_for
from dambridge.mapping.uploader import UploaderWord, gallery_mistake
from dambridge.mapping.values import Unreadable, configured_value
from dambridge.mapping.variables import expression_variables
from dambridge.mapping.writing import NativeWrite, to_native

__all__ = [
    "EMBEDDABLE",
    "FIELDS",
    "NO_ALIASES",
    "OF_THE_FILE",
    "WORK_LIST",
    "AccountMap",
    "Aliases",
    "Classification",
    "Definition",
    "Derivation",
    "Derivations",
    "Derived",
    "Direction",
    "Display",
    "Field",
    "Kind",
    "Lookup",
    "MapInvalid",
    "NativeWrite",
    "NewTerms",
    "Rule",
    "Spoken",
    "TableInvalid",
    "Unreadable",
    "UploaderWord",
    "Vocabularies",
    "account_map",
    "belongs",
    "configured_value",
    "default_map",
    "derive",
    "derive_with_bases",
    "derived_fields",
    "discover",
    "discover_reads",
    "display_mistakes",
    "embedded_fields",
    "equal",
    "expression_variables",
    "fingerprint",
    "gallery_mistake",
    "has_side_car",
    "in_terms",
    "is_absent",
    "is_cut_of",
    "is_side_car",
    "key_pattern",
    "keys_by",
    "may_embed",
    "own_tags",
    "same",
    "settled_by_file",
    "side_car_names",
    "status_words",
    "table_rows",
    "to_canonical",
    "to_native",
    "to_xmp",
    "unread_fields",
    "waiting_for",
    "with_home",
    "with_side_car",
    "words_for",
    "xmp_field",
]
