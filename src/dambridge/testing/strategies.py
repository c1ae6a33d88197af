"""Hypothesis strategies for the nouns of the model: values, records, what was seen, agreed states, policies, plans.

Each draws what the product can really meet: field values fit their field's kind, versions follow from fields and content,
texts hold what people paste (line separators, right-to-left marks, accents in both Unicode forms, brackets and quotes).
A connector's own tests may use them as they are. What a draw needs is made once, not in each draw: making a strategy, and
finding out what it is, costs Hypothesis more than drawing from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from dambridge.mapping import FIELDS, Kind, fingerprint
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    CopyId,
    CopyRole,
    FlowName,
    LinkId,
    RemoteId,
    link_id_for,
)
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import Forecast, LeftItem, Plan, PlanHeader
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import (
    Absence,
    Agreed,
    AssetRecord,
    AssetVersion,
    Checksum,
    Container,
    Digest,
    MediaType,
    Missing,
    NotYet,
    Present,
    Seen,
    Unread,
)
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.policy.carriers import CarrierKind
from dambridge.policy.intake import Approval, IntakePolicy
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
SOURCE, TARGET = CopyId(AGENCY, CopyRole.SOURCE), CopyId(ARCHIVE, CopyRole.RECORD)
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""The instant that plans and records of these strategies speak of."""

_PASTED = (
    "Ærøskøbing",
    "Blu\u0308te",
    "Blüte",
    "長崎港",
    "ميناء",
    "a\u202eb",
    "line\u2028apart",
    "next\x85line",
    "⚓🚢",
    '"quoted"',
    "{brace}",
    "a, b",
    "a/b",
    "a|b",
    "a;b",
    "..",
    " ",
)


@cache
def texts(*, max_size: int = 20) -> st.SearchStrategy[str]:
    """Any text that UTF-8 can hold, with what people really paste among it."""
    return st.sampled_from(_PASTED) | st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)


@cache
def words(*, max_size: int = 12) -> st.SearchStrategy[str]:
    """Ids and names as systems make them: letters, digits and a few marks, never empty."""
    return st.text("abcxyz0189._-", min_size=1, max_size=max_size)


@cache
def date_values() -> st.SearchStrategy[DateValue]:
    """Dates of every precision, from the year to nine digits of a second, with and without every offset on earth."""
    instants = st.datetimes(min_value=datetime(1826, 1, 1), max_value=datetime(2399, 12, 31))  # noqa: DTZ001 - a wall clock
    fractions = st.just("") | st.text("0123456789", min_size=1, max_size=9).map(".".__add__)
    zones = st.just("") | st.just("Z") | offsets()
    return st.builds(_date_value, instants, st.sampled_from([4, 7, 10, 16, 19]), fractions, zones)


def _date_value(instant: datetime, length: int, fraction: str, zone: str) -> DateValue:
    iso = instant.isoformat(timespec="seconds")[:length]
    return DateValue(iso + (fraction if length == 19 else "") + (zone if length >= 16 else ""))


@cache
def offsets() -> st.SearchStrategy[str]:
    """Offsets from -12:00 to +14:00 in quarters of an hour."""
    return st.integers(-48, 56).map(lambda it: f"{'-' if it < 0 else '+'}{abs(it) // 4:02d}:{abs(it) % 4 * 15:02d}")


@cache
def lang_alts() -> st.SearchStrategy[LangAlt]:
    """One to three languages."""
    tags = st.sampled_from(["x-default", "de", "fr", "pt-BR", "zh-Hant"])
    return st.dictionaries(tags, texts(), min_size=1, max_size=3).map(LangAlt.of)


@cache
def values_of(kind: Kind) -> st.SearchStrategy[Value]:
    """Present values of a field of this kind: none of them counts as absent."""
    shown = texts().filter(lambda it: bool(it.strip()))
    match kind:
        case Kind.LANG:
            return lang_alts().filter(lambda it: any(text.strip() for _, text in it.entries))
        case Kind.BAG | Kind.SEQ:
            return st.lists(shown, min_size=1, max_size=4).map(tuple)
        case Kind.DATE:
            return date_values()
        case Kind.INT:
            return st.integers(-1, 5)
        case Kind.BOOL:
            return st.booleans()
        case _:
            return shown


