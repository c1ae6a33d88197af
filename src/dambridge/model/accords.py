"""What the copies of a link agree on, group by group, and how each copy stands to it.

A group is what merges as one: one field, or several that belong together (a rights block, a caption with its language).
An accord holds the agreed values once, and for every copy the values that it is known to stand for, how it shows them, and
which version it was then. A copy whose own values are not the agreed ones is *behind*: it is written next. A copy that
shows something else than it did is *edited*. Nothing here knows a left and a right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NewType

from dambridge.model.identity import CopyId, LinkId
from dambridge.model.records import AssetVersion
from dambridge.model.values import FieldName, Fields, fields_from_json, fields_to_json

GroupName = NewType("GroupName", str)
"""A group of the policy that merges as one: its own name, or that of its only field."""

FILE_NAME = FieldName("file_name")
"""The file's name as a field among others, so that a rename is an edit like any other."""
CONTENT = FieldName("content")
"""The bytes as a field among others: its value is a token for what was stored, never the bytes."""

PAST = 4
"""How many earlier versions of a copy are kept, by which a stale answer is told from an edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the values of a standing were derived from: the rule of a map in words, and what the copy said then of
    everything that the rule speaks of."""

    rule: str
    sources: Fields

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "sources": fields_to_json(self.sources)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Basis:
        return cls(rule=data["rule"], sources=fields_from_json(data["sources"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one copy stands to the accord of a group.

    `fields` are the values it is known to stand for, in full; `shown` the same as the system shows them (perhaps cut or
    altered); `version` what the copy was when it showed them, at the aware instant `at`; `since` when it was first seen at that
    version, None where that was `at`. `asked` are values whose writing
    was begun and whose end is not known: what the copy shows of them is our own write, not an edit. `overruled` are the
    values of an edit that was decided against, with the version that showed them: they are written over, once. `past` are
    the latest earlier versions, newest first: whoever shows one of them answers from a stale index. `basis` says by which
    rule the values came about, where they are not the copy's own words but derived from them. `taken` are values asked for
    that the system has taken and shows later, with the instant since when they are waited for. `turn` counts the writes to
    the copy that came to their end: to write the same over the same once more is another action.
    """

    fields: Fields
    shown: Fields
    version: AssetVersion
    at: datetime
    asked: tuple[Fields, ...] = ()
    overruled: tuple[Fields, AssetVersion] | None = None
    past: tuple[AssetVersion, ...] = ()
    basis: Basis | None = None
    taken: tuple[Fields, datetime] | None = None
    since: datetime | None = None
    tokens: tuple[tuple[str, str], ...] = ()
    turn: int = 0

    @property
    def news_at(self) -> datetime:
        """When the copy was first seen at this version."""
        return self.since or self.at

    def awaits(self, fields: Fields) -> datetime | None:
        """Since when these values are on their way in a system that shows them later; None where they are not."""
        if self.taken is None or self.taken[0] != fields or fields not in self.asked:
            return None
        return self.taken[1]

    def moved_to(self, version: AssetVersion, *, at: datetime) -> Standing:
        """The same standing at a newer version that shows the same."""
        if version == self.version:
            return replace(self, at=at, since=self.news_at)
        past = (self.version, *self.past)[:PAST]
        return replace(self, version=version, at=at, since=None, past=past, tokens=self._tokens_so_far())

    def _tokens_so_far(self) -> tuple[tuple[str, str], ...]:
        shown, stands = self.shown.get(CONTENT), self.fields.get(CONTENT)
        if not isinstance(shown, str) or not isinstance(stands, str) or shown == stands:
            return self.tokens
        earlier = (it for it in self.tokens if it[0] != shown)
        return ((shown, stands), *earlier)[:PAST]

    def to_json(self) -> dict[str, Any]:
        return {
            "fields": fields_to_json(self.fields),
            "shown": fields_to_json(self.shown),
            "version": self.version.to_json(),
            "at": self.at.isoformat(),
            "asked": [fields_to_json(it) for it in self.asked],
            "overruled": [fields_to_json(self.overruled[0]), self.overruled[1].to_json()] if self.overruled else None,
            "past": [it.to_json() for it in self.past],
            **({"basis": self.basis.to_json()} if self.basis else {}),
            **({"taken": [fields_to_json(self.taken[0]), self.taken[1].isoformat()]} if self.taken else {}),
            **({"since": self.since.isoformat()} if self.since else {}),
            **({"tokens": [list(it) for it in self.tokens]} if self.tokens else {}),
            **({"turn": self.turn} if self.turn else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Standing:
        overruled, taken, since = data["overruled"], data.get("taken"), data.get("since")
        return cls(
            fields=fields_from_json(data["fields"]),
            shown=fields_from_json(data["shown"]),
            version=AssetVersion.from_json(data["version"]),
            at=datetime.fromisoformat(data["at"]),
            asked=tuple(fields_from_json(it) for it in data["asked"]),
            overruled=(fields_from_json(overruled[0]), AssetVersion.from_json(overruled[1])) if overruled else None,
            past=tuple(AssetVersion.from_json(it) for it in data["past"]),
            basis=Basis.from_json(data["basis"]) if data.get("basis") else None,
            taken=(fields_from_json(taken[0]), datetime.fromisoformat(taken[1])) if taken else None,
            since=datetime.fromisoformat(since) if since else None,
            tokens=tuple((shown, stood_for) for shown, stood_for in data.get("tokens", ())),
            turn=data.get("turn", 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Accord:
    """What the copies of a link agree on in one group.

    `fields` are the agreed values; `origin` is the copy that they came from (None where they were merged of several, or a
    person gave them), `since` the aware instant at which the edit is known to have been there, `by` the person who ruled.
    `revision` counts how often the ledger has written it (0: never): it is no part of what is agreed, and a write that
    rests on an older one is refused. Carry it along: make accords of accords, with `replace`.
    """

    link: LinkId
    group: GroupName
    fields: Fields
    origin: CopyId | None
    since: datetime
    by: str = ""
    copies: Mapping[CopyId, Standing] = field(default_factory=dict)
    revision: int = field(default=0, compare=False)

    def with_copy(self, copy: CopyId, standing: Standing) -> Accord:
        return replace(self, copies={**self.copies, copy: standing})

    def without_copy(self, copy: CopyId) -> Accord:
        """The same accord among the other copies; as the origin the copy is forgotten too."""
        others = {it: standing for it, standing in self.copies.items() if it != copy}
        return replace(self, copies=others, origin=None if self.origin == copy else self.origin)

    def asking(self, copy: CopyId, fields: Fields) -> Accord:
        """The same accord with the writing of `fields` to `copy` begun: they are the last of what was asked. Asking the same
        again adds nothing.

        Raises `KeyError` for a copy without a standing."""
        standing = self.copies[copy]
        if standing.asked[-1:] == (fields,):
            return self
        earlier = tuple(it for it in standing.asked if it != fields)
        return self.with_copy(copy, replace(standing, asked=(*earlier, fields)))

    def to_json(self) -> dict[str, Any]:
        return {
            "link": self.link,
            "group": self.group,
            "fields": fields_to_json(self.fields),
            "origin": str(self.origin) if self.origin else None,
            "since": self.since.isoformat(),
            "by": self.by,
            "copies": {str(it): self.copies[it].to_json() for it in sorted(self.copies)},
            **({"revision": self.revision} if self.revision else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Accord:
        return cls(
            link=LinkId(data["link"]),
            group=GroupName(data["group"]),
            fields=fields_from_json(data["fields"]),
            origin=CopyId.parse(data["origin"]) if data["origin"] else None,
            since=datetime.fromisoformat(data["since"]),
            by=data["by"],
            copies={CopyId.parse(it): Standing.from_json(one) for it, one in data["copies"].items()},
            revision=data.get("revision", 0),
        )
