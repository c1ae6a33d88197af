"""Words on their way between accounts that people edit: what each account has terms for, and which words wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.terms import learn_of, news
from dambridge.model.identity import AccountId
from dambridge.model.terms import TermUse
from dambridge.planning import MirrorDecision, Speech, Speeches
from dambridge.ports.errors import CannotGoOn, NextMove

log = structlog.get_logger()


async def learn_speeches(parts: MirrorParts) -> Speeches | None:
    """How each account says what is kept in step, with the meanings as persons gave them by now. None where some account
    does not tell its vocabularies now: then nothing is found out about words, and none is written that is no term."""
    found: dict[AccountId, Speech] = {}
    for account, site in parts.sites.items():
        try:
            await site.definitions()
            if site.vocabularies is not None and Speech.of(site.map, site.terms, parts.policy.managed) is None:
                continue  # nothing that is kept in step has terms there
            await learn_of(parts, site)
        except CannotGoOn:
            raise
        except NextMove as error:
            log.info("terms.unread", account=str(account), why=str(error))
            return None
        speech = Speech.of(site.map, site.terms, parts.policy.managed)
        if speech is not None:
            found[account] = speech
    return found


def with_words(decision: MirrorDecision, before: Sequence[TermUse]) -> MirrorDecision:
    """The decision with the link's words written down with what is done last: only once all is done are they as told. Left
    out where they are those known of it."""
    words = news(decision.words, before) if decision.words is not None else None
    if words is None:
        return decision
    if decision.actions:
        *first, last = decision.actions
        return replace(decision, actions=(*first, replace(last, words=words)))
    leave = decision.leave
    return decision if leave is None else replace(decision, leave=replace(leave, words=words))
