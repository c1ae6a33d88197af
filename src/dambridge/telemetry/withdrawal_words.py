"""A signed record of a withdrawal, shown to people: plain text, and a page that prints on paper.

Both are made of the document itself, member by member, so that nobody reads what was not signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

_TIMES = (
    ("visible_since", "Visible since"),
    ("deadline", "Had to be gone by"),
    ("decided_at", "Decided"),
    ("begun_at", "First call made"),
    ("verified_at", "Proven gone"),
)
_STYLE = (
    "body{font:15px/1.5 Georgia,serif;max-width:46em;margin:3em auto;padding:0 1em;color:#111}"
    "h1{font-size:1.5em}h2{font-size:1.1em;margin-top:1.8em;border-bottom:1px solid #999}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25em .8em .25em 0}"
    "th{font-weight:normal;color:#555}code{font-size:.85em;overflow-wrap:anywhere}@media print{body{margin:0}}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with rows of cells; the first row of a table with more than two columns is its head."""

    title: str
    rows: Sequence[tuple[str, ...]]
    empty: str = ""


def record_text(document: Mapping[str, Any], verdict: str) -> str:
    """The record as plain text; `verdict` is what `Signer.verify` says of it."""
    lines = [title(document), "=" * len(title(document)), "", _summary(document), ""]
    for section in sections(document, verdict):
        lines += [section.title, "-" * len(section.title)]
        lines += list(_text_rows(section)) or [section.empty]
        lines.append("")
    return "\n".join(lines)


def record_html(document: Mapping[str, Any], verdict: str) -> str:
    """The record as one page that needs nothing else: no script, no picture, no address."""
    name = escape(title(document))
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style></head>',
        f"<body><h1>{name}</h1><p>{escape(_summary(document))}</p>",
    ]
    for section in sections(document, verdict):
        parts.append(f"<h2>{escape(section.title)}</h2>")
        parts.append(_table(section) if section.rows else f"<p>{escape(section.empty)}</p>")
    return "\n".join([*parts, "</body></html>\n"])


def title(document: Mapping[str, Any]) -> str:
    return f"Record of withdrawal {document['id']}"


def sections(document: Mapping[str, Any], verdict: str) -> Sequence[Section]:
    """Everything that the document says, in the order in which people ask."""
    asset, times = document["asset"], document["times"]
    rendition = "the original" if asset["rendition"] == "original" else f"rendition {asset['rendition']}"
    return (
        Section(
            "What",
            (
                ("File", str(asset["file_name"])),
                ("Made as", rendition),
                ("SHA-256 of the file", str(asset["sha256"]) or "not known"),
                ("Outlet", str(asset["outlet"])),
                ("Asset", f"{asset['account']}: {asset['remote_id']} (link {asset['link']}, flow {document['flow']})"),
            ),
        ),
        Section("Why", tuple(("Cause", str(it["says"])) for it in document["causes"]), "No cause is on record."),
        Section("When (UTC)", tuple((label, shown(times[name])) for name, label in _TIMES)),
        Section("How", tuple((f"{at}.", str(it)) for at, it in enumerate(document["how"], 1)), "No act is on record."),
        Section("Places that were looked at", _places(document), "No place was looked at."),
        Section(
            "What cannot be checked",
            tuple(("", str(it)) for it in document["unchecked"]),
            "Nothing is on record that could not be checked.",
        ),
        Section(
            "What the outlet kept as its own",
            tuple(("Field", str(it)) for it in document["own_fields"]),
            "No field of the copy was the outlet's own.",
        ),
        _signature(document, verdict),
    )


def shown(instant: str | None) -> str:
    """An instant to the second, with what is left of it, for people."""
    return datetime.fromisoformat(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else "not known"


def _places(document: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    if not document["places"]:
        return ()
    head = ("Place", "Who sees it", "Before", "After", "Looked at")
    rows = (
        (
            f"{it['path'] or 'without a name'} ({it['container']})",
            str(it["effective"]),
            "there" if it["held_before"] else "not there",
            "there" if it["held_after"] else "not there",
            shown(it["at"]),
        )
        for it in document["places"]
    )
    return (head, *rows)


def _summary(document: Mapping[str, Any]) -> str:
    times = document["times"]
    if not document["verified"]:
        return (
            "NOT PROVEN: the withdrawal was decided, and the file has not yet been found gone from where others see it."
        )
    still = sum(1 for it in document["places"] if it["held_after"])
    where = f"Of {len(document['places'])} places that were looked at, {still or 'none'} still held it"
    said = f"The file was withdrawn, proven at {shown(times['verified_at'])} UTC"
    if document["in_time"] is None:
        return f"{said}. {where}. No instant was known ahead by which it had to be gone."
    late = datetime.fromisoformat(times["verified_at"]) - datetime.fromisoformat(times["deadline"])
    return (
        f"{said}, {f'{_span(-late)} before' if document['in_time'] else f'{_span(late)} AFTER'} it had to be. {where}."
    )


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60} min {rest % 60} s" if hours else f"{rest // 60} min {rest % 60} s"


def _signature(document: Mapping[str, Any], verdict: str) -> Section:
    signature = document.get("signature")
    if not isinstance(signature, Mapping):
        return Section("Signature", (), "This record is not signed.")
    return Section(
        "Signature",
        (
            ("Signed", shown(str(signature["signed_at"]))),
            ("By key", f"{signature['key']} ({signature['algorithm']})"),
            ("Signature", str(signature["value"])),
            ("Verified here", verdict),
            ("By yourself", "The JSON document, canonical as RFC 8785 says, without the member signature.value."),
        ),
    )


def _text_rows(section: Section) -> Iterator[str]:
    """Two columns stand beside each other; more stand below each other, each row a block."""
    if section.rows and len(section.rows[0]) > 2:
        head, *rows = section.rows
        for row in rows:
            yield f"* {row[0]}"
            yield from (f"    {name}: {cell}" for name, cell in zip(head[1:], row[1:], strict=True))
        return
    width = max((len(it[0]) for it in section.rows), default=0)
    for name, cell in section.rows:
        yield f"{name:<{width}}  {cell}" if name else f"* {cell}"


def _table(section: Section) -> str:
    rows = list(section.rows)
    made = []
    if len(rows[0]) > 2:
        made.append("<tr>" + "".join(f"<th>{escape(it)}</th>" for it in rows.pop(0)) + "</tr>")
        made += ["<tr>" + "".join(f"<td>{escape(it)}</td>" for it in row) + "</tr>" for row in rows]
    else:
        made += [f"<tr><th>{escape(name)}</th><td>{escape(cell)}</td></tr>" for name, cell in rows]
    return "<table>" + "".join(made) + "</table>"
