"""Entries of the audit trail as a person would tell them: a sentence each, and who it was in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dambridge.model.lifecycle import Status
from dambridge.model.reasons import Reason
from dambridge.model.submissions import Disposal
from dambridge.telemetry.lives import DISPOSED, done, when
from dambridge.telemetry.wording import words

Detail = Mapping[str, Any]


def teller(actor: str) -> str:
    """Who it was: a person by name, this program by the run in which it did it."""
    flow, colon, name = actor.partition(":")
    if flow != "flow" or not colon:
        return {"schedule": "by itself"}.get(actor, actor)
    return f"dambridge, {name}" if name.startswith("run-") else f"dambridge ({name})"


def sentence(event: str, detail: Detail) -> str:
    """What happened; what has no words of its own is told by its outcome."""
    told = _SENTENCES.get(event)
    return told(detail) if told is not None else _plain(event, detail)


def _handed_in(it: Detail) -> str:
    again = f"Handed in for the {it['turn']}. time" if it.get("turn", 1) > 1 else "Handed in"
    who = f" by {it['contributor']}" if it.get("contributor") else ""
    return f"{again}{who} with {it['shoot']}: SHA-256 {_short(it['sha256'])}."


def _decided(it: Detail) -> str:
    made = it.get("decision")
    status = _said(it["status"])
    if not made:
        return f"It is {status} again, because nobody's decision stands any more."
    note = f": {made['note']}" if made.get("note") else "."
    if made["by"]:
        return f"{done(Status(it['status']))} in dambridge{note}"
    if made["via"] == "source":
        return f"It is {status}: the file is not there any more."
    span = f"between {_when(made['after'])} and {_when(made['until'])}"
    return f"{done(Status(it['status']))}, as {made['via']} showed; by whom is not known, {span}{note}"


def _voided(it: Detail) -> str:
    return words(Reason.from_json(it["why"])) if it.get("why") else "What was decided does not hold any more."


def _archived(it: Detail) -> str:
    return f"Archived exactly as it was approved (SHA-256 {_short(it['sha256'])})."


def _answered(it: Detail) -> str:
    who = it.get("to") or (f"{it['contributor']}, by {it['by']}" if it.get("by") else it.get("contributor"))
    return f"Told to {who or 'the contributor'}: {_said(it['status'])}{': ' + it['note'] if it.get('note') else '.'}"


def _shown(it: Detail) -> str:
    fields = [
        f"{name} says {', '.join(value) or 'nothing'}" for name, value in sorted((it.get("fields") or {}).items())
    ]
    moves = [f"filed into {one}" for one in it.get("into") or ()] + [f"out of {one}" for one in it.get("out_of") or ()]
    return f"The source shows now that it is {_said(it['status'])}: {'; '.join([*fields, *moves])}."


def _disposed(it: Detail) -> str:
    kept = f", because {it['kept_for']}" if it.get("kept_for") else ""
    return f"Its source {DISPOSED[Disposal(it['as'])]}{kept}."


def _asset(it: Detail) -> str:
    told = words(Reason.from_json(it["reason"])) if it.get("reason") else str(it.get("outcome", ""))
    fields = ", ".join(sorted(it.get("to") or {}))
    return f"{told} Fields: {fields}." if fields else told


def _taken(it: Detail) -> str:
    how = "with a start" if it.get("start") else "without a start"
    before = f", in the place of {it['from']}" if it.get("from") else ""
    return (
        f"Map and rules {str(it.get('to', ''))[:12]} came into force {how} of {it.get('worker', 'a server')}{before}."
    )


def _agreed(it: Detail) -> str:
    """What the copies came to agree on, from what to what, and by whose word where it was no copy's."""
    told: list[str] = []
    for group, change in sorted((it.get("agreed") or {}).items()):
        values = _values(change.get("to"))
        was = _values(change.get("from"))
        by = {"rights": "because a date passed", "dambridge": "because it was superseded"}.get(change.get("by") or "")
        by = by or (f"as {change['by']} ruled" if change.get("by") else "")
        told.append(f"{group}: {values}{f' (was {was})' if was and was != values else ''}{', ' + by if by else ''}")
    return f"The copies agree on {'; '.join(told)}." if told else _asset(it)


