"""The world of two-way flows with a status in it: three copies of each asset, and per kind of system what carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from dambridge.mapping import AccountMap, account_map
from dambridge.model.accords import GroupName
from dambridge.model.identity import AccountId, Copy, FlowName, Link, System
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Role, Status
from dambridge.model.values import FieldName
from dambridge.policy.carriers import Carrier, CarrierKind, StatusField
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule
from support.two_way import AGENCY, ARCHIVE, PRESS, SETTINGS, SYSTEMS, TwoWay
from support.two_way_systems import LICENCE_END, SELECTED, TITLE, Library, State, Times

GROUP = GroupName("status")
WORDS: Mapping[Status, tuple[str, ...]] = {it: (str(it).replace("_", " ").capitalize(),) for it in Status}
PLACES: Mapping[Status, tuple[str, ...]] = {it: (f"Desk/{words[0]}",) for it, words in WORDS.items()}
RATINGS: Mapping[Status, tuple[str, ...]] = {
    Status.REJECTED: ("-1",),
    Status.CHANGES_ASKED: ("1",),
    Status.IN_REVIEW: ("2",),
    Status.APPROVED: ("5", "4"),
}
"""A rating cannot say everything."""
GALLERY = Carrier(kind=CarrierKind.GALLERY, words=PLACES)
EDIT_STATUS = Carrier(kind=CarrierKind.EDIT_STATUS, words=WORDS)
CUSTOM = Carrier(kind=CarrierKind.CUSTOM, name="77", words=WORDS)
RATING = Carrier(kind=CarrierKind.RATING, words=RATINGS)
ATTRIBUTE = Carrier(kind=CarrierKind.ATTRIBUTE, name="Lifecycle Status", words=WORDS)
FOLDER = Carrier(kind=CarrierKind.FOLDER, words=PLACES)
HOMES: Mapping[CarrierKind, FieldName] = {
    CarrierKind.EDIT_STATUS: FieldName("edit_status"),
    CarrierKind.CUSTOM: FieldName("custom:status"),
    CarrierKind.RATING: FieldName("rating"),
    CarrierKind.ATTRIBUTE: FieldName("edit_status"),
}
ROLES: Mapping[AccountId, frozenset[Role]] = {
    AGENCY: frozenset({Role.CONTRIBUTOR, Role.REVIEWER}),
    PRESS: frozenset({Role.CONTRIBUTOR}),
    ARCHIVE: frozenset({Role.LIBRARIAN, Role.RIGHTS_MANAGER}),
}
Carriers = Mapping[System, tuple[Carrier, ...]]
SETS: Mapping[str, Carriers] = {
    "gallery": {System.PHOTOSHELTER: (GALLERY,), System.NETX: (ATTRIBUTE,)},
    "edit_status": {System.PHOTOSHELTER: (EDIT_STATUS,), System.NETX: (ATTRIBUTE,)},
    "custom": {System.PHOTOSHELTER: (CUSTOM,), System.NETX: (ATTRIBUTE,)},
    "rating": {System.PHOTOSHELTER: (RATING,), System.NETX: (ATTRIBUTE,)},
    "folder": {System.PHOTOSHELTER: (EDIT_STATUS,), System.NETX: (FOLDER,)},
    "several": {System.PHOTOSHELTER: (GALLERY, EDIT_STATUS, RATING), System.NETX: (FOLDER, ATTRIBUTE)},
}


def lifecycle_world(carriers: Carriers) -> LifecycleWorld:
    times = Times()
    told = {it: carriers[SYSTEMS[it]] for it in ROLES}
    policy = MirrorPolicy(
        flow=FlowName.LIFECYCLE,
        accounts=tuple(ROLES),
        groups=(FieldGroup(name=GROUP, fields=frozenset({LIFECYCLE_STATUS}), authority=Authority(Rule.TRANSITIONS)),),
        max_removals=None,
        max_removal_share=None,
        carriers=told,
        roles=ROLES,
    )
    maps = {it: _map(it, carriers[it]) for it in System}
    libraries = {
        account: Library(account=account, system=system, times=times, map=maps[system])
        for account, system in SYSTEMS.items()
    }
    settings = replace(SETTINGS, relook=100_000)
    world = TwoWay(times=times, policy=policy, settings=settings, accounts=tuple(ROLES), libraries=libraries)
    return LifecycleWorld(world, carriers)


def _map(system: System, carriers: tuple[Carrier, ...]) -> AccountMap:
    home = "custom." if system is System.PHOTOSHELTER else ""
    given = {"custom:status": "custom.77"} if system is System.PHOTOSHELTER else {"edit_status": "Lifecycle Status"}
    whole = account_map(system, {str(LICENCE_END): f"{home}Licence End", **given})
    wanted = {TITLE, LICENCE_END, *HOMES.values()}
    return AccountMap(system, tuple(it for it in whole.rules if it.field in wanted), told=StatusField(carriers))


@dataclass(slots=True)
class LifecycleWorld:
    """What people do about statuses, and what is to be seen of them."""

    world: TwoWay
    carriers: Carriers

    def add(self, number: int, status: str) -> Link:
        """An asset that stands so everywhere. The number makes it one of the agency's, the archive's and the press's."""
        link = self.world.add_link(3 * number, title=("Title",))
        for copy in link.copies:
            self.give(copy, status)
        return link

    def give(self, copy: Copy, status: str, *, only: int | None = None) -> None:
        """Somebody gives the copy this status, at all its carriers or at one of them; where a carrier has no word for it they
        take away what stands there."""
        library = self.world.libraries[copy.id.account]
        mine = self.carriers[library.system]
        chosen = mine if only is None else mine[only : only + 1]
        fields = {str(HOMES[it.kind]): it.words.get(Status(status), ())[:1] for it in chosen if it.kind in HOMES}
        if fields:
            library.edit(copy.remote_id, **fields)
        for it in chosen:
            if it.is_place:
                library.move(copy.remote_id, SELECTED, *it.words.get(Status(status), ())[:1])

    def sayable(self, copy: Copy, status: str) -> bool:
        return any(it.words.get(Status(status)) for it in self.carriers[SYSTEMS[copy.id.account]])

    def shown(self, copy: Copy) -> str:
        """What the copy shows at its first carrier that shows anything, told by comparing texts; empty for nothing."""
        state, found = self.world.state(copy), set[str]()
        for it in self.carriers[SYSTEMS[copy.id.account]]:
            found = {str(status) for status, words in it.words.items() if _stands(it, state, words)}
            if found:
                break
        return "+".join(sorted(found))

    def everything(self, copy: Copy) -> set[str]:
        """Whatever any carrier of the copy shows."""
        state = self.world.state(copy)
        mine = self.carriers[SYSTEMS[copy.id.account]]
        return {str(status) for it in mine for status, words in it.words.items() if _stands(it, state, words)}

    def run(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            assert self.world.run() is not None
            self.world.times.advance(timedelta(minutes=20))

    def waiting(self) -> set[str]:
        """The links of which a person has to decide something."""
        return {str(it.link) for it in self.world.conflicts()}


def _stands(it: Carrier, state: State, words: Iterable[str]) -> bool:
    said = state.places if it.is_place else state.fields.get(HOMES[it.kind], ())
    return bool(set(said) & set(words))
