"""From what was agreed and seen to what is to be done, with a reason on everything. Pure: no IO, no clock, no chance."""

from dambridge.planning.intake import decide_intake
from dambridge.planning.moved import check_moved
from dambridge.planning.plans import HeaderFacts, forecast, make_plan, waves

__all__ = ["HeaderFacts", "check_moved", "decide_intake", "forecast", "make_plan", "waves"]