@cache
def any_values() -> st.SearchStrategy[Value]:
    """Values of every kind."""
    return st.one_of([values_of(it) for it in Kind])


def fields(names: Sequence[FieldName] = tuple(FIELDS), *, most: int = 6) -> st.SearchStrategy[dict[FieldName, Value]]:
    """Some of these fields, each with a value of its kind; a name that is in no table is text."""
    values = {name: values_of(FIELDS[name].kind if name in FIELDS else Kind.TEXT) for name in names}
    chosen = st.lists(st.sampled_from(list(names)), unique=True, max_size=most)
    return _some_of(chosen, values)


@st.composite
def _some_of(
    draw: st.DrawFn,
    chosen: st.SearchStrategy[list[FieldName]],
    values: Mapping[FieldName, st.SearchStrategy[Value]],
) -> dict[FieldName, Value]:
    return {name: draw(values[name]) for name in draw(chosen)}


@cache
def versions() -> st.SearchStrategy[AssetVersion]:
    """Versions of any texts, as vendors may spell them."""
    return st.builds(AssetVersion, modified=texts(), fields=texts(), content=texts())


@cache
def reasons() -> st.SearchStrategy[Reason]:
    """Reasons with parameters of every type that they may have."""
    parameters = st.dictionaries(
        st.sampled_from(["text", "field", "count", "items"]),
        texts() | st.integers(-9, 10**12) | st.lists(texts(), max_size=3).map(tuple),
    )
    return st.builds(lambda code, params: Reason.of(code, **params), st.sampled_from(list(Code)), parameters)


@cache
def keys(account: AccountId = AGENCY) -> st.SearchStrategy[AssetKey]:
    return words().map(lambda it: AssetKey(account, RemoteId(it)))


@cache
def containers() -> st.SearchStrategy[Container]:
    """Galleries one to three levels deep, with names that people give."""
    name = st.sampled_from(["Intake", "Approved", "Rejected", "Harbour 2026", "Blüte", "Blu\u0308te", "A.B", "[x]+(y)"])
    return st.builds(Container, words().map(RemoteId), st.lists(name, min_size=1, max_size=3).map("/".join))


def records(
    key: AssetKey | None = None,
    *,
    names: Sequence[FieldName] = tuple(FIELDS),
    media_types: Sequence[MediaType] = tuple(MediaType),
) -> st.SearchStrategy[AssetRecord]:
    """One asset whose version follows from its fields, its content and when it was touched."""

    def record(*, held: dict[FieldName, Value], unread: bool, modified: str, content: str, **rest: Any) -> AssetRecord:
        left = tuple(sorted(set(names) - set(held))[:2])
        return AssetRecord(
            fields=held,
            notes=(Reason.of(Code.FIELDS_UNREAD, fields=left),) if unread else (),
            version=AssetVersion(modified=modified, fields=fingerprint(held), content=content),
            **rest,
        )

    return st.builds(
        record,
        held=fields(names),
        unread=st.booleans(),
        key=st.just(key) if key else keys(),
        media_type=st.sampled_from(list(media_types)),
        file_name=st.sampled_from(["a.jpg", "Blu\u0308te.JPG", "長崎.dng", "clip.mov"]) | texts(),
        name=texts(),
        size=st.none() | st.integers(0, 2**41),
        containers=st.lists(containers(), max_size=3, unique_by=lambda it: it.id).map(tuple),
        modified=st.sampled_from(["m1", "m2", "m3"]),
        content=st.sampled_from(["c1", "c2"]),
        checksum=st.none() | st.just(Checksum("md5", "0" * 32)),
        created_at=st.none() | st.just(AT),
    )


@cache
def not_present() -> st.SearchStrategy[Seen]:
    """Every way of not being there, `Unread` and `NotYet` among them."""
    missing = st.builds(Missing, st.sampled_from(list(Absence)), texts())
    unread = st.builds(Unread, st.just(Reason.of(Code.SOURCE_UNREAD, text="503")) | reasons())
    return missing | unread | st.just(NotYet())


