"""The prober finds what each switch of the simulator stands at, and leaves nothing behind.

The oracle is `POSITIONS`: which finding tells which switch, written from the switches' own meaning and not from the prober.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from pydantic import Field, SecretStr

from dambridge.connectors.kit import Http, Retries
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.probing import PhotoShelterProber
from dambridge.connectors.photoshelter.probing.samples import KINDS, sample
from dambridge.model.identity import AccountId
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Prober, Standing
from dambridge_sim.photoshelter.switches import SWITCHES
from support.pictures import picture

Findings = Mapping[str, Finding]
Switches = Mapping[str, Any]

PREFIX = "dambridge-probe-"
DECLARED = {it.name: it for it in SWITCHES}
QUICK, LONG = 20, 400
ZONES = {"America/New_York": {-300, -240}, "Europe/London": {0, 60}, "Asia/Kolkata": {330}, "UTC": {0}}


class _WithV3(PhotoShelterOptions):
    v3_api_key: Annotated[SecretStr | None, Field(description="The key for API v3.")] = None


# the oracle ---------------------------------------------------------------------------------------------------------


def value(name: str) -> Callable[[Findings], Any]:
    return lambda found: found[name].value


def part(name: str, *keys: str) -> Callable[[Findings], Any]:
    def look(found: Findings) -> Any:
        inner = found[name].value
        for key in keys:
            inner = inner[key]
        return inner

    return look


def same(position: Any, found: Any, _: Switches) -> bool:
    return bool(position == found)


def filtering(position: Any, found: Any, _: Switches) -> bool:
    return bool(found == ("filters" if position else "ignored"))


def within(position: Any, found: Any, _: Switches) -> bool:
    """Between the last look that did not see it and the first that did; a second for the calls themselves."""
    seen = found["seen"]
    return bool(found["not_before"] <= position + 1 and (position <= seen + 1 if seen is not None else position >= 299))


def kinds(position: Any, found: Any, _: Switches) -> bool:
    wanted = {it.value for it in KINDS} if position == "any" else {"image"}
    return {kind for kind, how in found.items() if how == "works"} == wanted


def shapes(position: Any, found: Any, _: Switches) -> bool:
    """Where words are taken, an option's id may pass for one too."""
    taken = {shape for shape, works in found.items() if works}
    return taken - ({"option_ids"} if position == "values" else set()) == {position} - {"absent"}


@dataclass(frozen=True)
class Position:
    """Which finding tells a switch, how they compare, among which positions, and when it can be told at all."""

    finding: str
    look: Callable[[Findings], Any]
    fits: Callable[[Any, Any, Switches], bool] = same
    among: tuple[Any, ...] = (True, False)
    when: Callable[[Switches], bool] = lambda _: True


def on(name: str, position: Any = True) -> Callable[[Switches], bool]:
    """Whether a switch, or its default where it does not exist yet, stands so."""
    return lambda switches: switches.get(name, position) == position


def edits(switches: Switches) -> bool:
    return bool(switches.get("iptc_write", "present") == "present")


