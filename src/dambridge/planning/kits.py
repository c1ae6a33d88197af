"""Kits: what goes to an outlet whole or not at all. A kit is all masters that hold one value in the policy's kit field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from dambridge.model.gate import Answer, Block
from dambridge.model.publications import Publication, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One asset of a kit with regard to one outlet. `name` is what people call it. `answer` is the gate's, None where the
    asset could not be read; `selected` whether it is meant for the outlet at all; `hindrance` says what else keeps it from
    going there, known ahead; `ready` whether its file stands in the account as it has to be."""

    name: str
    answer: Answer | None
    selected: bool = True
    hindrance: str = ""
    ready: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KitVerdict:
    """What a kit may do in one outlet. `lacking` names who lacks what, empty where all are cleared; `unread` says that the kit
    could not be read whole. `ready` is whether all files stand there, so that all can be shown together. `until` is the
    instant at which the first of them has to go, and all others with it; `ask_again` the next at which one may be another."""

    kit: str
    lacking: tuple[str, ...] = ()
    unread: bool = False
    ready: bool = False
    until: datetime | None = None
    ask_again: datetime | None = None


def judge_kit(kit: str, members: Sequence[Member] | None, *, horizon: datetime, zone: tzinfo = UTC) -> KitVerdict:
    """Say it; `members` is None where who belongs to it could not be read whole, and what ends by `horizon` has to go now. The
    order of members does not matter. Instants are told in `zone`."""
    if members is None:
        return KitVerdict(kit=kit, unread=True)
    lacking = [f"{it.name}: {why}" for it in members if it.answer is not None and (why := _lacks(it, horizon, zone))]
    answers = [it.answer for it in members if it.answer is not None]
    return KitVerdict(
        kit=kit,
        lacking=tuple(sorted(lacking)),
        unread=len(answers) < len(members),
        ready=bool(members) and all(it.ready for it in members),
        until=min((it.until for it in answers if it.until is not None), default=None),
        ask_again=min((it.ask_again for it in answers if it.ask_again is not None), default=None),
    )


def is_ready(publication: Publication | None, master: str) -> bool:
    """Whether a file made of this master stands in the account, whether it is shown or not."""
    if publication is None or publication.remote_id is None:
        return False
    return publication.stage is Stage.VISIBLE or (
        publication.stage in {Stage.STAGED, Stage.WITHDRAWN} and publication.master == master
    )


def _lacks(member: Member, horizon: datetime, zone: tzinfo) -> str:
    answer = member.answer
    if not member.selected:
        return "it is not selected"
    if answer is None:
        return ""
    if answer.blocks:
        facts = f" ({', '.join(answer.unknown)})" if Block.UNKNOWN in answer.blocks else ""
        return ", ".join(answer.blocks) + facts
    if answer.until is not None and answer.until <= horizon:
        return f"it ends at {answer.until.astimezone(zone).isoformat()}"
    return member.hindrance
