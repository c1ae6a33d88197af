"""Switches: behaviour of the real systems that nobody could confirm, in every position."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST = 10**12
"""The largest number that a switch takes: some thousands of years in seconds, or a terabyte."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: its name, default and meaning; `choices` limits the values of a word switch, `members` those in a list."""

    name: str
    default: Any
    about: str
    choices: tuple[Any, ...] = ()
    members: tuple[str, ...] = ()


class UnknownSwitchError(ValueError):
    """A switch that does not exist, or a value of the wrong type; the text names the right ones."""


class Switches:
    """The switches of one simulator. `keep` is called with all set values after each change."""

    def __init__(
        self, declared: Iterable[Switch], keep: Callable[[dict[str, Any]], None] = lambda _values: None
    ) -> None:
        """Start with every default."""
        self._declared = {switch.name: switch for switch in declared}
        self._values: dict[str, Any] = {}
        self._keep = keep

    def __getitem__(self, name: str) -> Any:
        """Return the value in force."""
        if name in self._values:
            return self._values[name]
        return self._declared[name].default

    def __contains__(self, name: str) -> bool:
        """Say whether there is such a switch."""
        return name in self._declared

    def describe(self) -> list[dict[str, Any]]:
        """Return every switch with its value, for `GET /__sim__/switches`."""
        return [
            {"name": s.name, "value": self[s.name], "default": s.default, "about": s.about, "choices": list(s.choices)}
            for s in self._declared.values()
        ]

    def set(self, values: Mapping[str, Any]) -> None:
        """Set some switches, all or none. Raises `UnknownSwitchError`."""
        checked = {name: self._check(name, value) for name, value in values.items()}
        self._values.update(checked)
        self._keep(dict(self._values))

    def restore(self, values: Mapping[str, Any]) -> None:
        """Take back what was kept, leaving out switches that no longer exist."""
        self._values = {name: value for name, value in values.items() if name in self._declared}

    def reset(self) -> None:
        """Put every switch back to its default."""
        self._values.clear()
        self._keep({})

    def _check(self, name: str, value: Any) -> Any:
        switch = self._declared.get(name)
        if switch is None:
            raise UnknownSwitchError(f"no switch {name!r}; there are: {', '.join(sorted(self._declared))}")
        if switch.choices and value not in switch.choices:
            raise UnknownSwitchError(f"switch {name!r} takes one of {list(switch.choices)}, not {value!r}")
        default = switch.default
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if default is not None and not switch.choices and type(value) is not type(default):
            raise UnknownSwitchError(f"switch {name!r} takes {type(default).__name__}, not {type(value).__name__}")
        if odd := [each for each in value if each not in switch.members] if switch.members else []:
            raise UnknownSwitchError(f"switch {name!r} knows no {odd[0]!r}; there are: {', '.join(switch.members)}")
        if isinstance(value, int | float) and not switch.choices and not 0 <= value <= MOST:
            raise UnknownSwitchError(f"switch {name!r} takes a number from 0 to {MOST}, not {value!r}")
        return value
