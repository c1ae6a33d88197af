"""What reports about rights rest on: what the ledger says stands at each outlet, and, where asked, what masters say right now.

Only reads; in the systems nothing is changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from dambridge.engine.sites import Site
from dambridge.mapping import to_canonical
from dambridge.mapping.rights import RIGHTS_FIELDS, rights_of
from dambridge.model.gate import Answer, Block, Question
from dambridge.model.identity import AccountId, AssetKey, LinkId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import Publication, Stage
from dambridge.model.records import AssetRecord, NativeRecord, Present, Unread
from dambridge.model.rights import Rights
from dambridge.model.standing import OutletStanding
from dambridge.model.values import Fields
from dambridge.planning.outlets import agreed_statuses, as_read, rights_said, said_there, status_of, words_in
from dambridge.policy.gate import GateRules, may, strictest
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import Refused, TryLater
from dambridge.ports.ledger import Observation
from dambridge.ports.pace import Lane
from dambridge.telemetry.wording import words

PAGE = 500
_ABOUT_RIGHTS = tuple(sorted(RIGHTS_FIELDS))
AT_ONCE = 100
"""Masters to one call."""
MOST_WAITING = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsDesk:
    """Everything that a question about rights needs. `sites` may lack accounts that nobody asks to read."""

    ledger: AgreeingLedger
    sites: Mapping[AccountId, Site]
    policies: Sequence[PublishPolicy]
    gate: GateRules
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One asset that somebody asks about: the master, and what it says now."""

    key: AssetKey
    link: LinkId | None
    file_name: str
    rights: Rights
    status: str | None
    said_by_copies: tuple[AssetKey, ...] = ()
    """Copies outside that say something of their own about its rights."""


@dataclass(slots=True)
class _Masters:
    """What masters say now, by their key; one that is not there says nothing."""

    said: dict[AssetKey, AssetRecord] = field(default_factory=dict)
    asked: set[AssetKey] = field(default_factory=set)


@dataclass(slots=True)
class _Known:
    """Rights by what was said of them, and the gate's answers: many copies stand under the same words."""

    rights: dict[tuple[object, ...], Rights] = field(default_factory=dict)
    answers: dict[tuple[str, Rights], Answer] = field(default_factory=dict)


# one asset ------------------------------------------------------------------------------------------------------------


async def ask_about(desk: RightsDesk, given: str) -> Asked:
    """Find the master that is meant and read it now. Raises `Refused` where nothing of that name can be asked about."""
    key, link = await _master(desk, given)
    site = desk.sites.get(key.account)
    if site is None:
        raise Refused(f"`{key.account}` is no account here, so that {given} cannot be read.")
    native = (await site.archive.read([key.remote_id], lane=Lane.NORMAL)).get(key.remote_id)
    if not isinstance(native, NativeRecord):
        raise Refused(f"There is no asset {key.remote_id} in `{key.account}` that this user can see.")
    record = to_canonical(native, site.map)
    policy = next((it for it in desk.policies if it.source == key.account), None)
    if policy is not None and isinstance(unread := as_read(Present(record), policy), Unread):
        raise TryLater(f"{key} could not be read whole: {words(unread.reason)}")
    there = await _said_by_copies(desk, link) if link is not None else {}
    name = policy.status if policy is not None else None
    agreed = agreed_statuses(await desk.ledger.accords([link]), name).get(link, "") if link is not None else ""
    return Asked(
        key=key,
        link=link,
        file_name=record.file_name,
        rights=strictest(rights_said(record, desk.zone), *there.values()),
        status=status_of(record.fields, policy, agreed) if policy is not None else None,
        said_by_copies=tuple(sorted(there)),
    )


async def _said_by_copies(desk: RightsDesk, link: LinkId) -> dict[AssetKey, Rights]:
    """What people said about rights in copies that stand outside, since we wrote them."""
    found: dict[AssetKey, Rights] = {}
    for it in (await desk.ledger.publications([link])).get(link, {}).values():
        site = desk.sites.get(it.copy.account)
        if it.key is None or not it.in_sight or site is None:
            continue
        native = (await site.archive.read([it.key.remote_id], lane=Lane.NORMAL)).get(it.key.remote_id)
        if isinstance(native, NativeRecord):
            rights = said_there(it, to_canonical(native, site.map), desk.zone)
            if rights != Rights():
                found[it.key] = rights
    return found