def _values(fields: Any) -> str:
    if not isinstance(fields, Mapping):
        return ""
    said = {name: value for name, value in sorted(fields.items()) if isinstance(value, str | int | float)}
    if len(said) != len(fields) or len(said) > 1:
        return ", ".join(fields)
    return ", ".join(map(str, said.values()))


def _plain(event: str, it: Detail) -> str:
    if event.startswith("asset.") and it.get("reason"):
        return _asset(it)
    if isinstance(it.get("reason"), Mapping):
        return words(Reason.from_json(it["reason"]))
    rest = str(it.get("outcome") or it.get("why") or "")
    said = event.replace(".", ": ").replace("_", " ").capitalize()
    return f"{said}: {rest}" if rest else f"{said}."


def _seen_changed(detail: Detail) -> str:
    return f"{detail.get('field')} now says {detail.get('to')!r}; it said {detail.get('from') or 'nothing'}."


def _term(detail: Detail) -> str:
    verdicts = {"map": "means", "add": "is to become the term", "drop": "is left out"}
    means = verdicts.get(str(detail.get("verdict")), "was decided")
    return (
        f"The word {detail.get('word')!r} of {detail.get('attribute')} {means} {detail.get('term') or ''}".strip() + "."
    )


def _says(text: str) -> Callable[[Detail], str]:
    return lambda detail: text.format_map(_Gaps({name: _listed(it) for name, it in detail.items()}))


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


_SENTENCES: Mapping[str, Callable[[Detail], str]] = {
    "submission.handed_in": _handed_in,
    "submission.decided": _decided,
    "submission.voided": _voided,
    "submission.archived": _archived,
    "submission.answered": _answered,
    "submission.shown": _shown,
    "submission.recalled": lambda it: (
        f"Found again in the archive as {it['copy']}, byte for byte, after the store was lost."
    ),
    "source.disposed": _disposed,
    "asset.agree": _agreed,
    "asset.asked_for": lambda it: (
        f"Asked for it to go to {it.get('to', '…')}{' until ' + _when(it['until']) if it.get('until') else ''}."
    ),
    "asset.order_taken_back": _says("The order to {to}, given by {ordered_by}, was taken back."),
    "hold.set": lambda it: f"Put under legal hold: {it['why']}",
    "hold.lifted": lambda it: f"The legal hold was lifted: {it['why']}",
    "asset.shown": _seen_changed,
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
    "configuration.changed": _says("Changed {lines} lines of {part} in {file}."),
    "configuration.restored": _says("Put the version before of {part} back in {file}."),
    "configuration.taken": _taken,
    "configuration.unsaved": _says("{file} could not be written: {why}. It stands as it was."),
    "person.added": _says("Added, with the roles {roles}."),
    "person.roles": _says("May do other things than before."),
    "person.reset": _says("Has a new password."),
    "person.disabled": _says("Is kept out."),
    "person.enabled": _says("May sign in again."),
    "person.signed_in": _says("Signed in by {via}."),
    "person.signed_out": _says("Signed out."),
    "person.sign_in_refused": _says("A wrong password was given."),
    "token.made": _says("Made the token {token} ({name})."),
    "alarm.raised": _says("Pressing: {type}, {about} ({count})."),
    "webhook.disabled": _says("Its webhooks are not sent any more: {why}"),
    "webhook.enabled": _says("Its webhooks are sent again."),
    "token.revoked": _says("Revoked the token {token}."),
    "panel.token_made": _says("Let a panel onto {origins}, by the token {panel}."),
}


def _said(status: str) -> str:
    return str(status).replace("_", " ")


def _short(sha256: str) -> str:
    return f"{sha256[:12]}…"


def _when(text: str) -> str:
    return when(datetime.fromisoformat(text))
