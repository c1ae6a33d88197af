"""Hypothesis strategies for the nouns of the model: values, records, what was seen, agreed states, policies, plans.

Each draws what the product can really meet: field values fit their field's kind, versions follow from fields and content,
texts hold what people paste (line separators, right-to-left marks, accents in both Unicode forms, brackets and quotes).
A connector's own tests may use them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
from dambridge.policy.intake import Approval, Carrier, IntakePolicy
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


def texts(*, max_size: int = 20) -> st.SearchStrategy[str]:
    """Any text that UTF-8 can hold, with what people really paste among it."""
    return st.sampled_from(_PASTED) | st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)


def words(*, max_size: int = 12) -> st.SearchStrategy[str]:
    """Ids and names as systems make them: letters, digits and a few marks, never empty."""
    return st.text("abcxyz0189._-", min_size=1, max_size=max_size)


@st.composite
def date_values(draw: st.DrawFn) -> DateValue:
    """Dates of every precision, from the year to nine digits of a second, with and without every offset on earth."""
    instant = draw(st.datetimes(min_value=datetime(1826, 1, 1), max_value=datetime(2399, 12, 31)))  # noqa: DTZ001 - a wall clock
    length = draw(st.sampled_from([4, 7, 10, 16, 19]))
    iso = instant.isoformat(timespec="seconds")[:length]
    if length == 19:
        iso += draw(
            st.just("")
            | st.integers(1, 9).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n).map(".".__add__))
        )
    if length >= 16:
        iso += draw(st.just("") | st.just("Z") | offsets())
    return DateValue(iso)


def offsets() -> st.SearchStrategy[str]:
    """Offsets from -12:00 to +14:00 in quarters of an hour."""
    return st.integers(-48, 56).map(lambda it: f"{'-' if it < 0 else '+'}{abs(it) // 4:02d}:{abs(it) % 4 * 15:02d}")


def lang_alts() -> st.SearchStrategy[LangAlt]:
    """One to three languages."""
    tags = st.sampled_from(["x-default", "de", "fr", "pt-BR", "zh-Hant"])
    return st.dictionaries(tags, texts(), min_size=1, max_size=3).map(LangAlt.of)


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


def any_values() -> st.SearchStrategy[Value]:
    """Values of every kind."""
    return st.one_of([values_of(it) for it in Kind])


@st.composite
def fields(draw: st.DrawFn, names: Sequence[FieldName] = tuple(FIELDS), *, most: int = 6) -> dict[FieldName, Value]:
    """Some of these fields, each with a value of its kind; a name that is in no table is text."""
    chosen = draw(st.lists(st.sampled_from(list(names)), unique=True, max_size=most))
    kinds = {name: FIELDS[name].kind if name in FIELDS else Kind.TEXT for name in chosen}
    return {name: draw(values_of(kinds[name])) for name in chosen}


def versions() -> st.SearchStrategy[AssetVersion]:
    """Versions of any texts, as vendors may spell them."""
    return st.builds(AssetVersion, modified=texts(), fields=texts(), content=texts())


def reasons() -> st.SearchStrategy[Reason]:
    """Reasons with parameters of every type that they may have."""
    parameters = st.dictionaries(
        st.sampled_from(["text", "field", "count", "items"]),
        texts() | st.integers(-9, 10**12) | st.lists(texts(), max_size=3).map(tuple),
    )
    return st.builds(lambda code, params: Reason.of(code, **params), st.sampled_from(list(Code)), parameters)


def keys(account: AccountId = AGENCY) -> st.SearchStrategy[AssetKey]:
    return words().map(lambda it: AssetKey(account, RemoteId(it)))


def containers() -> st.SearchStrategy[Container]:
    """Galleries one to three levels deep, with names that people give."""
    name = st.sampled_from(["Intake", "Approved", "Rejected", "Harbour 2026", "Blüte", "Blu\u0308te", "A.B", "[x]+(y)"])
    return st.builds(Container, words().map(RemoteId), st.lists(name, min_size=1, max_size=3).map("/".join))


@st.composite
def records(
    draw: st.DrawFn,
    key: AssetKey | None = None,
    *,
    names: Sequence[FieldName] = tuple(FIELDS),
    media_types: Sequence[MediaType] = tuple(MediaType),
) -> AssetRecord:
    """One asset whose version follows from its fields, its content and when it was touched."""
    held = draw(fields(names))
    notes = (
        [Reason.of(Code.FIELDS_UNREAD, fields=tuple(sorted(set(names) - set(held))[:2]))] if draw(st.booleans()) else []
    )
    return AssetRecord(
        key=key or draw(keys()),
        media_type=draw(st.sampled_from(list(media_types))),
        file_name=draw(st.sampled_from(["a.jpg", "Blu\u0308te.JPG", "長崎.dng", "clip.mov"]) | texts()),
        name=draw(texts()),
        size=draw(st.none() | st.integers(0, 2**41)),
        fields=held,
        containers=tuple(draw(st.lists(containers(), max_size=3, unique_by=lambda it: it.id))),
        version=AssetVersion(
            modified=draw(st.sampled_from(["m1", "m2", "m3"])),
            fields=fingerprint(held),
            content=draw(st.sampled_from(["c1", "c2"])),
        ),
        checksum=draw(st.none() | st.just(Checksum("md5", "0" * 32))),
        created_at=draw(st.none() | st.just(AT)),
        notes=tuple(notes),
    )


def not_present() -> st.SearchStrategy[Seen]:
    """Every way of not being there, `Unread` and `NotYet` among them."""
    missing = st.builds(Missing, st.sampled_from(list(Absence)), texts())
    unread = st.builds(Unread, st.just(Reason.of(Code.SOURCE_UNREAD, text="503")) | reasons())
    return missing | unread | st.just(NotYet())


def seen(record: st.SearchStrategy[AssetRecord]) -> st.SearchStrategy[Seen]:
    """A copy as it may be seen: mostly there, else gone, unreadable, or never made."""
    there: st.SearchStrategy[Seen] = record.map(Present)
    return st.integers(0, 2).flatmap(lambda it: there if it else not_present())


@st.composite
def agreed_states(draw: st.DrawFn, *, names: Sequence[FieldName] = tuple(FIELDS)) -> Agreed:
    """What copies may have in common: nothing yet, or fields, versions and the bytes; some values from inside the file."""
    if draw(st.integers(0, 5)) == 0:
        return Agreed()
    held = draw(fields(names))
    inside = {name: value for name, value in draw(fields(names)).items() if name not in held}
    source = AssetVersion(modified=draw(st.sampled_from(["m1", "m2"])), fields=fingerprint(held), content="c1")
    return Agreed(
        fields=held,
        filled=inside,
        versions={str(SOURCE): source, str(TARGET): AssetVersion(modified="t1", fields="f", content="t")},
        content=Digest(size=10, sha256="s", md5="m"),
        evidence={str(SOURCE): "source", str(TARGET): "md5"},
    )


@st.composite
def policies(draw: st.DrawFn, *, names: Sequence[FieldName] = tuple(FIELDS)) -> IntakePolicy:
    """Policies of flow intake as configurations can make them."""
    patterns = st.lists(
        st.sampled_from(["Intake/**", "Approved/*", "**/Harbour 2026", "Rejected/**"]), max_size=2, unique=True
    )
    chosen = st.frozensets(st.sampled_from(list(names)), min_size=1)
    return IntakePolicy(
        source=AGENCY,
        target=ARCHIVE,
        mode=draw(st.sampled_from(["new", "approved"])),
        galleries=tuple(draw(patterns)),
        exclude=tuple(draw(patterns)),
        approval=draw(approvals()),
        media_types=draw(
            st.dictionaries(st.sampled_from(list(MediaType)), st.sampled_from(["take", "skip"]), max_size=2)
        ),
        folder=draw(
            st.sampled_from(
                ["PhotoShelter/{year}/{gallery}", "X/{media_type}", "{gallery_path}", "{city}/{year}-{month}"]
            )
        ),
        required=tuple(sorted(draw(st.frozensets(st.sampled_from(list(names)), max_size=2)))),
        managed=draw(st.none() | chosen),
        rehash=draw(st.sampled_from(["unexplained", "always", "never"])),
        target_edits=draw(st.sampled_from(["keep_target", "source_wins"])),
        max_changes=draw(st.none() | st.integers(1, 20)),
        max_share=draw(st.none() | st.sampled_from([0.01, 0.07, 0.29, 0.5, 1.0])),
    )


def approvals() -> st.SearchStrategy[Approval]:
    """One approval of each carrier."""
    return st.sampled_from(
        [
            Approval(),
            Approval(carrier=Carrier.RATING, minimum=3),
            Approval(carrier=Carrier.CUSTOM, field=FieldName("custom:ok")),
            Approval(carrier=Carrier.GALLERY, approved=("Approved/**",), rejected=("Rejected/**",)),
        ]
    )


@st.composite
def capabilities(draw: st.DrawFn) -> tuple[ReaderCapabilities, ArchiveCapabilities]:
    """What two accounts may be known to do: every cell on its own. Fields inside files are another kind of account."""
    proof = st.sampled_from([Proof.PROVEN, Proof.DECLARED, Proof.PROVEN, Proof.DECLARED, Proof.UNPROVEN, Proof.ABSENT])

    def matrix() -> Mapping[MediaType, Proof]:
        return {it: draw(proof) for it in MediaType if draw(st.integers(0, 9))}

    reads: dict[str, Any] = {it: draw(proof) for it in ReaderCapabilities.__dataclass_fields__ if it != "originals"}
    apart = {"deliver", "fields", "deferred_fields", "embedded"}
    takes: dict[str, Any] = {it: draw(proof) for it in ArchiveCapabilities.__dataclass_fields__ if it not in apart}
    return ReaderCapabilities(**reads, originals=matrix()), ArchiveCapabilities(**takes, fields={}, deliver=matrix())


@st.composite
def actions(draw: st.DrawFn) -> Action:
    """Actions of every kind; a create expects the source alone and knows no target yet, the others expect both copies."""
    kind = draw(st.sampled_from(list(ActionKind)))
    source = draw(keys())
    create = kind is ActionKind.CREATE
    places = [SOURCE] if create else [SOURCE, TARGET]
    held = draw(fields())
    return Action(
        kind=kind,
        link=link_id_for(FlowName.INTAKE, source),
        source=source,
        target=TARGET,
        target_id=None if create else draw(words().map(RemoteId)),
        fields=held,
        cleared=()
        if create
        else tuple(sorted(draw(st.frozensets(st.sampled_from(sorted(set(FIELDS) - set(held))), max_size=2)))),
        expects={str(it): draw(versions()) for it in places},
        reasons=tuple(draw(st.lists(reasons(), min_size=1, max_size=2))),
        folder=draw(texts()) if create else "",
        file_name=draw(texts()),
        name=draw(texts()),
        media_type=str(draw(st.sampled_from(list(MediaType)))),
        size=draw(st.integers(0, 2**41)),
        calls={"agency": draw(st.integers(0, 3)), "archive": draw(st.integers(0, 9))},
        modified_at=draw(st.none() | st.just(AT - timedelta(hours=1))),
        held=tuple(sorted(draw(st.frozensets(st.sampled_from(sorted(set(FIELDS) - set(held))), max_size=2)))),
    )


def left_items() -> st.SearchStrategy[LeftItem]:
    leaves = st.builds(Leave, outcome=st.sampled_from(list(Outcome)), reason=reasons(), waits_for=texts())
    return st.builds(LeftItem, key=keys(), leave=leaves, expects=st.none() | versions(), file_name=texts())


@st.composite
def plans(draw: st.DrawFn, *, most: int = 4) -> Plan:
    """Plans of up to so many actions and as many items left; headers with every member filled."""
    header = PlanHeader(
        flow=FlowName.INTAKE,
        made_at=AT,
        expires_at=AT + timedelta(days=2),
        policy=draw(words()),
        configuration=draw(words()),
        capabilities=draw(words()),
        counts=draw(st.dictionaries(st.sampled_from([*ActionKind, *Outcome]).map(str), st.integers(0, 9), max_size=3)),
        forecast=Forecast(calls={"agency": 3}, bytes=draw(st.integers(0, 2**50)), seconds=1.5, store_bytes=6000),
        tripped=tuple(draw(st.lists(reasons(), max_size=2))),
    )
    acts = draw(st.lists(actions(), max_size=most, unique_by=lambda it: it.id))
    left = draw(st.lists(left_items(), max_size=most, unique_by=lambda it: it.key))
    by_id, by_key = sorted(acts, key=lambda it: it.id), sorted(left, key=lambda it: it.key)
    return Plan(header=header, actions=tuple(by_id), left=tuple(by_key))


def link_ids() -> st.SearchStrategy[LinkId]:
    return keys().map(lambda it: link_id_for(FlowName.INTAKE, it))
