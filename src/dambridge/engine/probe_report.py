"""The report of a probe for people, in Markdown: what works, what will wait, what is left to do and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dambridge.engine.probing import Examination, suggestions
from dambridge.ports.capabilities import Proof, gathered
from dambridge.ports.probing import Finding, Question, Standing

WAITS: Final[Mapping[str, str]] = {
    "reader.originals": "intake, handoff: assets of this type wait, because their originals cannot be had",
    "reader.custom_fields": "intake, enrich, lifecycle: custom fields are not read; approval must be carried by something else",
    "archive.deliver": "intake, handoff: assets of this type wait, because the archive does not take their files",
    "archive.write_attributes": "intake, enrich, rights, handoff, lifecycle: every asset with a field to write waits",
    "archive.fields": "intake, enrich, rights: assets with a value for this field wait",
    "archive.take_out": "intake, handoff: assets stay in the folder that they arrived in",
    "archive.rename": "intake: assets keep the name under which they were delivered, and wait",
    "archive.folders": "intake, handoff: files go straight into folders that people made; others wait",
    "archive.versions": "intake, syndicate: an asset whose file changed waits",
    "audience": "publish, syndicate: this way of showing or withdrawing is not used, and what needs it waits",
    "attachments": "handoff, enrich: contracts and releases beside pictures wait",
}
"""What waits in the flows where a cell is absent, by the cell or the beginning of its name."""

OTHERWISE: Final[Mapping[str, str]] = {
    "reader.modified_window": "changes are found by the slow sweep alone",
    "reader.metadata_moves_modified": "edits of fields alone are found by the slow sweep",
    "reader.membership_moves_modified": "changes of galleries and folders are found by listing them",
    "reader.newest_members_first": "a gallery is listed to its end each time",
    "reader.byte_ranges": "a download that is cut begins anew",
    "reader.content_hash": "bytes are told apart by reading them",
    "archive.checksum": "bytes are proven by reading them back, which costs a download for each",
    "archive.discard": "nothing is removed for good; a holding folder is used",
    "archive.discard_recoverable": "what is deleted is gone; a holding folder is used",
    "archive.conditional_write": "the asset is read again right before each write",
    "finder": "this side answers less in a search",
}
"""What is done instead where a cell is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One examined account as the report shows it."""

    system: str
    host: str
    wrote: bool
    questions: Sequence[Question]
    examination: Examination


def waiting(findings: Sequence[Finding]) -> dict[str, str]:
    """Cells that do not work and for which something waits, each with what does."""
    return {cell: told for cell in _absent(findings) if (told := _told_of(cell, WAITS))}


def otherwise(findings: Sequence[Finding]) -> dict[str, str]:
    """Cells that do not work and hold up nothing, each with what is done instead."""
    waits = waiting(findings)
    return {cell: _told_of(cell, OTHERWISE) or "it is done without" for cell in _absent(findings) if cell not in waits}


def _absent(findings: Sequence[Finding]) -> list[str]:
    return sorted(name for name, proof in gathered(it.cells for it in findings).items() if proof is Proof.ABSENT)


def _told_of(cell: str, table: Mapping[str, str]) -> str:
    """The entry of the longest beginning of the cell's name that the table has."""
    parts = cell.split(".")
    names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return next((table[it] for it in names if it in table), "")


def report(accounts: Sequence[Account], *, made_at: datetime, version: str) -> str:
    """The whole report."""
    lines = ["# What these accounts can do", ""]
    lines.append(f"Found out by `dambridge probe` {version} on {made_at:%Y-%m-%d %H:%M} UTC.")
    for it in accounts:
        lines += ["", *_account(it)]
    return "\n".join(lines).rstrip() + "\n"


def _account(it: Account) -> Iterator[str]:
    found = it.examination
    findings = list(found.findings.values())
    yield f"## {found.account} ({it.system}, {it.host})"
    yield ""
    if found.stopped:
        yield f"**It could not be asked to the end:** {_line(found.stopped)}"
        yield ""
    yield (
        "Asked with leave to write in a scratch container."
        if it.wrote
        else ("Asked without writing. What only writing can show was not asked: `dambridge probe --write`.")
    )
    yield ""
    yield from _list("Look at this first", [f"**{_line(one.warning)}**" for one in findings if one.warning])
    yield from _list("Could not be cleaned up", [_line(one) for one in found.left])
    absent = waiting(findings)
    yield from _list("What will wait", [f"`{_line(cell)}`: {told}" for cell, told in absent.items()])
    instead = otherwise(findings)
    yield from _list("What goes another way", [f"`{_line(cell)}`: {told}" for cell, told in instead.items()])
    works = [name for name, proof in gathered(one.cells for one in findings).items() if proof is Proof.PROVEN]
    yield from _list("What was seen to work", [f"`{_line(name)}`" for name in sorted(works)])
    yield from _settings(found.account, suggestions(findings))
    yield from _list("For the administrator", _once(one.administrator for one in findings))
    yield from _vendor(it.system, _once(one.ask_vendor for one in findings))
    yield from _answers(it)


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"### {title}"
        yield ""
        yield from (f"- {one}" for one in items)
        yield ""


def _settings(account: str, options: Mapping[str, Any]) -> Iterator[str]:
    if options:
        yield "### Options to set"
        yield ""
        yield "```yaml"
        yield "accounts:"
        yield f"  {account}:"
        yield from (f"    {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in sorted(options.items()))
        yield "```"
        yield ""


def _vendor(system: str, questions: Sequence[str]) -> Iterator[str]:
    if questions:
        yield f"### To ask {system}'s support, ready to paste"
        yield ""
        yield "> We integrate with your API and could not find out the following by ourselves. Could you tell us:"
        yield ">"
        yield from (f"> {number}. {_line(one)}" for number, one in enumerate(questions, start=1))
        yield ""


def _answers(it: Account) -> Iterator[str]:
    yield "### Every question"
    yield ""
    yield "| question | answer | found | reference |"
    yield "| --- | --- | --- | --- |"
    for question in it.questions:
        one = it.examination.findings.get(question.id)
        if one is not None:
            value = f"`{_cell(_short(one.value))}`" if one.standing is Standing.ANSWERED else str(one.standing)
            yield f"| {_cell(question.asks)} | {value} | {_cell(one.told)} | {_cell(question.reference)} |"
    yield ""


def _once(texts: Iterator[str]) -> list[str]:
    return [_line(it) for it in dict.fromkeys(texts) if it]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


def _line(text: str) -> str:
    """A text on one line whose signs cannot be taken for mark-up that leads anywhere."""
    return " ".join(text.split()).replace("<", "&lt;").replace("](", "] (")


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|").replace("`", "'")
