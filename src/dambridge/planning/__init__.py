"""From what was agreed and seen to what is to be done, with a reason on everything. Pure: no IO, no clock, no chance."""

from dambridge.planning.adopting import Foundation, PairingPolicy, activation_plan, in_common, watched_link
from dambridge.planning.asking import open_questions
from dambridge.planning.enriching import decide_enrich
from dambridge.planning.intake import decide_intake
from dambridge.planning.mirroring import MirrorDecision, decide_mirror
from dambridge.planning.moved import check_moved
from dambridge.planning.pairing import Scene, pair_up, scene_of
from dambridge.planning.plans import HeaderFacts, forecast, make_plan, waves
from dambridge.planning.preflight import Preflight, gaps_of, preflight
from dambridge.planning.speaking import Speech, Speeches
from dambridge.planning.standings import LastSeen

__all__ = [
    "Foundation",
    "HeaderFacts",
    "LastSeen",
    "MirrorDecision",
    "PairingPolicy",
    "Preflight",
    "Scene",
    "Speech",
    "Speeches",
    "activation_plan",
    "check_moved",
    "decide_enrich",
    "decide_intake",
    "decide_mirror",
    "forecast",
    "gaps_of",
    "in_common",
    "make_plan",
    "open_questions",
    "pair_up",
    "preflight",
    "scene_of",
    "watched_link",
    "waves",
]
