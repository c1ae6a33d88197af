"""Behaviour that nobody could confirm, as switches (section 17): every position is one a real site may have."""

from __future__ import annotations

from dambridge_sim.kit.switches import Switch

SWITCHES = (
    Switch("index_lag_s", 0.0, "simulated seconds until a query sees a write; listings by folder: folder_listing_lag"),
    Switch("folder_listing_lag", False, "whether getAssetsByFolder comes from the lagging index too"),
    Switch("method_array", False, "accept a one-element array as method (one client sends that)"),
    Switch("default_page_size", 25, "page size when the caller names none"),
    Switch("max_page_size", 10_000, "larger pages are cut to this"),
    Switch("or_limit", 100, "more or clauses than this fail"),
    Switch(
        "unknown_query_attribute",
        "error",
        "a query on an attribute that the site has not: refused, or matches nothing",
        ("error", "empty"),
    ),
    Switch(
        "attribute_write",
        "update_asset",
        "where attributes are written: updateAsset, updateAssetAttributes, or nowhere (updateAsset then does not look at them)",
        ("update_asset", "separate_method", "absent"),
    ),
    Switch("unknown_term", "error", "a term that the vocabulary has not", ("error", "ignore", "create")),
    Switch("unknown_attribute", "error", "a write to an attribute that the site has not", ("error", "ignore")),
    Switch("value_limit", 0, "characters that an attribute's value may have, 0 for no limit"),
    Switch("value_over_limit", "truncate", "a longer value is cut or refused", ("truncate", "error")),
    Switch("modified_moves_on_attributes", True, "whether an edit of attributes moves modDate"),
    Switch("modified_moves_on_membership", False, "whether joining or leaving a folder moves modDate"),
    Switch("missing_folder_path", "null", "getFolderByPath of a missing path", ("null", "error")),
    Switch("folder_children", "ids", "folder.children as ids or as objects", ("ids", "objects")),
    Switch("remove_last_folder", "refuse", "leaving the only folder of an asset", ("refuse", "allow")),
    Switch(
        "get_assets_missing",
        "error_if_single",
        "getAssets with ids that are gone or hidden: an error, left out, or an error only for a single id",
        ("error_if_single", "error", "omit"),
    ),
    Switch("unknown_object", "access", "an unknown id: error 3004 as for a hidden one, or 1000", ("access", "failure")),
    Switch("metadata.checksumEnabled", True, "whether files have a checksum"),
    Switch("duplicate_detection", False, "identical bytes make no second asset (needs checksums)"),
    Switch("export_on_download", False, "export maps rewrite the file on download"),
    Switch("proxy_delay_s", 0.0, "simulated seconds until thumbnails and previews exist"),
    Switch("range_requests", False, "whether file URLs honour Range"),
    Switch("token_on_file_urls", False, "whether the API token opens /file/ too (on /api/file/ it always does)"),
    Switch("public_files", True, "whether /file/ serves anonymous callers what everyone may see"),
    Switch("download_approval", False, "originals need an approval that the API cannot ask for"),
    Switch("bad_token_status", 200, "HTTP status of an RPC reply with code 10000", (200, 401)),
    Switch("retry_after", True, "whether a 429 says when to come back"),
    Switch("oauth_token_lifetime_s", 3600.0, "simulated seconds that an OAuth access token lives"),
    Switch("oauth_refresh_rotates", False, "whether a refresh replaces the refresh token"),
    Switch("legacy_api", True, "whether /external/api/json is there"),
    Switch(
        "webhook_payload", "nested", "where a webhook names the asset: data.asset.id, or assetId", ("nested", "flat")
    ),
    Switch("webhook_signature_header", "x-netx-signature", "the header with the HMAC-SHA256 of a webhook's body"),
    Switch("health_token", "", "the token of /health/{token}; empty: not configured"),
)
