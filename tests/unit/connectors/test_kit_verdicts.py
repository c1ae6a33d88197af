"""What replies and faults mean, how long retries wait, what is masked: all without a network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.connectors.kit.backoff import Retries, retry_after
from dambridge.connectors.kit.messages import Effect, Request
from dambridge.connectors.kit.secrets import Masker
from dambridge.connectors.kit.sessions import FixedHeaders, SignedIn
from dambridge.connectors.kit.verdicts import Fault, FaultKind, Verdict, verdict_on

READ, WRITE = Effect.READ, Effect.WRITE


@pytest.mark.parametrize(
    ("outcome", "of_a_read", "of_a_write"),
    [
        (200, Verdict.ANSWER, Verdict.ANSWER),
        (204, Verdict.ANSWER, Verdict.ANSWER),
        (301, Verdict.STOP, Verdict.STOP),
        (304, Verdict.ANSWER, Verdict.ANSWER),
        (400, Verdict.ANSWER, Verdict.ANSWER),
        (401, Verdict.RENEW, Verdict.RENEW),
        (403, Verdict.ANSWER, Verdict.ANSWER),
        (404, Verdict.ANSWER, Verdict.ANSWER),
        (408, Verdict.AGAIN, Verdict.UNCLEAR),
        (409, Verdict.ANSWER, Verdict.ANSWER),
        (413, Verdict.ANSWER, Verdict.ANSWER),
        (425, Verdict.AGAIN, Verdict.UNCLEAR),
        (429, Verdict.SLOW_DOWN, Verdict.SLOW_DOWN),
        (500, Verdict.AGAIN, Verdict.UNCLEAR),
        (502, Verdict.AGAIN, Verdict.UNCLEAR),
        (503, Verdict.AGAIN, Verdict.UNCLEAR),
        (504, Verdict.AGAIN, Verdict.UNCLEAR),
        (Fault(FaultKind.NOT_CONNECTED), Verdict.AGAIN, Verdict.LATER),
        (Fault(FaultKind.UNTRUSTED), Verdict.STOP, Verdict.STOP),
        (Fault(FaultKind.TIMED_OUT), Verdict.AGAIN, Verdict.UNCLEAR),
        (Fault(FaultKind.LOST), Verdict.AGAIN, Verdict.UNCLEAR),
        (Fault(FaultKind.CUT), Verdict.AGAIN, Verdict.UNCLEAR),
        (Fault(FaultKind.GARBLED), Verdict.AGAIN, Verdict.UNCLEAR),
        (Fault(FaultKind.PAGE), Verdict.AGAIN, Verdict.UNCLEAR),
        (Fault(FaultKind.TOO_LARGE), Verdict.LATER, Verdict.UNCLEAR),
        (Fault(FaultKind.BODY_FAILED), Verdict.AGAIN, Verdict.UNCLEAR),
    ],
)
def test_each_outcome_has_its_verdict(outcome: int | Fault, of_a_read: Verdict, of_a_write: Verdict) -> None:
    assert verdict_on(READ, outcome) is of_a_read
    assert verdict_on(WRITE, outcome) is of_a_write


@given(st.integers(100, 599) | st.sampled_from([Fault(it) for it in FaultKind]))
def test_a_write_is_never_sent_again(outcome: int | Fault) -> None:
    assert verdict_on(WRITE, outcome) is not Verdict.AGAIN


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "0"}, timedelta()),
        ({"Retry-After": "17"}, timedelta(seconds=17)),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "99999999999999"}, timedelta(days=7)),
        ({"Retry-After": "Tue, 24 Nov 2026 10:00:30 GMT"}, None),
        (
            {"Retry-After": "Tue, 24 Nov 2026 10:00:30 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"},
            timedelta(seconds=30),
        ),
        ({"Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 GMT"}, timedelta()),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], wait: timedelta | None) -> None:
    assert retry_after(headers) == wait


def test_waits_grow_to_a_bound_and_are_spread() -> None:
    retries = Retries(first=0.5, longest=4)
    assert [retries.wait(n, 1.0).total_seconds() for n in range(1, 6)] == [0.5, 1, 2, 4, 4]
    assert retries.wait(2, 0.0) == timedelta(seconds=0.5)


@pytest.mark.hazard("P49")
def test_the_mask_hides_each_spelling_of_a_secret() -> None:
    mask = Masker(["s3cr3t/=&word", "abc"])
    mask.add("later-token")
    shown = mask("k=s3cr3t/=&word u=s3cr3t%2F%3D%26word later-token abc")
    assert shown == "k=*** u=*** *** abc"
    assert "s3cr3t" not in repr(mask)


@pytest.mark.hazard("P49")
def test_no_repr_shows_a_secret() -> None:
    headers = {"Authorization": "canary"}
    request = Request(method="GET", path="/x", effect=READ, about="x", headers=headers, form=headers, json=headers)
    assert not any("canary" in repr(it) for it in (request, FixedHeaders(headers), SignedIn(headers)))
