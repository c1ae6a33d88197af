"""Alarms: what is so pressing that somebody is told without asking, and what they were told last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class AlarmKind(StrEnum):
    """What an alarm is about, the most pressing first."""

    OVERDUE = "overdue"
    """Something is past the instant by which it had to be gone, and not proven gone."""
    UNCLEAR = "unclear"
    """An audience sees something without clear rights."""
    GUARD = "guard"
    """A guard stopped a run."""
    DRIFTED = "drifted"
    """A gallery is not as it was agreed."""
    UNHEARD = "unheard"
    """Another program took no webhook for long, and gets none any more."""
    UNREADABLE = "unreadable"
    """The files of map and rules cannot be used; what was in force before stays."""
    LOOSENED = "loosened"
    """Somebody said more than is agreed on rights, and was overruled."""
    EXPIRING = "expiring"
    """Something ends soon."""
    OPENING = "opening"
    """An embargo is about to open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """How things stand in one respect: `about` is an outlet, a flow or an entry of the inbox, `count` how many, `samples` some
    of them by name."""

    kind: AlarmKind
    about: str
    count: int
    samples: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.about}"


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one alarm last, and when (domain time, seconds since the epoch)."""

    count: int
    at: float

    def to_json(self) -> list[float]:
        return [self.count, self.at]

    @classmethod
    def from_json(cls, data: Any) -> Told:
        return cls(int(data[0]), float(data[1]))


Remembered = Mapping[str, Told]
"""By the key of the alarm; one that ended is forgotten, so that it is news when it comes back."""
