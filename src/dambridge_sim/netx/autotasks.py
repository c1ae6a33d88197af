"""AutoTasks (section 13.3): XML that administrators write; criteria, and what is done to the assets that they match.

The spelling of `task`, `matchCriteria`, `criteria` and `modify` is the manual's (CONFIRMED); the words `attributeChange` and
`expire` for actions and `expire` for a modification are INFERRED: the manual has them as features.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from lxml import etree

ACTIONS: Final = frozenset({"import", "resync", "date", "attributeChange", "expire"})
DATE_FIELDS: Final = frozenset({"importDate", "creationDate", "modDate"})
_OFFSET = re.compile(r"([+-]?)(?:(\d+)y)? ?(?:(\d+)M)? ?(?:(\d+)w)? ?(?:(\d+)d)?")
_WANTED: Final = {"attribute": ("name", "value"), "category": ("path",), "group": ("value",), "user": ("value",)}
_MODIFIED: Final = {"attribute": ("name", "value"), "category": ("path",), "expire": ()}


class BadTaskError(ValueError):
    """An AutoTask that cannot be, or that this simulator has not; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One criterion: `type` is action, attribute, category, group or user; the rest as its type needs it."""

    type: str
    value: str = ""
    name: str = ""
    path: str = ""
    recursive: bool = False
    offset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modification:
    """One effect: `type` is attribute, category (a move) or expire."""

    type: str
    name: str = ""
    value: str = ""
    path: str = ""
    mkdir: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One AutoTask; `every` says that all criteria must match, else one is enough."""

    name: str
    every: bool
    criteria: tuple[Criterion, ...]
    modifications: tuple[Modification, ...]

    def dated(self) -> tuple[Criterion, ...]:
        """The criteria that are looked at once a day."""
        return tuple(one for one in self.criteria if one.type == "action" and one.value == "date")


def read_tasks(text: str) -> tuple[Task, ...]:
    """Read an `autotask` document. Raises `BadTaskError`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(text.strip().encode(), parser)
    except etree.XMLSyntaxError as error:
        raise BadTaskError(f"autotasks: not well-formed XML: {error}") from error
    elements = [root] if root.tag == "task" else list(root)
    return tuple(_task(one, number) for number, one in enumerate(elements, start=1))


def _task(element: etree._Element, number: int) -> Task:
    name = element.get("name") or f"task {number}"
    match = element.find("matchCriteria")
    if element.tag != "task" or match is None:
        raise BadTaskError(f"autotasks, {name}: a task needs matchCriteria")
    if odd := sorted({str(one.tag) for one in element} - {"matchCriteria", "modifications"}):
        raise BadTaskError(f"autotasks, {name}: {', '.join(odd)} is not simulated, only modifications are")
    criteria = tuple(_criterion(one, name) for one in match)
    if not any(one.type == "action" for one in criteria):
        raise BadTaskError(f"autotasks, {name}: one criterion must be an action")
    modifications = tuple(_modification(one, name) for one in element.iterfind("modifications/modify"))
    if not modifications:
        raise BadTaskError(f"autotasks, {name}: a task needs a modification")
    return Task(name=name, every=match.get("type", "and") != "or", criteria=criteria, modifications=modifications)


def _criterion(element: etree._Element, task: str) -> Criterion:
    found = Criterion(
        type=element.get("type", ""),
        value=element.get("value", ""),
        name=element.get("name", ""),
        path=element.get("path", "").strip("/"),
        recursive=element.get("recursive") == "true",
        offset=element.get("offset", ""),
    )
    if found.type == "action":
        if found.value not in ACTIONS:
            raise BadTaskError(f"autotasks, {task}: action {found.value!r} is none of {', '.join(sorted(ACTIONS))}")
        if found.value == "date":
            span(found.offset, date(2000, 1, 1))
    elif any(element.get(name) is None for name in _known(_WANTED, found.type, task)):
        raise BadTaskError(f"autotasks, {task}: criterion {found.type} needs {' and '.join(_WANTED[found.type])}")
    return found


def _modification(element: etree._Element, task: str) -> Modification:
    kind = element.get("type", "")
    if any(element.get(name) is None for name in _known(_MODIFIED, kind, task)):
        raise BadTaskError(f"autotasks, {task}: modification {kind} needs {' and '.join(_MODIFIED[kind])}")
    return Modification(
        type=kind,
        name=element.get("name", ""),
        value=element.get("value", ""),
        path=element.get("path", "").strip("/"),
        mkdir=element.get("mkdir") == "true",
    )


def _known(kinds: Mapping[str, tuple[str, ...]], kind: str, task: str) -> Iterable[str]:
    if kind not in kinds:
        raise BadTaskError(f"autotasks, {task}: type {kind!r} is none of {', '.join(kinds)}")
    return kinds[kind]


def span(offset: str, today: date) -> tuple[date, date]:
    """The first and last day that a date criterion matches (CONFIRMED).

    `6d` is the last six days and today, `-30d` is today and the next thirty, nothing is today alone.
    """
    found = _OFFSET.fullmatch(offset)
    if found is None:
        raise BadTaskError(f"autotasks: offset {offset!r} is not of the form 1y 2M 3w 4d, with + or - before it")
    sign, years, months, weeks, days = found.groups()
    back = sign != "-"
    moved = _months(today, (int(years or 0) * 12 + int(months or 0)) * (-1 if back else 1))
    moved += timedelta(days=(int(weeks or 0) * 7 + int(days or 0)) * (-1 if back else 1))
    return (moved, today) if back else (today, moved)


def _months(day: date, months: int) -> date:
    """The day some months away, or the last one of that month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