async def _master(desk: RightsDesk, given: str) -> tuple[AssetKey, LinkId | None]:
    """A link's id, `account:id` of any copy, or an id alone, which is then one of the masters' accounts."""
    sources = tuple(dict.fromkeys(it.source for it in desk.policies))
    account, colon, remote = given.partition(":")
    keys = [AssetKey(AccountId(account), RemoteId(remote))] if colon else []
    keys += [] if colon else [AssetKey(it, RemoteId(given)) for it in (*sources, *desk.sites)]
    links = {it.id: it for it in (await desk.ledger.links([LinkId(given)])).values()}
    known = await desk.ledger.links_of(keys)
    outside = await desk.ledger.publications_at(keys)
    found = [*links, *known.values(), *(it.link for it in outside.values())]
    for link in (await desk.ledger.links(found)).values():
        for copy in link.copies:
            if copy.id.account in sources:
                return copy.key, link.id
    masters = [it for it in keys if it.account in sources] or [it for it in keys if it.account in desk.sites]
    if not masters:
        raise Refused(f"Nothing is known of {given!r}. Name an asset as `account:id`, or a link.")
    return masters[0], None


def question_for(outlet: Outlet, asked: Asked, at: datetime) -> Question:
    """What is asked of the gate for this outlet."""
    return _question(outlet, asked.status, at)


def question_at(outlet: Outlet, policy: PublishPolicy, fields: Fields, at: datetime) -> Question:
    """The same of a master with these fields."""
    return _question(outlet, status_of(fields, policy), at)


def _question(outlet: Outlet, status: str | None, at: datetime) -> Question:
    return Question(channel=outlet.channel, territory=outlet.territory, audience=outlet.audience, at=at, status=status)


# everything -----------------------------------------------------------------------------------------------------------


async def standings(desk: RightsDesk, *, live: bool) -> list[OutletStanding]:
    """What stands at each outlet, and what waits for one. `live` reads every master now; without it rights are those that
    went out with the copies, and of what waits only what the last run said."""
    return [it async for page in standing_pages(desk, live=live) for it in page]


async def standing_pages(desk: RightsDesk, *, live: bool, masters: bool = True) -> AsyncIterator[list[OutletStanding]]:
    """The same a page at a time, for whoever need not have all of it at once; with the `masters` of copies where they are
    asked for, as `live` has to."""
    for policy in desk.policies:
        async for page in _pages(desk, policy):
            yield await standings_of(desk, policy, page, live=live, masters=masters)
        yield await waiting(desk, policy, live=live)


async def _pages(desk: RightsDesk, policy: PublishPolicy) -> AsyncIterator[Sequence[Publication]]:
    after = None
    while True:
        page = await desk.ledger.publications_in(policy.flow, stages=list(Stage), after=after, limit=PAGE)
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = (page[-1].link, page[-1].copy)


async def standings_of(
    desk: RightsDesk, policy: PublishPolicy, page: Sequence[Publication], *, live: bool, masters: bool = True
) -> list[OutletStanding]:
    """These publications as reports see them; what stands no more at an outlet that is no more is left out."""
    links = await desk.ledger.links([it.link for it in page]) if masters or live else {}
    known_as = {it: copy.key for it, link in links.items() if (copy := link.copy(policy.source_copy)) is not None}
    said, known = await _read(desk, sorted(set(known_as.values()))) if live else _Masters(), _Known()
    return [
        _standing(desk, policy, it, known_as.get(it.link), said=said, known=known)
        for it in page
        if it.outlet in policy.outlets or it.in_sight
    ]


def _standing(
    desk: RightsDesk,
    policy: PublishPolicy,
    it: Publication,
    master: AssetKey | None,
    *,
    said: _Masters,
    known: _Known,
) -> OutletStanding:
    fields, rights = it.fields, _rights(it.fields, policy, known)
    if master is not None and master in said.asked:
        record = said.said.get(master)
        fields, rights = (record.fields, rights_said(record, policy.zone)) if record is not None else ({}, Rights())
    outlet = policy.outlets.get(it.outlet)
    return OutletStanding(
        flow=policy.flow,
        outlet=it.outlet,
        region=outlet.region if outlet else "",
        link=it.link,
        master=master,
        copy=it.key,
        file_name=it.file_name,
        stage=it.stage,
        rights=rights,
        answer=_answer(desk, policy, outlet, rights, fields, known=True)
        if said.asked
        else _answered(desk, policy, outlet, rights, known),
        until=it.until,
        since=it.at,
    )


