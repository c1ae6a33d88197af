"""Decide: hand source and record copy of some links to the pure core. No call is made here but reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dambridge.engine.enriching.parts import EnrichParts
from dambridge.engine.enriching.starting import begin
from dambridge.engine.mirroring.deciding import Decided, Known, as_read, believed, gather, take
from dambridge.engine.mirroring.settling import face_of
from dambridge.engine.mirroring.wording import with_words
from dambridge.engine.terms import learn
from dambridge.model.identity import AccountId, LinkId
from dambridge.model.records import Present
from dambridge.planning import decide_enrich


async def look(parts: EnrichParts, ids: Sequence[LinkId]) -> Known:
    """The links that have a record copy, with their copies read and what the ledger says of them. What words mean is
    learned before, for all that is decided about these links."""
    links = await parts.ledger.links(ids)
    concerned = [it for it in ids if it in links and parts.enrich.concerns(links[it])]
    if concerned:
        await learn(parts)
    return await begin(parts, await gather(parts, concerned, begin=None))


async def decide_enrichments(parts: EnrichParts, known: Known, *, unproven: Collection[AccountId] = ()) -> Decided:
    """What each of these links needs. In an account whose listing is `unproven` nobody is taken for gone."""
    seen = {key: believed(it, key, unproven) for key, it in known.seen.items()}
    records = [it.record for it in seen.values() if isinstance(it, Present)]
    decided = Decided(links=dict(known.links), records=records, begun=known.begun)
    faces = {it: face_of(parts, link) for it, link in known.links.items()}
    words = await parts.ledger.term_uses(parts.flow, list(faces.values()))
    now = await parts.clock.now()
    for link_id, link in known.links.items():
        decision = decide_enrich(
            link=link,
            accords=known.accords.get(link_id, {}),
            conflicts=known.conflicts.get(link_id, {}),
            seen={it.id: seen[it.key] for it in link.copies},
            policy=parts.enrich,
            maps={name: site.map for name, site in parts.sites.items()},
            can_archive={name: site.archive.capabilities for name, site in parts.sites.items()},
            terms=parts.target.terms,
            now=now,
            before=known.before.get(link_id),
            untouched=known.untouched_of(link),
        )
        face = faces[link_id]
        decision = with_words(as_read(known, link_id, decision, now), words.get(face, ()))
        take(decided, face, decision, seen)
    return decided
