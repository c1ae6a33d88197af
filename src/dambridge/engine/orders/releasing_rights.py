"""Orders to let somebody's looser word on rights stand everywhere, and to take that back.

What an account that does not own the rights said more than was agreed did not stand (`planning.merging`); it was kept. A named
person lets it stand after all: what is agreed becomes that, and the flow's next round brings it to every copy. An order that
is carried out twice has the effect of one: the audit trail names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dambridge.mapping import same
from dambridge.model.accords import Accord, GroupName
from dambridge.model.commands import Command
from dambridge.model.conflicts import Conflict, Side
from dambridge.model.identity import AccountId, AssetKey, FlowName, LinkId, RemoteId
from dambridge.model.reasons import Code
from dambridge.model.values import FieldName, Fields, fields_from_json, fields_to_json
from dambridge.policy.mirror import FieldGroup, MirrorPolicy
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry, Due

RELEASED = "rights.released"
UNDONE = "rights.release_undone"
PAGE = 500


async def release_rights(ledger: AgreeingLedger, policy: MirrorPolicy | None, command: Command) -> Mapping[str, Any]:
    """Carry out a release, or the undoing of the last one. Raises `Refused` or `MovedOn` in words for the person who gave it."""
    if policy is None:
        raise Refused("The flow `rights` is not configured here, so that nothing was refused.")
    if not command.actor.strip():
        raise Refused("Rights are released by a named person: `--by NAME`.")
    link = await _link(ledger, str(command.scope["asset"]))
    if (done := await _done(ledger, link, command)) is not None:
        return done
    if command.scope.get("undo"):
        change = await _undoing(ledger, link)
    else:
        if not str(command.scope.get("why") or "").strip():
            raise Refused("Rights are released for a reason only: `--why TEXT`. The reason goes on record.")
        change = await _release(ledger, policy, link, command)
    return await _written(ledger, policy.flow, change, command)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What is agreed in one group, before and after."""

    accord: Accord
    after: Fields
    event: str


async def _link(ledger: AgreeingLedger, given: str) -> LinkId:
    if await ledger.links([LinkId(given)]):
        return LinkId(given)
    account, colon, remote = given.partition(":")
    key = AssetKey(AccountId(account), RemoteId(remote))
    found = (await ledger.links_of([key])).get(key) if colon else None
    if found is None:
        raise Refused(f"Nothing is known of {given!r}. Name an asset as `account:id`, or a link.")
    return found


async def _done(ledger: AgreeingLedger, link: LinkId, command: Command) -> Mapping[str, Any] | None:
    """What this very order did before its worker died."""
    for entry in await _trail(ledger, link):
        if entry.detail.get("order") == command.id:
            return _answer(link, entry.detail)
    return None


async def _trail(ledger: AgreeingLedger, link: LinkId) -> list[AuditEntry]:
    """Releases of this link and their undoings, the latest first."""
    found: list[AuditEntry] = []
    after = 0
    while True:
        page = await ledger.audit_trail(subject=link, after=after, limit=PAGE)
        found += [it.entry for it in page if it.entry.event in {RELEASED, UNDONE}]
        if len(page) < PAGE:
            return found[::-1]
        after = page[-1].seq


async def _release(ledger: AgreeingLedger, policy: MirrorPolicy, link: LinkId, command: Command) -> _Change:
    accords = (await ledger.accords([link])).get(link, {})
    entries = (await ledger.conflicts_of([link])).get(link, {})
    owned = [it for it in policy.groups if it.owner is not None]
    wanted = frozenset(map(FieldName, command.scope.get("fields") or ()))
    found = [
        (accords[it.name], after)
        for it in owned
        if it.name in accords
        and it.name in entries
        and (after := _after(accords[it.name], it, entries[it.name], wanted, str(command.scope.get("account") or "")))
        is not None
    ]
    if open_ := next((it for it in entries.values() if it.stands and any(it.group == one.name for one in owned)), None):
        raise Refused(f"About {open_.group} a person has yet to rule: `dambridge conflicts settle {open_.id}`.")
    if len(found) != 1:
        what = "Nothing that was refused is left to be released" if not found else "More than one group was refused"
        raise Refused(f"{what} for {link}. `dambridge conflicts --state moot` lists what was refused; name `--field`s.")
    return _Change(accord=found[0][0], after=found[0][1], event=RELEASED)


def _after(
    accord: Accord, group: FieldGroup, entry: Conflict, wanted: frozenset[FieldName], account: str
) -> Fields | None:
    """What is agreed with the refused values in it; None where nothing was refused that does not stand by now."""
    if entry.reason.code is not Code.LOOSENING_REFUSED:
        return None
    sides = [it for it in entry.sides if it.copy is not None and it.copy.account != group.owner]
    sides = [it for it in sides if account in {"", it.copy.account if it.copy else ""}]
    said = _of_one_mind(sides, wanted or group.fields, entry)
    new = {**accord.fields}
    for name in wanted or group.fields:
        if name in said:
            new[name] = said[name]
        elif name in group.fields:
            new.pop(name, None)
    return new if any(not same(it, new.get(it), accord.fields.get(it)) for it in group.fields) else None


def _of_one_mind(sides: Sequence[Side], names: frozenset[FieldName], entry: Conflict) -> Fields:
    first = sides[0].fields if sides else entry.base
    if any(not same(name, it.fields.get(name), first.get(name)) for it in sides for name in names):
        raise Refused("Several accounts were refused different values: say whose, `--account NAME`.")
    return first


async def _undoing(ledger: AgreeingLedger, link: LinkId) -> _Change:
    last = next(iter(await _trail(ledger, link)), None)
    if last is None or last.event != RELEASED:
        raise Refused(f"No release of {link} stands, so that there is nothing to undo.")
    accord = (await ledger.accords([link])).get(link, {}).get(GroupName(str(last.detail["group"])))
    after = fields_from_json(last.detail["after"])
    if accord is None or any(not same(it, accord.fields.get(it), after.get(it)) for it in {*after, *accord.fields}):
        raise Refused("It was edited since it was released. Edit it where the rights are owned.")
    return _Change(accord=accord, after=fields_from_json(last.detail["before"]), event=UNDONE)


async def _written(ledger: AgreeingLedger, flow: FlowName, change: _Change, command: Command) -> Mapping[str, Any]:
    accord = change.accord
    detail = {
        "group": str(accord.group),
        "before": fields_to_json(accord.fields),
        "after": fields_to_json(change.after),
        "why": str(command.scope.get("why") or ""),
        "order": command.id,
    }
    at = command.created_at
    entry = AuditEntry(at=at, actor=command.actor, event=change.event, subject=accord.link, detail=detail)
    new = replace(accord, fields=change.after, origin=None, since=at, by=command.actor)
    link = (await ledger.links([accord.link]))[accord.link]
    key = link.copies[0].key
    due = Due(at=at, kind=f"hint:{flow}", key=str(key), payload={"account": str(key.account), "id": str(key.remote_id)})
    await ledger.put_accords([new], [entry])
    await ledger.add_due([due])
    return _answer(accord.link, detail)


def _answer(link: LinkId, detail: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {it: detail[it] for it in ("group", "before", "after", "why")}
    return {"released_rights": {"link": link, **told}, "exit_code": 0}
