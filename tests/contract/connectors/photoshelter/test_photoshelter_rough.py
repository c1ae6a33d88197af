"""Every kind of call of the PhotoShelter connector under every kind of trouble that is not the asset's: each a clear error
that names the next move, nothing lost, no secret shown, and all well again once the trouble has passed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.connectors.kit import Retries
from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing, NativeRecord
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader, Window
from dambridge.testing.archive_samples import small_jpeg
from support.canaries import everything_of, secrets_in
from support.gateway import GIB, URL_KEY, Gateway, gateway

from .consent import consent

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite

LANE = Lane.NORMAL
ALL = frozenset({"base", "iptc", "custom", "containers"})
EVER = Window(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
NEXT_STEP = re.compile(
    r"safe to try again|Check|write the address|Give the service user|new one is made|Nothing happened"
)
TWICE = Retries(attempts=2)


@dataclass
class Scene:
    """A library with a picture and a paper in it, behind a gateway."""

    site: PhotoShelterSite
    gate: Gateway
    picture: RemoteId
    paper: RemoteId

    async def state(self) -> Any:
        return await self.site.control("GET", "state")

    def secrets(self) -> list[str]:
        said = self.site.served.credentials
        tokens = list(self.site.served.world.documents.every("session"))
        return [str(said["api_key"]), str(said["password"]), URL_KEY, *tokens]


@pytest.fixture
async def scene(photoshelter: PhotoShelterSite) -> AsyncIterator[Scene]:
    picture = await photoshelter.add("a.jpg", small_jpeg("a"), containers=["X/Y"], fields={"caption": "c"})
    paper = await photoshelter.add("b.pdf", b"%PDF-1.7\n%%EOF\n", containers=["X/Y"])
    async with gateway(photoshelter.served.url) as gate:
        yield Scene(photoshelter, gate, picture, paper)


async def listed(pages: AsyncIterator[Any]) -> set[Any]:
    return {it.remote_id async for page in pages for it in page.sightings}


async def _members(reader: AssetReader, scene: Scene) -> Any:
    (container,) = [it async for it in reader.containers(lane=LANE)]
    return await listed(reader.members(container.id, lane=LANE))


async def _containers(reader: AssetReader, scene: Scene) -> Any:
    return [it.path async for it in reader.containers(lane=LANE)]


async def _original(reader: AssetReader, scene: Scene) -> Any:
    async with reader.original(scene.picture, lane=LANE) as stream:
        return b"".join([it async for it in stream.chunks])


Do = Callable[[AssetReader, Scene], Awaitable[Any]]
CALLS: dict[str, tuple[str, Do]] = {
    "sign in": ("/psapi/v4.0/authenticate", lambda reader, _: reader.whoami()),
    "enter": ("*/organization/authenticate", lambda reader, _: reader.whoami()),
    "session": ("*/user/session", lambda reader, _: reader.whoami()),
    "changed": ("/psapi/v4.0/media", lambda reader, _: listed(reader.changed(EVER, lane=LANE))),
    "everything": ("*/search", lambda reader, _: listed(reader.everything(lane=LANE))),
    "library": ("*/library", _containers),
    "collection": ("*/collections/*/children", _containers),
    "members": ("*/galleries/*/children", _members),
    "record": ("*/media/I0*", lambda reader, it: reader.read(it.picture, groups=frozenset({"base"}), lane=LANE)),
    "custom": ("*/custom-metadata", lambda reader, it: reader.read(it.picture, groups=ALL, lane=LANE)),
    "technical": ("*/media/*/metadata", lambda reader, it: reader.read(it.paper, groups=ALL, lane=LANE)),
    "places": ("*/media/*/galleries", lambda reader, it: reader.read(it.picture, groups=ALL, lane=LANE)),
    "original": ("*/download", _original),
}
SIGNING_IN = {"sign in", "enter"}
TROUBLES = {
    "maintenance, 503": TryLater,
    "maintenance, 200": TryLater,
    "words": TryLater,
    "half a document": TryLater,
    "nested deeply": TryLater,
    "a gigabyte": TryLater,
    "a gigabyte, announced": TryLater,
    "redirect": CannotGoOn,
}
NOT_FOR_FILES = {"words", "half a document", "nested deeply", "a gigabyte", "a gigabyte, announced"}
"""An original may be any bytes of any length; that it is not the one recorded is seen by whoever knows its record."""
CASES = [
    pytest.param(call, trouble, id=f"{call}: {trouble}")
    for call in CALLS
    for trouble in TROUBLES
    if call != "original" or trouble not in NOT_FOR_FILES
]


@pytest.mark.hazard("P03")
@pytest.mark.hazard("P49")
@pytest.mark.parametrize(("call", "trouble"), CASES)
async def test_each_trouble_at_each_call(
    scene: Scene, caplog: pytest.LogCaptureFixture, call: str, trouble: str
) -> None:
    caplog.set_level("DEBUG")
    where, do = CALLS[call]
    async with scene.site.reader(base_url=scene.gate.url, retries=TWICE) as reader:
        if call not in SIGNING_IN:
            await reader.whoami()
        before = await scene.state()
        scene.gate.strike(trouble, where)
        with pytest.raises(NextMove) as caught:
            await do(reader, scene)
        wanted = TryLater if (call, trouble) == ("original", "redirect") else TROUBLES[trouble]
        assert type(caught.value) is wanted
        said = str(caught.value)
        assert said.startswith("Could not ")
        assert scene.gate.url in said
        assert NEXT_STEP.search(said), said
        assert ("maintained" in said) == (trouble.startswith("maintenance") or call == "original")
        if trouble.startswith("a gigabyte"):
            assert "far larger" in said
            assert scene.gate.struck == 1, "it is not asked for again at once"
            assert scene.gate.sent < GIB / 4, "reading stopped"
        if trouble == "redirect":
            assert not secrets_in([f"{dict(it.headers)}" for it in scene.gate.strangers], scene.secrets())
        texts = [*everything_of(caught.value), repr(reader), *(it.getMessage() for it in caplog.records)]
        assert not secrets_in(texts, scene.secrets())
        scene.gate.calm()
        assert await do(reader, scene)
        assert await scene.state() == before


@pytest.mark.hazard("P03")
@pytest.mark.parametrize(
    ("call", "trouble"),
    [
        (call, trouble)
        for call in CALLS
        for trouble in ("maintenance, 503", "maintenance, 200", "words")
        if call != "original" or trouble not in NOT_FOR_FILES
    ],
)
async def test_trouble_that_passes_while_a_call_is_repeated_is_not_even_seen(
    scene: Scene, call: str, trouble: str
) -> None:
    where, do = CALLS[call]
    async with scene.site.reader(base_url=scene.gate.url) as reader:
        scene.gate.strike(trouble, where, times=2)
        assert await do(reader, scene)
        assert scene.gate.struck == 2


def refusal(error: str, status: int) -> dict[str, Any]:
    body = {"errors": [{"id": error, "status": str(status), "title": "No", "detail": "Not for you."}]}
    return {"action": "status", "status": status, "body": body}


@pytest.mark.hazard("P03")
@pytest.mark.hazard("P49")
@pytest.mark.parametrize("call", CALLS)
async def test_a_key_that_is_withdrawn_stops_the_run_and_says_where_to_get_one(scene: Scene, call: str) -> None:
    where, do = CALLS[call]
    async with scene.site.reader() as reader:
        if call not in SIGNING_IN:
            await reader.whoami()
        await scene.site.fault({"match": {"path": where}, **refusal("ApiKeyInvalidException", 403)})
        with pytest.raises(CannotGoOn, match="api_key") as caught:
            await do(reader, scene)
        assert not secrets_in(everything_of(caught.value), scene.secrets())
        await scene.site.fault()
        assert await do(reader, scene)


async def test_a_wrong_key_is_told_before_anything_else(scene: Scene) -> None:
    async with scene.site.reader(api_key="canary-wrong-key") as reader:
        for _, do in CALLS.values():
            with pytest.raises(CannotGoOn, match="api_key") as caught:
                await do(reader, scene)
            assert not secrets_in(everything_of(caught.value), ["canary-wrong-key", *scene.secrets()])


@pytest.mark.hazard("P03")
@pytest.mark.parametrize("call", CALLS)
async def test_a_user_without_rights_is_refused_and_told_what_to_ask_for(scene: Scene, call: str) -> None:
    where, do = CALLS[call]
    async with scene.site.reader() as reader:
        if call not in SIGNING_IN:
            await reader.whoami()
        await scene.site.fault({"match": {"path": where}, **refusal("AcsPermissionException", 401)})
        if call == "record":
            seen = await do(reader, scene)
            assert isinstance(seen, Missing)
            assert seen.absence is Absence.HIDDEN
        else:
            with pytest.raises(CannotGoOn if call in SIGNING_IN else Refused, match=r"Check|Give") as caught:
                await do(reader, scene)
            assert not secrets_in(everything_of(caught.value), scene.secrets())
        await scene.site.fault()
        assert await do(reader, scene)


@pytest.mark.hazard("P44")
@pytest.mark.parametrize("call", [it for it in CALLS if it != "sign in"])
async def test_a_session_that_ends_at_any_call_is_made_anew(scene: Scene, call: str) -> None:
    where, do = CALLS[call]
    async with scene.site.reader() as reader:
        await reader.whoami()
        calm = await do(reader, scene)
        await scene.site.fault({"match": {"path": where}, "action": "expire_token", "times": 1})
        assert await do(reader, scene) == calm


@pytest.mark.hazard("P44")
async def test_a_429_on_the_sign_in_that_an_ended_session_asks_for_is_waited_out(scene: Scene) -> None:
    async with scene.site.reader() as reader:
        await reader.whoami()
        slow = {"action": "status", "status": 429, "headers": {"retry-after": "11"}, "times": 2}
        await scene.site.fault(
            {"match": {"path": "*/download"}, "action": "expire_token", "times": 1},
            {"match": {"path": "*/authenticate"}, **slow},
        )
        assert await _original(reader, scene) == small_jpeg("a")
    assert scene.site.pacer.waits == [timedelta(seconds=11)] * 2


@pytest.mark.parametrize("call", [it for it in CALLS if it not in SIGNING_IN])
async def test_a_session_that_another_program_moved_brings_nothing_of_the_other_organisation(
    scene: Scene, call: str
) -> None:
    accounts = scene.site.served.simulator.vendor.site.accounts  # type: ignore[attr-defined]
    email = str(scene.site.served.credentials["email"])
    password = str(scene.site.served.credentials["password"])
    accounts.add_user(email, password, "Librarian", "admin", "Other House")
    other = accounts.organization("Other House")["id"]
    foreign = await scene.site.control(
        "POST",
        "assets",
        scene.site._form(
            {"file_name": "z.jpg", "containers": ["Foreign"], "organization": "Other House"}, small_jpeg("z")
        ),
    )
    _, do = CALLS[call]
    async with scene.site.reader() as reader:
        await reader.whoami()
        calm = await do(reader, scene)
        for token in scene.site.served.world.documents.every("session"):
            accounts.enter(token, other)
        seen = await do(reader, scene)
        assert foreign["id"] not in str(seen)
        assert "Foreign" not in str(seen)
        assert seen == calm
        assert await do(reader, scene) == calm
        assert isinstance(await reader.read(scene.picture, groups=ALL, lane=LANE), NativeRecord)


# OAuth ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def agreed(scene: Scene) -> dict[str, Any]:
    """The options of an account into which a person's consent lets us."""
    return {"email": None, "password": None, "oauth": await consent(scene.site)}


