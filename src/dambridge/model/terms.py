"""Words that a vocabulary does not know, and what named persons decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AccountId, AssetKey, FlowName, derived_id


@dataclass(frozen=True, slots=True, order=True)
class TermKey:
    """One folded word of one attribute of one account: what an entry of the queue and a decision are about."""

    account: AccountId
    attribute: str
    word: str

    @property
    def id(self) -> str:
        """A short name for people to give in commands."""
        return derived_id("tm", self.account, self.attribute, self.word)


class Verdict(StrEnum):
    """What a person can decide about a word."""

    MAP = "map"
    """It means a term that the vocabulary has."""
    ADD = "add"
    """It is to become a term: whatever uses it waits until the account's vocabulary shows it."""
    DROP = "drop"
    """It is meant not to be carried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermDecision:
    """A decision, remembered until it is undone. `term` is the term meant (`map`) or to be made (`add`), empty for `drop`;
    `order` is the command that brought it, by which uses know the decision that they were last looked at under."""

    key: TermKey
    verdict: Verdict
    term: str
    why: str
    by: str
    at: datetime
    order: str

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": str(self.verdict),
            "term": self.term,
            "why": self.why,
            "by": self.by,
            "at": self.at.isoformat(),
            "order": self.order,
        }

    @classmethod
    def from_json(cls, key: TermKey, data: Mapping[str, Any]) -> TermDecision:
        return cls(
            key=key,
            verdict=Verdict(data["verdict"]),
            term=data["term"],
            why=data["why"],
            by=data["by"],
            at=datetime.fromisoformat(data["at"]),
            order=data["order"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermUse:
    """That an asset uses a word which its target's vocabulary does not know: in which spellings, under which decision it was
    last looked at (its order; empty: none), and whether the asset waits because of it."""

    key: TermKey
    spellings: tuple[str, ...]
    under: str = ""
    waiting: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "account": self.key.account,
            "attribute": self.key.attribute,
            "word": self.key.word,
            "spellings": list(self.spellings),
            "under": self.under,
            "waiting": self.waiting,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TermUse:
        return cls(
            key=TermKey(AccountId(data["account"]), data["attribute"], data["word"]),
            spellings=tuple(data["spellings"]),
            under=data["under"],
            waiting=data["waiting"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermTally:
    """How many assets use a word under one decision, and how many of them wait because of it."""

    key: TermKey
    under: str
    assets: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownTerm:
    """An entry of the queue: `waiting` assets wait for it, `assets` use it in all. Spellings come with their counts, the
    commonest first; `decision` is None while nobody has decided."""

    key: TermKey
    assets: int
    waiting: int
    spellings: tuple[tuple[str, int], ...]
    samples: tuple[tuple[FlowName, AssetKey], ...] = ()
    decision: TermDecision | None = None

    @property
    def spelling(self) -> str:
        """The word as it is mostly written; the folded one where nothing uses it any more."""
        return self.spellings[0][0] if self.spellings else self.key.word


LIVE = "live"
"""The origin of a vocabulary that was read from the account itself."""
KEPT = "kept"
"""The origin of a vocabulary that a person imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVocabulary:
    """The terms of one attribute as they stand in the store; `terms` are JSON objects (`mapping.vocabularies`)."""

    account: AccountId
    attribute: str
    origin: str
    terms: tuple[Mapping[str, Any], ...]
    by: str
    at: datetime
