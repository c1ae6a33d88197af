"""The gate's answers change at their instants; scope and rights bound what is seen; orders of systems are merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dambridge.mapping import default_map
from dambridge.model.access import Role, Scope, Searcher, Sight
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    RemoteId,
    System,
)
from dambridge.model.queries import Usable
from dambridge.model.records import MediaType
from dambridge.model.rights import Bounds, LicenceKind, Rights
from dambridge.model.searching import Hit, Profile, reduced, rights_from_json, rights_to_json
from dambridge.model.values import FieldName
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.searching import NamedSelection, SearchHome, SearchPolicy, Way
from dambridge.ports.searching import Numbers, Wanted
from dambridge.search.assets import together
from dambridge.search.documents import grouped
from dambridge.search.gates import ProfileBook, ways_for
from dambridge.search.live import fused
from dambridge.search.query import read_query
from dambridge.search.translating import branches
from dambridge.search.viewing import Viewer, differences
from dambridge.testing.searching_contract import copy_of

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
SOON = NOW + timedelta(days=1)
CLEAR = Rights(
    holder="x",
    kind=LicenceKind.OWNED,
    territories=Bounds(permitted=frozenset({"DE", "FR"})),
    channels=Bounds(permitted=frozenset({"web"})),
)
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
POLICY = SearchPolicy(
    homes={
        AGENCY: SearchHome(
            account=AGENCY, system=System.PHOTOSHELTER, flows=frozenset({FlowName.INTAKE}), record=False
        ),
        ARCHIVE: SearchHome(account=ARCHIVE, system=System.NETX, flows=frozenset({FlowName.PUBLISH}), record=True),
    },
    gate=GateRules(channels={"web": Channel(name="web")}, groups={"DACH": frozenset({"DE", "AT", "CH"})}),
    zone=ZoneInfo("Europe/Berlin"),
    status=FieldName("edit_status"),
    campaign=FieldName("job_id"),
    photographer=FieldName("creator"),
    ways=(Way(channel="web", territory="DE"),),
    selections={"intake": NamedSelection(folders=("Intake",), exclude=("Intake/Secret",))},
)
VIEWER = Searcher(name="vic", roles=frozenset({Role.VIEWER}))
LIBRARIAN = Searcher(name="lib", roles=frozenset({Role.LIBRARIAN}))


def profile(status: str = "approved", **more: Any) -> Profile:
    return Profile(rights=replace(CLEAR, **more), status=status)


class FewProfiles:
    """As much of an index as the book asks."""

    def __init__(self, *several: Profile) -> None:
        self.several = list(several)

    async def numbers(self, *, profiles: int, places: int) -> Numbers:
        return Numbers([(number, it) for number, it in enumerate(self.several, start=1) if number > profiles], [])


async def book_of(*several: Profile) -> tuple[ProfileBook, FewProfiles]:
    index = FewProfiles(*several)
    book = ProfileBook(index, POLICY)
    await book.refresh()
    return book, index


async def test_an_answer_changes_at_its_instant_and_not_before() -> None:
    book, _ = await book_of(profile(not_after=SOON), profile(not_before=SOON), profile())
    second = timedelta(seconds=1)
    for at, permitted, later, ended in (
        (NOW, {1, 3}, {2}, set[int]()),
        (SOON - second, {1, 3}, {2}, set()),
        (SOON, {2, 3}, set(), {1}),
        (SOON + second, {2, 3}, set(), {1}),
        (NOW, {1, 3}, {2}, set()),
    ):
        assert set(book.permitted(VIEWER, at)) == permitted, at
        assert book.visible(VIEWER, at) == frozenset(permitted)
        assert book.standing(VIEWER, at, Usable.LATER) == later
        assert book.standing(VIEWER, at, Usable.ENDED) == ended
        said = {book.profiles[number]: Usable.NOW for number in permitted}
        assert {it: word.usable for it, word in book.said(VIEWER, at).items() if word.usable is Usable.NOW} == said
        assert book.said(VIEWER, SOON + second if at < SOON else NOW) == {}, "of another instant it is not known"


async def test_what_the_index_meets_later_is_asked_about_as_well() -> None:
    book, index = await book_of(profile())
    assert book.permitted(VIEWER, NOW) == {1}
    assert book.admitting("FR") == {1}
    index.several += [profile(not_after=NOW), profile()]
    await book.refresh()
    assert book.permitted(VIEWER, NOW) == {1, 3}
    assert book.admitting("FR") == {1, 2, 3}


async def test_each_role_sees_what_the_table_says() -> None:
    book, _ = await book_of(profile(), profile("draft"), profile(editorial_only=True), profile("withdrawn"))
    seen = {role: book.visible(Searcher(name="x", roles=frozenset({role})), NOW) for role in Role}
    assert seen[Role.VIEWER] == seen[Role.SEARCHER] == frozenset({1})
    assert seen[Role.REVIEWER] == frozenset({1, 2})
    assert {seen[it] for it in Role if it not in {Role.VIEWER, Role.SEARCHER, Role.REVIEWER}} == {None}
    assert book.visible(Searcher(name="x", roles=frozenset()), NOW) == frozenset()
    both = Searcher(name="x", roles=frozenset({Role.VIEWER, Role.LIBRARIAN}))
    assert both.sight is Sight.EVERYTHING
    assert both.may_order
    assert not VIEWER.may_order


def test_no_way_leads_out_of_somebodys_regions() -> None:
    german = replace(VIEWER, scope=Scope(regions=frozenset({"DACH"})))
    assert ways_for(german, POLICY) == (Way(channel="web", territory="DACH"),)
    assert ways_for(german, POLICY, territory="DE") == (Way(channel="web", territory="DE"),)
    assert ways_for(german, POLICY, territory="FR") == ()
    assert ways_for(replace(VIEWER, channels=frozenset()), POLICY) == ()


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(), True),
        (Scope(flows=frozenset({FlowName.INTAKE})), True),
        (Scope(flows=frozenset({FlowName.PUBLISH})), False),
        (Scope(flows=frozenset()), False),
        (Scope(regions=frozenset({"DE"})), True),
        (Scope(regions=frozenset({"DACH"})), False),
        (Scope(regions=frozenset({"AT", "FR"})), True),
        (Scope(selections=frozenset({"intake"})), True),
        (Scope(selections=frozenset({"gone"})), False),
        (Scope(selections=frozenset()), False),
    ],
)
def test_scope_bounds_even_those_who_see_everything(scope: Scope, seen: bool) -> None:
    copy = copy_of(1, "fog", profile=profile(), paths=("Intake", "Intake/Secret"))
    assert Viewer(replace(LIBRARIAN, scope=scope), POLICY, NOW).sees(copy) is seen
    unknown = copy_of(1, "fog", profile=profile(territories=Bounds()))
    assert Viewer(replace(LIBRARIAN, scope=Scope(regions=frozenset({"DE"}))), POLICY, NOW).sees(unknown) is False
    unread = copy_of(1, "fog", profile=profile(), paths=None)
    assert Viewer(replace(LIBRARIAN, scope=Scope(selections=frozenset({"intake"}))), POLICY, NOW).sees(unread) is False


def test_the_record_decides_and_every_restriction_counts() -> None:
    master = copy_of(1, "fog", account=ARCHIVE, profile=profile(), rights=CLEAR)
    lax = copy_of(2, "fog", account=AGENCY, rights=Rights(), profile=profile("draft"))
    strict = replace(lax, rights=Rights(editorial_only=True))
    for other, usable in ((lax, Usable.NOW), (strict, Usable.SHUT)):
        copies = grouped("ln1", [other, master], POLICY, master=None)
        assert [it.main for it in copies] == [True, False]
        assert {it.profile.status for it in copies} == {"approved"}
        assert Viewer(VIEWER, POLICY, NOW).word(copies[0].profile).usable is usable
    alone = grouped("agency:2", [lax], POLICY, master=None)
    assert Viewer(VIEWER, POLICY, NOW).sees(alone[0]) is False


def test_only_what_is_seen_is_compared() -> None:
    one = copy_of(1, "A ferry", account=ARCHIVE, entry="ln1", profile=profile())
    other = copy_of(2, "A secret", account=AGENCY, entry="ln1", profile=profile(), paths=("Vault",))
    assert [it.name for it in differences([one, other])] == ["title", "file_name", "size"]
    bounded = Viewer(replace(LIBRARIAN, scope=Scope(selections=frozenset({"intake"}))), POLICY, NOW)
    hit = bounded.hit([one, other], {one.key, other.key})
    assert hit is not None
    assert [it.key for it in hit.copies] == [one.key]
    assert hit.differences == ()
    assert bounded.hit([one, other], {other.key}) is None


def test_orders_are_laid_into_one_another_whatever_the_scores() -> None:
    def hit(*keys: str) -> Hit:
        copies = [copy_of(int(it[1:]), "x", account=AGENCY if it[0] == "a" else ARCHIVE, entry=keys[0]) for it in keys]
        found = Viewer(LIBRARIAN, POLICY, NOW).hit(copies, {it.key for it in copies})
        assert found is not None
        return found

    def key(it: str) -> AssetKey:
        return AssetKey(AGENCY if it[0] == "a" else ARCHIVE, RemoteId(it[1:]))

    hits = {"a1": hit("a1"), "a2": hit("a2", "n2"), "n3": hit("n3")}
    ranked = fused(hits, [[key("a1"), key("a2")], [key("n3"), key("n2")]])
    assert [it.entry for it in ranked] == ["a2", "a1", "n3"]
    assert [it.entry for it in fused(hits, [[], [key("n3")]])] == ["n3", "a1", "a2"]


def test_rights_survive_their_spelling_and_profiles_are_shared() -> None:
    full = replace(
        CLEAR, not_after=SOON, unclear=("licence_end",), people=("Ann",), also=(Rights(editorial_only=True), Rights())
    )
    assert rights_from_json(rights_to_json(full)) == full
    named = [replace(CLEAR, holder=it, terms=it, people=(it,)) for it in ("Ann", "Bo")]
    assert reduced(named[0]) == reduced(named[1])
    assert reduced(replace(CLEAR, holder="")) != reduced(CLEAR)


def test_a_system_is_asked_no_more_than_every_match_satisfies() -> None:
    rules = default_map(System.PHOTOSHELTER)

    def asked(text: str) -> list[tuple[Wanted, tuple[str, ...]]]:
        return [(it.wanted, it.left) for it in branches(read_query(text), AGENCY, rules, POLICY)]

    assert asked("Zürich fog") == [(Wanted(words=("Zürich", "fog")), ())]
    assert asked("title:fog type:video") == [
        (Wanted(texts=(("title", "fog"),), kinds=frozenset({MediaType.VIDEO})), ())
    ]
    assert asked("fog OR tram") == [(Wanted(words=("fog",)), ()), (Wanted(words=("tram",)), ())]
    assert asked("fog -tram") == [(Wanted(words=("fog",)), ("what must not be there",))]
    assert asked("-fog") == [(Wanted(), ("what must not be there",))]
    assert asked("country:France") == [(Wanted(), ("country",))]
    assert asked("rights:now status:approved") == [(Wanted(), ("rights", "status"))]
    assert asked("added:2026-05") == [(Wanted(added=("2026-05-01", "2026-05-31")), ())]
    assert asked("home:archive") == []
    assert asked("home:archive OR fog") == [(Wanted(words=("fog",)), ())]
    many = " ".join(f"(a{it} OR b{it})" for it in range(5))
    assert asked(many) == [(Wanted(), ())]


def test_links_that_share_a_copy_are_one_asset() -> None:
    def link(name: str, *copies: tuple[AccountId, CopyRole, str]) -> Link:
        made = [Copy(CopyId(account, role), RemoteId(it)) for account, role, it in copies]
        return Link(LinkId(name), FlowName.INTAKE, tuple(made))

    record = (ARCHIVE, CopyRole.RECORD, "1")
    links = [
        link("ln3", (AGENCY, CopyRole.SOURCE, "s"), record),
        link("ln1", record, (AGENCY, CopyRole.PUBLISHED, "p")),
        link("ln2", (AGENCY, CopyRole.SOURCE, "other")),
    ]
    found = together({it.id: it for it in links})
    assert sorted((it.entry, str(it.master), len(it.copies)) for it in found) == [
        ("ln1", "archive:1", 3),
        ("ln2", "None", 1),
    ]
