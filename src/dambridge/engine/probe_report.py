"""The report of a probe for people, in Markdown: what works, what will wait, what is left to do and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dambridge.engine.probing import Examination, suggestions
from dambridge.model.identity import System
from dambridge.planning.routes import Taken
from dambridge.policy.needs import Lack, lack
from dambridge.ports.capabilities import Cells, Proof, gathered
from dambridge.ports.probing import Finding, Question, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One examined account as the report shows it."""

    system: System
    host: str
    wrote: bool
    questions: Sequence[Question]
    examination: Examination
    takes: frozenset[str] = frozenset()
    """Options into which what is suggested is laid by itself, where the configuration does not set them."""
    derived: Cells = field(default_factory=dict)
    """Cells that follow from the routes."""
    routes: Sequence[Taken] = ()

    @property
    def findings(self) -> list[Finding]:
        return list(self.examination.findings.values())

    def lacks(self) -> dict[str, Lack]:
        """What does not work, each cell with what becomes of the flows. Of routes only what follows from them counts."""
        cells = gathered([*(it.cells for it in self.findings), self.derived])
        absent = sorted(name for name, it in cells.items() if _is_lack(name, it, self.derived))
        return {name: lack(self.system, name) for name in absent}

    def waiting(self) -> dict[str, str]:
        """Cells that do not work and for which something waits, each with what does."""
        return {name: it.told for name, it in self.lacks().items() if it.waits}

    def otherwise(self) -> dict[str, str]:
        """Cells that do not work and hold up nothing, each with what is done instead."""
        return {name: it.told for name, it in self.lacks().items() if not it.waits}


def _is_lack(name: str, proof: Proof, derived: Cells) -> bool:
    """A route or a spelling that does not work is a lack only through what follows from it."""
    return proof is Proof.ABSENT and (name in derived or not name.startswith(("route.", "encoding.")))


def report(accounts: Sequence[Account], *, made_at: datetime, version: str) -> str:
    """The whole report."""
    lines = ["# What these accounts can do", ""]
    lines.append(f"Found out by `dambridge probe` {version} on {made_at:%Y-%m-%d %H:%M} UTC.")
    for it in accounts:
        lines += ["", *_account(it)]
    return "\n".join(lines).rstrip() + "\n"


def _account(it: Account) -> Iterator[str]:
    found = it.examination
    findings = it.findings
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
    yield from _list("What will wait", [f"`{_line(cell)}`: {told}" for cell, told in it.waiting().items()])
    yield from _list("What goes another way", [f"`{_line(cell)}`: {told}" for cell, told in it.otherwise().items()])
    yield from _list("Routes taken from now on", [_line(one.told) for one in it.routes])
    works = [name for name, proof in gathered(one.cells for one in findings).items() if proof is Proof.PROVEN]
    yield from _list("What was seen to work", [f"`{_line(name)}`" for name in sorted(works)])
    options = suggestions(findings)
    taken = {name: value for name, value in options.items() if name in it.takes}
    yield from _settings("Taken where the configuration does not say otherwise", found.account, taken)
    left = {name: value for name, value in options.items() if name not in it.takes}
    yield from _settings("Options to set", found.account, left)
    yield from _list("For the administrator", _once(one.administrator for one in findings))
    yield from _vendor(it.system, _once(one.ask_vendor for one in findings))
    yield from _answers(it)


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"### {title}"
        yield ""
        yield from (f"- {one}" for one in items)
        yield ""


def _settings(title: str, account: str, options: Mapping[str, Any]) -> Iterator[str]:
    if options:
        yield f"### {title}"
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