@pytest.mark.hazard("P03")
@pytest.mark.hazard("P49")
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_each_trouble_at_the_renewal_of_an_oauth_session(
    scene: Scene, agreed: dict[str, Any], trouble: str
) -> None:
    async with scene.site.reader(base_url=scene.gate.url, retries=TWICE, **agreed) as reader:
        scene.gate.strike(trouble, "*/oauth/token")
        with pytest.raises(TROUBLES[trouble], match="renew the OAuth session") as caught:
            await reader.whoami()
        assert NEXT_STEP.search(str(caught.value))
        assert not secrets_in(
            everything_of(caught.value),
            [agreed["oauth"]["client_secret"], agreed["oauth"]["refresh_token"], *scene.secrets()],
        )
        scene.gate.calm()
        assert (await reader.whoami()).person


@pytest.mark.hazard("P44")
@pytest.mark.parametrize("call", [it for it in CALLS if it != "sign in"])
async def test_an_oauth_session_that_ends_at_any_call_is_renewed_and_a_429_on_the_way_waited_out(
    scene: Scene, agreed: dict[str, Any], call: str
) -> None:
    where, do = CALLS[call]
    async with scene.site.reader(**agreed) as reader:
        await reader.whoami()
        calm = await do(reader, scene)
        slow = {"action": "status", "status": 429, "headers": {"retry-after": "3"}, "times": 1}
        await scene.site.fault(
            {"match": {"path": where}, "action": "expire_token", "times": 1},
            {"match": {"path": "*/oauth/token"}, **slow},
        )
        assert await do(reader, scene) == calm
