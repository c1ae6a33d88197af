"""The archive suite on the NetX connector, against the simulator in several of the positions that a site may be in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contract.connectors.netx.positions import positions_that_touch
from dambridge.model.identity import RemoteId
from dambridge.model.records import MediaType
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive
from dambridge.testing.archive_contract import ArchiveContract
from dambridge.testing.archive_samples import Losing

if TYPE_CHECKING:
    from contract.connectors.netx.conftest import Site

REPLIES: dict[str, dict[str, str]] = {
    "deliver": {"path": "/api/import/asset"},
    "add_version": {"path": "/api/import/asset/*"},
    "write": {"rpc": "update*"},
}


class _OnTheSimulator(ArchiveContract):
    """The suite with switches and options of its own."""

    switches: ClassVar[dict[str, Any]] = {}
    more: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    async def archive(self, site: Site) -> AsyncIterator[AssetArchive]:
        site.switch(**self.switches)
        async with site.archive(**self.more) as archive:
            yield archive

    @pytest.fixture
    def salt(self) -> str:
        return type(self).__name__

    @pytest.fixture
    def losing(self, site: Site) -> Losing:
        async def lose(method: str) -> None:
            site.fault({"match": REPLIES[method], "action": "drop_reply", "times": 1})

        return lose


class TestNetxAsItComes(_OnTheSimulator):
    """Every switch at its default."""


class TestNetxTheOtherWay(_OnTheSimulator):
    """The positions that are not the defaults, as far as they can stand together."""

    switches: ClassVar[dict[str, Any]] = {
        "metadata__checksumEnabled": False,
        "missing_folder_path": "error",
        "get_assets_missing": "error",
        "unknown_object": "failure",
        "attribute_write": "separate_method",
        "modified_moves_on_membership": True,
        "unknown_term": "ignore",
        "max_page_size": 2,
        "bad_token_status": 401,
    }
    more: ClassVar[dict[str, Any]] = {
        "write_encoding": "separate_method",
        "version_route": "reimport",
        "page_size": 3,
        "ids_per_call": 2,
    }


class TestNetxThatKeepsOneOfSameBytes(_OnTheSimulator):
    """Duplicate detection on, ids that are missing left out, terms made on the fly."""

    switches: ClassVar[dict[str, Any]] = {
        "duplicate_detection": True,
        "get_assets_missing": "omit",
        "unknown_term": "create",
    }


class TestNetxInEveryPosition(_OnTheSimulator):
    """One switch off its default at a time."""

    @pytest.fixture(params=positions_that_touch("archive"), ids=lambda it: f"{it[0]}={it[1]}")
    async def archive(self, site: Site, request: pytest.FixtureRequest) -> AsyncIterator[AssetArchive]:
        site.set(*request.param)
        async with site.archive() as archive:
            yield archive

    @pytest.fixture
    def salt(self, request: pytest.FixtureRequest) -> str:
        return f"{type(self).__name__}/{request.node.callspec.id}"


class TestNetxThatTakesNoAttributes(_OnTheSimulator):
    """`write_route: none`."""

    more: ClassVar[dict[str, Any]] = {"write_route": "none"}


class TestNetxThatPullsAttributesLater(_OnTheSimulator):
    """`write_route: data_sync`: what is written is seen once the site has pulled it (test_netx_data_sync.py)."""

    @pytest.fixture
    async def archive(self, site: Site, tmp_path: Path) -> AsyncIterator[AssetArchive]:
        async with site.archive(write_route="data_sync", data_sync_file=str(tmp_path / "sync.xml")) as archive:
            yield archive


class TestNetxThatReadsAttributesOutOfFiles(_OnTheSimulator):
    """`write_route: embedded`: nothing is written into attributes but by a new file (test_intake_embedded.py)."""

    @pytest.fixture
    async def archive(self, site: Site) -> AsyncIterator[AssetArchive]:
        async with site.archive(write_route="embedded") as archive:
            yield archive

    async def test_an_attribute_by_itself_is_refused_and_a_name_is_not(self, archive: AssetArchive) -> None:
        assert archive.capabilities.may_write("Caption", MediaType.IMAGE).usable
        assert not archive.capabilities.may_write("City", MediaType.IMAGE).usable
        remote = RemoteId("1")
        with pytest.raises(Refused, match="new file"):
            await archive.write(remote, attributes={"Caption": ("C",)}, name=None, file_name=None, lane=Lane.NORMAL)
