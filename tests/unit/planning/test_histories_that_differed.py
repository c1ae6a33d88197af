"""Histories in which the decision and the oracle once said different things, each as short as it could be made."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dambridge.model.accords import CONTENT
from dambridge.model.identity import CopyId
from dambridge.model.values import LangAlt
from dambridge.policy.mirror import Authority, MirrorPolicy, Rule
from support.mirror import AGENCY, THREE
from support.mirror_histories import TERMS, history, policy_by

OF_AGENCY, ASK = Authority(Rule.ACCOUNT, AGENCY), Authority(Rule.ASK)
Steps = list[tuple[Any, ...]]
HISTORIES: dict[str, tuple[MirrorPolicy, tuple[CopyId, ...], bool, Steps]] = {
    "a group agreed on later knows from the others what is late": (
        policy_by(credit=ASK, keywords=ASK, rights=Authority(Rule.MOST_RESTRICTIVE), file_name=ASK, content=OF_AGENCY),
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
}


@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.parametrize(("policy", "copies", "alike", "steps"), HISTORIES.values(), ids=HISTORIES)
def test_the_decision_is_what_the_oracle_says(
    policy: MirrorPolicy, copies: tuple[CopyId, ...], alike: bool, steps: Steps
) -> None:
    history(policy, copies, alike, steps, Counter())
