"""User levels (section 11, CONFIRMED) and the level that each operation needs."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """What a user may do; each level may do all that lower ones may."""

    NO_ACCESS = 0
    BROWSER = 1
    CONSUMER = 2
    IMPORTER = 3
    PRODUCER = 4
    MANAGER = 7
    DIRECTOR = 8
    ADMINISTRATOR = 9
