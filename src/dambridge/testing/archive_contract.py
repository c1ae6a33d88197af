"""What every archive must do: one suite for the in-memory fake, a connector on its simulator, and a live account.

Subclass `ArchiveContract` and give it the fixture `archive`. A test that needs something the archive declares it has not
is skipped, and the skip names what the engine does instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from dambridge.model.identity import RemoteId
from dambridge.model.records import MediaType, Missing, NativeRecord
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import Refused, Unclear
from dambridge.ports.systems import AssetArchive
from dambridge.testing.archive_samples import LANE, ContractFields, Losing, body_of, present, small_jpeg


class ArchiveContract(ABC):
    """The promises of `AssetArchive`. Each test works in a folder of its own."""

    @pytest.fixture
    @abstractmethod
    def archive(self) -> AssetArchive | AsyncIterator[AssetArchive]:
        """The archive under test."""

    @pytest.fixture
    def fields(self) -> ContractFields:
        """Which attributes may be written."""
        return ContractFields()

    @pytest.fixture
    def salt(self) -> str:
        """Makes the bytes of this run differ from those of earlier runs on an account that remembers."""
        return ""

    @pytest.fixture
    def losing(self) -> Losing | None:
        """A way to lose replies, where there is one."""
        return None

    @pytest.fixture
    def scratch(self, request: pytest.FixtureRequest, salt: str) -> str:
        """The path of this test's own folder."""
        return f"dambridge/contract/{salt or 'run'}/{request.node.name}"

    @pytest.fixture
    def bytes_of(self, scratch: str) -> Callable[[str], bytes]:
        """Makes files that no other test has made."""
        return lambda text: small_jpeg(f"{scratch} {text}")

    @pytest.fixture
    def instant_of(self) -> Callable[[str], datetime]:
        """Reads the modified time as the system spells it: milliseconds, unless the subclass knows better."""
        return lambda said: datetime.fromtimestamp(int(said) / 1000, UTC)

    @pytest.fixture
    def settle(self) -> Callable[[], Awaitable[None]]:
        """Lets an index catch up."""
        return lambda: asyncio.sleep(0)

    # who and what --------------------------------------------------------------------------------------------------

    async def test_it_says_whose_account_it_is(self, archive: AssetArchive) -> None:
        who = await archive.whoami()
        assert who.person
        assert who.organisation

    async def test_it_lists_its_attributes_with_their_terms(
        self, archive: AssetArchive, fields: ContractFields
    ) -> None:
        by_name = {it.name: it for it in await archive.attributes() or ()}
        assert by_name[fields.text].terms is None
        assert by_name[fields.text].kind
        if fields.closed is None:
            pytest.skip("has no closed list. The map's own vocabularies are the only ones")
        terms = by_name[fields.closed].terms
        assert terms is not None
        assert fields.closed_term in terms

    # folders -------------------------------------------------------------------------------------------------------

    async def test_a_folder_is_made_once_however_often_it_is_asked_for(
        self, archive: AssetArchive, scratch: str
    ) -> None:
        first = await archive.ensure_folder(f"{scratch}/a/b", lane=LANE)
        again = await archive.ensure_folder(f"{scratch}/a/b", lane=LANE)
        parent = await archive.ensure_folder(f"{scratch}/a", lane=LANE)
        other = await archive.ensure_folder(f"{scratch}/a/c", lane=LANE)
        assert first == again
        assert len({first, parent, other}) == 3

    async def test_many_at_once_make_one_folder(self, archive: AssetArchive, scratch: str) -> None:
        made = await asyncio.gather(*(archive.ensure_folder(f"{scratch}/x/y", lane=LANE) for _ in range(6)))
        assert len(set(made)) == 1

    async def test_a_folder_is_found_where_it_is_and_made_by_nobody_who_only_asks(
        self, archive: AssetArchive, scratch: str
    ) -> None:
        assert await archive.folder_at(f"{scratch}/a", lane=LANE) is None
        assert await archive.folder_at(f"{scratch}/a", lane=LANE) is None
        made = await archive.ensure_folder(f"{scratch}/a", lane=LANE)
        assert await archive.folder_at(f"{scratch}/a", lane=LANE) == made
        assert await archive.folder_at(f"{scratch}/b", lane=LANE) is None

    async def test_a_new_folder_is_empty(self, archive: AssetArchive, scratch: str) -> None:
        folder = await archive.ensure_folder(scratch, lane=LANE)
        assert list(await archive.contents(folder, lane=LANE)) == []

    @pytest.mark.hazard("P23")
    async def test_folder_names_may_be_in_any_script(self, archive: AssetArchive, scratch: str) -> None:
        folder = await archive.ensure_folder(f"{scratch}/Été à Zürich/港の夕暮れ", lane=LANE)
        assert await archive.ensure_folder(f"{scratch}/Été à Zürich/港の夕暮れ", lane=LANE) == folder

    # deliveries ----------------------------------------------------------------------------------------------------

    async def test_a_delivery_stands_in_its_folder_byte_for_byte(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        _need_delivery(archive)
        content = bytes_of("one")
        folder = await archive.ensure_folder(scratch, lane=LANE)
        remote = await archive.deliver(folder, body_of(content), file_name="ac1.jpg", lane=LANE)
        (standing,) = await archive.contents(folder, lane=LANE)
        assert standing.key.remote_id == remote
        assert standing.key.account == archive.account
        assert standing.file_name == "ac1.jpg"
        assert standing.size == len(content)
        assert [it.id for it in standing.containers] == [folder]
        assert standing.containers[0].path == scratch
        assert await _bytes(archive, remote) == content

    async def test_a_delivery_below_does_not_stand_above(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        _need_delivery(archive)
        above = await archive.ensure_folder(scratch, lane=LANE)
        below = await archive.ensure_folder(f"{scratch}/below", lane=LANE)
        await archive.deliver(below, body_of(bytes_of("deep")), file_name="deep.jpg", lane=LANE)
        assert list(await archive.contents(above, lane=LANE)) == []
        assert len(await archive.contents(below, lane=LANE)) == 1

    async def test_the_stored_file_has_the_checksum_of_what_was_sent(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        if archive.capabilities.checksum is Proof.ABSENT:
            pytest.skip("declares: no checksum. The engine reads the file back and compares SHA-256")
        content = bytes_of("sum")
        record = await _delivered(archive, scratch, content)
        if record.checksum is None:
            pytest.skip("shows no checksum. The engine reads the file back and compares SHA-256")
        assert record.checksum.hexdigest == hashlib.new(record.checksum.algorithm, content).hexdigest()

    async def test_a_delivery_of_unknown_length_arrives(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        _need_delivery(archive)
        content = bytes_of("unmeasured")
        folder = await archive.ensure_folder(scratch, lane=LANE)
        remote = await archive.deliver(folder, body_of(content, announced=False), file_name="u.jpg", lane=LANE)
        assert await _bytes(archive, remote) == content

    @pytest.mark.hazard("P23")
    async def test_file_names_keep_their_spelling(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_delivery(archive)
        folder = await archive.ensure_folder(scratch, lane=LANE)
        for number, name in enumerate(fields.file_names):
            content = bytes_of(f"named {number}")
            remote = await archive.deliver(folder, body_of(content), file_name=name, lane=LANE)
            seen = present((await archive.read([remote], lane=LANE))[remote])
        assert seen.file_name == name

    async def test_a_delivery_into_no_folder_is_refused(
        self, archive: AssetArchive, bytes_of: Callable[[str], bytes]
    ) -> None:
        _need_delivery(archive)
        with pytest.raises(Refused):
            await archive.deliver(RemoteId("99999999"), body_of(bytes_of("x")), file_name="x.jpg", lane=LANE)

    async def test_deliveries_side_by_side_do_not_mix(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        records = await asyncio.gather(*(_delivered(archive, f"{scratch}/{it}", bytes_of(str(it))) for it in range(6)))
        for number, record in enumerate(records):
            assert await _bytes(archive, record.key.remote_id) == bytes_of(str(number))

    # lost replies --------------------------------------------------------------------------------------------------

    @pytest.mark.hazard("P20")
    async def test_a_delivery_whose_reply_is_lost_is_unclear_and_stands_there_once(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], losing: Losing | None
    ) -> None:
        lose = _need(losing)
        _need_delivery(archive)
        content = bytes_of("lost")
        folder = await archive.ensure_folder(scratch, lane=LANE)
        await lose("deliver")
        with pytest.raises(Unclear):
            await archive.deliver(folder, body_of(content), file_name="lost.jpg", lane=LANE)
        (standing,) = await archive.contents(folder, lane=LANE)
        assert (standing.file_name, standing.size) == ("lost.jpg", len(content))

    @pytest.mark.hazard("P20")
    async def test_a_write_whose_reply_is_lost_is_unclear_and_happened_once(
        self,
        archive: AssetArchive,
        scratch: str,
        bytes_of: Callable[[str], bytes],
        losing: Losing | None,
        fields: ContractFields,
    ) -> None:
        lose = _need(losing)
        _need_attributes(archive)
        record = await _delivered(archive, scratch, bytes_of("w"))
        await lose("write")
        with pytest.raises(Unclear):
            await _write(archive, record, {fields.text: ("written",)})
        assert _texts(await _again(archive, record), fields.text) == ("written",)

    @pytest.mark.hazard("P20")
    async def test_a_version_whose_reply_is_lost_is_unclear_and_happened(
        self,
        archive: AssetArchive,
        scratch: str,
        bytes_of: Callable[[str], bytes],
        losing: Losing | None,
        fields: ContractFields,
    ) -> None:
        lose = _need(losing)
        _need_versions(archive)
        record = await _delivered(archive, scratch, bytes_of("v1"))

        async def add() -> None:
            await archive.add_version(
                record.key.remote_id, body_of(bytes_of("v2")), file_name=record.file_name, lane=LANE
            )

        await lose("add_version")
        with pytest.raises(Unclear):
            await add()
        if fields.versions_in_two_steps and await _bytes(archive, record.key.remote_id) != bytes_of("v2"):
            await add()  # it is there and not current: whoever looks sees the old bytes and asks again
        assert await _bytes(archive, record.key.remote_id) == bytes_of("v2")

    # writes --------------------------------------------------------------------------------------------------------

    @pytest.mark.hazard("P28")
    async def test_what_is_written_reads_back_equal_and_lists_stay_lists(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_attributes(archive)
        record = await _delivered(archive, scratch, bytes_of("w"))
        words = fields.words
        await _write(archive, record, {fields.text: ("“Dusk” — an evening\u00a0in Été",), fields.bag: words})
        seen = await _again(archive, record)
        assert _texts(seen, fields.text) == ("“Dusk” — an evening\u00a0in Été",)
        assert sorted(_texts(seen, fields.bag)) == sorted(words)

    async def test_attributes_not_named_stay_and_an_empty_one_is_cleared(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_attributes(archive)
        record = await _delivered(archive, scratch, bytes_of("w"))
        await _write(
            archive, record, {fields.text: ("first",), fields.other_text: ("second",), fields.bag: ("one", "two")}
        )
        await _write(archive, record, {fields.text: ("changed",), fields.bag: ()})
        seen = await _again(archive, record)
        assert _texts(seen, fields.text) == ("changed",)
        assert _texts(seen, fields.other_text) == ("second",)
        assert fields.bag not in seen.fields

    async def test_a_list_is_replaced_and_not_added_to(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_attributes(archive)
        record = await _delivered(archive, scratch, bytes_of("w"))
        await _write(archive, record, {fields.bag: ("one", "two")})
        await _write(archive, record, {fields.bag: ("two", "three")})
        assert sorted(_texts(await _again(archive, record), fields.bag)) == ["three", "two"]

    async def test_name_and_file_name_are_written_without_touching_attributes(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        if not archive.capabilities.rename.usable:
            pytest.skip("declares: no renaming. The engine delivers under the final name")
        record = await _delivered(archive, scratch, bytes_of("w"))
        if writes_at_once(archive):
            await _write(archive, record, {fields.text: ("kept",)})
        await archive.write(record.key.remote_id, attributes={}, name="Harbour at dusk", file_name="h 1.jpg", lane=LANE)
        seen = await _again(archive, record)
        assert (seen.name, seen.file_name) == ("Harbour at dusk" if fields.names else "h 1.jpg", "h 1.jpg")
        if writes_at_once(archive):
            assert _texts(seen, fields.text) == ("kept",)

    @pytest.mark.hazard("P31")
    async def test_a_term_that_the_vocabulary_lacks_is_refused_or_reads_back(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_attributes(archive)
        if fields.closed is None or not archive.capabilities.may_write(fields.closed, MediaType.IMAGE).usable:
            pytest.skip("has no closed list that may be written. The map's own vocabularies are checked before a write")
        record = await _delivered(archive, scratch, bytes_of("w"))
        await _write(archive, record, {fields.closed: (fields.closed_term,)})
        assert _texts(await _again(archive, record), fields.closed) == (fields.closed_term,)
        allowed: set[tuple[str, ...]] = {(fields.closed_term,)}
        try:
            await _write(archive, record, {fields.closed: ("no such term",)})
        except Refused:
            pass  # nothing happened, and a person decides
        else:
            allowed |= {("no such term",), ()}  # a site may drop or create terms: the engine compares what reads back
        assert _texts(await _again(archive, record), fields.closed) in allowed

    async def test_an_asset_leaves_one_place_and_stays_in_the_others(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        if not archive.capabilities.take_out.usable:
            pytest.skip("declares: nothing leaves a container. The engine publishes nothing through such an account")
        record = await _delivered(archive, scratch, bytes_of("w"))
        (first,) = record.containers
        second = await archive.ensure_folder(f"{scratch}/second", lane=LANE)
        await archive.place(record.key.remote_id, into=second, out_of=None, lane=LANE)
        for _ in range(2):
            await archive.take_out(record.key.remote_id, out_of=first.id, lane=LANE)
            assert {it.id for it in (await _again(archive, record)).containers} == {second}

    async def test_what_is_discarded_is_gone_and_a_second_time_changes_nothing(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        if not archive.capabilities.discard.usable:
            pytest.skip("declares: nothing is discarded. The engine moves it into a holding folder")
        record, other = [await _delivered(archive, scratch, bytes_of(it)) for it in ("w", "v")]
        await archive.discard(record.key.remote_id, lane=LANE)
        with contextlib.suppress(Refused):  # a site may say that it cannot see such an asset
            await archive.discard(record.key.remote_id, lane=LANE)
        seen = await archive.read([record.key.remote_id, other.key.remote_id], lane=LANE)
        assert isinstance(seen[record.key.remote_id], Missing)
        assert isinstance(seen[other.key.remote_id], NativeRecord)

    async def test_a_folder_goes_with_all_that_stands_in_it_and_no_other_does(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        if not archive.capabilities.discard_folder.usable:
            pytest.skip("declares: no folder is deleted. The engine never relies on it there")
        gone, stays = [await _delivered(archive, f"{scratch}/{it}", bytes_of(it)) for it in ("w", "v")]
        (place,) = gone.containers
        for _ in range(2):
            await archive.discard_folder(place.id, lane=LANE)
        assert await archive.folder_at(f"{scratch}/w", lane=LANE) is None
        seen = await archive.read([gone.key.remote_id, stays.key.remote_id], lane=LANE)
        left = seen[gone.key.remote_id]
        assert isinstance(left, Missing) or place.id not in {it.id for it in left.containers}
        assert [it.id for it in present(seen[stays.key.remote_id]).containers] == [stays.containers[0].id]

    async def test_a_write_to_no_asset_is_refused(self, archive: AssetArchive) -> None:
        with pytest.raises(Refused):
            await archive.write(RemoteId("99999999"), attributes={}, name="x", file_name=None, lane=LANE)

    async def test_each_change_moves_the_version(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_attributes(archive)
        record = await _delivered(archive, scratch, bytes_of("w"))
        await _write(archive, record, {fields.text: ("moved",)})
        seen = await _again(archive, record)
        assert (seen.modified, seen.fields) != (record.modified, record.fields)
        assert seen.content_stamp == record.content_stamp

    async def test_a_write_to_what_moved_on_is_refused(self, archive: AssetArchive) -> None:
        if archive.capabilities.conditional_write is not Proof.PROVEN:
            pytest.skip(
                "declares: no conditional write. The engine rechecks the version one call before, writes only changed fields, "
                "and reads back after"
            )
        pytest.fail("an archive that can refuse a stale write needs a port method that says which version it expects")

    # versions ------------------------------------------------------------------------------------------------------

    @pytest.mark.hazard("P22")
    async def test_new_bytes_become_the_file_of_the_same_asset_and_its_fields_stay(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes], fields: ContractFields
    ) -> None:
        _need_versions(archive)
        record = await _delivered(archive, scratch, bytes_of("v1"))
        if writes_at_once(archive):
            await _write(archive, record, {fields.text: ("kept",)})
        await archive.add_version(
            record.key.remote_id, body_of(bytes_of("v2, longer")), file_name=record.file_name, lane=LANE
        )
        seen = await _again(archive, record)
        assert seen.size == len(bytes_of("v2, longer"))
        assert seen.content_stamp != record.content_stamp
        assert seen.file_name == record.file_name
        assert await _bytes(archive, record.key.remote_id) == bytes_of("v2, longer")
        if writes_at_once(archive):
            assert _texts(seen, fields.text) == ("kept",)
        assert [it.key for it in await archive.contents(record.containers[0].id, lane=LANE)] == [record.key]

    # places --------------------------------------------------------------------------------------------------------

    async def test_placing_moves_an_asset_and_may_be_repeated(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        _need_moves(archive)
        record = await _delivered(archive, f"{scratch}/berth", bytes_of("p"))
        berth, final = record.containers[0].id, await archive.ensure_folder(f"{scratch}/final", lane=LANE)
        for _ in range(2):
            await archive.place(record.key.remote_id, into=final, out_of=berth, lane=LANE)
            assert [it.id for it in (await _again(archive, record)).containers] == [final]
        assert list(await archive.contents(berth, lane=LANE)) == []
        assert [it.key for it in await archive.contents(final, lane=LANE)] == [record.key]

    async def test_placing_without_leaving_stands_an_asset_in_two_folders(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        _need_moves(archive)
        record = await _delivered(archive, f"{scratch}/one", bytes_of("p"))
        one, two = record.containers[0].id, await archive.ensure_folder(f"{scratch}/two", lane=LANE)
        await archive.place(record.key.remote_id, into=two, out_of=None, lane=LANE)
        await archive.place(record.key.remote_id, into=two, out_of=two, lane=LANE)
        assert {it.id for it in (await _again(archive, record)).containers} == {one, two}

    # reading -------------------------------------------------------------------------------------------------------

    async def test_reading_says_of_each_id_what_became_of_it(
        self, archive: AssetArchive, scratch: str, bytes_of: Callable[[str], bytes]
    ) -> None:
        one = await _delivered(archive, f"{scratch}/1", bytes_of("1"))
        two = await _delivered(archive, f"{scratch}/2", bytes_of("2"))
        nobody = RemoteId("99999999")
        seen = await archive.read([one.key.remote_id, nobody, two.key.remote_id], lane=LANE)
        assert set(seen) == {one.key.remote_id, two.key.remote_id, nobody}
        assert present(seen[one.key.remote_id]).key == one.key
        assert present(seen[two.key.remote_id]).key == two.key
        missing = seen[nobody]
        assert isinstance(missing, Missing)
        assert missing.evidence

    async def test_reading_nothing_costs_nothing(self, archive: AssetArchive) -> None:
        assert dict(await archive.read([], lane=LANE)) == {}

    async def test_a_record_is_whole(
        self,
        archive: AssetArchive,
        scratch: str,
        bytes_of: Callable[[str], bytes],
        instant_of: Callable[[str], datetime],
    ) -> None:
        record = await _delivered(archive, scratch, bytes_of("r"))
        assert {"base", "file", "attributes", "containers"} <= record.groups
        assert record.modified
        assert record.modified_at is not None
        assert record.modified_at.tzinfo is UTC
        assert abs((record.modified_at - instant_of(record.modified)).total_seconds()) < 0.002
        assert record.content_stamp
        assert all(value not in ("", ()) for value in record.fields.values())

    async def test_finding_never_finds_another(
        self,
        archive: AssetArchive,
        scratch: str,
        bytes_of: Callable[[str], bytes],
        fields: ContractFields,
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        _need_attributes(archive)
        one = await _delivered(archive, f"{scratch}/1", bytes_of("1"))
        two = await _delivered(archive, f"{scratch}/2", bytes_of("2"))
        await _write(archive, one, {fields.id_text: (f"{scratch} 1",)})
        await _write(archive, two, {fields.id_text: (f"{scratch} 2",)})
        await settle()
        assert list(await archive.find(fields.id_text, f"{scratch} 1", lane=LANE)) == [one.key.remote_id]
        assert list(await archive.find(fields.id_text, f"{scratch} 3", lane=LANE)) == []

    async def test_a_file_is_found_by_its_name_and_no_other_is(
        self,
        archive: AssetArchive,
        scratch: str,
        bytes_of: Callable[[str], bytes],
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        _need_delivery(archive)
        folder = await archive.ensure_folder(scratch, lane=LANE)
        name = f"ac{hashlib.sha256(scratch.encode()).hexdigest()[:20]}"
        made = {
            it: await archive.deliver(folder, body_of(bytes_of(it)), file_name=it, lane=LANE)
            for it in (f"{name}.jpg", f"{name}x.jpg")
        }
        await settle()
        for it, remote in made.items():
            assert list(await archive.named(it, lane=LANE)) == [remote]
        assert list(await archive.named(f"{name}y.jpg", lane=LANE)) == []

    async def test_a_person_can_open_the_asset(self, archive: AssetArchive) -> None:
        page = archive.page_of(RemoteId("4101"))
        assert page.startswith(("http://", "https://"))
        assert "4101" in page


async def _delivered(archive: AssetArchive, path: str, content: bytes) -> NativeRecord:
    _need_delivery(archive)
    folder = await archive.ensure_folder(path, lane=LANE)
    name = f"{hashlib.sha256(content).hexdigest()[:12]}.jpg"
    remote = await archive.deliver(folder, body_of(content), file_name=name, lane=LANE)
    return present((await archive.read([remote], lane=LANE))[remote])


async def _again(archive: AssetArchive, record: NativeRecord) -> NativeRecord:
    return present((await archive.read([record.key.remote_id], lane=LANE))[record.key.remote_id])


async def _write(archive: AssetArchive, record: NativeRecord, attributes: dict[str, tuple[str, ...]]) -> None:
    await archive.write(record.key.remote_id, attributes=attributes, name=None, file_name=None, lane=LANE)


def writes_at_once(archive: AssetArchive) -> bool:
    """Whether a written attribute can be read back right away."""
    can = archive.capabilities
    return can.write_attributes.usable and not can.deferred_writes.usable


async def _bytes(archive: AssetArchive, remote_id: RemoteId) -> bytes:
    async with archive.original(remote_id, lane=LANE) as stream:
        return b"".join([chunk async for chunk in stream.chunks])


def _texts(record: NativeRecord, name: str) -> tuple[str, ...]:
    """The values of an attribute; a system without lists shows a single text."""
    value = record.fields.get(name, ())
    return value if isinstance(value, tuple) else (str(value),)


def _need(losing: Losing | None) -> Losing:
    if losing is None:
        pytest.skip("replies cannot be lost at will here: the same test on fake and simulator stands for it")
    return losing


def _need_attributes(archive: AssetArchive) -> None:
    if archive.capabilities.deferred_writes.usable:
        pytest.skip("declares: writes are seen later. The engine lets the item wait and holds it against a later look")
    if not archive.capabilities.write_attributes.usable:
        pytest.skip("declares: attributes cannot be written. The engine delivers files and says that fields wait")


def _need_delivery(archive: AssetArchive) -> None:
    if not archive.capabilities.deliver[MediaType.IMAGE].usable:
        pytest.skip(
            "declares: images cannot be delivered. The engine lets the item wait and says which call is unproven"
        )


def _need_versions(archive: AssetArchive) -> None:
    if not archive.capabilities.versions.usable:
        pytest.skip("declares: no versions. The engine lets the item wait for a person")


def _need_moves(archive: AssetArchive) -> None:
    if not archive.capabilities.take_out.usable:
        pytest.skip("declares: nothing is placed or taken out. The engine delivers into the final folder")
