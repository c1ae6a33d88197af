"""Parameters of one call, merged from query, form, multipart and JSON (PS 4.1; section 9 point 3), read with types."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dambridge_sim.photoshelter.errors import bad_request
from dambridge_sim.photoshelter.times import parse_parameter

_TRUE: Final = frozenset({"true", "t", "1", "yes", "on"})
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FALSE: Final = frozenset({"false", "f", "0", "no", "off"})


class Parameters:
    """Typed reading of merged parameters. A wrong type is refused with 400; an unknown name is never looked at."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Take values as text, or as JSON gave them."""
        self._values = values

    def has(self, name: str) -> bool:
        """Say whether the parameter was sent, empty or not."""
        return name in self._values

    def without(self, *names: str) -> Parameters:
        """Return the parameters as a server reads them that does not know some."""
        return Parameters({name: value for name, value in self._values.items() if name not in names})

    def only(self, *names: str) -> Parameters:
        """Return the parameters as a server reads them that knows only these."""
        return Parameters({name: value for name, value in self._values.items() if name in names})

    def names(self) -> tuple[str, ...]:
        """Return the names of all that was sent."""
        return tuple(self._values)

    @property
    def every(self) -> Mapping[str, Any]:
        """All that was sent."""
        return self._values

    def raw(self, name: str) -> Any:
        """Return what was sent, or None."""
        return self._values.get(name)

    def text(self, name: str, default: str = "") -> str:
        """Return the parameter as text; absent gives `default`. A list or an object, sent as JSON, is no text."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, list | dict):
            raise bad_request(f"The parameter {name} must be a single value.")
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else str(value)

    def required(self, name: str) -> str:
        """Return a text that must be there and not be empty."""
        value = self.text(name).strip()
        if not value:
            raise bad_request(f"The parameter {name} is required.")
        return value

    def secret(self, name: str) -> str:
        """Return a text that must be there, to the letter: the blanks of a password are part of it."""
        value = self.text(name)
        if not value:
            raise bad_request(f"The parameter {name} is required.")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """Return a boolean; absent or empty gives `default`."""
        value = self.text(name).strip().lower()
        if not value:
            return default
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise bad_request(f"The parameter {name} must be true or false.")

    def number(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number; absent or empty gives `default`."""
        value = self.text(name).strip()
        if not value:
            return default
        if _WHOLE.fullmatch(value) is None:
            raise bad_request(f"The parameter {name} must be a whole number.")
        return int(value)

    def words(self, name: str) -> tuple[str, ...]:
        """Return a comma list (or a JSON array) without blanks."""
        value = self._values.get(name)
        if isinstance(value, list):
            if any(isinstance(item, list | dict) for item in value):
                raise bad_request(f"The parameter {name} must be a list of single values.")
            return tuple(str(item).strip() for item in value if str(item).strip())
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def time(self, name: str) -> int | None:
        """Return a date parameter in milliseconds; absent or empty gives None."""
        value = self.text(name).strip()
        if not value:
            return None
        try:
            return parse_parameter(value)
        except ValueError as error:
            raise bad_request(f"The parameter {name} is malformed: {error}.") from None

    def mapping(self, name: str) -> dict[str, Any] | None:
        """Return a JSON object, sent as text or as JSON; absent or empty gives None."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise bad_request(f"The parameter {name} must be a JSON object.") from None
        if not isinstance(value, dict):
            raise bad_request(f"The parameter {name} must be a JSON object.")
        return value

    def objects(self, name: str) -> list[dict[str, Any]] | None:
        """Return a JSON list of objects, sent as text or as JSON; absent or empty text gives None."""
        value = self._values.get(name)
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                raise bad_request(f"The parameter {name} must be a JSON list.") from None
        if value is None or value == "":
            return None
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise bad_request(f"The parameter {name} must be a JSON list of objects.")
        return value

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return one of `allowed`; absent or empty gives `default`."""
        value = self.text(name).strip()
        if not value:
            return default
        if value not in allowed:
            raise bad_request(f"The parameter {name} must be one of {', '.join(allowed)}.")
        return value

    @property
    def includes(self) -> frozenset[str]:
        """The names asked for with `include`, hyphens canonical (underscores are understood: section 9 point 6)."""
        value = self._values.get("include")
        return frozenset(name.replace("_", "-") for name in self.words("include")) if value else frozenset()
