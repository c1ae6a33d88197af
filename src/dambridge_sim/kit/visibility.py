"""Who can see an asset: the answer of a vendor, and its form in `state` and `exposure`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everybody (`public`), named groups or people, and always the staff.

    `changes_at_ms` is the next instant at which the answer may differ by the clock alone (an expiry, an opening).
    """

    public: bool = False
    groups: tuple[str, ...] = ()
    changes_at_ms: int | None = None

    @property
    def outside(self) -> bool:
        """Whether anybody but staff can see it."""
        return self.public or bool(self.groups)

    def names(self) -> list[str]:
        """Return `["public", "group:press"]` in a stable order; empty for staff alone."""
        return (["public"] if self.public else []) + [f"group:{name}" for name in sorted(self.groups)]


STAFF = Audience()
