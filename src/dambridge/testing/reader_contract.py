"""What every reader must do: one suite for the in-memory fake, a connector on its simulator, and a live account.

Subclass `ReaderContract` and give it the fixtures `reader` and `person`. A test that needs something the reader declares
it has not is skipped, and the skip names what the engine does instead. On a live account nobody may act as a person:
there `person` is None, and what needs one is skipped.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol, TypeVar

import pytest

from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing, NativeRecord, NativeValue
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader, ListingPage, Window
from dambridge.testing.archive_samples import small_jpeg

LANE = Lane.NORMAL
ALL_GROUPS = frozenset({"base", "iptc", "custom", "containers"})
Item = TypeVar("Item")


class Person(Protocol):
    """Somebody at work in the source system itself."""

    async def add(
        self,
        file_name: str,
        content: bytes,
        *,
        containers: Sequence[str] = (),
        fields: Mapping[str, NativeValue] | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> RemoteId: ...

    async def describe(self, remote_id: RemoteId, fields: Mapping[str, NativeValue | None]) -> None: ...
    async def tag(self, remote_id: RemoteId, custom: Mapping[str, str]) -> None: ...
    async def replace_file(self, remote_id: RemoteId, content: bytes) -> None: ...
    async def move(self, remote_id: RemoteId, containers: Sequence[str]) -> None: ...
    async def delete(self, remote_id: RemoteId) -> None: ...


Pass = Callable[[timedelta], Awaitable[None]]
"""Lets time pass in the source system."""


class ReaderContract(ABC):
    """The promises of `AssetReader`. `caption` and `keywords` name a text and a list in the account under test."""

    caption: ClassVar[str] = "caption"
    keywords: ClassVar[str] = "keywords"
    tells_gone_from_hidden: ClassVar[bool] = True
    """Whether the account answers differently for what is gone and what is hidden."""
    byte_exact: bool = True
    """Whether originals come out as they are stored."""

    @pytest.fixture
    @abstractmethod
    def reader(self) -> AssetReader | AsyncIterator[AssetReader]:
        """The reader under test."""

    @pytest.fixture
    @abstractmethod
    def person(self) -> Person | None:
        """Somebody in the same library, None where nobody may act."""

    @pytest.fixture
    @abstractmethod
    def time_passes(self) -> Pass:
        """A way to let time pass there."""

    @pytest.fixture
    def settle(self) -> Callable[[], Awaitable[None]]:
        """Lets an index catch up, so that what was done shows in listings."""
        return lambda: asyncio.sleep(0)

    @pytest.fixture
    def someone(self, person: Person | None) -> Person:
        """The person, for tests that cannot do without."""
        if person is None:
            pytest.skip("nobody may act as a person on this account; the simulator stands in")
        return person

    # who and what ----------------------------------------------------------------------------------------------------

    async def test_it_says_whose_account_it_is(self, reader: AssetReader) -> None:
        who = await reader.whoami()
        assert who.person
        assert who.organisation

    async def test_it_can_be_closed_twice(self, reader: AssetReader) -> None:
        await reader.whoami()
        await reader.close()
        await reader.close()

    async def test_it_declares_originals_for_every_kind(self, reader: AssetReader) -> None:
        assert reader.capabilities.to_json()["originals"].keys() == {"audio", "document", "image", "raw", "video"}

    # whatever is there: these act as nobody, so they are asked of a live account too --------------------------------

    async def test_an_asset_that_is_listed_can_be_read(self, reader: AssetReader, person: Person | None) -> None:
        if person is not None:
            await person.add("there.jpg", small_jpeg("there"), containers=["There"])
        async for page in reader.everything(lane=LANE):
            assert page.total is None or page.total >= len(page.sightings)
            if not page.sightings:
                pytest.skip("the library is empty")
            sighting = page.sightings[0]
            record = present(await reader.read(sighting.remote_id, groups=ALL_GROUPS, lane=LANE))
            assert record.key.remote_id == sighting.remote_id
            assert record.groups >= ALL_GROUPS
            assert record.modified
            return

    async def test_an_id_that_never_was_is_missing(self, reader: AssetReader) -> None:
        assert isinstance(await reader.read(self.nobodys_id(), groups=ALL_GROUPS, lane=LANE), Missing)

    def nobodys_id(self) -> RemoteId:
        """An id of the right form that no asset has."""
        return RemoteId("I0000zzzzzzzzzzz")

    async def test_a_window_in_which_nothing_was_yet_is_empty(self, reader: AssetReader) -> None:
        needs_window(reader)
        long_ago = datetime(1990, 1, 1, tzinfo=UTC)
        assert await listed(reader.changed(Window(long_ago, long_ago + timedelta(days=1)), lane=LANE)) == set()

    # listings --------------------------------------------------------------------------------------------------------

    async def test_everything_is_listed(
        self, reader: AssetReader, someone: Person, settle: Callable[[], Awaitable[None]]
    ) -> None:
        made = {await someone.add(f"all-{n}.jpg", small_jpeg(f"all {n}")) for n in range(3)}
        await settle()
        assert made <= await listed(reader.everything(lane=LANE))

    async def test_what_was_deleted_is_not_listed(
        self, reader: AssetReader, someone: Person, settle: Callable[[], Awaitable[None]]
    ) -> None:
        gone = await someone.add("gone.jpg", small_jpeg("gone"))
        stays = await someone.add("stays.jpg", small_jpeg("stays"))
        await someone.delete(gone)
        await settle()
        found = await listed(reader.everything(lane=LANE))
        assert gone not in found
        assert stays in found

    @pytest.mark.hazard("P11")
    async def test_a_listing_is_drained_beyond_its_first_pages(
        self, reader: AssetReader, someone: Person, settle: Callable[[], Awaitable[None]]
    ) -> None:
        made = {await someone.add(f"many-{n}.jpg", small_jpeg(f"many {n}"), containers=["Many"]) for n in range(65)}
        await settle()
        assert made <= await listed(reader.everything(lane=LANE))
        assert await listed(reader.members(await container_id(reader, "Many"), lane=LANE)) == made

    async def test_an_asset_is_in_the_window_of_its_modified_time(
        self, reader: AssetReader, someone: Person, time_passes: Pass
    ) -> None:
        needs_window(reader)
        made = await someone.add("window.jpg", small_jpeg("window"))
        await time_passes(timedelta(minutes=5))
        record = present(await reader.read(made, groups=frozenset({"base"}), lane=LANE))
        assert record.modified_at is not None
        at, second = record.modified_at, timedelta(seconds=1)
        assert made in await listed(reader.changed(Window(at - second, at + second), lane=LANE))
        assert made not in await listed(reader.changed(Window(at + 2 * second, at + 60 * second), lane=LANE))
        assert made not in await listed(reader.changed(Window(at - 60 * second, at - 2 * second), lane=LANE))

    @pytest.mark.hazard("P10")
    async def test_both_ends_of_a_window_count(self, reader: AssetReader, someone: Person, time_passes: Pass) -> None:
        needs_window(reader)
        made = await someone.add("ends.jpg", small_jpeg("ends"))
        await time_passes(timedelta(minutes=5))
        at = present(await reader.read(made, groups=frozenset({"base"}), lane=LANE)).modified_at
        assert at is not None
        assert made in await listed(reader.changed(Window(at, at), lane=LANE))
        assert made in await listed(reader.changed(Window(at, at + timedelta(minutes=1)), lane=LANE))
        assert made in await listed(reader.changed(Window(at - timedelta(minutes=1), at), lane=LANE))

    async def test_new_bytes_bring_an_asset_into_the_window(
        self, reader: AssetReader, someone: Person, time_passes: Pass
    ) -> None:
        needs_window(reader)
        made = await someone.add("bytes.jpg", small_jpeg("bytes"))
        await time_passes(timedelta(hours=1))
        await someone.replace_file(made, small_jpeg("other and longer bytes"))
        await time_passes(timedelta(minutes=1))
        at = present(await reader.read(made, groups=frozenset({"base"}), lane=LANE)).modified_at
        assert at is not None
        assert made in await listed(reader.changed(Window(at - timedelta(minutes=30), at), lane=LANE))

    @pytest.mark.hazard("P13")
    async def test_an_edit_of_fields_brings_an_asset_into_the_window(
        self, reader: AssetReader, someone: Person, time_passes: Pass
    ) -> None:
        needs_window(reader)
        if not reader.capabilities.metadata_moves_modified.usable:
            pytest.skip("not known to move the modified time: the engine's sweep compares fingerprints of fields")
        made = await someone.add("edit.jpg", small_jpeg("edit"))
        before = present(await reader.read(made, groups=frozenset({"base"}), lane=LANE)).modified_at
        await time_passes(timedelta(hours=1))
        await someone.describe(made, {self.caption: "edited"})
        after = present(await reader.read(made, groups=frozenset({"base"}), lane=LANE)).modified_at
        assert before is not None
        assert after is not None
        assert after > before
        assert made in await listed(reader.changed(Window(after, after), lane=LANE))

    # containers ------------------------------------------------------------------------------------------------------

    async def test_containers_have_their_whole_path(self, reader: AssetReader, someone: Person) -> None:
        await someone.add("deep.jpg", small_jpeg("deep"), containers=["Agency/2026/Märchen 港"])
        paths = {it.path async for it in reader.containers(lane=LANE)}
        assert "Agency/2026/Märchen 港" in paths
        assert not any(it.startswith("/") or it.endswith("/") for it in paths)

    async def test_members_are_those_of_the_container(self, reader: AssetReader, someone: Person) -> None:
        inside = await someone.add("inside.jpg", small_jpeg("inside"), containers=["Members"])
        await someone.add("outside.jpg", small_jpeg("outside"), containers=["Elsewhere"])
        assert await listed(reader.members(await container_id(reader, "Members"), lane=LANE)) == {inside}

    async def test_the_newest_member_comes_first(self, reader: AssetReader, someone: Person, time_passes: Pass) -> None:
        if not reader.capabilities.newest_members_first.usable:
            pytest.skip("members come in no order: the engine lists watched containers as a whole")
        late = await someone.add("late.jpg", small_jpeg("late"))
        for n in range(3):
            await someone.add(f"early-{n}.jpg", small_jpeg(f"early {n}"), containers=["Approved"])
            await time_passes(timedelta(minutes=1))
        await someone.move(late, ["Approved"])
        pages = [page async for page in reader.members(await container_id(reader, "Approved"), lane=LANE)]
        assert pages[0].sightings[0].remote_id == late

    async def test_an_asset_in_two_containers_has_both(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("both.jpg", small_jpeg("both"), containers=["One/A", "Two"])
        record = present(await reader.read(made, groups=frozenset({"containers"}), lane=LANE))
        assert {it.path for it in record.containers} == {"One/A", "Two"}
        await someone.move(made, ["Two"])
        moved = present(await reader.read(made, groups=frozenset({"containers"}), lane=LANE))
        assert {it.path for it in moved.containers} == {"Two"}

    # one asset -------------------------------------------------------------------------------------------------------

    async def test_a_record_says_what_the_asset_is(self, reader: AssetReader, someone: Person) -> None:
        content = small_jpeg("record")
        made = await someone.add("Übung 1.jpg", content)
        record = present(await reader.read(made, groups=ALL_GROUPS, lane=LANE))
        assert record.key.account == reader.account
        assert record.key.remote_id == made
        assert record.file_name == "Übung 1.jpg"
        assert record.size == len(content)
        assert record.modified
        assert record.groups >= ALL_GROUPS

    async def test_fields_are_read_as_they_stand(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("fields.jpg", small_jpeg("fields"), fields={self.caption: "Ein Fährmann\nam Ufer 🚣"})
        record = present(await reader.read(made, groups=frozenset({"iptc"}), lane=LANE))
        assert text_of(record.fields[self.caption]) == "Ein Fährmann\nam Ufer 🚣"

    @pytest.mark.hazard("P28")
    async def test_keywords_are_a_list(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add(
            "words.jpg", small_jpeg("words"), fields={self.keywords: ("Hafen", "sea|coast", "a/b")}
        )
        record = present(await reader.read(made, groups=frozenset({"iptc"}), lane=LANE))
        assert record.fields[self.keywords] == ("Hafen", "sea|coast", "a/b")

    async def test_a_single_keyword_is_a_list_too(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("word.jpg", small_jpeg("word"), fields={self.keywords: ("Hafen",)})
        record = present(await reader.read(made, groups=frozenset({"iptc"}), lane=LANE))
        assert record.fields[self.keywords] == ("Hafen",)

    async def test_an_empty_field_is_absent(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("empty.jpg", small_jpeg("empty"), fields={self.caption: "soon gone"})
        await someone.describe(made, {self.caption: None})
        assert self.caption not in present(await reader.read(made, groups=ALL_GROUPS, lane=LANE)).fields

    async def test_a_group_not_asked_for_is_not_claimed(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("base.jpg", small_jpeg("base"), containers=["Base"], fields={self.caption: "there"})
        record = present(await reader.read(made, groups=frozenset({"base"}), lane=LANE))
        assert "base" in record.groups
        assert (self.caption in record.fields) == ("iptc" in record.groups)
        assert bool(record.containers) == ("containers" in record.groups)

    async def test_custom_fields_are_read(self, reader: AssetReader, someone: Person) -> None:
        if not reader.capabilities.custom_fields.usable:
            pytest.skip("no custom fields: approval and codes are looked for in galleries and IPTC fields")
        made = await someone.add("custom.jpg", small_jpeg("custom"), custom={"permit": "P-118"})
        record = present(await reader.read(made, groups=frozenset({"custom"}), lane=LANE))
        assert record.fields["custom.permit"] == "P-118"
        await someone.tag(made, {"permit": "P-119"})
        record = present(await reader.read(made, groups=frozenset({"custom"}), lane=LANE))
        assert record.fields["custom.permit"] == "P-119"

    async def test_new_bytes_move_the_content_stamp_and_an_edit_does_not(
        self, reader: AssetReader, someone: Person
    ) -> None:
        made = await someone.add("stamp.jpg", small_jpeg("stamp"))
        first = present(await reader.read(made, groups=ALL_GROUPS, lane=LANE)).content_stamp
        await someone.describe(made, {self.caption: "edited"})
        assert present(await reader.read(made, groups=ALL_GROUPS, lane=LANE)).content_stamp == first
        await someone.replace_file(made, small_jpeg("a longer stamp than before"))
        assert present(await reader.read(made, groups=ALL_GROUPS, lane=LANE)).content_stamp != first

    async def test_what_was_deleted_is_missing_with_evidence(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("deleted.jpg", small_jpeg("deleted"))
        present(await reader.read(made, groups=ALL_GROUPS, lane=LANE))
        await someone.delete(made)
        seen = await reader.read(made, groups=ALL_GROUPS, lane=LANE)
        assert isinstance(seen, Missing)
        ends = {Absence.DELETED, Absence.TRASHED}
        assert seen.absence in (ends if self.tells_gone_from_hidden else {*ends, Absence.HIDDEN})
        assert made in seen.evidence

    # originals -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("size", [0, 1, 200_000], ids=["small", "odd", "several chunks"])
    async def test_the_original_comes_byte_for_byte(self, reader: AssetReader, someone: Person, size: int) -> None:
        if not self.byte_exact:
            pytest.skip("rewrites files on their way out: the engine holds the record's checksum against what it read")
        content = small_jpeg(f"original {size}") + bytes(size)
        made = await someone.add("original.jpg", content, fields={self.caption: "not to be embedded"})
        async with reader.original(made, lane=LANE) as stream:
            assert b"".join([it async for it in stream.chunks]) == content
            assert stream.size in {None, len(content)}

    async def test_an_original_that_is_gone_is_no_original(self, reader: AssetReader, someone: Person) -> None:
        made = await someone.add("lost.jpg", small_jpeg("lost"))
        await someone.delete(made)
        with pytest.raises((MovedOn, Refused)):
            async with reader.original(made, lane=LANE):
                pass

    async def test_an_original_may_be_left_unread(self, reader: AssetReader, someone: Person) -> None:
        content = small_jpeg("unread") + bytes(500_000)
        made = await someone.add("unread.jpg", content)  # without fields, so that nobody embeds any
        async with reader.original(made, lane=LANE):
            pass
        async with reader.original(made, lane=LANE) as stream:
            assert b"".join([it async for it in stream.chunks]) == content


def needs_window(reader: AssetReader) -> None:
    """Skip where changes cannot be asked for."""
    if not reader.capabilities.modified_window.usable:
        pytest.skip("no window over modified times: the engine sweeps the library instead")


def present(seen: NativeRecord | Missing) -> NativeRecord:
    """The record, for tests that know it is there."""
    assert isinstance(seen, NativeRecord), seen
    return seen


def text_of(value: NativeValue) -> str:
    """A text, which some systems show as a list of one."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else str(value)


async def listed(pages: AsyncIterator[ListingPage]) -> set[RemoteId]:
    """All ids of a listing that came to its end."""
    return {it.remote_id async for page in pages for it in page.sightings}


async def container_id(reader: AssetReader, path: str) -> RemoteId:
    """The id of the container at `path`."""
    found = {it.path: it.id async for it in reader.containers(lane=LANE)}
    return found[path]
