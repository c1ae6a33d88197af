"""Pages (PS 4.4): `page` and `per_page` work only together, pages start at 1, links carry the key and no scheme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dambridge_sim.photoshelter.parameters import Parameters

DEFAULT: Final = 50
PORTAL_DEFAULT: Final = 20
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """A page asked for."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many items come before it."""
        return (self.number - 1) * self.size


def page_of(parameters: Parameters, most: int = MOST, default: int = DEFAULT) -> Page:
    """Read the page asked for, of at most `most` items. One of the two parameters is as good as none (PS 4.4, SPEC19)."""
    number, size = parameters.number("page"), parameters.number("per_page")
    if number is None or size is None:
        return Page(1, default)
    return Page(max(number, 1), min(max(size, 1), most))


def paging_meta(page: Page, total: int, place: str, api_key: str) -> dict[str, Any]:
    """Return `meta.paging`. `place` is host and path without a scheme, as the real links have it."""
    last = max(1, -(-total // page.size))

    def link(number: int) -> str:
        return f"{place}?api_key={api_key}&page={number}"

    meta: dict[str, Any] = {"total": total, "page": page.number, "first": link(1), "last": link(last)}
    if page.number < last:
        meta["next"] = link(page.number + 1)
    if page.number > 1:
        meta["prev"] = link(min(page.number - 1, last))
    return meta
