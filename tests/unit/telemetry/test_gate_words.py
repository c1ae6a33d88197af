"""The gate answers in words that a lawyer would accept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from dambridge.model.gate import Answer, Block
from dambridge.model.reasons import Code, Reason
from dambridge.model.rights import Fact
from dambridge.telemetry.gate_words import BLOCKS, FACTS, gate_words
from dambridge.telemetry.wording import words

BERLIN = timezone(timedelta(hours=2))
AT = datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_each_answer_has_its_sentence() -> None:
    assert gate_words(Answer(blocks=()), UTC) == "Yes."
    assert gate_words(Answer(blocks=(), until=AT), BERLIN) == "Yes, until 2026-07-01 00:00:00 +0200."
    assert gate_words(Answer(blocks=(Block.BEFORE_START,), opens=AT), UTC) == "Not before 2026-06-30 22:00:00 +0000."
    unknown = Answer(blocks=(Block.UNKNOWN,), unknown=(Fact.HOLDER, Fact.WINDOW))
    assert gate_words(unknown, UTC) == (
        "Unknown, which is no: nobody has said who owns the rights, until when the licence holds."
    )
    both = Answer(blocks=(Block.ENDED, Block.TERRITORY, Block.UNKNOWN), unknown=(Fact.CHANNELS,))
    assert gate_words(both, UTC) == (
        "No: its licence has ended; its licence does not hold in this territory."
        " Nor has anybody said for which channels it holds."
    )


def test_every_block_and_fact_has_words() -> None:
    assert set(BLOCKS) == set(Block)
    assert set(FACTS) == set(Fact)


def test_reasons_speak_of_the_gate_in_its_words_and_of_instants_as_a_wall_clock() -> None:
    unknown = words(Reason.of(Code.RIGHTS_UNKNOWN, outlet="dealers", facts=("window", "territories")))
    assert "until when the licence holds, where it holds" in unknown
    shut = words(Reason.of(Code.GATE_SHUT, outlet="dealers", blocks=("consent_withdrawn", "not_approved")))
    assert shut == (
        "Its rights do not permit dealers: the people shown have withdrawn their consent, it is not approved."
    )
    opens = words(Reason.of(Code.EMBARGOED, outlet="dealers", opens="2026-07-01T00:00:00+02:00"))
    assert opens == "It may be shown in dealers from 2026-07-01 00:00:00 +0200."
    assert words(Reason.of(Code.PUBLISHED, outlet="dealers", until="further notice")).endswith("further notice.")