POSITIONS: Mapping[str, Position] = {
    "index_lag_s": Position("search.lag", value("search.lag"), within, (0.0, 3.0, 20.0, 150.0, 900.0)),
    "iptc_moves_modified": Position("modified.caption", value("modified.caption"), when=edits),
    "custom_moves_modified": Position(
        "modified.custom", value("modified.custom"), when=lambda it: it.get("custom_metadata_write") != "absent"
    ),
    "rating_moves_modified": Position("modified.rating", value("modified.rating")),
    "membership_moves_modified": Position("modified.membership", value("modified.membership")),
    "membership_moves_container": Position("modified.container", value("modified.container")),
    "before_organization": Position(
        "before_organization", value("before_organization"), among=("unauthorized", "empty")
    ),
    "keywords_form": Position("iptc.keywords", value("iptc.keywords"), among=("text", "list")),
    "embed_by_default": Position("download.embeds", value("download.embeds")),
    "download_ranges": Position("download.ranges", value("download.ranges")),
    "upload_reads_metadata": Position("upload.metadata", value("upload.metadata")),
    "v3_upload_types": Position("upload.v3", part("upload.v3", "kinds"), kinds, ("any", "images")),
    "version_active_on_create": Position(
        "versions.write", part("versions.write", "active_at_once"), when=on("versions")
    ),
    # Switches that may not be there yet.
    "account_time_zone": Position("time_zone", value("time_zone"), among=tuple(ZONES)),
    "container_times": Position(
        "container.zone",
        value("container.zone"),
        lambda position, found, it: (
            found in (ZONES[it.get("account_time_zone", "UTC")] if position == "account" else {0})
        ),
        ("utc", "account"),
    ),
    "media_time_names": Position(
        "media.time_names",
        lambda found: {name for names in found["media.time_names"].value.values() for name in names},
        lambda position, found, _: (
            found
            == {
                "all": {"uploaded_at", "updated_at", "created_at", "modified_at"},
                "uploaded_updated": {"uploaded_at", "updated_at"},
                "created_modified": {"created_at", "modified_at"},
            }[position]
        ),
        ("all", "uploaded_updated", "created_modified"),
    ),
    "errors_form": Position("errors_form", value("errors_form"), among=("array", "object")),
    "v3_numbers": Position("v3_numbers", value("v3_numbers"), among=("numbers", "strings")),
    "path_order": Position("container.path_order", value("container.path_order"), among=("leaf_first", "root_first")),
    "hash_present": Position("media.hash", part("media.hash", "document")),
    "search_item_type": Position("search.hit_type", value("search.hit_type"), among=("live", "media")),
    "media_modified_window": Position("media.window", value("media.window"), filtering),
    "search_filters": Position(
        "search.window",
        lambda found: (found["search.window"].value, found["search.filters"].value),
        lambda position, found, _: (
            found
            == {
                "all": ("filters", "filters"),
                "no_modified_window": ("ignored", "filters"),
                "none": ("ignored", "ignored"),
            }[position]
        ),
        ("all", "no_modified_window", "none"),
    ),
    "v4_license": Position("license.v4", part("license.v4", "present")),
    "license_format": Position(
        "license.v3", part("license.v3", "format"), among=("media", "date", "epoch", "container")
    ),
    "iptc_write": Position(
        "iptc.write",
        lambda found: "present" if any(found["iptc.write"].value["forms"].values()) else "absent",
        among=("present", "absent"),
    ),
    "patch_body": Position(
        "iptc.write",
        part("iptc.write", "forms"),
        lambda position, found, _: (
            {name for name, works in found.items() if works}
            == ({"form", "json", "query"} if position == "any" else {position})
        ),
        ("any", "form", "json", "query"),
        when=edits,
    ),
    "custom_metadata_write": Position(
        "custom.write", part("custom.write", "shapes"), shapes, ("option_ids", "values", "flat", "absent")
    ),
    "v4_visibility_write": Position("visibility.v4", value("visibility.v4")),
    "v3_visibility_write": Position("visibility.v3", value("visibility.v3")),
    "v4_upload": Position(
        "upload.v4",
        lambda found: found["upload.v4"].value["kinds"]["image"] == "works",
    ),
    "v4_upload_file": Position(
        "upload.v4",
        lambda found: found["upload.v4"].value["form"][0].split(", ")[0],
        among=("file", "media"),
        when=on("v4_upload"),
    ),
    "v4_upload_gallery": Position(
        "upload.v4",
        lambda found: found["upload.v4"].value["form"][0].split(", ")[1],
        among=("gallery_id", "parent_id"),
        when=on("v4_upload"),
    ),
    "v4_upload_types": Position(
        "upload.v4", part("upload.v4", "kinds"), kinds, ("any", "images"), when=on("v4_upload")
    ),
    "upload_processing_s": Position("upload.processing", value("upload.processing"), within, (0.0, 4.0, 45.0)),
    "versions": Position("versions.write", part("versions.write", "present")),
}
TOLD = {name: it for name, it in POSITIONS.items() if name in DECLARED}
"""Those whose switch the simulator has."""


def positions(seed: int) -> dict[str, Any]:
    """A position for each switch, the same for the same seed."""
    chance = random.Random(seed)
    return {name: chance.choice(it.among) for name, it in sorted(TOLD.items())}


# the probe ----------------------------------------------------------------------------------------------------------


