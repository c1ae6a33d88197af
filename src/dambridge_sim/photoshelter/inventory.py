"""Every operation of the API reference, transcribed row by row: what the simulator is held against, and a table for readers.

Written from the reference alone, not from what is served, so that each can show a gap in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.inventory import Documented

_MARKS: Final = {
    "sure": Confidence.CONFIRMED,
    "2019": Confidence.CONFIRMED_2019,
    "single": Confidence.SINGLE,
    "guess": Confidence.INFERRED,
}
_BASES: Final = {"v4": "/psapi/v4.0", "v3": "/psapi/v3", "www": ""}

_TABLE: Final = """
A1 v4 sure POST /authenticate
A1 v4 2019 GET /authenticate
A2 v4 sure POST /authenticate/logout
A2 v4 sure GET /authenticate/logout
A3 v4 sure POST /organization/authenticate
A4 v4 sure GET /organization/logout
A4 v4 sure POST /organization/logout
A5 v4 sure POST /oauth/register
A5 v4 sure GET /oauth/authorize
A5 v4 sure POST /oauth/token
A6 v4 sure GET /user/session
A7 v4 sure GET /user/invites
A8 v4 sure GET /version
E1 v4 sure GET /library
E2 v4 2019 GET /portal
E3 v4 sure GET /collections
E4 v4 sure GET /collections/{id}
E5 v4 sure GET /collections/{id}/children
E6 v4 sure GET /collections/{id}/child-count
E6 v4 2019 GET /collections/{id}/count
E6 v4 2019 GET /collections/{id}/children/count
E7 v4 2019 GET /collections/{id}/children/{child_id}
E7 v4 2019 GET /collections/{id}/parent
E7 v4 sure GET /collections/{id}/path
E7 v4 sure GET /collections/{id}/key-image
E7 v4 2019 GET /collections/{id}/link
E7 v4 single GET /collections/{id}/access
E7 v4 single GET /collections/{id}/permissions
E8 v4 single POST /collections
E8 v4 single PATCH /collections/{id}
E8 v4 single DELETE /collections/{id}
E9 v4 sure GET /galleries
E10 v4 sure GET /galleries/{id}
E11 v4 sure GET /galleries/{id}/children
E12 v4 sure GET /galleries/{id}/child-count
E12 v4 2019 GET /galleries/{id}/children/count
E12 v4 2019 GET /galleries/{id}/count
E13 v4 sure GET /galleries/{id}/cover
E14 v4 2019 GET /galleries/{id}/permissions
E15 v4 sure GET /galleries/{id}/key-image
E15 v4 single GET /galleries/{id}/link
E15 v4 single GET /galleries/{id}/access
E15 v4 single GET /galleries/{id}/parents
E15 v4 sure GET /galleries/{id}/path
E15 v4 2019 GET /galleries/{id}/children/{media_id}
E16 v4 single POST /galleries
E16 v4 single PATCH /galleries/{id}
E16 v4 single PATCH /galleries/batch
E16 v4 2019 DELETE /galleries/{id}
E16 v4 single POST /galleries/{id}/children
E16 v4 single DELETE /galleries/{id}/children/{media_id}
E16 v4 single PATCH /galleries/{id}/media
E16 v4 single PATCH /galleries/{id}/key-image
E16 v4 single POST /galleries/{id}/parents
E16 v4 single DELETE /galleries/{id}/parents/{collection_id}
E17 v4 sure GET /media
E18 v4 sure GET /search
E19 v4 sure GET /media/{id}
E20 v4 single PATCH /media/{id}
E20 v4 single PATCH /media/batch
E20 v4 single DELETE /media/{id}
E21 v4 sure GET /media/{id}/iptc
E22 v4 single PATCH /media/{id}/iptc
E23 v4 single GET /media/{id}/xmp
E23 v4 single PATCH /media/{id}/xmp
E23 v4 single GET /media/{id}/exif
E24 v4 sure GET /media/{id}/metadata
E24 v4 single PATCH /media/{id}/metadata
E24 v4 single PATCH /media/batch/metadata
E25 v4 sure GET /media/{id}/custom-metadata
E26 v4 single GET /media/{id}/ml-metadata
E26 v4 single PATCH /media/{id}/ml-metadata
E27 v4 sure GET /media/{id}/link
E28 v4 sure GET /media/{id}/download
E28 v4 single GET /media/{id}/download/transform
E28 www guess GET /download-get/{id}
E29 v4 single GET /media/batch/download
E29 v4 single GET /media/batch/download/options
E30 v4 sure GET /media/{id}/galleries
E31 v4 single GET /media/{id}/versions
E31 v4 single POST /media/{id}/versions
E31 v4 single PUT /media/{id}/versions/{version_id}
E31 v4 single DELETE /media/{id}/versions/{version_id}
E31 v4 single PUT /media/{id}/versions/{version_id}/details
E31 v4 single POST /media/{id}/versions/{version_id}/activate
E32 v4 single POST /media
E33 v4 single POST /media/{id}/subtitle
E33 v4 single PATCH /media/{id}/subtitle/{subtitle_id}
6.4 v4 single GET /contacts
6.4 v4 single GET /contacts/{id}
6.4 v4 single GET /embed-tokens
6.4 v4 single POST /embed-tokens
6.4 v4 single GET /embed-tokens/{id}
6.4 v4 single PATCH /embed-tokens/{id}
6.4 v4 single DELETE /embed-tokens/{id}
6.4 v4 single POST /faces
6.4 v4 single GET /faces/{id}
6.4 v4 single PATCH /faces/{id}
6.4 v4 single DELETE /faces/{id}
6.4 v4 single GET /integrations
6.4 www sure GET /img-get2/{id}/{shape}
6.4 www sure GET /video-get/{id}/fmt=hls/{name}
6.4 www sure GET /audio-get/{id}/fmt=hls/{name}
8 v4 guess PATCH /media/{id}/custom-metadata
8 v4 guess GET /media/{id}/license
8 v4 guess PATCH /galleries/{id}/permissions
8 v4 guess PATCH /collections/{id}/permissions
7 v3 single GET /collection/{id}
7 v3 single GET /collection/{id}/children
7 v3 single GET /gallery/{id}
7 v3 single GET /gallery/{id}/images
U1 v3 sure POST /mem/image/upload
U2 v3 sure POST /mem/authenticate
U2 v3 single GET /mem/authenticate
U2 v3 single GET /mem/authenticate/logout
U2 v3 single POST /mem/authenticate/logout
U3 v3 sure GET /mem/organization/{org_id}/authenticate
U3 v3 sure POST /mem/organization/{org_id}/authenticate
U4 v3 sure GET /mem/user/session
U5 v3 single GET /mem/collection
U5 v3 sure GET /mem/collection/root/children
U5 v3 sure GET /mem/collection/{id}
U5 v3 sure GET /mem/collection/{id}/children
U5 v3 sure GET /mem/collection/{id}/parent
U6 v3 single GET /mem/gallery
U6 v3 sure GET /mem/gallery/{id}
U6 v3 sure GET /mem/gallery/{id}/images
U6 v3 sure GET /mem/gallery/{id}/children
U6 v3 sure GET /mem/gallery/{id}/parent
U6 v3 sure GET /mem/gallery/query
U7 v3 single GET /gallery/{id}/media
U8 v3 single GET /mem/gallery/insert
U8 v3 single POST /mem/gallery/insert
U9 v3 sure GET /mem/image/{id}
U9 v3 sure GET /mem/image/{id}/iptc
U9 v3 sure GET /mem/image/{id}/xmp
U9 v3 sure GET /mem/image/{id}/exif
U9 v3 sure GET /mem/image/{id}/link
U9 v3 sure GET /mem/image/{id}/galleries
U9 v3 sure GET /mem/image/{id}/download
U9 v3 guess GET /mem/image/{id}/license
U9 v3 guess GET /mem/image/{id}/custom_metadata
U10 v3 single GET /media/search
U11 v3 single GET /workspace/query
U11 v3 single GET /workspace/{workspace_id}/media
U12 v3 single GET /workspace/{workspace_id}/media/{media_id}/review
U13 v3 single POST /mem/collection/{id}/visibility/update
U13 v3 single GET /mem/collection/{id}/visibility/update
U13 v3 guess POST /mem/gallery/{id}/visibility/update
U13 v3 guess GET /mem/gallery/{id}/visibility/update
U14 v3 sure GET /organization/{org_id}
"""

SECTIONS: Final = (
    *(f"A{number}" for number in range(1, 9)),
    *(f"E{number}" for number in range(1, 34)),
    "6.4",
    "8",
    "7",
    *(f"U{number}" for number in range(1, 15)),
)
"""The sections of the reference that name operations, in its order."""

NAMES_ONLY: Final = (
    "metadata", "ml-metadata", "organization", "permissions", "people", "resource-tickets", "settings", "squirrel", "trash",
    "two-factor", "user", "users", "workspaces",
)  # fmt: skip
"""Sections of the v4 documentation of which nothing but the name is known (PS 6.4): unknown paths here."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation of the reference."""

    section: str
    generation: str
    confidence: Confidence
    method: str
    path: str

    @property
    def served_path(self) -> str:
        """The path under the base that clients use."""
        return _BASES[self.generation] + self.path


