"""Facets are counted a column at a time; the same counted by hand, an asset at a time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dambridge.model.access import Role, Scope, Searcher
from dambridge.model.identity import AccountId
from dambridge.model.queries import Facet, Usable
from dambridge.model.records import MediaType
from dambridge.model.rights import Bounds, LicenceKind, Rights
from dambridge.model.searching import Profile
from dambridge.model.values import FieldName
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.searching import SearchPolicy, Way
from dambridge.ports.searching import Columns
from dambridge.search.facets import MOST_VALUES, Terms, counted
from dambridge.search.gates import in_region
from dambridge.search.viewing import Viewer

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
POLICY = SearchPolicy(
    homes={},
    gate=GateRules(channels={"web": Channel(name="web")}, groups={"DACH": frozenset({"DE", "AT", "CH"})}),
    zone=ZoneInfo("UTC"),
    status=FieldName("edit_status"),
    campaign=FieldName("job_id"),
    photographer=FieldName("creator"),
    ways=(Way(channel="web", territory="DE"),),
)
Copy = tuple[str, AccountId, str, MediaType, tuple[str, ...], tuple[str, ...], str | None, int]


def _profile(draw: random.Random, number: int) -> Profile:
    permitted = frozenset(draw.sample(("DE", "AT", "CH", "FR"), draw.randint(1, 4)))
    rights = Rights(
        holder=f"holder {number}",
        kind=draw.choice((LicenceKind.OWNED, None)),
        territories=Bounds(permitted=permitted),
        channels=Bounds(permitted=frozenset({"web"})),
    )
    return Profile(rights=rights, status="approved")


def _copy(draw: random.Random, assets: int, profiles: int) -> Copy:
    several = ("Spring", "Summer", "Old Port")
    return (
        f"ln{draw.randrange(assets)}",
        AccountId(draw.choice(("agency", "archive"))),
        draw.choice(("approved", "draft", "")),
        draw.choice((MediaType.IMAGE, MediaType.VIDEO)),
        tuple(draw.sample(several, draw.randint(0, 2))),
        tuple(f"Photographer {draw.randrange(140)}" for _ in range(draw.randint(0, 1))),
        draw.choice((None, "2026-01-05", "2026-01-31", "2026-02-01")),
        draw.randrange(profiles),
    )


def _columns(copies: Sequence[Copy]) -> Columns:
    names = ("entries", "accounts", "statuses", "types", "campaigns", "photographers", "dates", "profiles")
    return Columns(**{name: [it[at] for it in copies] for at, name in enumerate(names)})  # type: ignore[arg-type]


def _by_hand(copies: Sequence[Copy], values: Callable[[Copy], Iterable[str]]) -> dict[str, int]:
    pairs = {(it[0], value) for it in copies for value in values(it)}
    return dict(Counter(value for _, value in pairs))


@pytest.mark.parametrize("regions", [None, frozenset({"DACH", "FR"})])
@pytest.mark.parametrize(("copies", "assets"), [(0, 1), (1, 1), (300, 90), (300, 100_000)])
def test_an_asset_counts_once_for_each_value_that_one_of_its_copies_has(
    copies: int, assets: int, regions: frozenset[str] | None
) -> None:
    draw = random.Random(copies + assets)
    profiles = {number: _profile(draw, number) for number in range(12)}
    rows = [_copy(draw, assets, len(profiles)) for _ in range(copies)]
    person = Searcher(name="ada", roles=frozenset({Role.LIBRARIAN}), scope=Scope(regions=regions))
    viewer = Viewer(person, POLICY, NOW)
    words = {number: viewer.word(it) for number, it in profiles.items()}
    territories = {number: it.rights.territories.permitted for number, it in profiles.items()}

    def standing(wanted: Usable) -> frozenset[int]:
        return frozenset(number for number, it in words.items() if it.usable is wanted)

    def admitting(region: str) -> frozenset[int]:
        return frozenset(number for number, it in profiles.items() if in_region(it, region, POLICY.gate))

    found = counted(_columns(rows), Terms(territories, standing, admitting), viewer)
    told = {facet: dict(values) for facet, values in found.items()}
    assert set(told) == set(Facet)
    assert told[Facet.HOME] == _by_hand(rows, lambda it: [it[1]])
    assert told[Facet.STATUS] == _by_hand(rows, lambda it: [it[2]] if it[2] else [])
    assert told[Facet.TYPE] == _by_hand(rows, lambda it: [it[3]])
    assert told[Facet.CAMPAIGN] == _by_hand(rows, lambda it: it[4])
    assert told[Facet.DATE] == _by_hand(rows, lambda it: [it[6][:7]] if it[6] else [])
    assert told[Facet.RIGHTS] == _by_hand(rows, lambda it: [str(words[it[7]].usable)])
    asked = regions or {"DACH", "DE", "AT", "CH", "FR"}
    assert told[Facet.REGION] == _by_hand(rows, lambda it: [one for one in asked if it[7] in admitting(one)])
    photographers = _by_hand(rows, lambda it: it[5])
    assert found[Facet.PHOTOGRAPHER] == tuple(
        sorted(photographers.items(), key=lambda it: (-it[1], it[0]))[:MOST_VALUES]
    )
    if copies == 300:
        assert len(told[Facet.RIGHTS]) >= 2, "some may be used and some not"
        assert (len({it[0] for it in rows}) < 100) == (assets == 90), "once with copies that share an asset"
