"""The status of a copy: what of an action's is still to be carried to it, and what it shows that nobody here decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dambridge.engine.carrying import to_show
from dambridge.engine.sites import Site
from dambridge.model.accords import Accord
from dambridge.model.actions import Action
from dambridge.model.identity import AssetKey, Link
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.reasons import Code
from dambridge.model.records import ANYTHING, MediaType, NativeRecord, Present, Seen
from dambridge.model.values import FieldName
from dambridge.planning.transitions import status_of
from dambridge.policy.carriers import Carrier, Carry
from dambridge.policy.mirror import MirrorPolicy


def carry_of(
    policy: MirrorPolicy, site: Site, action: Action, native: NativeRecord, *, but: Collection[FieldName] = ()
) -> Carry:
    """What of the action's status the copy does not say yet; nothing where the action is not about it."""
    carriers = policy.carriers.get(site.account, ())
    if not carriers or LIFECYCLE_STATUS not in {*action.fields, *action.cleared} - {*but}:
        return Carry()
    media_type = MediaType(action.media_type) if action.media_type else native.media_type
    return to_show(site, status_of(action.fields), native, carriers, media_type=media_type)


def undecided(
    policy: MirrorPolicy, link: Link, seen: Mapping[AssetKey, Seen], accord: Accord | None, brought: Sequence[str]
) -> dict[AssetKey, Seen]:
    """What the link's copies show, without a status that may have come out of the uploaded file: whoever made that file wrote
    it, and nobody here decided it. Once a copy was seen with a status of its system's own, whatever it shows counts."""
    found: dict[AssetKey, Seen] = {}
    for copy in link.copies:
        it = seen[copy.key]
        standing = accord.copies.get(copy.id) if accord is not None else None
        known = standing is not None and LIFECYCLE_STATUS in standing.shown
        if isinstance(it, Present) and not known and _is_brought(policy.carriers.get(copy.id.account, ()), it, brought):
            fields = {name: value for name, value in it.record.fields.items() if name != LIFECYCLE_STATUS}
            it = Present(replace(it.record, fields=fields))
        found[copy.key] = it
    return found


def _is_brought(carriers: Sequence[Carrier], it: Present, brought: Sequence[str]) -> bool:
    told = next((note for note in it.record.notes if note.code is Code.STATUS_SHOWN), None)
    if told is None or not brought:
        return False
    words, winner = told["words"], next((one for one in carriers if one.label == told["by"]), None)
    inside = {" ".join(word.casefold().split()) for word in brought}
    shown = {" ".join(word.casefold().split()) for word in (words if isinstance(words, tuple) else ())}
    if winner is None or winner.is_place or not shown:
        return False
    return ANYTHING in brought or shown <= inside