@dataclass
class Probe:
    """One prober on one site; time passes for both by waiting alone."""

    site: Any
    prober: Prober
    passed: float = 0.0
    found: dict[str, Finding] = field(default_factory=dict)

    async def run(self, *, write: bool, only: Callable[[str], bool] = lambda _: True) -> Findings:
        """Ask as the engine does: all questions in order, those that write only with leave."""
        if write:
            assert (await self.prober.open_scratch(lane=Lane.NORMAL)).startswith(PREFIX)
        for question in self.prober.questions():
            if only(question.id) and (write or not question.mutations):
                self.found[question.id] = await self.prober.ask(question, self.found, lane=Lane.NORMAL)
        return self.found


@asynccontextmanager
async def probing(site: Any, *, v3: bool = True, **more: Any) -> AsyncIterator[Probe]:
    said = site.options(**more).model_dump()
    key = SecretStr(site.served.credentials["api_key_v3"]) if v3 else None
    options = _WithV3.model_validate({**said, "v3_api_key": key})

    async def rest(seconds: float) -> None:
        probe.passed += seconds
        await site.advance(timedelta(seconds=seconds))

    async def no_rest(seconds: float) -> None:
        return None

    async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
        client = PhotoShelterClient(
            options, account=AccountId("agency"), pacer=site.pacer, http=http, retries=Retries(attempts=2)
        )
        probe = Probe(site, PhotoShelterProber(client, options, sleep=rest, monotonic=lambda: probe.passed))
        yield probe
        await client.sign_out()


async def stock(site: Any) -> None:
    """A small library as people would have filled it."""
    await site.control("POST", "reset", {})
    keywords = {"keywords": ["harbour", "dawn"], "caption": "A boat", "credit": "Riverbend"}
    meta = {"metadata": keywords, "custom": {"permit_no": "P-118"}, "license_expires": "2031-05-01T00:00:00Z"}
    form = {"file_name": "boat.jpg", "containers": ["Sport/Match"], **meta}
    await site.control("POST", "assets", site._form(form, picture(1)))
    await site.add("plain.jpg", picture(2), containers=["Sport/Training"])
    for kind in (MediaType.DOCUMENT, MediaType.AUDIO, MediaType.VIDEO):
        made = sample(kind, f"library-{kind}")
        await site.add(made.file_name, made.content, containers=["Sport/Match"])
    await site.advance(timedelta(days=3))


async def containers(site: Any) -> list[tuple[str, str]]:
    """Names and modes of everything in the library, as the librarian sees it."""
    async with probing(site) as probe:
        calls = probe.prober._client  # type: ignore[attr-defined]
        found = []
        for plural in ("collections", "galleries"):
            query = {"page": "1", "per_page": "500"}
            page = await calls.page(f"/{plural}", about="look", lane=Lane.NORMAL, query=query)
            for it in page.items:
                shown = await calls.item(f"/{plural}/{it.id}/permissions", about="look", lane=Lane.NORMAL)
                found.append((str(it.attributes["name"]), str(shown.attributes["mode"])))
        return sorted(found)


async def library(site: Any) -> list[Mapping[str, Any]]:
    """Every asset but what a probe left in the trash."""
    state = await site.control("GET", "state")
    return [it for it in state if not (it["file_name"].startswith(PREFIX) and gone(it))]


def gone(asset: Mapping[str, Any]) -> bool:
    return bool(asset["trash"])


async def exercise(site: Any, switches: Switches) -> Findings:
    """Probe with these positions, clean up, and see that nothing is left; the findings."""
    await stock(site)
    before, stood = await library(site), await containers(site)
    await site.switch(**switches)
    async with probing(site) as probe:
        found = dict(await probe.run(write=True))
        left = await probe.prober.clean_up(lane=Lane.NORMAL)
    await site.switch(index_lag_s=0.0)
    assert list(left) == []
    assert await library(site) == before
    assert await containers(site) == stood
    return found


def compared(found: Findings, switches: Switches) -> int:
    """Hold every finding that can be had against its switch; how many were compared."""
    count = 0
    for name, it in TOLD.items():
        finding = found[it.finding]
        if not it.when(switches):
            continue
        assert finding.standing is Standing.ANSWERED, (name, switches[name], finding.told, dict(switches))
        assert it.fits(switches[name], it.look(found), switches), (name, switches[name], finding, dict(switches))
        count += 1
    return count


