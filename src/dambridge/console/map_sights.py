"""What a person sees of a draft of the map or of rules: words about it, its table, an asset as it would be and as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dambridge.bootstrap import ConfigurationWrong, lint_settings
from dambridge.bootstrap.editing import Looked, Part, Word, cut_flow, digest_of, look, part_of, words_of
from dambridge.bootstrap.map_table import Cell, Row, rows_of, with_cells
from dambridge.bootstrap.saving import difference, previous_path, writable
from dambridge.bootstrap.trying import Ruled, Tried, try_out
from dambridge.console.desk import Desk
from dambridge.console.guarding import Signed, Stop
from dambridge.console.runs import key_of
from dambridge.mapping.previewing import Step
from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.queries import Facet
from dambridge.model.searching import Document, Hit
from dambridge.policy.duties import Duty, answers_for_all
from dambridge.search.query import Misread

FOUND = 8
"""Assets that are offered to try a map on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody is editing: a part, as a table of one account's fields or as text. `text` is the base of the table, and the
    text itself else; `cells` what the table has otherwise; `digest` is of the file that they began with."""

    part: str = "map"
    view: str = "table"
    account: str = ""
    text: str = ""
    cells: Mapping[str, Cell]
    digest: str = ""
    asset: str = ""
    q: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that the page shows of a draft."""

    draft: Draft
    part: Part | None
    closed: str
    may_save: bool
    changed: bool
    stale: bool
    wanted: str = ""
    looked: Looked | None = None
    rows: tuple[Row, ...] = ()
    asset: Document | None = None
    tried: Tried | None = None
    before: Tried | None = None
    found: tuple[Hit, ...] = ()
    says: str = ""
    undo: tuple[str, ...] | None = None
    """What putting the version before back would change; None where none is kept."""
    theirs: tuple[str, ...] = ()
    """What somebody else changed meanwhile."""

    @property
    def words(self) -> tuple[Word, ...]:
        return self.looked.words if self.looked is not None else ()

    def words_of(self, field: str) -> list[Word]:
        return [it for it in self.words if it.field == field and it.account in {"", self.draft.account}]

    @property
    def lines(self) -> int:
        return self.draft.text.count("\n") + 1

    @property
    def by_line(self) -> list[tuple[int, Word | None]]:
        """Every line of the text with what is said of it."""
        said = {it.line: it for it in reversed(self.words) if it.line is not None}
        return [(at, said.get(at)) for at in range(1, self.lines + 1)]

    @property
    def bad(self) -> int:
        return sum(it.bad for it in self.words)

    @property
    def outcomes(self) -> list[Outcome]:
        """The asset's fields: as they would be, beside as they are."""
        if self.before is None:
            return []
        tried = self.tried or self.before
        was = {it.field: it for it in self.before.preview.steps}
        now = {it.field: it for it in tried.preview.steps}
        found = [Outcome(now.get(name), was.get(name)) for name in sorted({*was, *now})]
        shown = [it for it in found if it.changed or (it.says and self.draft.part == "map")]
        return sorted(shown, key=lambda it: not it.changed)

    @property
    def ruled(self) -> list[Ruled]:
        """What flows would do with the asset: the one whose rules these are, or all."""
        tried = self.tried or self.before
        every = tried.ruled if tried is not None else ()
        return [it for it in every if self.draft.part in {"map", str(it.flow)}]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One field of the asset: what it would become (None: nothing is left of it), and what it is now."""

    now: Step | None
    was: Step | None

    @property
    def step(self) -> Step:
        found = self.now or self.was
        assert found is not None  # noqa: S101 - it is of one of the two
        return found

    @property
    def changed(self) -> bool:
        return self.ends(self.now) != self.ends(self.was)

    @property
    def says(self) -> bool:
        return self.changed or any(
            it.value or it.problem or it.unknown for it in (self.now, self.was) if it is not None
        )

    @staticmethod
    def ends(it: Step | None) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        return (it.to, it.written, it.value) if it is not None else ("", (), ())


async def sight_of(desk: Desk, who: Signed, draft: Draft) -> Sight:
    """Look at the draft; one without a text begins with what the file says now. Raises `Stop` for a part that there is not."""
    if draft.part not in {"map", *map(str, desk.flows)}:
        raise Stop(404, f"There is no flow {draft.part} here, so it has no rules.")
    try:
        part = part_of(desk.settings, draft.part)
    except (OSError, UnicodeDecodeError) as error:
        return _closed(draft, None, f"The file cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}.")
    except ConfigurationWrong as error:
        return _closed(draft, None, f"The file cannot be read: {error}")
    account = draft.account if draft.account in desk.settings.accounts else _first(desk)
    draft = replace(draft, account=account, view=draft.view if draft.part == "map" else "text")
    if part is None or part.closed:
        rows = tuple(rows_of(desk.settings, account)) if draft.part == "map" else ()
        seen = _closed(replace(draft, view="table" if rows else "text"), part, part.closed if part else "")
        found = lint_settings(desk.settings, now=await desk.clock.now()) if rows else []
        looked = Looked(settings=desk.settings, words=words_of(part, desk.settings, found))
        return await _tried(desk, who, replace(seen, rows=rows, looked=looked))
    if not draft.text:
        draft = replace(draft, text=part.text, digest=part.digest)
    return await _tried(desk, who, await _looked(desk, who, draft, part))


def _first(desk: Desk) -> str:
    """The account whose map people look at first: that which intake writes into."""
    intake = desk.settings.flows.intake
    return intake.target if intake is not None else next(iter(desk.settings.accounts))


def _closed(draft: Draft, part: Part | None, why: str) -> Sight:
    return Sight(draft=draft, part=part, closed=why, may_save=False, changed=False, stale=False)


async def _looked(desk: Desk, who: Signed, draft: Draft, part: Part) -> Sight:
    now = await desk.clock.now()
    base = await asyncio.to_thread(look, desk.settings, part, draft.text, now=now)
    rows: tuple[Row, ...] = ()
    wanted, looked = draft.text, base
    if draft.view == "table" and base.settings is not None:
        rows = tuple(rows_of(base.settings, draft.account))
        cells = changed_cells(rows, draft.cells)
        wanted = with_cells(draft.text, draft.account, cells)
        draft = replace(draft, cells=cells)
        looked = base if wanted == draft.text else await asyncio.to_thread(look, desk.settings, part, wanted, now=now)
    elif draft.view == "table":
        draft = replace(draft, view="text")
    return Sight(
        draft=draft,
        part=part,
        closed="",
        may_save=not closed_for(desk, who, part),
        changed=wanted.rstrip("\n") != part.text.rstrip("\n"),
        stale=part.digest != in_force(desk, part),
        wanted=wanted,
        looked=looked,
        rows=rows,
        undo=_undo(desk, part),
    )


def closed_for(desk: Desk, who: Signed, part: Part | None) -> str:
    """Why this person cannot save it; empty where they can."""
    if not who.may(Duty.CONFIGURE) or not answers_for_all(who.person.searcher, desk.flows):
        return "Only administrators of the whole installation change it."
    if not desk.options.edits:
        return "The configuration says `console.edits: false`."
    if part is not None and not writable(part.path):
        return f"{part.path.name} cannot be written by the user under whom dambridge works."
    return ""


def changed_cells(rows: tuple[Row, ...], cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """What of the table is otherwise than the text says."""
    stands = {it.field: Cell(it.to, it.direction) for it in rows if not it.fixed}
    new = {name: it for name, it in cells.items() if name not in {row.field for row in rows} and it.to}
    return {name: cells[name] for name, it in stands.items() if name in cells and _differs(it, cells[name])} | new


def _differs(before: Cell, now: Cell) -> bool:
    return before.to != now.to or (bool(now.to) and before.direction is not now.direction)


def in_force(desk: Desk, part: Part) -> str:
    """The digest of this file as it was read at the start."""
    site = desk.settings.site_map
    if part.flow is not None:
        return desk.settings.file_digest
    return digest_of(site.document.text) if site is not None else ""


def _undo(desk: Desk, part: Part) -> tuple[str, ...] | None:
    """What putting the previous version of this part back would change; None where none is kept, or none that differs."""
    try:
        before = previous_path(part.path).read_text(encoding="utf-8")
        text = before if part.flow is None else cut_flow(desk.settings, part.flow, before).text
    except (OSError, UnicodeDecodeError, ConfigurationWrong):
        return None
    return tuple(difference(part.text, text)) or None


async def _tried(desk: Desk, who: Signed, sight: Sight) -> Sight:
    """With a real asset, as it would be and as it is under what is in force."""
    if not who.may(Duty.SEE_ASSETS, partly=True) or desk.search is None:
        return sight
    source = source_of(desk, sight.draft.part)
    found, says = await _found(desk, who, sight.draft.q, source if sight.draft.part != "map" else "")
    document = await _document(desk, who, sight.draft.asset, found, source)
    sight = replace(sight, found=found if sight.draft.q else (), says=says, asset=document)
    if document is None:
        return sight
    now = await desk.clock.now()
    before = await asyncio.to_thread(try_out, desk.settings, desk.settings, document, now=now)
    wanted = sight.looked.settings if sight.looked is not None else None
    tried = await asyncio.to_thread(try_out, desk.settings, wanted, document, now=now) if wanted is not None else None
    return replace(sight, draft=replace(sight.draft, asset=str(document.key)), before=before, tried=tried)


def source_of(desk: Desk, part: str) -> str:
    """The account whose assets a flow is about; of the map, that which intake takes them from."""
    flows = desk.settings.flows
    if part in {str(it) for it in flows.mirrors}:
        return flows.mirrors[FlowName(part)].between[0]
    options = getattr(flows, part, None) or flows.intake
    return str(options.source) if options is not None else ""


async def _found(desk: Desk, who: Signed, q: str, home: str) -> tuple[tuple[Hit, ...], str]:
    assert desk.search is not None  # noqa: S101 - the caller asked
    try:
        filters = {Facet.HOME: [home]} if home else None
        answer = await desk.search.ask(q, who.person.searcher, filters=filters, limit=FOUND)
    except Misread as error:
        return (), str(error)
    return answer.hits, "" if answer.hits or not q else "Nothing was found."


async def _document(desk: Desk, who: Signed, asset: str, found: tuple[Hit, ...], source: str) -> Document | None:
    """The asset that was chosen, as far as this person sees it; else the source's copy of the first that was found."""
    assert desk.search is not None  # noqa: S101 - the caller asked
    index = desk.search.index
    if asset:
        keys = [key_of(asset)]
    else:
        copies = [it.key for hit in found for it in hit.copies]
        keys = sorted(copies, key=lambda it: it.account != source)[:1]
    keys = [it for it in keys if it.account in desk.settings.accounts]
    seen: Mapping[AssetKey, Document] = await index.seen(keys, who.person.searcher) if keys else {}
    return next(iter(seen.values()), None)
