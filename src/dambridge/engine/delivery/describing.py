"""Fields to the target: written only where they differ, read back, compared in the normal form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dambridge.engine.parts import Parts
from dambridge.engine.sites import Site
from dambridge.engine.steps import Step, StepJournal
from dambridge.engine.terms import know_terms
from dambridge.mapping import NO_ALIASES, Definition, NativeWrite, equal, to_canonical, to_native
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, NativeRecord
from dambridge.model.terms import TermUse
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value

SINCE = "since"
"""Set in the intent of a write: when it was first asked for."""
LINK_FIELD = FieldName("dambridge:link")
SOURCE_FIELD = FieldName("dambridge:source")
"""What every record copy carries of us, where the map gives it an attribute."""


class _Because(Exception):
    """Ends an action for a reason, which stays what it is."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self._reason = reason

    @property
    def reason(self) -> Reason:
        return self._reason


class NotAsWritten(_Because):
    """A field came back other than it was written."""


class NotSeenYet(_Because):
    """A field was taken by a system that shows it later, and it is not late yet."""


class NotWritable(_Because):
    """A value cannot be spelled for the target: an unknown term, a wrong type. `unknown` are all words of the asset that the
    target's vocabularies do not know."""

    def __init__(self, reason: Reason, unknown: tuple[TermUse, ...] = ()) -> None:
        super().__init__(reason)
        self._unknown = unknown

    @property
    def unknown(self) -> tuple[TermUse, ...]:
        return self._unknown

    @property
    def waits_for(self) -> str:
        return "librarian" if self.reason.code is Code.UNKNOWN_TERM else "administrator"


def with_marks(action: Action, fields: Fields) -> Fields:
    """The fields and the two marks by which a copy can be found again if the ledger is lost."""
    return {**fields, LINK_FIELD: str(action.link), SOURCE_FIELD: str(action.source.remote_id)}


async def spell(
    parts: Parts, fields: Fields, cleared: Sequence[FieldName], *, there: NativeRecord | None = None
) -> NativeWrite:
    """The target's own words for these fields; `there` is the copy as it is now. Raises `NotWritable` rather than leave
    anything out."""
    await know_terms(parts)
    site, beside = parts.target, canonical(parts, there).fields if there is not None else {}
    known, aliases = site.vocabularies, site.aliases or NO_ALIASES
    write = to_native(fields, cleared, site.map, definitions=known, aliases=aliases, beside=beside)
    if write.problems:
        raise NotWritable(write.problems[0], write.unknown)
    return write


async def definitions_of(site: Site) -> Mapping[str, Definition] | None:
    """Attribute name to (kind, terms) as the account defines them; None where it does not show them."""
    await site.definitions()
    return site.vocabularies


async def read_target(parts: Parts, remote_id: RemoteId) -> NativeRecord:
    """The target copy as it is now. Raises `MovedOn` when it is not there any more."""
    return await parts.target.there(remote_id)


def canonical(parts: Parts, native: NativeRecord) -> AssetRecord:
    return to_canonical(native, parts.maps[native.key.account])


def still_to_write(native: NativeRecord, write: NativeWrite) -> dict[str, tuple[str, ...]]:
    """Those of the attributes that are not yet as wanted, compared as texts."""
    wanted = write.attributes
    return {name: values for name, values in wanted.items() if _texts(native.fields.get(name)) != values}


def _texts(value: object) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case tuple():
            return tuple(str(it) for it in value)
        case _:
            return (str(value),)


def compare(parts: Parts, wanted: Fields, cleared: Sequence[FieldName], native: NativeRecord) -> None:
    """Hold what was read back against what was wanted. Raises `NotAsWritten` naming the first field that differs."""
    got = canonical(parts, native).fields
    written = parts.maps[parts.policy.target].writes
    for name in sorted(set(wanted) & written):
        if name not in got or not equal(name, wanted[name], got[name]):
            raise NotAsWritten(_difference(name, wanted[name], got.get(name)))
    for name in cleared:
        if name in got and name in written:
            raise NotAsWritten(Reason.of(Code.VALUE_ALTERED, field=name, wanted="(empty)", found=_short(got[name])))


async def hold(
    parts: Parts, journal: StepJournal, wanted: Fields, cleared: Sequence[FieldName], native: NativeRecord
) -> None:
    """`compare`, with patience for a target that takes writes now and shows them later: raises `NotSeenYet` then."""
    try:
        compare(parts, wanted, cleared, native)
    except NotAsWritten as differs:
        since = (journal.intent(Step.DESCRIBE) or {}).get(SINCE)
        if since is None or not _shown_later(parts, differs.reason):
            raise
        brought = (journal.intent(Step.VERSION) or {}).get("at", since)  # a file may bring the fields later still
        asked = max(datetime.fromisoformat(str(it)) for it in (since, brought))
        if await parts.clock.now() > asked + parts.settings.deferred_for:
            raise
        raise NotSeenYet(Reason.of(Code.WRITE_DEFERRED, field=str(dict(differs.reason.params)["field"]))) from None


def _shown_later(parts: Parts, differs: Reason) -> bool:
    """Whether the field that differs is one that the target may show later."""
    rule = parts.maps[parts.policy.target].by_field[FieldName(str(dict(differs.params)["field"]))]
    return parts.archive.capabilities.defers(rule.native)


async def write_intent(
    parts: Parts, journal: StepJournal, attributes: Mapping[str, tuple[str, ...]]
) -> dict[str, object]:
    """What a write sets out to do, and since when: a try that asks for the same again is as old as the first."""
    names = sorted(attributes)
    before = journal.intent(Step.DESCRIBE) or {}
    same = before.get("attributes") == names and before.get(SINCE)
    return {"attributes": names, SINCE: same or (await parts.clock.now()).isoformat()}


def _difference(name: FieldName, wanted: Value, got: Value | None) -> Reason:
    if got is not None and isinstance(got, str) and got and _short(wanted, 100000).startswith(got):
        return Reason.of(Code.VALUE_CUT, field=name, kept=len(got), wanted=len(_short(wanted, 100000)))
    return Reason.of(Code.VALUE_ALTERED, field=name, wanted=_short(wanted), found=_short(got))


def _short(value: Value | None, length: int = 120) -> str:
    match value:
        case None:
            return "(empty)"
        case LangAlt():
            text = value.default
        case DateValue():
            text = value.iso
        case tuple():
            text = "; ".join(value)
        case _:
            text = str(value)
    return text if len(text) <= length else text[: length - 1] + "…"
