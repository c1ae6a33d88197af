"""What may be done with a find, as one says it aloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from dambridge.model.gate import Answer, Block
from dambridge.model.rights import EVERYWHERE, Fact
from dambridge.telemetry.gate_words import held_words, use_words

AT = datetime(2026, 6, 30, 22, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=2))


def test_a_find_says_where_through_what_and_until_when() -> None:
    assert use_words(Answer(blocks=()), ("web", "DE"), UTC) == "May be shown in DE through web."
    until = use_words(Answer(blocks=(), until=AT), ("web", EVERYWHERE), BERLIN)
    assert until == "May be shown everywhere through web until 1 July 2026, 00:00."


def test_what_may_not_be_shown_says_why_whatever_the_way() -> None:
    later = Answer(blocks=(Block.BEFORE_START,), opens=AT)
    assert use_words(later, ("web", "DE"), UTC) == "Not to be shown before 30 June 2026, 22:00."
    assert use_words(Answer(blocks=(Block.ENDED,)), ("", ""), UTC) == "No: its licence has ended."
    unknown = Answer(blocks=(Block.UNKNOWN,), unknown=(Fact.WINDOW,))
    assert held_words(unknown, UTC) == "Unknown, which is no: nobody has said until when the licence holds."
