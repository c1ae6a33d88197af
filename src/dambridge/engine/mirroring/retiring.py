"""Taking a copy out of sight because another of its link is gone: never deleted, always to be had again.

NetX: into the holding folder, which only administrators see. PhotoShelter, which has no such place: out of the selected
galleries; the asset stays in the library.
"""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.engine.ended import Ended
from dambridge.engine.mirroring.agreeing import gone_copy, tombstone_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import native_of
from dambridge.engine.mirroring.settling import End
from dambridge.engine.sites import Site
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import to_canonical
from dambridge.model.actions import Action
from dambridge.model.identity import Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Container, NativeRecord
from dambridge.policy.patterns import matches_any
from dambridge.ports.errors import MovedOn, Unclear


async def retire(parts: MirrorParts, link: Link, action: Action, journal: StepJournal) -> End:
    """Out of sight, then out of the link with a tombstone. Whoever was edited since the decision stays."""
    copy = gone_copy(link, action.target)
    site = parts.sites[copy.id.account]
    native = await native_of(site, copy.remote_id)
    begun = journal.intent(Step.RETIRE) is not None
    if not begun and to_canonical(native, site.map).version != action.expects.get(str(copy.id)):
        raise MovedOn(f"{copy.key} was edited after the plan was made; it stays. It is planned again.")
    places = _to_leave(parts, site, native)
    if places:
        intent = {"places": [it.path for it in places]}

        async def work() -> Mapping[str, object]:
            await _leave(parts, site, native, places)
            return {"left": len(places)}

        await journal.run(Step.RETIRE, intent, work)
        native = await native_of(site, copy.remote_id)
        if _to_leave(parts, site, native):
            raise Unclear(f"{copy.key} still shows places that it was taken out of; it is looked at again.")
    reason = Reason.of(Code.RETIRED, copy=str(copy.key), how=str(copy.key))
    return End(
        ended=Ended(Outcome.DONE, reason),
        tombstones=(await tombstone_of(parts, link, copy, action, reason),),
        drop_copies=(copy.id,),
        audit={"places": [it.path for it in places], "why": [it.to_json() for it in action.reasons]},
    )


def _to_leave(parts: MirrorParts, site: Site, native: NativeRecord) -> list[Container]:
    """The places that the copy is to be taken out of."""
    holding = parts.holding.get(site.account)
    if holding is not None:
        return [it for it in native.containers if it.path != holding]
    patterns = parts.selects.get(site.account, ())
    return [it for it in native.containers if not patterns or matches_any(it.path, patterns)]


async def _leave(parts: MirrorParts, site: Site, native: NativeRecord, places: list[Container]) -> None:
    rest = places
    holding = parts.holding.get(site.account)
    if holding is not None:
        folder = await site.archive.ensure_folder(holding, lane=parts.lane)
        await site.archive.place(native.key.remote_id, into=folder, out_of=places[0].id, lane=parts.lane)
        rest = places[1:]
    for it in rest:
        await site.archive.take_out(native.key.remote_id, out_of=it.id, lane=parts.lane)
