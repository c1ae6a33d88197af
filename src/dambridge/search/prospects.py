"""What would become of an asset at an outlet if somebody asked for it now, as far as that is plain beforehand. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dambridge.model.access import Searcher
from dambridge.model.gate import Question
from dambridge.model.identity import AssetKey
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Publication, Stage
from dambridge.model.searching import Document
from dambridge.policy.gate import may
from dambridge.policy.ordering import may_order_to
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.policy.patterns import matches_any
from dambridge.ports.errors import Refused
from dambridge.telemetry.gate_words import held_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What would become of one asset: by outlet, why it would be held back; empty where nothing speaks against it."""

    key: AssetKey
    name: str
    file_name: str
    outlets: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A copy as it was last observed, with what stands of it at outlets and what people ordered, by outlet."""

    copy: Document
    published: Mapping[str, Publication] = field(default_factory=dict)
    orders: Mapping[str, OutletOrder] = field(default_factory=dict)
    record: AssetKey | None = None
    """Its copy in the archive, where it is not that itself."""

    def ordered(self, outlet: str, now: datetime) -> OutletOrder | None:
        """The order that stands for this outlet."""
        found = self.orders.get(outlet)
        return found if found is not None and found.stands(now) else None


def held_back(it: Known, policy: PublishPolicy, way: Outlet, searcher: Searcher, now: datetime) -> Refused | None:
    """Why this asset does not go to the outlet by this person's word; None where nothing speaks against it."""
    if it.copy.key.account != policy.source:
        return Refused(f"What goes to {way.name} comes from {policy.source}; find the asset there.", code="no_way")
    if not may_order_to(searcher, way, policy.gate):
        return Refused(f"{way.name} is for {way.territory}, and that is not in your regions.", code="no_role")
    question = Question(
        channel=way.channel,
        territory=way.territory,
        audience=way.audience,
        at=now,
        status=it.copy.profile.status or "unknown",
    )
    answer = may(it.copy.profile.rights, question, policy.gate)
    if not answer.permits:
        code = str(answer.blocks[0])
        return Refused(f"Held back from {way.name}: {held_words(answer, policy.zone)}", code=code)
    return _not_ordered(it, policy, way) if way.orders else _not_selected(it.copy, policy)


def _not_ordered(it: Known, policy: PublishPolicy, way: Outlet) -> Refused | None:
    """That it is there without anybody's order: one would bring nothing. What is only taken back may be ordered again."""
    found = it.published.get(way.name)
    if found is None or way.name in it.orders:
        return None
    since = f"since {found.at.astimezone(policy.zone):%-d %B %Y}"
    if found.stage is Stage.VISIBLE:
        return Refused(f"It is in {way.name} already, {since}; no second copy is made.", code="already_there")
    if found.stage is Stage.ADOPTED:
        text = f"Somebody else put it into {way.name}, and it is watched {since}; no second copy is made."
        return Refused(f"{text} An administrator can activate the outlet.", code="already_there")
    return None


def _not_selected(copy: Document, policy: PublishPolicy) -> Refused | None:
    chosen = policy.selection
    paths = [it for it in copy.paths or () if matches_any(it, chosen.folders)]
    if any(not matches_any(it, chosen.exclude) for it in paths):
        return None
    folders = ", ".join(chosen.folders) or "none"
    return Refused(
        f"Flow {policy.flow} shows what stands in the folders {folders}. Put the asset there first, or have the outlet take "
        "orders (`orders: true`).",
        code="not_selected",
    )
