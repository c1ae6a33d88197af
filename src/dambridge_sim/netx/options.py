"""The options object, last parameter of most methods (section 3.2): sort, page and groups of properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dambridge_sim.netx.errors import bad_params


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller asked of a reply. `data` is None when the member was absent."""

    sort_field: str | None = None
    descending: bool = False
    start: int = 0
    size: int
    data: frozenset[str] | None = None

    def wants(self, group: str, *, unless_asked: bool) -> bool:
        """Whether to emit `group`; `unless_asked` answers for a caller who sent no `data` (INFERRED: id and base)."""
        return unless_asked if self.data is None else group in self.data


def read_options(raw: object, *, default_size: int, max_size: int, cut: bool = True) -> Options:
    """Read the options of a call; `None` and `{}` mean the defaults. Too large a page is cut or refused (INFERRED)."""
    if raw is None:
        return Options(size=min(default_size, max_size))
    if not isinstance(raw, dict):
        raise bad_params("The options parameter must be an object or null")
    field, descending = _sort(raw.get("sort"))
    start, size = _page(raw.get("page"), min(default_size, max_size))
    if not cut and size > max_size:
        raise bad_params(f"A page has at most {max_size} objects")
    return Options(
        sort_field=field, descending=descending, start=start, size=min(size, max_size), data=_data(raw.get("data"))
    )


def _sort(raw: object) -> tuple[str | None, bool]:
    if raw is None:
        return None, False
    if not isinstance(raw, dict) or not isinstance(raw.get("field"), str):
        raise bad_params('"sort" needs a "field"')
    order = raw.get("order", "asc")
    if order not in {"asc", "desc"}:
        raise bad_params('"sort.order" must be "asc" or "desc"')
    return raw["field"], order == "desc"


def _page(raw: object, default_size: int) -> tuple[int, int]:
    if raw is None:
        return 0, default_size
    if not isinstance(raw, dict):
        raise bad_params('"page" must be an object')
    start = whole_number(raw.get("startIndex", 0), "page.startIndex")
    size = whole_number(raw.get("size", default_size), "page.size")
    return start, size


def _data(raw: object) -> frozenset[str] | None:
    if raw is None:
        return None
    if not isinstance(raw, list) or not all(isinstance(group, str) for group in raw):
        raise bad_params('"data" must be a list of group names')
    return frozenset(raw)


def whole_number(raw: Any, what: str) -> int:
    """A number of 0 or more; anything else is refused by name."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise bad_params(f'"{what}" must be a whole number of 0 or more')
    return raw
