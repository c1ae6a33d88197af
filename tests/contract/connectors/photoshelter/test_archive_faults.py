"""What the PhotoShelter archive does when the service, the way to it or somebody else's sign-in gets in between."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.connectors.photoshelter.config import Guess
from dambridge.model.identity import RemoteId
from dambridge.model.records import MediaType, NativeRecord
from dambridge.ports.audience import Visibility
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import CannotGoOn, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive, Body
from dambridge.testing.archive_samples import body_of, small_jpeg
from dambridge_sim.kit.seeds import Library
from dambridge_sim.photoshelter.site import parameters_of

from .consent import consent

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite

LANE = Lane.NORMAL
ALL = [str(it) for it in Guess]
UPLOADS = [("v4", "*/v4.0/media"), ("v3", "*/mem/image/upload")]


@asynccontextmanager
async def archive_on(site: PhotoShelterSite, **more: Any) -> AsyncIterator[AssetArchive]:
    async with site.connection(**{"proven": ALL, **more}) as connection:
        yield connection.archive


def by(site: PhotoShelterSite, via: str) -> dict[str, Any]:
    return {"upload_via": via, **({"v3_api_key": site.v3_key} if via == "v3" else {})}


def containers(site: PhotoShelterSite) -> list[dict[str, Any]]:
    """Everything that stands in the library, as the simulator keeps it."""
    vendor: Any = site.served.simulator.vendor
    org = site.served.credentials["org_id"]
    return [it for kind in ("collection", "gallery") for it in vendor.site.containers.of_type(org, kind)]


async def assets(site: PhotoShelterSite) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await site.control("GET", "state")
    return found


async def posts(site: PhotoShelterSite, path: str) -> int:
    return len([it for it in await site.journal() if it["method"] == "POST" and it["path"].endswith(path)])


# folders -------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_folder_whose_making_lost_its_reply_is_found_and_has_no_twin(
    photoshelter: PhotoShelterSite, nth: int
) -> None:
    path = "*/collections" if nth < 3 else "*/galleries"
    await photoshelter.fault(
        {"match": {"method": "POST", "path": path, "nth": min(nth, 3 - nth // 3 * 2)}, "action": "drop_reply"}
    )
    async with archive_on(photoshelter) as archive:
        made = await archive.ensure_folder("a/b/c", lane=LANE)
        assert await archive.ensure_folder("a/b/c", lane=LANE) == made
    assert sorted(it["name"] for it in containers(photoshelter)) == ["a", "b", "c"]
    assert any(it["fault"] for it in await photoshelter.journal())


@pytest.mark.hazard("P20")
async def test_a_folder_whose_making_never_arrived_is_made_the_next_time(photoshelter: PhotoShelterSite) -> None:
    await photoshelter.fault({"match": {"method": "POST", "path": "*/galleries"}, "action": "drop_request", "times": 1})
    async with archive_on(photoshelter) as archive:
        with pytest.raises(TryLater):
            await archive.ensure_folder("a/b", lane=LANE)
        await archive.ensure_folder("a/b", lane=LANE)
    assert sorted(it["name"] for it in containers(photoshelter)) == ["a", "b"]


async def test_what_is_made_is_private(photoshelter: PhotoShelterSite) -> None:
    await photoshelter.switch(root_visibility="everyone")
    async with photoshelter.connection(proven=ALL) as connection:
        made = await connection.archive.ensure_folder("a/b", lane=LANE)
        assert connection.audience is not None
        assert (await connection.audience.audience(made, lane=LANE)).effective is Visibility.PRIVATE
    assert {it["mode"] for it in containers(photoshelter)} == {"private"}


@pytest.mark.parametrize("unheeded", ["mode", "parent"])
async def test_a_guess_that_the_service_does_not_heed_leaves_nothing_open_and_nothing_behind(
    photoshelter: PhotoShelterSite, monkeypatch: pytest.MonkeyPatch, unheeded: str
) -> None:
    """`mode` and `parent` are INFERRED names; a service that ignores unknown ones makes an open gallery at the root."""
    await photoshelter.switch(root_visibility="everyone")
    real = parameters_of

    async def deaf(call: Any) -> Any:
        found = await real(call)
        kept = {name: found.raw(name) for name in found.names() if name != unheeded}
        return type(found)(kept)

    monkeypatch.setattr("dambridge_sim.photoshelter.v4_container_writes.parameters_of", deaf)
    await photoshelter.add("x.jpg", small_jpeg("x"), containers=["Top/Side"])
    before = [it["id"] for it in containers(photoshelter)]
    async with archive_on(photoshelter) as archive:
        for _ in range(2):
            with pytest.raises(Refused):
                await archive.ensure_folder("Top/New", lane=LANE)
    assert [it["id"] for it in containers(photoshelter)] == before


@pytest.mark.hazard("P23")
async def test_a_folder_that_a_person_spelt_in_another_form_is_found(photoshelter: PhotoShelterSite) -> None:
    composed, taken_apart = (unicodedata.normalize(it, "Été/Zürich") for it in ("NFC", "NFD"))
    await photoshelter.make_gallery(taken_apart)
    async with archive_on(photoshelter) as archive:
        assert await archive.ensure_folder(composed, lane=LANE)
    assert len(containers(photoshelter)) == 2
    assert await posts(photoshelter, "/galleries") == 0


async def test_a_folder_that_was_deleted_meanwhile_is_made_anew(photoshelter: PhotoShelterSite) -> None:
    async with archive_on(photoshelter) as archive:
        first = await archive.ensure_folder("a/b", lane=LANE)
        vendor: Any = photoshelter.served.simulator.vendor
        vendor.site.containers.delete(vendor.site.containers.get(first))
        with pytest.raises(Refused):
            await archive.deliver(first, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        second = await archive.ensure_folder("a/b", lane=LANE)
        assert second != first
        await archive.deliver(second, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)


async def test_a_folder_that_a_person_renamed_is_not_believed_for_ever(photoshelter: PhotoShelterSite) -> None:
    vendor: Any = photoshelter.served.simulator.vendor
    async with archive_on(photoshelter, paths_kept_seconds=0.05) as archive:
        first = await archive.ensure_folder("a/b", lane=LANE)
        vendor.site.containers.save({**vendor.site.containers.get(first), "name": "published"})
        await asyncio.sleep(0.06)
        assert await archive.ensure_folder("a/b", lane=LANE) != first


@pytest.mark.parametrize("path", ["", "/", "a//b", "a/ /b", f"a/{'x' * 101}"])
async def test_a_path_that_no_gallery_can_have_is_refused_before_any_call(
    photoshelter: PhotoShelterSite, path: str
) -> None:
    async with archive_on(photoshelter) as archive:
        with pytest.raises(Refused):
            await archive.ensure_folder(path, lane=LANE)
    assert await photoshelter.journal() == []


# uploads -------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P44")
@pytest.mark.parametrize(("via", "path"), UPLOADS)
async def test_a_session_that_ends_in_an_upload_puts_it_off_and_loses_nothing(
    photoshelter: PhotoShelterSite, via: str, path: str
) -> None:
    async with archive_on(photoshelter, **by(photoshelter, via)) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        await photoshelter.fault({"match": {"method": "POST", "path": path}, "action": "expire_token", "times": 1})
        with pytest.raises(TryLater, match="session had ended"):
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        assert list(await archive.contents(folder, lane=LANE)) == []
        await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        assert len(await archive.contents(folder, lane=LANE)) == 1


@pytest.mark.hazard("P44")
@pytest.mark.parametrize(("via", "path"), UPLOADS)
async def test_an_upload_over_the_rate_waits_as_long_as_it_is_told_and_is_not_repeated(
    photoshelter: PhotoShelterSite, via: str, path: str
) -> None:
    async with archive_on(photoshelter, **by(photoshelter, via)) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        rule = {"match": {"path": path}, "action": "status", "status": 429, "headers": {"retry-after": "11"}}
        await photoshelter.fault(rule)
        with pytest.raises(TryLater) as caught:
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
    assert caught.value.after == timedelta(seconds=11)
    assert await posts(photoshelter, path.lstrip("*")) == 1
    assert photoshelter.pacer.waits == [timedelta(seconds=11)]


@pytest.mark.hazard("P20")
@pytest.mark.parametrize(("via", "path"), UPLOADS)
@pytest.mark.parametrize("action", ["drop_request", "drop_reply", "truncate"])
async def test_an_upload_without_a_whole_answer_is_unclear_and_can_be_found(
    photoshelter: PhotoShelterSite, via: str, path: str, action: str
) -> None:
    async with archive_on(photoshelter, **by(photoshelter, via)) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        cut = {"bytes": 20} if action == "truncate" else {}
        await photoshelter.fault({"match": {"method": "POST", "path": path}, "action": action, "times": 1, **cut})
        with pytest.raises(Unclear):
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        standing = [it.file_name for it in await archive.contents(folder, lane=LANE)]
    assert standing == ([] if action == "drop_request" else ["1.jpg"])
    assert await posts(photoshelter, path.lstrip("*")) == 1


@pytest.mark.hazard("P05")
@pytest.mark.parametrize(("via", "path"), UPLOADS)
async def test_a_body_that_breaks_off_never_becomes_a_file(photoshelter: PhotoShelterSite, via: str, path: str) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield small_jpeg("half")[:100]
        raise TryLater("the source was cut")

    async with archive_on(photoshelter, **by(photoshelter, via)) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        for size in (None, len(small_jpeg("half"))):
            with pytest.raises((Unclear, TryLater), match="the source was cut"):
                await archive.deliver(folder, Body(size, broken), file_name="half.jpg", lane=LANE)
        assert list(await archive.contents(folder, lane=LANE)) == []


async def test_a_reply_without_an_id_is_unclear(
    photoshelter: PhotoShelterSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with archive_on(photoshelter) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        rule = {"action": "status", "status": 200, "body": {"status": "ok", "data": {}}, "times": 1}
        await photoshelter.fault({"match": {"method": "POST", "path": "*/v4.0/media"}, **rule})
        with pytest.raises(Unclear, match="Look for it"):
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)


async def test_v3_says_no_under_status_200_too(photoshelter: PhotoShelterSite) -> None:
    async with archive_on(photoshelter, **by(photoshelter, "v3")) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        body = {"status": "error", "error": {"message": "File type not allowed"}}
        rule = {"action": "status", "status": 200, "body": body, "times": 1}
        await photoshelter.fault({"match": {"path": "*/mem/image/upload"}, **rule})
        with pytest.raises(Refused, match="File type not allowed"):
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)


@pytest.mark.parametrize("via", ["v4", "v3"])
async def test_what_is_uploaded_is_not_for_the_public_to_find(photoshelter: PhotoShelterSite, via: str) -> None:
    async with archive_on(photoshelter, **by(photoshelter, via)) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        (seen,) = await archive.contents(folder, lane=LANE)
    assert seen.fields["searchable"] is False


async def test_what_v3_does_not_take_goes_by_v4(photoshelter: PhotoShelterSite) -> None:
    await photoshelter.switch(v3_upload_types="images")
    known = [str(it) for it in Guess if it not in {Guess.UPLOAD_V4, Guess.UPLOAD_V3_ANY}]
    async with archive_on(photoshelter, v3_api_key=photoshelter.v3_key, proven=known) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        await archive.deliver(folder, body_of(b"just words"), file_name="notes.txt", lane=LANE)
        kinds = {it.file_name: it.media_type for it in await archive.contents(folder, lane=LANE)}
    assert kinds == {"1.jpg": MediaType.IMAGE, "notes.txt": MediaType.DOCUMENT}
    assert (await posts(photoshelter, "/mem/image/upload"), await posts(photoshelter, "/v4.0/media")) == (1, 1)


@pytest.mark.parametrize("name", ['a"b.jpg', "a\nb.jpg", "a\rb.jpg"])
async def test_a_name_that_an_upload_cannot_carry_is_refused_before_any_call(
    photoshelter: PhotoShelterSite, name: str
) -> None:
    async with archive_on(photoshelter) as archive:
        with pytest.raises(Refused, match="Rename the file"):
            await archive.deliver(RemoteId("G0000x"), body_of(small_jpeg("1")), file_name=name, lane=LANE)
    assert await photoshelter.journal() == []


async def test_with_oauth_one_token_serves_both_versions_and_is_renewed_for_both(
    photoshelter: PhotoShelterSite,
) -> None:
    said: dict[str, Any] = {"email": None, "password": None, "oauth": await consent(photoshelter)}
    async with archive_on(photoshelter, **by(photoshelter, "v3"), **said) as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        await photoshelter.advance(timedelta(hours=5))
        with contextlib.suppress(TryLater):  # a token that ended is noticed by the first write, which did not happen
            await archive.deliver(folder, body_of(small_jpeg("2")), file_name="2.jpg", lane=LANE)
        if len(await archive.contents(folder, lane=LANE)) == 1:
            await archive.deliver(folder, body_of(small_jpeg("2")), file_name="2.jpg", lane=LANE)
        assert len(await archive.contents(folder, lane=LANE)) == 2
    assert await posts(photoshelter, "/mem/authenticate") == 0


async def test_a_wrong_key_of_v3_stops_and_never_shows(photoshelter: PhotoShelterSite) -> None:
    async with archive_on(photoshelter, upload_via="v3", v3_api_key="Wr0ngV3Key_") as archive:
        folder = await archive.ensure_folder("a", lane=LANE)
        with pytest.raises(CannotGoOn, match="v3_api_key") as caught:
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
    assert "Wr0ngV3Key_" not in str(caught.value)


@pytest.mark.hazard("P49")
async def test_nothing_that_opens_the_account_stands_in_an_address_or_an_error(
    photoshelter: PhotoShelterSite,
) -> None:
    known = photoshelter.served.credentials
    told: list[str] = []
    async with photoshelter.connection(
        proven=ALL, license_via="v3", visibility_via="v3", **by(photoshelter, "v3")
    ) as connection:
        archive = connection.archive
        folder = await archive.ensure_folder("a", lane=LANE)
        asset = await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        await connection.reader.read(asset, groups=frozenset({"base", "license"}), lane=LANE)
        await connection.finder.search("word", limit=3, lane=LANE)
        async with connection.finder.picture(asset, longest_side=100, lane=LANE):
            pass
        tokens = list(photoshelter.served.world.documents.every("session"))
        echo = {"action": "status", "status": 400, "times": 1}
        for secret in (known["api_key"], known["api_key_v3"], *tokens):
            body = {"status": "error", "error": {"message": f"bad {secret}"}, "errors": [{"id": "X", "title": secret}]}
            await photoshelter.fault({"match": {"path": "*/mem/image/upload"}, **echo, "body": body})
            with pytest.raises(Refused) as caught:
                await archive.deliver(folder, body_of(small_jpeg("2")), file_name="2.jpg", lane=LANE)
            told.append(f"{caught.value} {caught.value!r}")
    secrets = [known["api_key"], known["api_key_v3"], known["password"], *tokens]
    addresses = [f"{it['path']}?{it['query']}" for it in await photoshelter.control("GET", "journal?after=0")]
    assert (len(tokens) >= 2, len(addresses) > 15, len(told) >= 4) == (True, True, True)
    assert [(secret, text) for secret in secrets for text in (*addresses, *told) if secret in text] == []


# places and fields ---------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("path", ["*/children", "*/children/*"])
async def test_placing_whose_reply_is_lost_is_unclear_and_may_be_repeated(
    photoshelter: PhotoShelterSite, path: str
) -> None:
    async with archive_on(photoshelter) as archive:
        one, two = [await archive.ensure_folder(it, lane=LANE) for it in ("one", "two")]
        asset = await archive.deliver(one, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        method = "POST" if path == "*/children" else "DELETE"
        await photoshelter.fault({"match": {"method": method, "path": path}, "action": "drop_reply", "times": 1})
        with pytest.raises(Unclear):
            await archive.place(asset, into=two, out_of=one, lane=LANE)
        await archive.place(asset, into=two, out_of=one, lane=LANE)
        assert [it.key.remote_id for it in await archive.contents(two, lane=LANE)] == [asset]
        assert list(await archive.contents(one, lane=LANE)) == []


async def test_an_asset_never_leaves_before_it_stands_in_the_new_place(photoshelter: PhotoShelterSite) -> None:
    async with archive_on(photoshelter) as archive:
        one = await archive.ensure_folder("one", lane=LANE)
        asset = await archive.deliver(one, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        with pytest.raises(Refused):
            await archive.place(asset, into=RemoteId("G0000nowhere0001"), out_of=one, lane=LANE)
        rule = {"action": "status", "status": 200, "body": {"data": {"id": asset}}, "times": 1}
        two = await archive.ensure_folder("two", lane=LANE)
        await photoshelter.fault({"match": {"method": "POST", "path": "*/children"}, **rule})
        with pytest.raises(Unclear, match="does not show it there"):
            await archive.place(asset, into=two, out_of=one, lane=LANE)
        assert [it.key.remote_id for it in await archive.contents(one, lane=LANE)] == [asset]


@pytest.mark.hazard("P28")
async def test_a_keyword_that_would_come_apart_is_refused_and_nothing_is_written(
    photoshelter: PhotoShelterSite,
) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"), fields={"title": "before"})
    async with archive_on(photoshelter) as archive:
        with pytest.raises(Refused, match="come apart"):
            await archive.write(
                asset, attributes={"title": ("x",), "keywords": ("sea, sky",)}, name=None, file_name=None, lane=LANE
            )
        with pytest.raises(Refused, match="one value"):
            await archive.write(asset, attributes={"author": ("A", "B")}, name=None, file_name=None, lane=LANE)
        with pytest.raises(Refused, match="no field"):
            await archive.write(asset, attributes={"Colour": ("x",)}, name=None, file_name=None, lane=LANE)
        seen = (await archive.read([asset], lane=LANE))[asset]
    assert isinstance(seen, NativeRecord)
    assert seen.fields["title"] == "before"
    assert not [it for it in await photoshelter.journal() if it["method"] == "PATCH"]


async def test_a_write_that_got_half_way_is_unclear(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"))
    async with archive_on(photoshelter) as archive:
        await photoshelter.fault({"match": {"path": "*/iptc"}, "action": "status", "status": 400, "times": 1})
        with pytest.raises(Unclear, match="in part alone"):
            await archive.write(asset, attributes={"title": ("x",)}, name=None, file_name="b.jpg", lane=LANE)
        await archive.write(asset, attributes={"title": ("x",)}, name=None, file_name="b.jpg", lane=LANE)
        seen = (await archive.read([asset], lane=LANE))[asset]
    assert isinstance(seen, NativeRecord)
    assert (seen.fields["title"], seen.file_name) == ("x", "b.jpg")


async def test_rating_and_releases_are_written_and_cleared(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"))
    async with archive_on(photoshelter) as archive:
        marks = {"rating": ("4",), "model_released": ("true",), "property_released": ("false",)}
        await archive.write(asset, attributes=marks, name=None, file_name=None, lane=LANE)
        seen = (await archive.read([asset], lane=LANE))[asset]
        assert isinstance(seen, NativeRecord)
        assert {it: seen.fields[it] for it in marks} == {
            "rating": 4,
            "model_released": True,
            "property_released": False,
        }
        await archive.write(asset, attributes={"model_released": ()}, name=None, file_name=None, lane=LANE)
        seen = (await archive.read([asset], lane=LANE))[asset]
    assert isinstance(seen, NativeRecord)
    assert "model_released" not in seen.fields
    assert seen.fields["rating"] == 4


async def test_only_what_changes_is_sent(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"))
    async with archive_on(photoshelter) as archive:
        await archive.write(asset, attributes={"title": ("x",)}, name="ignored", file_name=None, lane=LANE)
    (sent,) = [it for it in await photoshelter.journal() if it["method"] == "PATCH"]
    assert sent["path"].endswith("/iptc")


async def test_trouble_with_one_of_many_is_an_error_like_any_other(photoshelter: PhotoShelterSite) -> None:
    ids = [await photoshelter.add(f"{it}.jpg", small_jpeg(str(it))) for it in range(8)]
    async with archive_on(photoshelter) as archive:
        await photoshelter.fault({"match": {"path": f"*/media/{ids[5]}"}, "action": "status", "status": 503})
        with pytest.raises(TryLater):
            await archive.read(ids, lane=LANE)
        await photoshelter.fault()
        assert list(await archive.read([*ids, ids[0]], lane=LANE)) == ids


STEPS = ["ensure", "deliver", "write", "place", "add_version", "discard"]
TROUBLE: list[dict[str, Any]] = [
    {"action": "status", "status": 500},
    {"action": "status", "status": 503, "headers": {"retry-after": "1"}},
    {"action": "drop_request"},
    {"action": "drop_reply"},
    {"action": "truncate", "bytes": 30},
    {"action": "expire_token"},
]


class _Way:
    """The way of one asset through an archive, each step looked at before it is repeated, as the engine does."""

    def __init__(self, archive: AssetArchive) -> None:
        self.archive = archive
        self.asset = RemoteId("")
        self.berth = self.final = RemoteId("")

    async def ensure(self) -> None:
        self.berth = await self.archive.ensure_folder("way/berth", lane=LANE)
        self.final = await self.archive.ensure_folder("way/final", lane=LANE)

    async def deliver(self) -> None:
        standing = await self.archive.contents(self.berth, lane=LANE)
        if standing:
            (it,) = standing
            self.asset = it.key.remote_id
        else:
            self.asset = await self.archive.deliver(self.berth, body_of(small_jpeg("v1")), file_name="1.jpg", lane=LANE)

    async def write(self) -> None:
        await self.archive.write(
            self.asset, attributes={"title": ("t",), "rating": ("3",)}, name=None, file_name="final.jpg", lane=LANE
        )

    async def place(self) -> None:
        await self.archive.place(self.asset, into=self.final, out_of=self.berth, lane=LANE)

    async def add_version(self) -> None:
        async with self.archive.original(self.asset, lane=LANE) as stream:
            now = b"".join([chunk async for chunk in stream.chunks])
        if now != small_jpeg("v2"):
            await self.archive.add_version(self.asset, body_of(small_jpeg("v2")), file_name="final.jpg", lane=LANE)

    async def discard(self) -> None:
        (it,) = await self.archive.contents(self.final, lane=LANE)
        assert (it.file_name, it.fields["title"], it.fields["rating"]) == ("final.jpg", "t", 3)
        assert it.size == len(small_jpeg("v2"))
        await self.archive.discard(self.asset, lane=LANE)


@pytest.mark.hazard("P03")
@pytest.mark.hazard("P19")
@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda it: "-".join(map(str, it.values())))
async def test_trouble_at_any_call_of_an_assets_way_leaves_one_copy(
    photoshelter: PhotoShelterSite, trouble: dict[str, Any]
) -> None:
    async def go(nth: int | None) -> tuple[int, int]:
        await photoshelter.control("POST", "reset", {})
        if nth is not None:
            await photoshelter.fault({"match": {"nth": nth, "path": "/psapi/*"}, **trouble, "times": 1})
        repeats = 0
        async with archive_on(photoshelter) as archive:
            way = _Way(archive)
            for step in STEPS:
                try:
                    await getattr(way, step)()
                except (TryLater, Unclear):
                    repeats += 1
                    if step == "discard":
                        await archive.discard(way.asset, lane=LANE)
                    else:
                        await getattr(way, step)()
        return len(await photoshelter.journal()), repeats

    calls, calm = await go(None)
    assert (calls > 30, calm) == (True, 0)
    repeated = 0
    for nth in range(1, calls - 1):
        _, repeats = await go(nth)
        repeated += repeats
        assert [(it["file_name"], it["trash"]) for it in await assets(photoshelter)] == [("final.jpg", True)]
        assert sorted(it["name"] for it in containers(photoshelter)) == ["berth", "final", "way"]
    assert repeated >= 5  # each write but those of folders, which look for themselves


# finding -------------------------------------------------------------------------------------------------------------


async def test_a_filter_that_matches_parts_finds_only_what_equals(photoshelter: PhotoShelterSite) -> None:
    exact = await photoshelter.add("a.jpg", small_jpeg("a"), fields={"trans_ref": "JOB-1"})
    await photoshelter.add("b.jpg", small_jpeg("b"), fields={"trans_ref": "JOB-12"})
    tagged = await photoshelter.add("c.jpg", small_jpeg("c"), custom={"permit": "P-1"}, fields={"headline": "Dawn run"})
    async with archive_on(photoshelter, custom_fields={"permit": {"opt_p_1": "P-1"}}) as archive:
        assert await archive.find("trans_ref", "JOB-1", lane=LANE) == [exact]
        assert await archive.find("headline", "Dawn run", lane=LANE) == [tagged]
        assert await archive.find("headline", "Dawn", lane=LANE) == []
        assert await archive.find("custom.permit", "P-1", lane=LANE) == [tagged]
        assert await archive.find("file_name", "a.jpg", lane=LANE) == [exact]
        with pytest.raises(Refused, match="no option"):
            await archive.find("custom.permit", "P-2", lane=LANE)


async def test_a_filter_that_the_service_leaves_out_is_noticed(photoshelter: PhotoShelterSite) -> None:
    for number in range(60):
        await photoshelter.add(f"{number}.jpg", small_jpeg(str(number)))
    async with archive_on(photoshelter) as archive:
        with pytest.raises(Refused, match="its filter is none"):
            await archive.find("ci_email", "press@acme.example", lane=LANE)
    assert len(await photoshelter.journal()) < 10


# whose session it is -------------------------------------------------------------------------------------------------


def other_organisation(site: PhotoShelterSite) -> str:
    """The service user belongs to a second organisation; its id."""
    vendor: Any = site.served.simulator.vendor
    known = site.served.credentials
    user = {"email": known["email"], "password": known["password"], "role": "admin", "organization": "Other Pictures"}
    vendor.load_library(Library(users=[user]))
    return str(vendor.site.accounts.organization("Other Pictures")["id"])


def take_over(site: PhotoShelterSite, org_id: str) -> None:
    """Another sign-in takes every session of the user into another organisation."""
    vendor: Any = site.served.simulator.vendor
    for token in list(site.served.world.documents.every("session")):
        vendor.site.accounts.enter(token, org_id)


@pytest.mark.hazard("P01")
@pytest.mark.parametrize("via", ["v4", "v3"])
async def test_a_session_that_was_taken_over_comes_back_and_nothing_goes_astray(
    photoshelter: PhotoShelterSite, via: str
) -> None:
    other = other_organisation(photoshelter)
    asset = await photoshelter.add("a.jpg", small_jpeg("a"), containers=["Home/Gallery"])
    async with photoshelter.connection(proven=ALL, **by(photoshelter, via)) as connection:
        archive, reader = connection.archive, connection.reader
        folder = await archive.ensure_folder("Home/Gallery", lane=LANE)
        await archive.deliver(folder, body_of(small_jpeg("first")), file_name="first.jpg", lane=LANE)

        take_over(photoshelter, other)
        assert isinstance(await reader.read(asset, groups=frozenset({"base"}), lane=LANE), NativeRecord)
        take_over(photoshelter, other)
        with pytest.raises(TryLater, match="another organisation"):
            await archive.deliver(folder, body_of(small_jpeg("second")), file_name="second.jpg", lane=LANE)
        await archive.deliver(folder, body_of(small_jpeg("second")), file_name="second.jpg", lane=LANE)
        take_over(photoshelter, other)
        with pytest.raises(TryLater, match="another organisation"):
            await archive.ensure_folder("New/Gallery", lane=LANE)
        await archive.ensure_folder("New/Gallery", lane=LANE)
        take_over(photoshelter, other)
        assert {it.path async for it in reader.containers(lane=LANE)} == {"Home/Gallery", "New/Gallery"}
    vendor: Any = photoshelter.served.simulator.vendor
    assert vendor.site.containers.of_type(other, "gallery") == []
    assert {it["file_name"] for it in await assets(photoshelter)} == {"a.jpg", "first.jpg", "second.jpg"}


async def test_two_organisations_of_one_user_do_not_disturb_each_other(photoshelter: PhotoShelterSite) -> None:
    other = other_organisation(photoshelter)
    async with archive_on(photoshelter) as here, archive_on(photoshelter, org_id=other) as there:
        for number in range(3):
            for archive in (here, there):
                folder = await archive.ensure_folder(f"Same/Name {number}", lane=LANE)
                content = small_jpeg(f"{number} {archive is here}")
                await archive.deliver(folder, body_of(content), file_name=f"{number}.jpg", lane=LANE)
                assert len(await archive.contents(folder, lane=LANE)) == 1
    assert await posts(photoshelter, "/authenticate") == 2 + 2  # in, and into the organisation, once each


@pytest.mark.parametrize("via", ["v4", "v3"])
async def test_a_user_who_may_not_write_is_refused_and_not_put_off_for_ever(
    photoshelter: PhotoShelterSite, via: str
) -> None:
    asset = await photoshelter.add("a.jpg", small_jpeg("a"), containers=["Home"])
    async with archive_on(photoshelter, **by(photoshelter, via)) as archive:
        folder = await archive.ensure_folder("Home", lane=LANE)
        vendor: Any = photoshelter.served.simulator.vendor
        known = photoshelter.served.credentials
        vendor.site.accounts.add_user(known["email"], known["password"], "Lee", "tagger", "Acme Pictures")
        with pytest.raises(Refused):
            await archive.deliver(folder, body_of(small_jpeg("1")), file_name="1.jpg", lane=LANE)
        with pytest.raises(Refused):
            await archive.discard(asset, lane=LANE)


# what is declared ----------------------------------------------------------------------------------------------------


async def test_what_nobody_confirms_is_unproven_until_the_options_say_otherwise(
    photoshelter: PhotoShelterSite,
) -> None:
    async with photoshelter.connection() as connection:
        can = connection.archive.capabilities
        assert set(can.deliver.values()) == {Proof.UNPROVEN}
        cells = (can.write_attributes, can.take_out, can.discard, can.discard_recoverable, can.rename, can.folders)
        assert {*cells, can.versions, connection.reader.capabilities.byte_ranges} == {Proof.UNPROVEN}
    async with photoshelter.connection(v3_api_key=photoshelter.v3_key) as connection:
        deliver = connection.archive.capabilities.deliver
        assert {kind for kind, proof in deliver.items() if proof.usable} == {MediaType.IMAGE, MediaType.RAW}
    async with photoshelter.connection(proven=["upload_v4", "write_iptc"], custom_fields={"f": {}}) as connection:
        can = connection.archive.capabilities
        assert set(can.deliver.values()) == {Proof.PROVEN}
        assert can.may_write("caption", MediaType.IMAGE) is Proof.PROVEN
        assert (can.may_write("custom.f", MediaType.IMAGE), can.may_write("rating", MediaType.IMAGE)) == (
            Proof.UNPROVEN,
            Proof.UNPROVEN,
        )
    assert await photoshelter.journal() == []


@pytest.mark.parametrize(
    ("guess", "cell"),
    [
        (Guess.FOLDERS, "folders"),
        (Guess.WRITE_IPTC, "write_attributes"),
        (Guess.WRITE_MEDIA, "rename"),
        (Guess.VERSIONS, "versions"),
        (Guess.PLACES, "take_out"),
        (Guess.DISCARD, "discard"),
    ],
)
async def test_each_proof_opens_its_own_cell_and_no_other(
    photoshelter: PhotoShelterSite, guess: Guess, cell: str
) -> None:
    async with photoshelter.connection() as nothing, photoshelter.connection(proven=[guess]) as one:
        before, after = nothing.archive.capabilities.to_json(), one.archive.capabilities.to_json()
    assert {name for name in after if after[name] != before[name]} - {"discard_recoverable", "fields"} == {cell}
    assert after[cell] == "proven"
