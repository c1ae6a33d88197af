"""The first accords of a link that another flow made: what its copies had in common then, not what they show by now.

So a field that was edited on one side between the making and the first look is an edit, and not two values that clash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.mapping import is_absent
from dambridge.model.accords import Accord, GroupName, Standing
from dambridge.model.identity import FlowName, Link, LinkId
from dambridge.model.records import Agreed
from dambridge.model.values import Fields
from dambridge.planning.rebuilding import REBUILT, RELEASED
from dambridge.planning.views import carried, part
from dambridge.policy.mirror import FieldGroup
from dambridge.ports.ledger import AuditEntry

Accords = Mapping[LinkId, Mapping[GroupName, Accord]]
_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)


async def begin_accords(parts: MirrorParts, links: Mapping[LinkId, Link], accords: Accords) -> Accords:
    """The accords, with one begun for each group of each link that has none and that was agreed on when the link was made.

    Names and bytes are not begun: what a copy is called, and how its account shows its bytes, was never compared."""
    bare = {
        it: groups
        for it in links
        if (groups := [one for one in parts.policy.groups if one.name not in accords.get(it, {})])
    }
    if not bare:
        return accords
    agreed = await parts.ledger.agreed(list(bare))
    since = await _since(parts, [links[it] for it in agreed])
    begun = [
        accord
        for it in sorted(agreed)
        for group in bare[it]
        if (accord := _begun(parts, links[it], agreed[it], group, since.get(it, _LONG_AGO))) is not None
    ]
    if not begun:
        return accords
    now = await parts.clock.now()
    told = AuditEntry(
        at=now,
        actor=f"flow:{parts.flow}",
        event="accord.begun",
        subject=str(parts.flow),
        detail={"accords": len(begun)},
    )
    found: dict[LinkId, dict[GroupName, Accord]] = {it: dict(groups) for it, groups in accords.items()}
    for accord in await parts.ledger.put_accords(begun, audit=[told]):
        found.setdefault(accord.link, {})[accord.group] = accord
    return found


async def _since(parts: MirrorParts, links: Sequence[Link]) -> dict[LinkId, datetime]:
    """When the flow that made each link last dealt with it."""
    found: dict[LinkId, datetime] = {}
    for flow in sorted({it.flow for it in links}):
        ours = [it for it in links if it.flow == flow]
        seen = await parts.ledger.observations(FlowName(flow), [copy.key for it in ours for copy in it.copies])
        for link in ours:
            times = [seen[it.key].at for it in link.copies if it.key in seen]
            if times:
                found[link.id] = min(times)
    return found


def _begun(parts: MirrorParts, link: Link, agreed: Agreed, group: FieldGroup, since: datetime) -> Accord | None:
    """Values that came out of the file alone are agreed on as well: a copy that lacks them is behind."""
    if group.is_content or group.is_file_name:
        return None
    whole = _said({**agreed.filled, **agreed.fields}, group)
    if agreed.evidence.get(REBUILT, RELEASED) != RELEASED and not _is_alike(parts, link, agreed, group):
        return None  # what is not known to be alike is nobody's: not even that it was empty
    copies = {
        it.id: _standing(agreed, group, since, str(it.id))
        for it in link.copies
        if str(it.id) in agreed.versions and carried(group, parts.sites[it.id.account].map)
    }
    if len(copies) < 2:
        return None
    return Accord(link=link.id, group=group.name, fields=whole, origin=None, since=since, copies=copies)


def _is_alike(parts: MirrorParts, link: Link, agreed: Agreed, group: FieldGroup) -> bool:
    """Whether all copies of a link that was found again are known to say the same of the whole group."""
    if not group.fields <= agreed.fields.keys():
        return False
    copies = [it.id for it in link.copies if carried(group, parts.sites[it.id.account].map)]
    return all(str(it) in agreed.versions for it in copies)


def _standing(agreed: Agreed, group: FieldGroup, since: datetime, copy: str) -> Standing:
    source = agreed.evidence.get(copy) == "source"
    said = agreed.fields if source else {**agreed.filled, **agreed.fields}
    fields = _said(said, group)
    return Standing(fields=fields, shown=fields, version=agreed.versions[copy], at=since)


def _said(fields: Fields, group: FieldGroup) -> Fields:
    return {name: value for name, value in part(fields, group.fields).items() if not is_absent(value)}
