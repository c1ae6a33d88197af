"""Every position of every switch of the simulator, as its own declarations have them."""

from __future__ import annotations

from typing import Any

from dambridge.connectors.photoshelter.config import Guess
from dambridge_sim.photoshelter.switches import SWITCHES

UPLOAD, PATCHES = {Guess.UPLOAD_V4}, {Guess.WRITE_IPTC, Guess.WRITE_MEDIA, Guess.WRITE_CUSTOM}
NOT_SO: dict[tuple[str, Any], set[Guess]] = {
    ("v4_upload", False): UPLOAD,
    ("v4_upload_file", "media"): UPLOAD,
    ("v4_upload_gallery", "parent_id"): UPLOAD,
    ("patch_body", "query"): PATCHES,
    ("patch_body", "json"): PATCHES,
    ("iptc_write", "absent"): {Guess.WRITE_IPTC},
    ("versions", False): {Guess.VERSIONS},
    ("custom_metadata_write", "values"): {Guess.WRITE_CUSTOM},
    ("custom_metadata_write", "flat"): {Guess.WRITE_CUSTOM},
    ("custom_metadata_write", "absent"): {Guess.WRITE_CUSTOM},
}
"""What a probe would not find proven in that position, because the call is not there or not in the form that we send."""

NO_VISIBILITY = {("patch_body", "query"), ("patch_body", "json"), ("v4_visibility_write", False)}
"""Positions in which a probe finds no way of v4 to open or shut a container."""

APART = {
    "two_factor_everybody": "no program signs in then: test_photoshelter_faults.py",
    "two_factor_login": "counts only together with two_factor_everybody",
    "oauth_user": "names a user of OAuth: the prober's tests",
    "absent": "takes whole sections away, as strict mode does; one by one: the prober's tests",
    "upload_processing_s": "uploads appear late, which the engine waits for",
    "upload_limit_bytes": "refuses files over a size",
    "media_modified_window": "the window is not looked at: the prober says so, and the sweep stands in",
}
"""Switches whose other positions mean something else than a suite measures, with the reason or the place for them."""


def guesses_at(position: tuple[str, Any]) -> list[str]:
    """What an account in that position is known to do."""
    return [str(it) for it in Guess if it not in NOT_SO.get(position, ())]


def positions() -> list[tuple[str, Any]]:
    """Every position of every switch but the defaults. Of numbers, which have no end, one that is far from the default."""
    found: list[tuple[str, Any]] = []
    for it in SWITCHES:
        if it.name in APART:
            continue
        if isinstance(it.default, bool):
            found.append((it.name, not it.default))
        elif it.choices:
            found += [(it.name, value) for value in it.choices if value != it.default]
        elif isinstance(it.default, int | float):
            found.append((it.name, type(it.default)(it.default / 2 if it.default else 60)))
    return found
