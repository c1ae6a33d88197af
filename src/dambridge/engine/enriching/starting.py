"""The first accords of links that intake made: what it brought is this flow's own value, whatever the copies show by now.

So a value that people in the target changed since is theirs from the first look on, and one that they never touched follows
the source and the rules as if this flow had written it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dambridge.engine.enriching.parts import EnrichParts
from dambridge.engine.mirroring.deciding import Known
from dambridge.mapping import Derived, derive_with_bases, is_absent, same
from dambridge.model.accords import Accord, Standing
from dambridge.model.identity import FlowName, Link, LinkId
from dambridge.model.records import Agreed, Present
from dambridge.model.values import FieldName, Value
from dambridge.policy.enrich import group_name
from dambridge.ports.ledger import AuditEntry

_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """One link that another flow made."""

    parts: EnrichParts
    link: LinkId
    agreed: Agreed
    derived: Derived | None

    def accord(self, name: FieldName) -> Accord | None:
        """What came out of the file alone was brought as well, though the source does not say it. The rule of a value that
        it still comes to is known; of any other nobody knows by which rule it came about."""
        value = self.agreed.fields.get(name, self.agreed.filled.get(name))
        if value is None or is_absent(value):
            return None
        ours, theirs = self.parts.source_copy, self.parts.target_copy
        brought = {name: value}
        said = {name: self.agreed.fields[name]} if name in self.agreed.fields else {}
        source = Standing(fields=brought, shown=said, version=self.agreed.versions[str(ours)], at=_LONG_AGO)
        if self.derived is not None and self._still_comes_to(name, said.get(name)):
            source = replace(source, basis=self.derived.bases[name])
        target = replace(source, shown=brought, version=self.agreed.versions[str(theirs)], basis=None)
        copies = {ours: source, theirs: target}
        return Accord(
            link=self.link, group=group_name(name), fields=brought, origin=ours, since=_LONG_AGO, copies=copies
        )

    def _still_comes_to(self, name: FieldName, said: Value | None) -> bool:
        derived = self.derived
        return derived is not None and name in derived.bases and same(name, derived.record.fields.get(name), said)


async def begin(parts: EnrichParts, known: Known) -> Known:
    """What is known, with an accord begun for every field of a link that has none and that was agreed on before."""
    lacking = {
        it: names
        for it in known.links
        if (names := [one for one in parts.enrich.fields if group_name(one) not in known.accords.get(it, {})])
    }
    agreed = await parts.ledger.agreed(list(lacking)) if lacking else {}
    now = await parts.clock.now()
    begun: list[Accord] = []
    for link_id in sorted(agreed):
        start = _start(parts, known, known.links[link_id], agreed[link_id], now)
        accords = [it for name in lacking[link_id] if start is not None and (it := start.accord(name)) is not None]
        begun += await _dated(parts, known.links[link_id], accords)
    if not begun:
        return known
    told = AuditEntry(
        at=now,
        actor=f"flow:{parts.flow}",
        event="accord.begun",
        subject=str(parts.flow),
        detail={"accords": len(begun)},
    )
    found = {it: dict(groups) for it, groups in known.accords.items()}
    for it in await parts.ledger.put_accords(begun, audit=[told]):
        found.setdefault(it.link, {})[it.group] = it
    return replace(known, accords=found)


def _start(parts: EnrichParts, known: Known, link: Link, agreed: Agreed, now: datetime) -> _Start | None:
    source, target = link.copy(parts.source_copy), link.copy(parts.target_copy)
    if source is None or target is None or {str(source.id), str(target.id)} - agreed.versions.keys():
        return None
    seen = known.seen[source.key]
    derived = (
        derive_with_bases(seen.record, parts.target.map, parts.enrich.fields, now).in_words_of(
            parts.target.map, parts.target.terms
        )
        if isinstance(seen, Present)
        else None
    )
    return _Start(parts=parts, link=link.id, agreed=agreed, derived=derived)


async def _dated(parts: EnrichParts, link: Link, accords: Sequence[Accord]) -> list[Accord]:
    """The accords as old as the last look of the flow that made the link."""
    if not accords:
        return []
    seen = await parts.ledger.observations(FlowName(link.flow), [it.key for it in link.copies])
    since = min((it.at for it in seen.values()), default=_LONG_AGO)
    return [
        replace(it, since=since, copies={copy: replace(one, at=since) for copy, one in it.copies.items()})
        for it in accords
    ]
