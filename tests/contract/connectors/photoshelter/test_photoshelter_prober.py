"""The prober finds what each switch of the simulator stands at, and leaves nothing behind.

The oracle is `POSITIONS`: which finding tells which switch, written from the switches' own meaning and not from the prober.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

import pytest
from pydantic import Field, SecretStr

from dambridge.connectors.kit import Http, Retries
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.probing import PhotoShelterProber
from dambridge.connectors.photoshelter.probing.samples import KINDS, sample
from dambridge.model.records import MediaType
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Prober, Standing
from dambridge_sim.photoshelter.switches import SWITCHES
from support.pictures import picture

Findings = Mapping[str, Finding]
Switches = Mapping[str, Any]

PREFIX = "dambridge-probe-"
DECLARED = {it.name: it for it in SWITCHES}
QUICK, LONG = 40, 400
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
    return found == ("filters" if position else "ignored")


def within(position: Any, found: Any, _: Switches) -> bool:
    """Between the last look that did not see it and the first that did; a second for the calls themselves."""
    seen = found["seen"]
    return found["not_before"] <= position + 1 and (position <= seen + 1 if seen is not None else position >= 299)


def kinds(position: Any, found: Any, _: Switches) -> bool:
    wanted = {it.value for it in KINDS} if position == "any" else {"image"}
    return {kind for kind, how in found.items() if how == "works"} == wanted


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
    return switches.get("iptc_write", "present") == "present"


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
        "custom.write", part("custom.write", "shape"), among=("option_ids", "values", "flat", "absent")
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
        client = PhotoShelterClient(options, account="agency", pacer=site.pacer, http=http, retries=Retries(attempts=2))
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
    assert all("trash" in it for it in left), left
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
