"""Attributes by Data Source Sync: the file that the site pulls, and what the archive makes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dambridge.connectors.netx.config import WriteRoute
from dambridge.connectors.netx.datasync import DataSyncFile
from dambridge.connectors.netx.routes import AttributeRoutes, FieldRoute
from dambridge.model.identity import RemoteId
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import CannotGoOn, Refused
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import small_jpeg
from support.data_sync import rows

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

LANE = Lane.NORMAL
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t", exclude_characters="\ufffe\uffff")
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "out" / "syncedMetadata.xml"


class TestTheFile:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(wanted=st.dictionaries(TEXTS.filter(bool), st.lists(TEXTS).map(tuple), min_size=1, max_size=4), key=TEXTS)
    def test_any_xml_reader_finds_what_was_written(
        self, tmp_path_factory: pytest.TempPathFactory, wanted: dict[str, tuple[str, ...]], key: str
    ) -> None:
        file = tmp_path_factory.mktemp("sync") / "a.xml"
        asyncio.run(DataSyncFile(file).want("4101", key, wanted))
        assert rows(file) == {"4101": (key, {name: list(values) for name, values in wanted.items()})}

    async def test_rows_are_merged_and_stay_until_they_were_pulled(self, file: Path) -> None:
        sync = DataSyncFile(file)
        await sync.want("1", "a.jpg", {"Title": ("one",), "Keywords": ("x", "y")})
        await sync.want("2", "b.jpg", {"Title": ()})
        again = DataSyncFile(file)  # after a restart
        await again.want("1", "c.jpg", {"Title": ("two",)})
        assert rows(file) == {
            "1": ("c.jpg", {"Title": ["two"], "Keywords": ["x", "y"]}),
            "2": ("b.jpg", {"Title": []}),
        }
        await again.seen({"1": {"Title": ("two",), "Keywords": ("x",)}, "2": {"Title": ("not empty",)}, "9": {}})
        assert set(rows(file)) == {"1", "2"}
        await again.seen({"1": {"Title": ("two",), "Keywords": ("y", "x"), "More": ("z",)}, "2": {}})
        assert rows(file) == {}

    async def test_the_same_wish_again_does_not_touch_the_file(self, file: Path) -> None:
        sync = DataSyncFile(file)
        await sync.want("1", "a.jpg", {"Title": ("one",)})
        before = file.stat().st_ino
        await sync.want("1", "a.jpg", {"Title": ("one",)})
        assert file.stat().st_ino == before
        await sync.want("1", "a.jpg", {"Title": ("other",)})
        assert file.stat().st_ino != before, "replaced as a whole, never written in place"

    async def test_many_at_once_and_two_writers_lose_nothing(self, file: Path) -> None:
        one, two = DataSyncFile(file), DataSyncFile(file)
        wishes = [(one, two)[it % 2].want(str(it), f"{it}.jpg", {"Title": (f"t{it}",)}) for it in range(60)]
        await asyncio.gather(*wishes)
        assert {it: row[1]["Title"] for it, row in rows(file).items()} == {str(it): [f"t{it}"] for it in range(60)}

    async def test_a_write_that_breaks_off_leaves_the_file_as_it_was(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sync = DataSyncFile(file)
        await sync.want("1", "a.jpg", {"Title": ("one",)})

        def full(_fd: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr("os.fsync", full)
            wishes = [sync.want(str(it), "b.jpg", {"Title": ("two",)}) for it in range(3)]
            found = await asyncio.gather(*wishes, return_exceptions=True)
        assert [type(it) for it in found] == [CannotGoOn] * 3, "each of those who asked is told"
        assert rows(file) == {"1": ("a.jpg", {"Title": ["one"]})}
        await sync.want("2", "b.jpg", {"Title": ("two",)})
        assert set(rows(file)) == {"1", "2"}

    @pytest.mark.parametrize("text", ["", "garbage", "<other/>", "<syncedMetadata/>"])
    async def test_a_file_that_is_not_ours_is_never_overwritten(self, file: Path, text: str) -> None:
        file.parent.mkdir()
        file.write_text(text)
        with pytest.raises(CannotGoOn, match="Move it away"):
            await DataSyncFile(file).want("1", "a.jpg", {"Title": ("one",)})
        assert file.read_text() == text

    async def test_what_xml_cannot_hold_is_refused(self, file: Path) -> None:
        with pytest.raises(Refused, match="Caption"):
            await DataSyncFile(file).want("1", "a.jpg", {"Caption": ("bell \x07",)})
        assert not file.exists()


class TestTheArchive:
    async def test_what_is_written_waits_in_the_file_and_leaves_it_once_it_is_read_back(
        self, empty_site: Site, file: Path
    ) -> None:
        person = empty_site.librarian()
        asset = await person.add("harbour.jpg", small_jpeg("dss"))
        async with empty_site.archive(write_route="data_sync", data_sync_file=str(file)) as archive:
            assert archive.capabilities.deferred_writes.usable
            assert archive.capabilities.write_attributes.usable
            mark = empty_site.mark
            wanted = {"Title": ("Dusk",), "Keywords": ("sea", "sky")}
            await archive.write(asset, attributes=wanted, name="Dusk", file_name="dusk.jpg", lane=LANE)
            assert empty_site.methods(mark) == ["updateAsset", "getAssets"], "names go the usual way, attributes do not"
            assert rows(file) == {asset: ("dusk.jpg", {"Title": ["Dusk"], "Keywords": ["sea", "sky"]})}
            seen = (await archive.read([asset], lane=LANE))[asset]
            assert "Title" not in seen.fields  # type: ignore[union-attr]
            await person.describe(asset, dict(wanted))
            await archive.read([asset], lane=LANE)
            assert rows(file) == {}

    async def test_each_field_goes_its_own_way(self, empty_site: Site, file: Path) -> None:
        person = empty_site.librarian()
        asset = await person.add("harbour.jpg", small_jpeg("dss"))
        routes = AttributeRoutes(
            fields={"Credit": FieldRoute(WriteRoute.DATA_SYNC, Proof.PROVEN)},
            other=FieldRoute(WriteRoute.RPC, Proof.PROVEN),
        )
        async with empty_site.archive(data_sync_file=str(file), routes=routes) as archive:
            can = archive.capabilities
            assert (can.defers("Credit"), can.defers("Title")) == (True, False)
            wanted = {"Title": ("Dusk",), "Credit": ("Agency",)}
            await archive.write(asset, attributes=wanted, name=None, file_name=None, lane=LANE)
            assert rows(file) == {asset: ("harbour.jpg", {"Credit": ["Agency"]})}
            seen = (await archive.read([asset], lane=LANE))[asset]
            assert seen.fields["Title"] == ("Dusk",)  # type: ignore[union-attr]
            assert "Credit" not in seen.fields  # type: ignore[union-attr]

    async def test_the_key_may_be_an_attribute(self, empty_site: Site, file: Path) -> None:
        person = empty_site.librarian()
        one = await person.add("a.jpg", small_jpeg("1"), fields={"Dambridge Id": "ln1"})
        two, three = [await person.add(f"{it}.jpg", small_jpeg(it)) for it in ("b", "c")]
        setup = {"write_route": "data_sync", "data_sync_file": str(file), "data_sync_key": "Dambridge Id"}
        async with empty_site.archive(**setup) as archive:

            async def write(asset: RemoteId, **values: str) -> None:
                named = {name.replace("_", " "): (it,) for name, it in values.items()}
                await archive.write(asset, attributes=named, name=None, file_name=None, lane=LANE)

            await write(one, Title="by what it has")
            await write(two, Title="by what it gets", Dambridge_Id="ln2")
            await write(two, Title="by what it is about to get")
            assert {it: key for it, (key, _) in rows(file).items()} == {one: "ln1", two: "ln2"}
            with pytest.raises(Refused, match="file_name"):
                await write(three, Title="by nothing")
            assert three not in rows(file)
            with pytest.raises(Refused):
                await write(RemoteId("987654321"), Title="to nobody")
