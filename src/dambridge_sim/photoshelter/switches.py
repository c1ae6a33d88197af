"""What nobody could confirm about PhotoShelter, as switches (PS section 9, points 8 to 10; section 10)."""

from __future__ import annotations

from typing import Final

from dambridge_sim.kit.switches import Switch
from dambridge_sim.photoshelter.inventory import SECTIONS

SWITCHES: Final = (
    # Times, and what moves them (PS 4.5; section 10, points 4 and 13)
    Switch("index_lag_s", 0.0, "simulated seconds until a search sees a write"),
    Switch("iptc_moves_modified", True, "an edit of IPTC fields moves the modified time"),
    Switch("custom_moves_modified", False, "an edit of custom metadata moves the modified time"),
    Switch("rating_moves_modified", True, "an edit of rating, releases, flags or file name moves the modified time"),
    Switch("license_moves_modified", False, "an edit of the licence date moves the modified time"),
    Switch("membership_moves_modified", False, "adding to or removing from a gallery moves the file's modified time"),
    Switch("membership_moves_container", True, "adding or removing a file moves the gallery's modified time"),
    Switch(
        "account_time_zone",
        "UTC",
        "the account's time zone, as the v3 session names it (U4)",
        ("UTC", "America/New_York", "Europe/London", "Asia/Kolkata"),
    ),
    Switch("container_times", "utc", "zone of the zoneless times of containers", ("utc", "account")),
    Switch(
        "media_time_names",
        "all",
        "names of a file's times (E19)",
        ("all", "uploaded_updated", "created_modified"),
    ),
    # Signing in (PS 5; section 10, point 8)
    Switch(
        "before_organization",
        "unauthorized",
        "what a session sees of an organization that it has not entered (A3)",
        ("unauthorized", "empty"),
    ),
    Switch("session_lifetime_s", 43_200, "simulated seconds until a session token ends"),
    Switch("session_slides", False, "the lifetime of a session counts from its last call (idle time-out), not from login"),
    Switch("two_factor_everybody", False, "every account has two-factor login; else those with `two_factor: true`"),
    Switch(
        "two_factor_login",
        "waiting",
        "what a login to a two-factor account gives: a token that opens nothing yet, or none",
        ("waiting", "no_token"),
    ),
    Switch("oauth_lifetime_s", 3600, "`expires_in` of an OAuth access token, in simulated seconds"),
    Switch("refresh_rotates", True, "a refresh token works once and is replaced"),
    Switch("refresh_lifetime_s", 0, "simulated seconds until a refresh token ends; 0: never"),
    Switch("oauth_user", "", "e-mail address of who answers at /oauth/authorize; empty: the default librarian"),
    Switch("oauth_consent", "granted", "what the user answers at /oauth/authorize", ("granted", "denied")),
    Switch("oauth_error_status", 401, "status of an `OAuthServerException`", (401, 400)),
    # Envelope (PS 4.3 to 4.7)
    Switch("errors_form", "array", "`errors`: an array, or the bare object of the 2019 examples", ("array", "object")),
    Switch("accept_xml", "refused", "a client that takes XML alone is refused (415), or gets JSON", ("refused", "json")),
    Switch("rate_limit_in_meta", True, "`meta.rate_limit` is shown while a rate is set"),
    Switch("retry_after", True, "a 429 carries `Retry-After`"),
    Switch("most_per_page", 1000, "`per_page` above this is cut to it (drafts say 500)", (1000, 500)),
    Switch("v3_numbers", "numbers", "numbers in v3 records: as numbers, or as strings", ("numbers", "strings")),
    # Reading
    Switch("keywords_form", "text", "keywords in the IPTC record: comma text or a list", ("text", "list")),
    Switch(
        "access_native",
        "mode",
        "`native` in a container's access (E7, E15): its own mode, as one client notes, or its own entries",
        ("mode", "entries"),
    ),
    Switch("path_order", "leaf_first", "order of a container's path (E7, E15)", ("leaf_first", "root_first")),
    Switch("hash_present", True, "video, audio and documents show their SHA-1; else it is null (E19)"),
    Switch("search_item_type", "live", "`type` of a search hit: image, video, ..., or `media`", ("live", "media")),
    Switch("media_modified_window", True, "/media honours `modify_start` and `modify_end` (E17); else it ignores them"),
    Switch(
        "search_filters",
        "all",
        "which filters of E17 /search takes too (E18); it ignores the others",
        ("all", "no_modified_window", "none"),
    ),
    Switch("v4_license", True, "v4 has `/media/{id}/license`"),
    Switch(
        "license_format",
        "media",
        "how `license_etime` is written: as media times, a day, seconds since 1970, as container times",
        ("media", "date", "epoch", "container"),
    ),
    Switch("root_visibility", "private", "mode of a root container that names none", ("everyone", "permission", "private")),
    # Downloading
    Switch("embed_by_default", False, "a download that does not say `download_image_embed` has metadata embedded"),
    Switch("download_ranges", True, "a download answers to `Range`"),
    Switch("download_redirects", False, "a download answers 302 to an address of the same host that carries a seal"),
    # Writing (section 10, points 5, 6 and 12)
    Switch("iptc_write", "present", "v4 has `PATCH /media/{id}/iptc` (E22)", ("present", "absent")),
    Switch(
        "custom_metadata_write",
        "option_ids",
        "form of `PATCH /media/{id}/custom-metadata`: field to option id, field to value, one parameter per field",
        ("option_ids", "values", "flat", "absent"),
    ),
    Switch("patch_body", "any", "where PATCH looks for parameters; others are ignored", ("any", "form", "json", "query")),
    Switch("v4_visibility_write", True, "v4 takes `mode` when a container is made or changed; else it ignores it"),
    Switch("v3_visibility_write", True, "v3 has `visibility/update` (U13)"),
    Switch("permission_write", True, "v4 has `PATCH .../permissions`"),
    Switch("v4_upload", True, "v4 has `POST /media` (E32)"),
    Switch("v4_upload_file", "file", "the part of E32 that holds the file", ("file", "media")),
    Switch("v4_upload_gallery", "gallery_id", "the parameter of E32 that names the gallery", ("gallery_id", "parent_id")),
    Switch("v4_upload_types", "any", "what v4 takes as an upload", ("any", "images")),
    Switch("v3_upload_types", "any", "what v3 takes as an upload (documented for images)", ("any", "images")),
    Switch("upload_limit_bytes", 0, "larger uploads are refused with 413; 0: no limit"),
    Switch("upload_processing_s", 0.0, "simulated seconds until a file that was uploaded by the API is there"),
    Switch("upload_reads_metadata", True, "embedded metadata of an upload fills the IPTC record"),
    Switch("versions", True, "v4 has versions (E31)"),
    Switch("version_active_on_create", True, "a new version (E31) is active at once"),
    Switch("trash_restorable", True, "a person can take a file out of the trash"),
    Switch(
        "absent",
        [],
        'sections of the reference that this site does not have, such as ["E26", "U10"]',
        members=SECTIONS,
    ),
)  # fmt: skip
