"""The gate's answers in words: yes until when, not before when, no because, unknown (which is no)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from dambridge.model.gate import Answer, Block
from dambridge.model.rights import EVERYWHERE, Fact

BLOCKS: Mapping[Block, str] = {
    Block.BEFORE_START: "it may not be shown yet",
    Block.ENDED: "its licence has ended",
    Block.TERRITORY: "its licence does not hold in this territory",
    Block.CHANNEL: "it may not go out through this channel",
    Block.AUDIENCE: "this channel is not for this audience",
    Block.EDITORIAL_ONLY: "it is for editorial use alone",
    Block.NO_MODEL_RELEASE: "the people shown have not released it for this use",
    Block.NO_PROPERTY_RELEASE: "the owner of what is shown has not released it for this use",
    Block.CONSENT_WITHDRAWN: "the people shown have withdrawn their consent",
    Block.MINING_PROHIBITED: "machines may not learn from it",
    Block.NOT_APPROVED: "it is not approved",
    Block.UNKNOWN: "not enough is known",
}
FACTS: Mapping[Fact, str] = {
    Fact.HOLDER: "who owns the rights",
    Fact.CREDIT: "whom to credit",
    Fact.KIND: "what kind of licence it is",
    Fact.WINDOW: "until when the licence holds",
    Fact.TERRITORIES: "where it holds",
    Fact.CHANNELS: "for which channels it holds",
    Fact.MODEL_RELEASE: "whether the people shown have released it",
    Fact.PROPERTY_RELEASE: "whether the property shown is released",
    Fact.CONSENT: "whether the people shown have consented",
    Fact.CONTRACT: "which contract it rests on",
}


def gate_words(answer: Answer, zone: tzinfo) -> str:
    """The answer as a sentence; instants as the wall clock of `zone`, with its offset."""
    if answer.permits:
        return f"Yes, until {_at(answer.until, zone)}." if answer.until else "Yes."
    if answer.opens is not None:
        return f"Not before {_at(answer.opens, zone)}."
    because = "; ".join(BLOCKS[it] for it in answer.blocks if it is not Block.UNKNOWN)
    missing = ", ".join(FACTS[it] for it in answer.unknown)
    if not because:
        return f"Unknown, which is no: nobody has said {missing}."
    return f"No: {because}." + (f" Nor has anybody said {missing}." if missing else "")


def use_words(answer: Answer, way: tuple[str, str], zone: tzinfo) -> str:
    """What may be done with a find now, as one says it aloud; `way` is the channel and territory that the answer is about."""
    if not answer.permits:
        return held_words(answer, zone)
    channel, territory = way
    where = "everywhere" if territory == EVERYWHERE else f"in {territory}"
    until = f" until {_day(answer.until, zone)}" if answer.until else ""
    return f"May be shown {where} through {channel}{until}."


def held_words(answer: Answer, zone: tzinfo) -> str:
    """Why it is held back, with dates as people say them."""
    return gate_words(answer, zone) if answer.opens is None else f"Not to be shown before {_day(answer.opens, zone)}."


def _day(instant: datetime, zone: tzinfo) -> str:
    local = instant.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _at(instant: datetime | None, zone: tzinfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z") if instant else ""