def seen(record: st.SearchStrategy[AssetRecord]) -> st.SearchStrategy[Seen]:
    """A copy as it may be seen: mostly there, else gone, unreadable, or never made."""
    there: st.SearchStrategy[Seen] = record.map(Present)
    return st.integers(0, 2).flatmap(lambda it: there if it else not_present())


def agreed_states(*, names: Sequence[FieldName] = tuple(FIELDS)) -> st.SearchStrategy[Agreed]:
    """What copies may have in common: nothing yet, or fields, versions and the bytes; some values from inside the file."""

    def agreed(held: dict[FieldName, Value], inside: dict[FieldName, Value], modified: str) -> Agreed:
        source = AssetVersion(modified=modified, fields=fingerprint(held), content="c1")
        return Agreed(
            fields=held,
            filled={name: value for name, value in inside.items() if name not in held},
            versions={str(SOURCE): source, str(TARGET): AssetVersion(modified="t1", fields="f", content="t")},
            content=Digest(size=10, sha256="s", md5="m"),
            evidence={str(SOURCE): "source", str(TARGET): "md5"},
        )

    known = st.builds(agreed, fields(names), fields(names), st.sampled_from(["m1", "m2"]))
    return st.integers(0, 5).flatmap(lambda it: known if it else st.just(Agreed()))


def policies(*, names: Sequence[FieldName] = tuple(FIELDS)) -> st.SearchStrategy[IntakePolicy]:
    """Policies of flow intake as configurations can make them."""
    globs = ["Intake/**", "Approved/*", "**/Harbour 2026", "Rejected/**"]
    patterns = st.lists(st.sampled_from(globs), max_size=2, unique=True).map(tuple)
    folders = ["PhotoShelter/{year}/{gallery}", "X/{media_type}", "{gallery_path}", "{city}/{year}-{month}"]
    name = st.sampled_from(list(names))
    return st.builds(
        IntakePolicy,
        source=st.just(AGENCY),
        target=st.just(ARCHIVE),
        mode=st.sampled_from(["new", "approved"]),
        galleries=patterns,
        exclude=patterns,
        approval=approvals(),
        media_types=st.dictionaries(st.sampled_from(list(MediaType)), st.sampled_from(["take", "skip"]), max_size=2),
        folder=st.sampled_from(folders),
        required=st.frozensets(name, max_size=2).map(lambda it: tuple(sorted(it))),
        managed=st.none() | st.frozensets(name, min_size=1),
        rehash=st.sampled_from(["unexplained", "always", "never"]),
        target_edits=st.sampled_from(["keep_target", "source_wins"]),
        max_changes=st.none() | st.integers(1, 20),
        max_share=st.none() | st.sampled_from([0.01, 0.07, 0.29, 0.5, 1.0]),
    )


@cache
def approvals() -> st.SearchStrategy[Approval]:
    """One approval of each carrier."""
    return st.sampled_from(
        [
            Approval(),
            Approval(carrier=CarrierKind.RATING, minimum=3),
            Approval(carrier=CarrierKind.CUSTOM, field=FieldName("custom:ok")),
            Approval(carrier=CarrierKind.GALLERY, approved=("Approved/**",), rejected=("Rejected/**",)),
        ]
    )


def capabilities() -> st.SearchStrategy[tuple[ReaderCapabilities, ArchiveCapabilities]]:
    """What two accounts may be known to do: every cell on its own. Fields inside files are another kind of account."""
    proof = st.sampled_from([Proof.PROVEN, Proof.DECLARED, Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN, Proof.ABSENT])
    perhaps = st.integers(0, 9).flatmap(lambda it: proof if it else st.none())
    matrix = st.fixed_dictionaries(dict.fromkeys(MediaType, perhaps)).map(
        lambda it: {kind: known for kind, known in it.items() if known is not None}
    )
    reads = dict.fromkeys(ReaderCapabilities.__dataclass_fields__, proof)
    apart = {"deliver", "fields", "deferred_fields", "embedded"}
    takes = dict.fromkeys(it for it in ArchiveCapabilities.__dataclass_fields__ if it not in apart)
    return st.tuples(
        st.builds(ReaderCapabilities, **{**reads, "originals": matrix}),
        st.builds(ArchiveCapabilities, **dict.fromkeys(takes, proof), fields=st.just({}), deliver=matrix),
    )


