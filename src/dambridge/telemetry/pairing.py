"""Why two assets may be one, and why a person should look, in words."""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.model.pairing import Doubt, Evidence, Pair

EVIDENCE: Mapping[Evidence, str] = {
    Evidence.MARK: "one carries the id of the other",
    Evidence.BYTES: "the same bytes",
    Evidence.ID_FIELD: "the same value in an identifying field",
    Evidence.NAME: "the same file name",
    Evidence.CAPTURED: "taken in the same second",
    Evidence.LIKENESS: "the pictures look alike",
    Evidence.LOOK: "they are alike in every part",
    Evidence.TURNED: "alike once turned or mirrored",
}
DOUBTS: Mapping[Doubt, str] = {
    Doubt.SEVERAL: "several assets have it in common",
    Doubt.TWINS: "the same file is there several times",
    Doubt.LOOKALIKES: "other pictures look like it",
    Doubt.TAKEN: "one of them is paired with another",
    Doubt.CONTRADICTED: "they differ in kind or in looks",
    Doubt.OTHER_TIME: "they were taken at different times",
    Doubt.OTHER_SHAPE: "one has other proportions",
    Doubt.OTHER_COLOURS: "one has other colours",
    Doubt.NOT_CLOSE: "they differ more than a saved copy does",
    Doubt.NOT_SEEN_CLOSELY: "no larger picture could be had",
    Doubt.TURNED: "one is turned or mirrored",
    Doubt.THIN: "there is nothing else to go by",
}


def evidence_in_words(pair: Pair) -> str:
    """What speaks for the pair."""
    return "; ".join(EVIDENCE[it] for it in pair.evidence)


def doubts_in_words(pair: Pair) -> str:
    """What speaks against making it without a person."""
    return "; ".join(DOUBTS[it] for it in pair.doubts)
