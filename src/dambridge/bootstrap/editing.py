"""The map and the rules of flows as texts that a person edits and a look says what is wrong with; nothing is written here.

A person at the console has less than a person at the machine: what they type may point at no other file or variable than
before, and of the configuration it may change rules, never what connects systems, opens outlets or deletes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dambridge.bootstrap.document import ConfigurationWrong, Document, Location, Mistake, dotted, read_document
from dambridge.bootstrap.loading import load_settings
from dambridge.bootstrap.map_lint import lint_settings
from dambridge.bootstrap.settings import Settings
from dambridge.mapping.faults import LintFinding
from dambridge.model.identity import FlowName
from dambridge.telemetry import lint_words

RULES = frozenset(
    {
        *("mode", "select", "approval", "place", "required", "managed", "unproven_fields", "target_edits"),
        *("groups", "absent", "owner", "fields", "facets", "both_changed", "status"),
    }
)
"""What of a flow is a rule: selection, approval, authority, placing. Everything else of it is set on the machine."""
TABLES = frozenset({".csv"})
ELSEWHERE = "This is set on the machine, in the configuration file, and not from here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A text that can be edited: the whole map file (`flow` None), or the rules of one flow in the configuration file.

    `whole` is the file, `first` and `last` the lines of it that `text` is made of, `indent` what was taken off each. `closed`
    says why it cannot be edited here."""

    flow: FlowName | None
    path: Path
    whole: str
    text: str
    first: int = 0
    last: int = 0
    indent: int = 0
    closed: str = ""

    @property
    def digest(self) -> str:
        return digest_of(self.whole)

    @property
    def name(self) -> str:
        return "map" if self.flow is None else str(self.flow)

    def with_text(self, text: str) -> str:
        """The whole file with this text in place of the part."""
        text = text.replace("\r\n", "\n").rstrip("\n") + "\n"
        if self.flow is None:
            return text
        pad = " " * self.indent
        lines = [f"{pad}{it}\n" if it.strip() else "\n" for it in text[:-1].split("\n")]
        whole = self.whole.splitlines(keepends=True)
        return "".join([*whole[: self.first], *lines, *whole[self.last :]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Something wrong, or worth a look: its line in the part's text (None: of the whole), which account and field it speaks of,
    what it is and what to do. `bad` keeps the text from being saved."""

    line: int | None
    account: str
    field: str
    told: str
    remedy: str
    bad: bool = True
    finding: LintFinding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a text would be: the settings with it in force (None where it cannot be used), and the words about it."""

    settings: Settings | None
    words: tuple[Word, ...]

    @property
    def good(self) -> bool:
        return self.settings is not None and not any(it.bad for it in self.words)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def map_path(settings: Settings) -> Path | None:
    """Where the map file is; None where the configuration names none, or was read from no file."""
    if settings.map_file is None or settings.file is None:
        return None
    return (settings.file.parent / settings.map_file).resolve()


def part_of(settings: Settings, name: str) -> Part | None:
    """The part of this name as its file has it now; None where there is none. Raises `OSError`, `ConfigurationWrong`."""
    if name == "map":
        path = map_path(settings)
        if path is None:
            return None
        whole = path.read_text(encoding="utf-8")
        return Part(flow=None, path=path, whole=whole, text=whole)
    if settings.file is None or name not in {str(it) for it in settings.flows.configured}:
        return None
    return cut_flow(settings, FlowName(name), settings.file.read_text(encoding="utf-8"))


def cut_flow(settings: Settings, flow: FlowName, whole: str) -> Part:
    """The lines of this flow in a configuration file. Raises `ConfigurationWrong` where it has none."""
    assert settings.file is not None  # noqa: S101 - `part_of` asked
    document = read_document(settings.file, typed=whole)
    raw, lines = document.raw, whole.splitlines()
    if not isinstance(raw.get("flows"), Mapping) or str(flow) not in raw["flows"]:
        raise ConfigurationWrong(
            settings.file, [document.mistake(("flows", flow), "The file has no such flow any more.")]
        )
    key = raw["flows"].lc.key(str(flow))
    first, indent = int(key[0]), int(key[1])
    last = next((at for at, it in enumerate(lines) if at > first and _ends(it, indent)), len(lines))
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    text = "\n".join(it[indent:] for it in lines[first:last]) + "\n"
    made = Part(flow=flow, path=settings.file, whole=whole, text=text, first=first, last=last, indent=indent)
    closed = ""
    if raw["flows"].fa.flow_style() or not lines[first][:indent].isspace():
        closed = "It is written on one line with others; put each flow on lines of its own."
    elif settings.secrets_written_in(text):
        closed = "A secret is written among its lines; write it as `env:NAME` and it can be shown."
    return Part(flow=flow, path=made.path, whole=whole, text="", closed=closed) if closed else made


def _ends(line: str, indent: int) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip()) <= indent


def look(settings: Settings, part: Part, text: str, *, now: datetime) -> Looked:
    """Hold this text against all that `dambridge check --offline` holds the files against. Reads files, writes none."""
    assert settings.file is not None  # noqa: S101 - a part is of a file
    whole = part.with_text(text)
    try:
        wrong = list(_beyond(part, read_document(part.path, typed=whole), read_document(part.path, typed=part.whole)))
        if wrong:
            return Looked(settings=None, words=tuple(_word(part, it) for it in wrong))
        made = load_settings(settings.file, typed={part.path.resolve(): whole})
    except ConfigurationWrong as error:
        return Looked(settings=None, words=tuple(_word(part, it) for it in error.mistakes))
    return Looked(settings=made, words=words_of(part, made, lint_settings(made, now=now)))


def words_of(part: Part | None, settings: Settings, found: Sequence[LintFinding]) -> tuple[Word, ...]:
    """What the linter found, each where it stands in the part; without one, where no file is."""
    return tuple(_found(part, settings, it) for it in found)


def _word(part: Part, it: Mistake) -> Word:
    where = it.where.split(".")
    account = where[1] if where[0] == "accounts" and len(where) > 1 else ""
    field = where[3] if account and where[2:3] == ["fields"] and len(where) > 3 else ""
    elsewhere = "" if not it.file or it.file == str(part.path) else f"{Path(it.file).name}: "
    line = None if elsewhere or it.line is None else it.line - part.first
    if part.flow is not None and line is not None and not 0 < line <= part.last - part.first:
        line = None
    return Word(
        line=line,
        account=account,
        field=field,
        told=it.what if line else f"{elsewhere}{it.where}: {it.what}",
        remedy=it.remedy,
    )


def _found(part: Part | None, settings: Settings, it: LintFinding) -> Word:
    told, remedy = lint_words(it.fault, it.field, it.params)
    site = settings.site_map
    line = None
    if part is not None and part.flow is None and site is not None:
        line = site.document.line_of(_place_of(site.document, it))
    bad = it.bad and (part is None or part.flow is None)
    return Word(line=line, account=it.account, field=it.field, told=told, remedy=remedy, bad=bad, finding=it)


def _place_of(document: Document, it: LintFinding) -> Location:
    if it.account:
        return ("accounts", it.account, "fields", it.field)
    tables = document.data.get("lookups")
    if isinstance(tables, Mapping) and it.field in tables:
        return ("lookups", it.field)
    return ("places",) if it.field == "places" else ("review_by",) if not it.field else ()


def _beyond(part: Part, now: Document, before: Document) -> Iterator[Mistake]:
    """What the text does that nobody may do from here."""
    known = set(_references(before.raw))
    for at, reference in _references(now.raw):
        if (at, reference) not in known:
            yield now.mistake(
                at, "From here nothing can be fetched from the environment or a file.", "Write the value itself."
            )
    yield from _tables(part, now, before) if part.flow is None else _other_parts(part.flow, now, before)


def _references(node: Any, at: Location = ()) -> Iterator[tuple[Location, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _references(value, (*at, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _references(value, (*at, index))
    elif isinstance(node, str) and node.startswith(("env:", "file:")):
        yield at, str(node)


def _tables(part: Part, now: Document, before: Document) -> Iterator[Mistake]:
    """Tables that are not those of before have to lie beside the map and be tables by their name: an error about any other file
    would tell what stands in it."""
    known, folder = {file for _, file in _files(before.data)}, part.path.resolve().parent
    for at, file in _files(now.data):
        path = (folder / file).resolve()
        if file not in known and (path.suffix.lower() not in TABLES or not path.is_relative_to(folder)):
            yield now.mistake(at, "From here a table has to be a .csv file beside the map.", "Put it there.")


def tables_of(document: Document) -> list[str]:
    """The files of tables that a map names."""
    return [file for _, file in _files(document.data)]


def beyond_rules(before: Document, now: Document) -> list[str]:
    """What differs in the configuration and is neither a rule of a flow nor part of a map, as its place in the file."""
    return [dotted(at) for at in _changed(before.data, now.data) if at != ("maps",) and not _is_rule(at)]


def _is_rule(at: Location) -> bool:
    return at[0] == "flows" and len(at) > 2 and at[2] in RULES


def _files(data: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    tables = data.get("lookups")
    for name, it in tables.items() if isinstance(tables, Mapping) else ():
        if isinstance(it, Mapping) and isinstance(it.get("file"), str):
            yield ("lookups", name, "file"), it["file"]


def _other_parts(flow: FlowName, now: Document, before: Document) -> Iterator[Mistake]:
    """Whatever differs and is no rule of this flow."""
    for at in _changed(before.data, now.data):
        if at[:2] != ("flows", str(flow)) or not _is_rule(at):
            yield now.mistake(at, f"`{dotted(at)}` would change. {ELSEWHERE}", "Put it back as it was.")


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Sequence[Location]:
    """The options that differ: of a flow each by itself, else whole groups."""
    found: list[Location] = [(name,) for name in {**before, **now} if name != "flows" and _differ(before, now, name)]
    one, other = _group(before, "flows"), _group(now, "flows")
    for flow in {**one, **other}:
        mine, theirs = _group(one, flow), _group(other, flow)
        if (flow in one) != (flow in other) or not (mine and theirs):
            found += [("flows", flow)] if _differ(one, other, flow) else []
            continue
        found += [("flows", flow, name) for name in {**mine, **theirs} if _differ(mine, theirs, name)]
    return found


def _differ(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    return (name in one) != (name in other) or one.get(name) != other.get(name)


def _group(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}