@cache
def actions() -> st.SearchStrategy[Action]:
    """Actions of every kind; a create expects the source alone and knows no target yet, the others expect both copies."""

    def action(
        *,
        kind: ActionKind,
        source: AssetKey,
        versions_seen: tuple[AssetVersion, AssetVersion],
        target_id: RemoteId,
        held: dict[FieldName, Value],
        others: tuple[frozenset[FieldName], frozenset[FieldName]],
        folder: str,
        calls: tuple[int, int],
        **rest: Any,
    ) -> Action:
        create = kind is ActionKind.CREATE
        cleared, kept = (tuple(sorted(it - set(held))) for it in others)
        return Action(
            kind=kind,
            link=link_id_for(FlowName.INTAKE, source),
            source=source,
            target=TARGET,
            target_id=None if create else target_id,
            fields=held,
            cleared=() if create else cleared,
            held=kept,
            expects={
                str(copy): it for copy, it in zip([SOURCE] if create else [SOURCE, TARGET], versions_seen, strict=False)
            },
            folder=folder if create else "",
            calls=dict(zip(("agency", "archive"), calls, strict=True)),
            **rest,
        )

    some_names = st.frozensets(st.sampled_from(sorted(FIELDS)), max_size=2)
    return st.builds(
        action,
        kind=st.sampled_from(list(ActionKind)),
        source=keys(),
        versions_seen=st.tuples(versions(), versions()),
        target_id=words().map(RemoteId),
        held=fields(),
        others=st.tuples(some_names, some_names),
        reasons=st.lists(reasons(), min_size=1, max_size=2).map(tuple),
        folder=texts(),
        file_name=texts(),
        name=texts(),
        media_type=st.sampled_from(list(MediaType)).map(str),
        size=st.integers(0, 2**41),
        calls=st.tuples(st.integers(0, 3), st.integers(0, 9)),
        modified_at=st.none() | st.just(AT - timedelta(hours=1)),
    )


@cache
def left_items() -> st.SearchStrategy[LeftItem]:
    leaves = st.builds(Leave, outcome=st.sampled_from(list(Outcome)), reason=reasons(), waits_for=texts())
    return st.builds(LeftItem, key=keys(), leave=leaves, expects=st.none() | versions(), file_name=texts())


def plans(*, most: int = 4) -> st.SearchStrategy[Plan]:
    """Plans of up to so many actions and as many items left; headers with every member filled."""
    counted = st.sampled_from([*ActionKind, *Outcome]).map(str)
    headers = st.builds(
        PlanHeader,
        flow=st.just(FlowName.INTAKE),
        made_at=st.just(AT),
        expires_at=st.just(AT + timedelta(days=2)),
        policy=words(),
        configuration=words(),
        capabilities=words(),
        counts=st.dictionaries(counted, st.integers(0, 9), max_size=3),
        forecast=st.integers(0, 2**50).map(
            lambda size: Forecast(calls={"agency": 3}, bytes=size, seconds=1.5, store_bytes=6000)
        ),
        tripped=st.lists(reasons(), max_size=2).map(tuple),
    )
    acts = st.lists(actions(), max_size=most, unique_by=lambda it: it.id)
    left = st.lists(left_items(), max_size=most, unique_by=lambda it: it.key)
    return st.builds(
        Plan,
        header=headers,
        actions=acts.map(lambda some: tuple(sorted(some, key=lambda it: it.id))),
        left=left.map(lambda some: tuple(sorted(some, key=lambda it: it.key))),
    )


def link_ids() -> st.SearchStrategy[LinkId]:
    return keys().map(lambda it: link_id_for(FlowName.INTAKE, it))