def _rows() -> tuple[Row, ...]:
    split = (line.split(" ", 4) for line in _TABLE.strip().splitlines())
    return tuple(Row(section, base, _MARKS[mark], method, path) for section, base, mark, method, path in split)


ROWS: Final[Sequence[Row]] = _rows()

_CONVENTIONS: Final = (
    ("2", "BSAPI, v1 and v2", "CONFIRMED", False, "historic; unknown paths"),
    ("2", "base paths /psapi/v4.0 and /psapi/v4, /psapi/v3 and /psapi/v3.0", "CONFIRMED", True, ""),
    ("4.1", "parameters in query, form, multipart and JSON", "CONFIRMED", True, "switch patch_body"),
    ("4.1", "answers in XML", "CONFIRMED-2019", False, "their form is not known; switch accept_xml"),
    ("4.1", "HTTPS for login", "CONFIRMED", False, "plain HTTP on this machine alone"),
    ("4.2", "key and token in headers or query, bearer token, cookie", "CONFIRMED", True, "switch session_slides"),
    ("4.3", "envelope, includes nested in each resource", "CONFIRMED", True, ""),
    ("4.4", "paging, both sort spellings", "CONFIRMED", True, "switch most_per_page"),
    ("4.5", "two spellings of times", "CONFIRMED-2019", True, "switches container_times, account_time_zone"),
    ("4.6", "errors and their statuses", "CONFIRMED-2019", True, "switches errors_form, oauth_error_status"),
    ("4.7", "rate limit in meta, 429 with Retry-After", "CONFIRMED-2019", True, "control traffic; switch retry_after"),
    ("6.4", "purpose of resource tickets and squirrel", "SINGLE", False, "nothing but the name is known"),
    ("8", "webhooks, embargo date, feed of deletions", "ABSENT", False, "found nowhere"),
)


