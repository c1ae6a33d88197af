"""From what was agreed and seen to what is to be done, with a reason on everything. Pure: no IO, no clock, no chance."""

from dambridge.planning.enriching import decide_enrich
from dambridge.planning.intake import decide_intake
from dambridge.planning.mirroring import MirrorDecision, decide_mirror
from dambridge.planning.moved import check_moved
from dambridge.planning.plans import HeaderFacts, forecast, make_plan, waves
from dambridge.planning.standings import LastSeen

__all__ = [
    "HeaderFacts",
    "LastSeen",
    "MirrorDecision",
    "check_moved",
    "decide_enrich",
    "decide_intake",
    "decide_mirror",
    "forecast",
    "make_plan",
    "waves",
]