class TestPositions:
    async def test_every_switch_is_found_in_its_default_position(self, photoshelter: Any) -> None:
        switches = {name: DECLARED[name].default for name in TOLD}
        found = await exercise(photoshelter, switches)
        assert compared(found, switches) >= 13
        answered = [it for it in found.values() if it.standing is Standing.ANSWERED]
        assert len(answered) >= 45

    @pytest.mark.parametrize("start", range(0, QUICK, 10))
    async def test_random_positions_are_found_exactly(self, photoshelter: Any, start: int) -> None:
        count = 0
        for seed in range(start, start + 10):
            switches = positions(seed)
            count += compared(await exercise(photoshelter, switches), switches)
        assert count >= 10 * 12

    def test_the_random_positions_meet_every_position(self) -> None:
        for name, it in TOLD.items():
            assert {positions(seed)[name] for seed in range(QUICK)} == set(it.among), name

    @pytest.mark.long
    @pytest.mark.timeout(3600)
    async def test_many_more_random_positions(self, photoshelter: Any) -> None:
        for seed in range(QUICK, LONG):
            switches = positions(seed)
            assert compared(await exercise(photoshelter, switches), switches) >= 10


class TestReading:
    async def test_without_leave_to_write_nothing_is_changed(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        state, seen = await photoshelter.control("GET", "state"), len(await photoshelter.journal())
        async with probing(photoshelter) as probe:
            found = await probe.run(write=False)
        calls = (await photoshelter.journal())[seen:]
        assert len(calls) >= 60
        assert [it for it in calls if it["changed"] and "authenticate" not in it["path"]] == []
        assert await photoshelter.control("GET", "state") == state
        assert len([it for it in found.values() if it.standing is Standing.ANSWERED]) >= 22

    async def test_what_writes_stays_open_without_a_scratch_container(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter) as probe:
            writing = [it for it in probe.prober.questions() if it.mutations]
            ends = {it.id: await probe.prober.ask(it, {}, lane=Lane.NORMAL) for it in writing}
            assert all("scratch" in it.told for it in ends.values())
        assert len(ends) >= 20
        assert {it.standing for it in ends.values()} == {Standing.UNANSWERED}
        assert all(it.sets_off and it.cleaned_up for question in writing for it in question.mutations)

    async def test_an_empty_library_leaves_questions_open_until_the_probe_has_brought_files(
        self, photoshelter: Any
    ) -> None:
        async with probing(photoshelter) as probe:
            found = dict(await probe.run(write=True))
            asked = {it.id: it for it in probe.prober.questions()}
            reads = ("media.time_names", "media.hash", "download.ranges", "download.originals", "media.window")
            assert {found[it].standing for it in reads} == {Standing.UNANSWERED}
            again = {it: await probe.prober.ask(asked[it], found, lane=Lane.NORMAL) for it in reads}
            assert {it.standing for it in again.values()} == {Standing.ANSWERED}
            assert list(await probe.prober.clean_up(lane=Lane.NORMAL)) == []
        assert found["upload.v4"].standing is Standing.ANSWERED
        assert await library(photoshelter) == []

    async def test_the_limits_are_shown_where_the_account_shows_them(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        await photoshelter.control("POST", "traffic", {"rate_per_s": 500, "burst": 5000})
        for shown in (True, False):
            await photoshelter.switch(rate_limit_in_meta=shown)
            async with probing(photoshelter) as probe:
                found = (await probe.run(write=False, only=lambda it: it == "rate_limit"))["rate_limit"]
            assert found.value == ({"shown": True, "limit": 5000} if shown else {"shown": False})

    async def test_without_a_key_for_v3_its_questions_stay_open(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter, v3=False) as probe:
            found = await probe.run(write=True)
            await probe.prober.clean_up(lane=Lane.NORMAL)
        asked = {name for name, it in found.items() if "v3_api_key" in it.told}
        assert asked == {"time_zone", "v3_numbers", "license.v3", "workspaces", "review", "upload.v3", "visibility.v3"}
        assert {found[it].standing for it in asked} == {Standing.UNANSWERED}
        assert found["upload.route"].value["image"] == "v4"

    async def test_every_cell_is_a_capability_and_has_one_finding(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter) as probe:
            found = await probe.run(write=True)
            await probe.prober.clean_up(lane=Lane.NORMAL)
        cells = [name for it in found.values() for name in it.cells]
        assert len(cells) == len(set(cells)) >= 35
        fields = {
            "reader": set(ReaderCapabilities.__dataclass_fields__),
            "archive": set(ArchiveCapabilities.__dataclass_fields__),
            "route": {"v3", "v4"},
        }
        for name in cells:
            side, _, rest = name.partition(".")
            assert rest.partition(".")[0] in fields[side], name
        assert found["iptc.write"].cells["archive.fields.caption"] is Proof.PROVEN
        options = set(PhotoShelterOptions.model_fields)
        assert all(set(it.suggests) <= options for it in found.values())

    async def test_no_secret_stands_in_any_finding(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter) as probe:
            found = await probe.run(write=True)
            left = await probe.prober.clean_up(lane=Lane.NORMAL)
        given = photoshelter.served.credentials
        told = json.dumps([repr(it) for it in found.values()]) + "".join(left)
        for name in ("api_key", "api_key_v3", "password"):
            assert given[name] not in told, name
        assert sum(len(it.evidence) for it in found.values()) >= 200


class TestScratch:
    @pytest.mark.parametrize("word", ["everyone", "permission"])
    async def test_a_scratch_container_that_others_see_is_not_written_to(self, photoshelter: Any, word: str) -> None:
        await stock(photoshelter)
        before, stood = await library(photoshelter), await containers(photoshelter)
        shown = {"mode": word, "native_mode": "private", "native": [], "inherited": []}
        body = {"data": {"id": "G", "type": "permissions", "attributes": shown}}
        match = {"method": "GET", "path": "/psapi/v4.0/*/permissions"}
        await photoshelter.fault({"match": match, "action": "status", "status": 200, "body": body})
        await self._refused(photoshelter)
        await photoshelter.fault()
        assert await library(photoshelter) == before
        assert await containers(photoshelter) == stood

    async def test_a_grant_on_the_scratch_container_is_enough_to_refuse_it(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        grant = {"id": "AR000permit00001", "type": "password", "attributes": {}}
        shown = {"mode": "private", "effective_mode": "private", "native": [grant]}
        body = {"data": {"id": "A", "type": "access", "attributes": shown}}
        match = {"method": "GET", "path": "/psapi/v4.0/*/access"}
        await photoshelter.fault({"match": match, "action": "status", "status": 200, "body": body})
        await self._refused(photoshelter)

    @staticmethod
    async def _refused(site: Any) -> None:
        """Opening is refused, and whatever is asked then writes nothing but the taking back."""
        seen = len(await site.journal())
        async with probing(site) as probe:
            with pytest.raises(Refused, match="not surely private"):
                await probe.prober.open_scratch(lane=Lane.NORMAL)
            for question in probe.prober.questions():
                if question.mutations:
                    ended = await probe.prober.ask(question, {}, lane=Lane.NORMAL)
                    assert ended.standing is Standing.UNANSWERED
            await probe.prober.clean_up(lane=Lane.NORMAL)
        changed = [it for it in (await site.journal())[seen:] if it["changed"] and "authenticate" not in it["path"]]
        assert changed
        assert all("galler" in it["path"] or "collection" in it["path"] for it in changed)
        assert any(it["method"] == "DELETE" for it in changed)

    async def test_a_container_that_becomes_visible_meanwhile_stops_all_writing(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter) as probe:
            await probe.prober.open_scratch(lane=Lane.NORMAL)
            shown = {"mode": "everyone", "native_mode": "everyone", "native": [], "inherited": []}
            body = {"data": {"id": "G", "type": "permissions", "attributes": shown}}
            match = {"method": "GET", "path": "/psapi/v4.0/galleries/*/permissions"}
            await photoshelter.fault({"match": match, "action": "status", "status": 200, "body": body})
            seen = len(await photoshelter.journal())
            for question in probe.prober.questions():
                if question.mutations:
                    ended = await probe.prober.ask(question, {}, lane=Lane.NORMAL)
                    assert ended.standing is Standing.UNANSWERED
            assert not [it for it in (await photoshelter.journal())[seen:] if it["changed"]]
            await photoshelter.fault()
            assert await probe.prober.clean_up(lane=Lane.NORMAL) == []

    @pytest.mark.parametrize("asked", [1, 5, 9, 14, 20])
    async def test_what_a_killed_probe_left_is_taken_back_by_the_next(self, photoshelter: Any, asked: int) -> None:
        await stock(photoshelter)
        before, stood = await library(photoshelter), await containers(photoshelter)
        async with probing(photoshelter) as killed:
            await killed.prober.open_scratch(lane=Lane.NORMAL)
            for question in [it for it in killed.prober.questions() if it.mutations][:asked]:
                killed.found[question.id] = await killed.prober.ask(question, killed.found, lane=Lane.NORMAL)
        assert await containers(photoshelter) != stood
        async with probing(photoshelter) as probe:
            left = await probe.prober.clean_up(lane=Lane.NORMAL)
        assert list(left) == []
        assert await library(photoshelter) == before
        assert await containers(photoshelter) == stood

    async def test_a_lost_reply_to_the_making_of_a_container_leaves_nothing_behind(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        stood = await containers(photoshelter)
        match = {"method": "POST", "path": "/psapi/v4.0/galleries"}
        await photoshelter.fault({"match": match, "action": "drop_reply", "times": 2})
        async with probing(photoshelter) as probe:
            found = await probe.run(write=True, only=lambda it: it.startswith(("container.", "upload.v4")))
            await probe.prober.clean_up(lane=Lane.NORMAL)
        assert found["upload.v4"].value["kinds"]["image"] == "works"
        assert await containers(photoshelter) == stood

    async def test_somebody_elses_file_in_a_scratch_gallery_stays(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter) as probe:
            place = await probe.prober.open_scratch(lane=Lane.NORMAL)
            theirs = await photoshelter.add("theirs.jpg", picture(9), containers=[place])
            left = await probe.prober.clean_up(lane=Lane.NORMAL)
        assert any(theirs in it for it in left)
        assert any("not empty" in it for it in left)
        kept = [it for it in await library(photoshelter) if it["id"] == theirs]
        assert [gone(it) for it in kept] == [False]


class TestStrictness:
    async def test_nothing_rests_on_what_one_source_says(self, strict_photoshelter: Any) -> None:
        """In strict mode no scratch container can be made; every question ends, and none claims what is not served."""
        await stock(strict_photoshelter)
        async with probing(strict_photoshelter) as probe:
            with pytest.raises(Refused):
                await probe.prober.open_scratch(lane=Lane.NORMAL)
            found = await probe.run(write=False)
            writing = [it for it in probe.prober.questions() if it.mutations]
            ends = [await probe.prober.ask(it, found, lane=Lane.NORMAL) for it in writing]
            assert await probe.prober.clean_up(lane=Lane.NORMAL) == []
        assert {it.standing for it in ends} == {Standing.UNANSWERED}
        for name in ("ml_metadata", "xmp", "versions.read"):
            assert found[name].value is False, name
        assert found["license.v4"].value == {"present": False}
        assert found["media.window"].value == "filters"
        assert found["container.access"].value["galleries"] == {
            "permissions": True,
            "access": False,
            "link": False,
            "key-image": True,
        }

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 302])
    async def test_no_refusal_of_a_single_call_stops_the_probe(self, photoshelter: Any, status: int) -> None:
        await stock(photoshelter)
        for path in ("/psapi/v4.0/media*", "/psapi/v3*", "/psapi/v4.0/galleries*", "/psapi/v4.0/search*"):
            await photoshelter.fault()
            async with probing(photoshelter) as probe:
                await probe.prober.open_scratch(lane=Lane.NORMAL)
                headers = {"location": "/elsewhere"} if status == 302 else {}
                rule = {"match": {"path": path}, "action": "status", "status": status, "headers": headers}
                await photoshelter.fault(rule)
                found = await probe.run(write=False)
                assert len(found) >= 30
                await photoshelter.fault()
                await probe.prober.clean_up(lane=Lane.NORMAL)


class TestWhole:
    async def test_findings_are_whole(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        async with probing(photoshelter) as probe:
            found = await probe.run(write=True)
            questions = probe.prober.questions()
            await probe.prober.clean_up(lane=Lane.NORMAL)
        met: set[str] = set()
        for question in questions:
            assert set(question.needs) <= met
            met.add(question.id)
            it = found[question.id]
            assert (it.value is not None) == (it.standing is Standing.ANSWERED), it
            assert it.told.endswith("."), it.told
            assert json.loads(json.dumps(it.value)) == it.value
            assert not it.cells or it.standing is Standing.ANSWERED
        assert len(met) >= 58
        assert len([it for it in found.values() if it.ask_vendor]) >= 6
        assert any("trash" in it.administrator for it in found.values())

    async def test_the_largest_page_is_told_where_the_library_is_larger(self, photoshelter: Any) -> None:
        await photoshelter.control("POST", "reset", {"seed": "synthetic:1300"})
        for most in (1000, 500) if "most_per_page" in DECLARED else (1000,):
            if "most_per_page" in DECLARED:
                await photoshelter.switch(most_per_page=most)
            async with probing(photoshelter) as probe:
                found = await probe.run(write=False, only=lambda it: it == "search.per_page")
            assert found["search.per_page"].value == most

    @pytest.mark.parametrize("rotates", [True, False])
    async def test_an_oauth_session_tells_its_lifetime(self, photoshelter: Any, rotates: bool) -> None:
        await stock(photoshelter)
        await photoshelter.switch(oauth_lifetime_s=1234, refresh_rotates=rotates)
        oauth = await consent(photoshelter)
        async with probing(photoshelter, v3=False, email=None, password=None, oauth=oauth) as probe:
            found = await probe.run(write=False)
        assert found["oauth"].value == {"expires_in": 1234.0, "rotates": rotates}
        assert bool(found["oauth"].warning) is rotates
        for name in ("two_factor", "before_organization"):
            assert found[name].standing is Standing.UNANSWERED
            assert "OAuth" in found[name].told
        assert found["media.window"].value == "filters"

    @pytest.mark.skipif("v4_visibility_write" not in DECLARED, reason="the simulator always takes `mode`")
    @pytest.mark.parametrize("by_v3", [True, False])
    async def test_a_library_open_by_default_is_shut_by_v3_or_not_written_to(
        self, photoshelter: Any, by_v3: bool
    ) -> None:
        await stock(photoshelter)
        await photoshelter.switch(root_visibility="everyone", v4_visibility_write=False, v3_visibility_write=by_v3)
        stood = await containers(photoshelter)
        async with probing(photoshelter) as probe:
            if by_v3:
                assert await probe.prober.open_scratch(lane=Lane.NORMAL)
            else:
                with pytest.raises(Refused):
                    await probe.prober.open_scratch(lane=Lane.NORMAL)
            assert list(await probe.prober.clean_up(lane=Lane.NORMAL)) == []
        assert await containers(photoshelter) == stood

    @pytest.mark.skipif("absent" not in DECLARED, reason="the simulator has every section that it knows")
    async def test_sections_that_are_not_there_are_told(self, photoshelter: Any) -> None:
        await stock(photoshelter)
        names = {"ml_metadata", "xmp", "versions.read"}
        for gone_ones in ([], ["E26", "E23", "E31"]):
            await photoshelter.switch(absent=gone_ones)
            async with probing(photoshelter) as probe:
                found = await probe.run(write=False, only=names.__contains__)
            assert {it.value for it in found.values()} == {not gone_ones}, found


async def consent(site: Any) -> dict[str, Any]:
    """An OAuth client that a user agreed to."""
    root, key = f"{site.served.url}/psapi/v4.0", {"X-PS-Api-Key": site.served.credentials["api_key"]}
    form = {"application_name": "Probe", "name": "Probe", "description": "x", "email": "a@b.example"}
    back = "https://bridge.example/back"
    async with aiohttp.ClientSession(headers=key) as session:
        async with session.post(f"{root}/oauth/register", data={**form, "redirect_uri": back}) as reply:
            client = (await reply.json())["data"]["attributes"]
        asked = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": back, "state": "s"}
        asked["api_key"] = key["X-PS-Api-Key"]
        async with session.get(f"{root}/oauth/authorize", params=asked, allow_redirects=False) as reply:
            code = parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]
        said = {"client_id": client["client_id"], "client_secret": client["client_secret"], "redirect_uri": back}
        grant = {"grant_type": "authorization_code", "code": code, **said}
        async with session.post(f"{root}/oauth/token", data=grant) as reply:
            tokens = await reply.json()
    return {**said, "refresh_token": tokens["refresh_token"]}
