"""Histories in which the decision and the oracle once said different things, each as short as it could be made."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dambridge.model.accords import CONTENT, FILE_NAME
from dambridge.model.identity import CopyId
from dambridge.model.values import LangAlt
from dambridge.policy.mirror import Authority, MirrorPolicy, Rule
from support.mirror import AGENCY, THREE, TWO, date
from support.mirror_histories import CREDIT, EMBARGO, EXPIRY, KEYWORDS, TERMS, history, policy_by

ASK = Authority(Rule.ASK)


def asking(*, rights: Authority = ASK, content: Authority = ASK) -> MirrorPolicy:
    return policy_by(credit=ASK, keywords=ASK, rights=rights, file_name=ASK, content=content)


Steps = list[tuple[Any, ...]]
HISTORIES: dict[str, tuple[MirrorPolicy, tuple[CopyId, ...], bool, Steps]] = {
    "a group agreed on later knows from the others what is late": (
        asking(rights=Authority(Rule.MOST_RESTRICTIVE), content=Authority(Rule.ACCOUNT, AGENCY)),
        THREE,
        True,
        [
            ("edit", 0, {CONTENT: "md5:c0"}, 0),
            ("edit", 0, {TERMS: LangAlt.plain("twice")}, 0),
            ("round", ""),
            ("stale", 0, 1),
            ("edit", 0, {CONTENT: "md5:c0"}, 0),
            ("round", ""),
            ("edit", 1, {CONTENT: "md5:c0"}, 900),
            ("stale", 0, 1),
            ("edit", 1, {CONTENT: "md5:c0"}, 0),
            ("round", ""),
        ],
    ),
    "a late look does not begin the time anew in which answers are held back": (
        asking(),
        TWO,
        True,
        [
            ("round", ""),
            ("stale", 1, 1),
            ("edit", 0, {CREDIT: "b"}, 900),
            ("round", ""),
            ("rule", 1, 1),
            ("round", ""),
            ("stale", 1, 2),
        ],
    ),
    "who contends with what is agreed goes on not knowing it": (
        asking(),
        TWO,
        True,
        [
            ("stale", 0, 1),
            ("stale", 1, 1),
            ("edit", 1, {KEYWORDS: ("x",)}, 0),
            ("rule", 4, 2),
            ("stale", 1, 2),
        ],
    ),
    "a ruling holds when one of the sides that it was about says no more": (
        asking(),
        THREE,
        True,
        [
            ("round", ""),
            ("edit", 2, {CREDIT: "b"}, 0),
            ("round", "lost request"),
            ("stale", 0, 2),
            ("rule", 0, 3),
        ],
    ),
    "a ruling for bytes that nobody has any more is void": (
        asking(),
        TWO,
        False,
        [
            ("round", ""),
            ("edit", 0, {CONTENT: "md5:c1"}, 0),
            ("edit", 1, {CONTENT: "md5:c2"}, 0),
            ("round", ""),
            ("edit", 0, {CONTENT: "md5:c0"}, 0),
            ("rule", 0, 0),
        ],
    ),
    "a late look says nothing about when an edit was made": (
        asking(rights=Authority(Rule.NEWEST)),
        TWO,
        True,
        [
            ("stale", 0, 2),
            ("round", ""),
            ("edit", 0, {EMBARGO: date("2027-01-01")}, 900),
            ("edit", 1, {TERMS: LangAlt.plain("twice")}, 0),
            ("stale", 0, 2),
        ],
    ),
    "a part of what we asked for is no echo but an edit beside it": (
        asking(),
        THREE,
        True,
        [
            ("edit", 2, {EMBARGO: None}, 0),
            ("round", ""),
            ("stale", 0, 1),
            ("edit", 0, {EXPIRY: date("2027-03-01")}, 0),
            ("round", "lost request"),
            ("stale", 2, 2),
        ],
    ),
    "at first sight a time before the last look at something else says nothing": (
        asking(rights=Authority(Rule.NEWEST)),
        THREE,
        True,
        [
            ("edit", 1, {EXPIRY: date("2027-01-01")}, 0),
            ("stale", 0, 1),
            ("stale", 1, 2),
            ("edit", 1, {EMBARGO: None}, 0),
        ],
    ),
    "a group agreed on at a late look knows from the others when its copy was last on time": (
        policy_by(credit=ASK, keywords=ASK, rights=ASK, file_name=Authority(Rule.NEWEST), content=ASK),
        THREE,
        True,
        [
            ("edit", 1, {FILE_NAME: "b.jpg"}, 0),
            ("round", ""),
            ("stale", 2, 2),
            ("rule", 4, 2),
            ("edit", 2, {FILE_NAME: "c.jpg"}, 900),
            ("stale", 2, 1),
        ],
    ),
}


@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.parametrize(("policy", "copies", "alike", "steps"), HISTORIES.values(), ids=HISTORIES)
def test_the_decision_is_what_the_oracle_says(
    policy: MirrorPolicy, copies: tuple[CopyId, ...], alike: bool, steps: Steps
) -> None:
    history(policy, copies, alike, steps, Counter())
