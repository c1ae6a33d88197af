"""Words that a vocabulary does not know, for people: looking, deciding, and vocabularies in and out of files."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from dambridge.bootstrap import Settings, open_store
from dambridge.cli.context import Context, WrongUse, actor, go, leave
from dambridge.cli.orders import ordered
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.engine import vocabularies
from dambridge.engine.orders.term_orders import vocabulary_of
from dambridge.engine.vocabularies import BroughtIn
from dambridge.mapping.vocabularies import Proposal, Term, Vocabulary, word_key
from dambridge.mapping.vocabulary_files import (
    FORMATS,
    VocabularyUnreadable,
    format_of,
    read_vocabulary,
    write_vocabulary,
)
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId
from dambridge.model.terms import TermDecision, UnknownTerm, Verdict
from dambridge.ports.errors import Refused
from dambridge.ports.terms import WholeLedger

SAMPLES = 10
T = TypeVar("T")


# looking -------------------------------------------------------------------------------------------------------------
def listed(context: Context, *, account: str | None, attribute: str | None, everything: bool, limit: int) -> None:
    async def work() -> tuple[Sequence[UnknownTerm], Sequence[Sequence[Proposal]]]:
        settings = context.settings()
        about = _account(settings, account) if account else None
        async with open_store(settings) as (ledger, _):
            found = await ledger.unknown_terms(account=about, attribute=attribute, waiting_only=not everything)
            return found, await _proposals(ledger, found[:limit])

    found, proposals = go(work)
    page = found[:limit]
    if context.json:
        terms = [_told(it, near) for it, near in zip(page, proposals, strict=True)]
        print_json({"terms": terms, "count": len(found)})
        return
    rows = [
        [it.key.id, f"{it.spelling}\n({it.key.attribute})", str(it.waiting), _decided(it) or _likest(near)]
        for it, near in zip(page, proposals, strict=True)
    ]
    table("Words without a term", ["entry", "word", "assets", "decided, or likeliest"], rows)
    if not found:
        say("No asset waits for a word.")
    elif len(found) > limit:
        say(f"{len(found)} in all; these are the {limit} that most assets wait for. More: --limit {len(found)}")


async def _proposals(ledger: WholeLedger, entries: Sequence[UnknownTerm]) -> list[Sequence[Proposal]]:
    known: dict[tuple[AccountId, str], Vocabulary] = {}
    found: list[Sequence[Proposal]] = []
    for it in entries:
        place = (it.key.account, it.key.attribute)
        if place not in known:
            known[place] = await vocabulary_of(ledger, *place)
        found.append(known[place].propose(it.spelling))
    return found


def _likest(near: Sequence[Proposal]) -> str:
    return f"{near[0].term.label}?" if near else ""


def _decided(entry: UnknownTerm) -> str:
    it = entry.decision
    if it is None:
        return ""
    said = {Verdict.MAP: f"means {it.term}", Verdict.ADD: f"to be made: {it.term}", Verdict.DROP: "left out"}
    return f"{said[it.verdict]} ({it.by})"


def _told(entry: UnknownTerm, near: Sequence[Proposal]) -> dict[str, Any]:
    return {
        "id": entry.key.id,
        "account": entry.key.account,
        "attribute": entry.key.attribute,
        "word": entry.key.word,
        "spelling": entry.spelling,
        "spellings": dict(entry.spellings),
        "assets": entry.assets,
        "waiting": entry.waiting,
        "samples": [{"flow": str(flow), "asset": str(key)} for flow, key in entry.samples],
        "proposals": [{"term": it.term.label, "likeness": it.likeness, "like": it.spelling} for it in near],
        "decision": entry.decision.to_json() if entry.decision else None,
    }


def show(context: Context, word: str) -> None:
    async def work() -> tuple[UnknownTerm, Sequence[Proposal], Vocabulary]:
        async with open_store(context.settings()) as (ledger, _):
            entry = await _entry(ledger, word)
            whole = await ledger.unknown_term(entry.key, samples=SAMPLES) or entry
            vocabulary = await vocabulary_of(ledger, entry.key.account, entry.key.attribute)
            return whole, vocabulary.propose(whole.spelling), vocabulary

    entry, near, vocabulary = go(work)
    if context.json:
        print_json(_told(entry, near))
        return
    say(f"{entry.key.id}: {entry.spelling} in {entry.key.attribute} of {entry.key.account}", style="bold")
    say(f"{entry.waiting} of {entry.assets} assets wait for it.")
    table("Spellings", ["as written", "assets"], [[text, str(count)] for text, count in entry.spellings])
    if near:
        rows = [[_path(vocabulary, it.term), f"{it.likeness:.0f}", it.spelling] for it in near]
        table("Terms that are like it", ["term", "likeness", "by"], rows)
    table("Some of its assets", ["flow", "asset"], [[str(flow), str(key)] for flow, key in entry.samples])
    if entry.decision is not None:
        _say_decision(entry, entry.decision)
    else:
        say(f"Decide: dambridge terms map {entry.key.id} TERM, or add, or drop --why TEXT")


def _path(vocabulary: Vocabulary, term: Term) -> str:
    return " › ".join(it.label for it in vocabulary.path(term))


def _say_decision(entry: UnknownTerm, decision: TermDecision) -> None:
    why = f": {decision.why}" if decision.why else ""
    say(f"{_decided(entry)}, {decision.at:%Y-%m-%d %H:%M} UTC{why}. Take it back: dambridge terms undo {entry.key.id}")


async def _entry(ledger: WholeLedger, word: str) -> UnknownTerm:
    """The entry of this id, or the one in which this word stands. Raises `WrongUse` where there is none, or several."""
    entries = await ledger.unknown_terms(waiting_only=False)
    found = [it for it in entries if it.key.id == word] or [it for it in entries if it.key.word == word_key(word)]
    if not found:
        raise WrongUse(
            f"No asset uses the word {word!r}, and nobody has decided about it. See `dambridge terms list --all`."
        )
    if len(found) > 1:
        where = ", ".join(f"{it.key.id} ({it.key.attribute})" for it in found)
        raise WrongUse(f"The word {word!r} stands in {len(found)} entries; name one by its id: {where}.")
    return found[0]


def propose(context: Context, text: str, *, attribute: str, account: str | None, limit: int) -> None:
    async def work() -> tuple[Sequence[Proposal], Term | None, Vocabulary]:
        settings = context.settings()
        async with open_store(settings) as (ledger, _):
            about = _account(settings, account)
            vocabulary = await _allowed(vocabularies.known_vocabulary(ledger, about, attribute))
            return vocabulary.propose(text, limit), vocabulary.find(text), vocabulary

    near, found, vocabulary = go(work)
    if context.json:
        told = [{"term": it.term.label, "likeness": it.likeness, "like": it.spelling} for it in near]
        print_json({"word": text, "is": found.label if found else None, "proposals": told})
        return
    rows = [[_path(vocabulary, it.term), f"{it.likeness:.0f}", it.spelling] for it in near]
    table(f"Terms like {text}", ["term", "likeness", "by"], rows)
    say(f"It is the term {found.label}." if found else "It is no term by its spelling alone.")


# deciding ------------------------------------------------------------------------------------------------------------
def decide(context: Context, word: str, *, verdict: str, term: str, why: str, by: str) -> None:
    scope = {"verdict": verdict, "term": term, "why": why}
    entry, result = go(lambda: _order(context, CommandKind.DECIDE_TERM, word, scope, by=by))
    if context.json or "error" in result:
        _end(context, result)
    decided = TermDecision.from_json(entry.key, result["decision"])
    say(f"{entry.spelling}: {_decided(replace(entry, decision=decided))}.")
    count, key = int(result["assets"]), entry.key
    assets, wait = ("1 asset", "waits") if count == 1 else (f"{count} assets", "wait")
    if decided.verdict is Verdict.ADD:
        say(f"Have `{decided.term}` made in {key.attribute} of {key.account}; {assets} {wait} until it is seen there.")
    else:
        say(f"The next run repairs {assets}. Take it back: dambridge terms undo {key.id}")
    leave(int(result["exit_code"]))


def undo(context: Context, word: str, *, by: str) -> None:
    entry, result = go(lambda: _order(context, CommandKind.UNDO_TERM, word, {}, by=by))
    if context.json or "error" in result:
        _end(context, result)
    say(f"Taken back: {entry.spelling} has no meaning any more; its assets wait with the next run.")
    leave(int(result["exit_code"]))


async def _order(
    context: Context, kind: CommandKind, word: str, scope: Mapping[str, Any], *, by: str
) -> tuple[UnknownTerm, Mapping[str, Any]]:
    settings = context.settings()
    async with open_store(settings) as (ledger, _):
        entry = await _entry(ledger, word)
    key = entry.key
    about = {"account": key.account, "attribute": key.attribute, "word": key.word}
    return entry, await ordered(context, settings, kind, {**scope, **about}, by=by)


def _end(context: Context, result: Mapping[str, Any]) -> None:
    if context.json:
        print_json(dict(result))
    else:
        warn(str(result["error"]))
    leave(int(result["exit_code"]))


# files ---------------------------------------------------------------------------------------------------------------
def bring_in(
    context: Context, file: Path, *, attribute: str, account: str | None, form: str, language: str, by: str
) -> None:
    terms = _read(file, form, language)

    async def work() -> tuple[AccountId, BroughtIn]:
        settings = context.settings()
        place = _account(settings, account)
        async with open_store(settings) as (ledger, clock):
            brought = vocabularies.bring_in(
                ledger, clock, account=place, attribute=attribute, terms=terms, file=file.name, by=actor(by)
            )
            return place, await _allowed(brought)

    place, brought = go(work)
    if context.json:
        print_json({"account": place, "attribute": attribute, "terms": len(terms), "usable": brought.usable})
        return
    say(f"{len(terms)} terms for {attribute} of {place}.")
    if brought.usable is not None:
        say(f"{brought.usable} of them are terms there now; the others help nobody until NetX has them.")
    else:
        say("Which of them NetX has, is seen with the next run.")


def _read(file: Path, form: str, language: str) -> tuple[Term, ...]:
    try:
        return read_vocabulary(file.read_bytes(), _form(form) or format_of(file.name), language=language)
    except VocabularyUnreadable as error:
        raise WrongUse(f"{file}: {error}") from None


def _form(given: str) -> str:
    if given and given not in FORMATS:
        raise WrongUse(f"--format {given}: it is one of {', '.join(FORMATS)}.")
    return given


def take_out(context: Context, *, attribute: str, account: str | None, form: str, out: Path | None) -> None:
    try:
        form = _form(form) or (format_of(out.name) if out else "csv")
    except VocabularyUnreadable as error:
        raise WrongUse(str(error)) from None

    async def work() -> tuple[Term, ...]:
        settings = context.settings()
        place = _account(settings, account)
        async with open_store(settings) as (ledger, _):
            return await _allowed(vocabularies.take_out(ledger, account=place, attribute=attribute))

    data = write_vocabulary(go(work), form, name=attribute)
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    out.write_bytes(data)
    print_json({"file": str(out), "bytes": len(data)}) if context.json else say(f"Written: {out}")


async def _allowed(work: Awaitable[T]) -> T:
    """What is refused here is a slip in the command."""
    try:
        return await work
    except Refused as error:
        raise WrongUse(str(error)) from None


def _account(settings: Settings, given: str | None) -> AccountId:
    """The account of this name, or the only one that has vocabularies."""
    having = [name for name, it in settings.accounts.items() if it.system == "netx"]
    if given is None and len(having) == 1:
        return AccountId(having[0])
    if given in having:
        return AccountId(str(given))
    said = "Say which account: --account NAME." if given is None else f"{given!r} is no NetX account of this file."
    raise WrongUse(f"{said} There are: {', '.join(having) or 'none'}.")
