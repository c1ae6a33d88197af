"""Every reason has its sentence, every log line is free of secrets, every figure is of the values given."""

from __future__ import annotations

import io
import json
import logging
import string
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.reasons import Code, Reason
from dambridge.telemetry import configure, next_move, percentile, words
from dambridge.telemetry.logs import mask_text, redact
from dambridge.telemetry.wording import MOVES, WORDS

CANARY = "kanarie-7fb3c1d9"
WAITING_FOR_NOBODY = {Code.PAUSED}


@pytest.mark.parametrize("code", list(Code))
def test_every_reason_has_a_sentence_with_and_without_its_parameters(code: Code) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(WORDS[code]) if name]
    told = words(Reason.of(code, **{name: f"<{name}>" for name in names if name != "code"}))
    assert told[0].isupper() or told.startswith(("<", "…"))
    assert all(f"<{name}>" in told for name in names)
    assert words(Reason.of(code))
    assert "{" not in told


@pytest.mark.parametrize("code", sorted(set(Code) - set(MOVES)))
def test_only_what_needs_nobody_has_no_next_move(code: Code) -> None:
    assert next_move(Reason.of(code)) == ""
    assert code in {
        Code.CREATED,
        Code.FIELDS_UPDATED,
        Code.VERSION_ADDED,
        Code.ADOPTED_TWIN,
        Code.BYTES_CONFIRMED,
        Code.AGREED,
        Code.RETIRED,
        Code.LET_GO,
        Code.DELETED,
        Code.RETENTION_ENDED,
        Code.PAIRED,
        Code.DERIVED,
        Code.PAPER_ATTACHED,
        Code.STAGED,
        Code.PUBLISHED,
        Code.SHOWN_AGAIN,
        Code.FILE_REPLACED,
        Code.WITHDRAWN,
        Code.CORRECTED,
        Code.NOTED,
        Code.SOURCE_DISPOSED,
        Code.REVIEW_REJECTED,
        Code.TAKEN_BACK,
        Code.UNSELECTED,
        Code.MASTER_GONE,
        Code.IN_STEP,
        Code.NOT_SELECTED,
        Code.REJECTED_AT_SOURCE,
        Code.MEDIA_TYPE_EXCLUDED,
        Code.EXPRESSION_FALSE,
        Code.GONE_AT_SOURCE,
        Code.OBSERVE_ONLY,
        Code.SIDE_CAR,
        Code.STAND_IN,
        Code.UPLOADER_WORD,
        Code.FIELDS_UNREAD,
    }


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_parameters_are_put_in_as_they_are(text: str) -> None:
    assert text in words(Reason.of(Code.MOVED_ON, text=text))
    assert words(Reason.of(Code.FIELDS_UPDATED, fields=("a", "b"))).endswith("a, b.")


@pytest.mark.hazard("P49")
@pytest.mark.parametrize(
    "event",
    [
        {"password": CANARY},
        {"api_key": CANARY},
        {"Authorization": f"Bearer {CANARY}"},
        {"headers": {"X-PS-Auth-Token": CANARY, "Cookie": CANARY}},
        {"text": f"GET https://x.example/psapi/v3?api_key={CANARY}&format=json"},
        {"text": f"header Authorization: apiToken {CANARY}, refused"},
        {"nested": [{"deep": ({"client_secret": CANARY}, f"token={CANARY}")}]},
        {"body": f'{{"access_token":"{CANARY}","expires_in":3600}}'},
        {"text": f"password: {CANARY}"},
    ],
)
def test_no_secret_gets_into_a_line(event: dict[str, object]) -> None:
    line = json.dumps(redact(None, "info", dict(event)), default=str)
    assert CANARY not in line
    assert "***" in line


def test_what_is_no_secret_stays() -> None:
    event = {
        "event": "action.retried",
        "why": "the token bucket is empty",
        "count": 3,
        "key": "agency:I1",
        "path": "a/b",
    }
    assert redact(None, "info", dict(event)) == event
    assert mask_text("monkey = banana, keywords=harbour") == "monkey = banana, keywords=harbour"


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.hazard("P49")
@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.usefixtures("logs_as_before")
def test_both_logs_go_through_the_same_redaction(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=as_json)
    structlog.get_logger().info("hello", password=CANARY, asset="I1")
    logging.getLogger("some.library").warning("asked with api_key=%s", CANARY)
    try:
        int(f"Bearer {CANARY}")
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr()
    assert CANARY not in written.err + written.out
    assert "I1" in written.err
    assert written.out == ""
    if as_json:
        first = json.loads(written.err.splitlines()[0])
        assert (first["event"], first["password"], first["asset"]) == ("hello", "***", "I1")


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.usefixtures("logs_as_before")
def test_logs_follow_standard_error_and_a_second_set_up(as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log line that cannot be written would become the error of the work that wanted to tell something."""
    log = structlog.get_logger()
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    configure(json=as_json, level=logging.WARNING)
    log.warning("one")
    log.info("too quiet")
    first_written = first.getvalue()
    first.close()
    monkeypatch.setattr(sys, "stderr", second)
    log.warning("two")
    logging.getLogger("some.library").warning("three")
    configure(json=as_json, level=logging.INFO)
    log.info("four")
    assert "one" in first_written
    assert "too quiet" not in first_written
    assert [word for word in ("one", "two", "three", "four") if word in second.getvalue()] == ["two", "three", "four"]


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values_with_its_share_below(values: list[float], share: int) -> None:
    found = percentile(values, share)
    assert found in values
    assert found is not None
    assert sum(it <= found for it in values) >= len(values) * share / 100
    assert percentile(values, 100) == max(values)


def test_figures_of_nothing_are_none() -> None:
    assert percentile([], 50) is None
    assert percentile([3, 1, 2], 50) == 2
