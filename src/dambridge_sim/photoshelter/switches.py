"""What nobody could confirm about PhotoShelter, as switches (PS section 9, points 8 to 10; section 10)."""

from __future__ import annotations

from typing import Final

from dambridge_sim.kit.switches import Switch

SWITCHES: Final = (
    Switch("index_lag_s", 0.0, "simulated seconds until a search sees a write"),
    Switch("iptc_moves_modified", True, "an edit of IPTC fields moves the modified time"),
    Switch("custom_moves_modified", False, "an edit of custom metadata moves the modified time"),
    Switch("rating_moves_modified", True, "an edit of rating, releases, flags or file name moves the modified time"),
    Switch("license_moves_modified", False, "an edit of the licence date moves the modified time"),
    Switch("membership_moves_modified", False, "adding to or removing from a gallery moves the file's modified time"),
    Switch("membership_moves_container", True, "adding or removing a file moves the gallery's modified time"),
    Switch(
        "before_organization",
        "unauthorized",
        "what a session sees of an organization that it has not entered (A3)",
        ("unauthorized", "empty"),
    ),
    Switch("session_lifetime_s", 43_200, "simulated seconds until a session token ends"),
    Switch("oauth_lifetime_s", 3600, "`expires_in` of an OAuth access token, in simulated seconds"),
    Switch("refresh_rotates", True, "a refresh token works once and is replaced"),
    Switch("oauth_consent", "granted", "what the user answers at /oauth/authorize", ("granted", "denied")),
    Switch("rate_limit_in_meta", True, "`meta.rate_limit` is shown while a rate is set"),
    Switch("keywords_form", "text", "keywords in the IPTC record: comma text or a list", ("text", "list")),
    Switch("root_visibility", "private", "mode of a root container that names none", ("everyone", "permission", "private")),
    Switch("embed_by_default", False, "a download that does not say `download_image_embed` has metadata embedded"),
    Switch("download_ranges", True, "a download answers to `Range`"),
    Switch("upload_reads_metadata", True, "embedded metadata of an upload fills the IPTC record"),
    Switch("v3_upload_types", "any", "what v3 takes as an upload (documented for images)", ("any", "images")),
    Switch("version_active_on_create", True, "a new version (E31) is active at once"),
)  # fmt: skip
