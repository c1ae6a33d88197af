"""What every keeper of audiences must do: one suite for the in-memory fake, a connector on its simulator, a live account.

Subclass `AudienceContract` and give it the fixtures `keeper` and `administrator`. `settable` says whether the account has
a proven way to open and shut a container; where it has none the suite holds the keeper to saying so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

import pytest

from dambridge.model.identity import RemoteId
from dambridge.ports.audience import AudienceKeeper, Grant, Visibility
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import Losing

LANE = Lane.NORMAL
OPEN, INVITED, SHUT = Visibility.EVERYONE, Visibility.PERMISSION, Visibility.PRIVATE
PASSWORD = "kingfisher-7"
PRESS = Grant("group", "CTG00pressgroup1", datetime(2031, 1, 31, 12, tzinfo=UTC))
EDITOR = Grant("contact", "CT000editor.jane")


class Administrator(Protocol):
    """Somebody who prepares containers in the system itself."""

    async def collection(self, name: str, mode: Visibility, *, grants: Sequence[Grant] = ()) -> RemoteId:
        """A collection at the top of the library."""
        ...

    async def gallery(
        self,
        name: str,
        mode: Visibility,
        *,
        within: Sequence[RemoteId],
        inherits: bool = True,
        grants: Sequence[Grant] = (),
        password: str = "",
    ) -> RemoteId:
        """A gallery in these collections, with an entry for a password where one is given."""
        ...

    async def file(self, within: Sequence[RemoteId]) -> RemoteId:
        """A file in these galleries."""
        ...

    async def delete(self, file: RemoteId) -> None: ...
    async def set_mode(self, container: RemoteId, mode: Visibility) -> None: ...
    async def remove(self, container: RemoteId) -> None: ...


class AudienceContract(ABC):
    """The promises of `AudienceKeeper`."""

    @pytest.fixture
    @abstractmethod
    def keeper(self) -> AudienceKeeper | AsyncIterator[AudienceKeeper]:
        """The keeper under test."""

    @pytest.fixture
    @abstractmethod
    def administrator(self) -> Administrator:
        """Somebody in the same library."""

    @pytest.fixture
    def settable(self) -> bool:
        """Whether the account has a proven way to open and shut."""
        return True

    @pytest.fixture
    def losing(self) -> Losing | None:
        """A way to lose the reply to `set_visibility`, where there is one."""
        return None

    # reading -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("mode", list(Visibility))
    async def test_a_container_without_inheritance_stands_as_it_says(
        self, keeper: AudienceKeeper, administrator: Administrator, mode: Visibility
    ) -> None:
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Alone", mode, within=[above], inherits=False)
        seen = await keeper.audience(it, lane=LANE)
        assert (seen.container, seen.own, seen.effective, seen.grants) == (it, mode, mode, ())

    @pytest.mark.parametrize("mode", list(Visibility))
    async def test_a_collection_has_an_audience_too(
        self, keeper: AudienceKeeper, administrator: Administrator, mode: Visibility
    ) -> None:
        seen = await keeper.audience(await administrator.collection("Top", mode), lane=LANE)
        assert (seen.own, seen.effective) == (mode, mode)

    @pytest.mark.hazard("P37")
    @pytest.mark.parametrize(
        ("own", "above", "effective"),
        [
            (OPEN, [OPEN], OPEN),
            (OPEN, [SHUT], SHUT),
            (SHUT, [OPEN], SHUT),
            (INVITED, [OPEN], INVITED),
            (OPEN, [INVITED], INVITED),
            (OPEN, [OPEN, SHUT], SHUT),
            (OPEN, [INVITED, OPEN], INVITED),
            (OPEN, [OPEN, OPEN], OPEN),
        ],
    )
    async def test_the_most_restrictive_place_decides(
        self,
        keeper: AudienceKeeper,
        administrator: Administrator,
        own: Visibility,
        above: list[Visibility],
        effective: Visibility,
    ) -> None:
        collections = [await administrator.collection(f"C{n}", mode) for n, mode in enumerate(above)]
        it = await administrator.gallery("Below", own, within=collections)
        assert (await keeper.audience(it, lane=LANE)).effective is effective

    async def test_who_was_let_in_is_named_with_the_end(
        self, keeper: AudienceKeeper, administrator: Administrator
    ) -> None:
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Press", INVITED, within=[above], inherits=False, grants=[PRESS, EDITOR])
        assert set((await keeper.audience(it, lane=LANE)).grants) == {PRESS, EDITOR}

    async def test_who_was_let_in_further_up_counts_where_it_is_inherited(
        self, keeper: AudienceKeeper, administrator: Administrator
    ) -> None:
        above = await administrator.collection("Above", INVITED, grants=[PRESS])
        heir = await administrator.gallery("Heir", INVITED, within=[above], grants=[EDITOR])
        alone = await administrator.gallery("Alone", INVITED, within=[above], inherits=False, grants=[EDITOR])
        assert set((await keeper.audience(heir, lane=LANE)).grants) == {PRESS, EDITOR}
        assert set((await keeper.audience(alone, lane=LANE)).grants) == {EDITOR}

    @pytest.mark.hazard("P49")
    async def test_a_password_is_known_to_be_there_and_never_told(
        self, keeper: AudienceKeeper, administrator: Administrator
    ) -> None:
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Behind", INVITED, within=[above], inherits=False, password=PASSWORD)
        seen = await keeper.audience(it, lane=LANE)
        assert [grant.kind for grant in seen.grants] == ["password"]
        assert PASSWORD not in repr(seen)

    async def test_it_is_read_fresh(self, keeper: AudienceKeeper, administrator: Administrator) -> None:
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Moving", SHUT, within=[above], inherits=False)
        assert (await keeper.audience(it, lane=LANE)).effective is SHUT
        await administrator.set_mode(it, OPEN)
        assert (await keeper.audience(it, lane=LANE)).effective is OPEN

    async def test_a_container_that_is_gone_says_so(self, keeper: AudienceKeeper, administrator: Administrator) -> None:
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Gone", SHUT, within=[above])
        await administrator.remove(it)
        with pytest.raises(MovedOn):
            await keeper.audience(it, lane=LANE)

    # where a file stands -------------------------------------------------------------------------------------------

    async def test_a_file_stands_in_each_of_its_galleries_once_for_each_place_of_these(
        self, keeper: AudienceKeeper, administrator: Administrator
    ) -> None:
        one, two = [await administrator.collection(name, SHUT) for name in ("One", "Two")]
        both = await administrator.gallery("Both", SHUT, within=[one, two])
        single = await administrator.gallery("Single", SHUT, within=[two])
        file = await administrator.file([both, single])
        found = await keeper.places(file, lane=LANE)
        assert sorted((it.id, it.path) for it in found) == sorted(
            [(both, "One/Both"), (both, "Two/Both"), (single, "Two/Single")]
        )
        assert list(await keeper.places(await administrator.file([single]), lane=LANE)) == [
            it for it in found if it.id == single
        ]

    async def test_a_file_that_is_gone_says_so(self, keeper: AudienceKeeper, administrator: Administrator) -> None:
        above = await administrator.collection("Above", SHUT)
        file = await administrator.file([await administrator.gallery("It", SHUT, within=[above])])
        await administrator.delete(file)
        with pytest.raises(MovedOn):
            await keeper.places(file, lane=LANE)

    # opening and shutting ------------------------------------------------------------------------------------------

    async def test_it_opens_and_shuts_as_often_as_asked(
        self, keeper: AudienceKeeper, administrator: Administrator, settable: bool
    ) -> None:
        if not settable:
            pytest.skip("has no proven way. The engine lets the item wait for a person who opens the container")
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Window", SHUT, within=[above])
        other = await administrator.gallery("Other", SHUT, within=[above])
        for mode in (OPEN, OPEN, INVITED, SHUT):
            await keeper.set_visibility(it, mode, lane=LANE)
            assert (await keeper.audience(it, lane=LANE)).effective is mode
        assert (await keeper.audience(other, lane=LANE)).effective is SHUT

    async def test_opening_below_what_is_shut_opens_nothing(
        self, keeper: AudienceKeeper, administrator: Administrator, settable: bool
    ) -> None:
        if not settable:
            pytest.skip("has no proven way. The engine lets the item wait for a person who opens the container")
        above = await administrator.collection("Vault", SHUT)
        it = await administrator.gallery("Inner", SHUT, within=[above])
        await keeper.set_visibility(it, OPEN, lane=LANE)
        assert (await keeper.audience(it, lane=LANE)).effective is SHUT

    async def test_without_a_proven_way_it_refuses_and_changes_nothing(
        self, keeper: AudienceKeeper, administrator: Administrator, settable: bool
    ) -> None:
        if settable:
            pytest.skip("has a proven way, which the tests beside this one take")
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Window", SHUT, within=[above])
        before = await keeper.audience(it, lane=LANE)
        with pytest.raises(Refused):
            await keeper.set_visibility(it, OPEN, lane=LANE)
        assert await keeper.audience(it, lane=LANE) == before

    @pytest.mark.hazard("P20")
    async def test_a_lost_reply_is_unclear_and_it_happened(
        self, keeper: AudienceKeeper, administrator: Administrator, settable: bool, losing: Losing | None
    ) -> None:
        if not settable:
            pytest.skip("has no proven way. The engine lets the item wait for a person who opens the container")
        if losing is None:
            pytest.skip("replies cannot be lost at will here: the same test on fake and simulator stands for it")
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Window", OPEN, within=[above])
        await losing("set_visibility")
        with pytest.raises(Unclear):
            await keeper.set_visibility(it, SHUT, lane=LANE)
        assert (await keeper.audience(it, lane=LANE)).effective is SHUT

    async def test_a_container_that_is_gone_is_not_opened(
        self, keeper: AudienceKeeper, administrator: Administrator, settable: bool
    ) -> None:
        if not settable:
            pytest.skip("has no proven way. The engine lets the item wait for a person who opens the container")
        above = await administrator.collection("Above", OPEN)
        it = await administrator.gallery("Gone", SHUT, within=[above])
        await administrator.remove(it)
        with pytest.raises((Refused, MovedOn)):
            await keeper.set_visibility(it, OPEN, lane=LANE)
