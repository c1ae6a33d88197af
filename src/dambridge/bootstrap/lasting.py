"""A process that lasts: what it made while it started stays until it ends."""

from __future__ import annotations

import gc


def settle() -> None:
    """Call once everything is open. Whenever enough that is new has gathered, the garbage collector looks through all there is:
    programs, templates and settings as well, for as long as it takes to answer several questions, while somebody waits for a
    page. It passes over what is here by now."""
    gc.collect()
    gc.freeze()