def _rights(fields: Fields, policy: PublishPolicy, known: _Known) -> Rights:
    words_of_rights = tuple(fields.get(it) for it in _ABOUT_RIGHTS)
    found = known.rights.get(words_of_rights)
    if found is None:
        found = known.rights[words_of_rights] = rights_of(fields, policy.zone)
    return found


def _answered(desk: RightsDesk, policy: PublishPolicy, outlet: Outlet | None, rights: Rights, known: _Known) -> Answer:
    key = (outlet.name if outlet is not None else "", rights)
    found = known.answers.get(key)
    if found is None:
        found = known.answers[key] = _answer(desk, policy, outlet, rights, {}, known=False)
    return found


def _answer(
    desk: RightsDesk, policy: PublishPolicy, outlet: Outlet | None, rights: Rights, fields: Fields, *, known: bool
) -> Answer:
    """What the gate says now; an outlet that is configured no more permits nothing. The lifecycle word is known only of a master
    that was read."""
    if outlet is None:
        return Answer(blocks=(Block.CHANNEL,))
    status = status_of(fields, policy) if known else None
    return may(rights, _question(outlet, status, desk.now), policy.gate)


async def _read(desk: RightsDesk, keys: Sequence[AssetKey]) -> _Masters:
    found = _Masters(asked=set(keys))
    by_account: dict[AccountId, list[RemoteId]] = {}
    for key in keys:
        by_account.setdefault(key.account, []).append(key.remote_id)
    for account, ids in by_account.items():
        site = desk.sites[account]
        for start in range(0, len(ids), AT_ONCE):
            read = await site.archive.read(ids[start : start + AT_ONCE], lane=Lane.NORMAL)
            for remote_id, native in read.items():
                if isinstance(native, NativeRecord):
                    found.said[AssetKey(account, remote_id)] = to_canonical(native, site.map)
    return found


async def waiting(
    desk: RightsDesk, policy: PublishPolicy, *, live: bool, most: int = MOST_WAITING
) -> list[OutletStanding]:
    """Masters that the last run left waiting, at each outlet that has nothing of them, or withdrew it."""
    seen = await desk.ledger.lingering(policy.flow, outcomes=[Outcome.WAITING], limit=most)
    links = await desk.ledger.links_of([it.key for it in seen])
    there = await desk.ledger.publications(list(links.values()))
    said = await _read(desk, [it.key for it in seen]) if live else _Masters()
    found: list[OutletStanding] = []
    for it in seen:
        link = links.get(it.key)
        stands = there.get(link, {}) if link else {}
        taken = {copy.region for copy, one in stands.items() if one.stage is not Stage.WITHDRAWN}
        for name, outlet in policy.outlets.items():
            if name not in taken and (row := _waits(desk, policy, it, outlet, link=link, said=said)) is not None:
                found.append(row)
    return found


def _waits(
    desk: RightsDesk,
    policy: PublishPolicy,
    it: Observation,
    outlet: Outlet,
    *,
    link: LinkId | None,
    said: _Masters,
) -> OutletStanding | None:
    rights, answer = Rights(), _told(it, outlet)
    if it.key in said.said:
        record, names = said.said[it.key], policy.selection.outlets
        if names is not None and outlet.name not in words_in(record.fields.get(names)):
            return None
        rights = rights_said(record, policy.zone)
        answer = _answer(desk, policy, outlet, rights, record.fields, known=True)
    if answer is None:
        return None
    return OutletStanding(
        flow=policy.flow,
        outlet=outlet.name,
        region=outlet.region,
        link=link,
        master=it.key,
        copy=None,
        file_name=it.file_name,
        stage=None,
        rights=rights,
        answer=answer,
    )


def _told(it: Observation, outlet: Outlet) -> Answer | None:
    """What the last run's reason says of this outlet: that it opens at an instant, or that nobody knows; None where it is
    about another outlet."""
    params = dict(it.reason.params)
    if params.get("outlet", outlet.name) != outlet.name:
        return None
    nobody_knows = Answer(blocks=(Block.UNKNOWN,))
    try:
        opens = datetime.fromisoformat(str(params["opens"]))
    except (KeyError, ValueError):
        return nobody_knows
    return Answer(blocks=(Block.BEFORE_START,), opens=opens) if opens.tzinfo is not None else nobody_knows