_HOW: Final = {
    "A1": "switches two_factor_everybody, two_factor_login, session_lifetime_s, session_slides",
    "A5": "switches oauth_consent, oauth_lifetime_s, refresh_rotates, refresh_lifetime_s",
    "E17": "switches media_modified_window, search_item_type, index_lag_s",
    "E18": "switch search_filters",
    "E19": "switches media_time_names, hash_present",
    "E22": "switch iptc_write",
    "E28": "switches download_redirects, download_ranges, embed_by_default",
    "E31": "switches versions, version_active_on_create",
    "E32": "switches v4_upload and v4_upload_*, upload_limit_bytes, upload_processing_s",
    "U1": "switches v3_upload_types, upload_limit_bytes, upload_processing_s",
    "U13": "switch v3_visibility_write",
}


def _documented(row: Row) -> Documented:
    what = f"{row.generation} {row.method} {row.path}"
    return Documented(row.section, what, str(row.confidence), served=True, how=_HOW.get(row.section, ""))


INVENTORY: Final[Sequence[Documented]] = (
    *(Documented(section, what, mark, served, how) for section, what, mark, served, how in _CONVENTIONS[:11]),
    *map(_documented, ROWS),
    *(
        Documented("6.4", f"v4 section {name}", "ABSENT", False, "names only: an unknown path")
        for name in NAMES_ONLY
        if name != "ml-metadata"
    ),
    *(Documented(section, what, mark, served, how) for section, what, mark, served, how in _CONVENTIONS[11:]),
)
"""All of it, for the table in the documentation."""
