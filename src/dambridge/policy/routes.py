"""The ways by which fields and files reach a system, in the order in which they are taken. Data.

What keeps a file byte for byte comes before what writes into it. The decision and its reasons are
`docs/decisions/0007-routes.md`; which of these ways an account has is a matter of proof, and `planning/routes.py` chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dambridge.model.identity import System

NO_WAY: Final = "none"
"""What a person writes who wants nothing written."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `exact` says that files stay byte for byte; `named` that it carries only what was shown or said of each field,
    so that of a field never spoken of nothing follows."""

    name: str
    does: str
    exact: bool = True
    named: bool = False


WRITE_WAYS: Mapping[System, tuple[Way, ...]] = MappingProxyType(
    {
        System.NETX: (
            Way("rpc", "attributes by calls"),
            Way("data_sync", "attributes by a file that the site pulls"),
            Way("embedded", "attributes inside the files, read by metadata maps", exact=False, named=True),
        ),
        System.PHOTOSHELTER: (),
    }
)
"""How fields are written. PhotoShelter has one way alone, which is no route but a cell."""
UPLOAD_WAYS: Mapping[System, tuple[Way, ...]] = MappingProxyType(
    {
        System.NETX: (),
        System.PHOTOSHELTER: (Way("v4", "uploads by API v4"), Way("v3", "uploads by API v3")),
    }
)
"""How files are brought. NetX has one way alone."""
