"""Whether the world still is what a plan expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from dambridge.model.actions import SIDE_CAR, Action
from dambridge.model.identity import AssetKey, Link, LinkId
from dambridge.model.plans import Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Present, Seen

Links = Mapping[LinkId, Link]
_NO_LINKS: Links = MappingProxyType({})


def check_moved(plan: Plan, seen: Mapping[AssetKey, Seen], links: Links = _NO_LINKS) -> list[Reason]:
    """One reason for each copy that is not at the version its action expects; a copy that was not seen has moved."""
    moved = moved_copies(plan.actions, seen, links)
    return [Reason.of(Code.MOVED_ON, text=f"{key} is not what the plan expects") for _, key in moved]


def moved_copies(
    actions: Iterable[Action], seen: Mapping[AssetKey, Seen], links: Links = _NO_LINKS
) -> Iterator[tuple[LinkId, AssetKey]]:
    """Link and asset of each copy that is not at the version its action expects."""
    for action in actions:
        keys = expected_keys(action, links.get(action.link))
        for place, key in sorted(keys.items()):
            now = seen.get(key)
            if not isinstance(now, Present) or now.record.version != action.expects[place]:
                yield action.link, key


def expected_keys(action: Action, link: Link | None) -> dict[str, AssetKey]:
    """Which asset each place is that the action expects something of, whatever the roles: the copy that it writes to, another
    copy of the link, else what it takes from; a side-car beside that is an asset of its own. A copy still to be made is none."""
    copies = {str(it.id): it.key for it in link.copies} if link is not None else {}
    if action.target_id is not None:
        copies[str(action.target)] = AssetKey(action.target.account, action.target_id)
    new = set() if str(action.target) in copies else {str(action.target)}
    found = {it: copies.get(it, action.source) for it in action.expects if it not in new}
    for place in found:
        if place.endswith(SIDE_CAR) and action.side_car is not None:
            found[place] = AssetKey(action.source.account, action.side_car)
    return found
