"""Which of two values of a rights field permits less: a table, field by field. Data; the comparing is in `planning`.

A field that is not named here cannot be compared: where its values differ a person decides. The codes are those of PLUS
(`http://ns.useplus.org/ldf/vocab/`), the dates those of the crosswalk in `mapping.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dambridge.model.values import FieldName


@dataclass(frozen=True, slots=True)
class Latest:
    """A date before which nothing is permitted: the later one is stricter, none is the laxest."""


@dataclass(frozen=True, slots=True)
class Earliest:
    """A date after which nothing is permitted: the earlier one is stricter, none is the laxest."""


@dataclass(frozen=True, slots=True)
class Permits:
    """A list of what is permitted: only what all of them permit. No list says nothing, and gives way."""


@dataclass(frozen=True, slots=True)
class Restricts:
    """A list of what is forbidden: whatever any of them forbids."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Known values from the laxest to the strictest; an empty text is the place of no value at all."""

    steps: tuple[str, ...]


Strictness = Latest | Earliest | Permits | Restricts | Scale

_RELEASE = ("NAP", "UMR", "LMR", "", "NON")
"""Not applicable, unlimited, limited or incomplete, nothing said, none: what is not known is not permitted."""

STRICTNESS: Mapping[FieldName, Strictness] = MappingProxyType(
    {
        FieldName("embargo_until"): Latest(),
        FieldName("licence_start"): Latest(),
        FieldName("expires_at"): Earliest(),
        FieldName("licence_end"): Earliest(),
        FieldName("territories"): Permits(),
        FieldName("territories_excluded"): Restricts(),
        FieldName("channels"): Permits(),
        FieldName("channels_excluded"): Restricts(),
        FieldName("editorial_only"): Scale(("0", "", "1")),
        FieldName("consent"): Scale(("not_needed", "given", "", "withdrawn")),
        FieldName("rights_marked"): Scale(("0", "", "1")),
        FieldName("model_release"): Scale(tuple(it and f"MR-{it}" for it in _RELEASE)),
        FieldName("property_release"): Scale(tuple(it and f"PR-{it.replace('MR', 'PR')}" for it in _RELEASE)),
        FieldName("data_mining"): Scale(
            (
                "DMI-ALLOWED",
                "",
                "DMI-PROHIBITED-GENAIMLTRAINING",
                "DMI-PROHIBITED-AIMLTRAINING",
                "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
                "DMI-PROHIBITED",
            )
        ),
    }
)
"""How strict the canonical fields are; a policy adds a site's own."""
