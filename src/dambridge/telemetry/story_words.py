"""Entries of the audit as sentences: what a librarian would say happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dambridge.model.reasons import Code, Reason
from dambridge.telemetry.wording import words

_Detail = Mapping[str, Any]


def sentence(event: str, detail: _Detail) -> str:
    """What happened, without when and by whom."""
    said = _SAID.get(event)
    if said is not None:
        return said(detail)
    if (reason := _reason(detail)) is not None:
        return words(reason)
    return event.replace(".", ": ").replace("_", " ").capitalize() + "."


def who(actor: str) -> str:
    """Whoever did it, as people say it."""
    if actor.startswith("flow:"):
        name = actor.removeprefix("flow:")
        return name if name.startswith("run-") else f"the flow {name}"
    return {"schedule": "by itself"}.get(actor, actor)


def _reason(detail: _Detail) -> Reason | None:
    given = detail.get("reason")
    if not isinstance(given, Mapping) or given.get("code") not in set(Code):
        return None
    return Reason.from_json(given)


def _moved(detail: _Detail) -> str:
    reason = _reason(detail)
    return words(reason) if reason is not None else f"It ended as {detail.get('outcome', 'unknown')}."


def _shown(detail: _Detail) -> str:
    return f"{detail.get('field')} now says {detail.get('to')!r}; it said {detail.get('from') or 'nothing'}."


def _decided(detail: _Detail) -> str:
    made = detail.get("decision") or {}
    note = f": {made['note']}" if made.get("note") else "."
    return f"It is {str(detail.get('status')).replace('_', ' ')} by {made.get('by') or 'somebody unknown'}{note}"


def _term(detail: _Detail) -> str:
    means = {"map": "means", "add": "is to become the term", "drop": "is left out"}[str(detail.get("verdict"))]
    return (
        f"The word {detail.get('word')!r} of {detail.get('attribute')} {means} {detail.get('term') or ''}".strip() + "."
    )


def _says(text: str) -> Callable[[_Detail], str]:
    return lambda detail: text.format_map(_Gaps({name: _short(it) for name, it in detail.items()}))


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


_SAID: Mapping[str, Callable[[_Detail], str]] = {
    "asset.create": _moved,
    "asset.update_fields": _moved,
    "asset.add_version": _moved,
    "asset.shown": _shown,
    "submission.handed_in": _says("Handed in with {shoot}."),
    "submission.decided": _decided,
    "submission.archived": _says("Archived, exactly as it was approved."),
    "hold.set": _says("Put under legal hold: {why}"),
    "hold.lifted": _says("The legal hold was lifted: {why}"),
    "flow.paused": _says("The flow was held."),
    "flow.resumed": _says("The flow goes on."),
    "plan.approved": _says("A plan was approved."),
    "conflict.ruled": _says("A conflict was settled."),
    "conflict.undone": _says("A ruling was taken back."),
    "conflict.released": _says("A conflict is open again."),
    "link.adopted": _says("Found on both sides and watched from now on."),
    "link.activated": _says("Activated: it is kept in step from now on."),
    "pair.decided": _says("Somebody said whether two assets are one."),
    "term.decided": _term,
    "term.undone": _says("What the word {word!s} means was taken back."),
    "audience.agreed": _says("Agreed who sees the gallery: {effective}."),
    "probe.begun": _says("The account was asked what it can do."),
    "probe.ended": _says("Asked what it can do: {answered} answers, {unanswered} open."),
    "person.added": _says("Added, with the roles {roles}."),
    "person.roles": _says("May do other things than before."),
    "person.reset": _says("Has a new password."),
    "person.disabled": _says("Is kept out."),
    "person.enabled": _says("May sign in again."),
    "person.signed_in": _says("Signed in by {via}."),
    "person.signed_out": _says("Signed out."),
    "person.sign_in_refused": _says("A wrong password was given."),
    "token.made": _says("Made the token {token} ({name})."),
    "token.revoked": _says("Revoked the token {token}."),
}
