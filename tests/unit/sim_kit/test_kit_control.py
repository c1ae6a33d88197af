"""Control calls: assets as a person, state, journal, exposure, clock, traffic, switches, strict mode, seeds, pages."""

from __future__ import annotations

import hashlib
import io
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dambridge_sim.__main__ import main
from dambridge_sim.kit.bodies import TrafficBody
from dambridge_sim.kit.clock import Clock
from dambridge_sim.kit.seeds import BadSeedError, read_seed
from dambridge_sim.kit.serving import listen
from dambridge_sim.kit.switches import Switch, Switches, UnknownSwitchError
from dambridge_sim.kit.synthetic import SyntheticSpec
from dambridge_sim.kit.traffic import Traffic

Client = Any  # the fixture's classes live in conftest
Start = Any


def test_a_person_adds_edits_and_deletes(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg, file_name="é.jpg", containers=["front"], metadata={"title": "T"})
    state = client.get(f"/__sim__/assets/{identifier}")
    assert state["sha256"] == hashlib.sha256(jpeg).hexdigest()
    assert (state["size"], state["media_type"], state["file_name"]) == (len(jpeg), "image/jpeg", "é.jpg")
    assert state["metadata"] == {"title": "T"}
    assert client.call("GET", f"/__sim__/assets/{identifier}/file").body == jpeg

    assert client.upload(f"/__sim__/assets/{identifier}", b"new", "PATCH", meta='{"metadata": {"n": 1}}').status == 200
    assert client.get(f"/__sim__/assets/{identifier}")["sha256"] == hashlib.sha256(b"new").hexdigest()
    assert client.call("DELETE", f"/__sim__/assets/{identifier}").status == 200
    assert client.call("GET", f"/__sim__/assets/{identifier}").status == 404
    [line] = client.call("GET", "/__sim__/state").lines()
    assert (line["id"], line["deleted"], line["visible_to"]) == (identifier, True, [])
    assert client.journal() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/__sim__/assets", b'{"colour": 1}', 400),
        ("POST", "/__sim__/assets", b'{"containers": "front"}', 400),
        ("POST", "/__sim__/assets", b"{", 400),
        ("PATCH", "/__sim__/assets/T9", b"{}", 404),
        ("DELETE", "/__sim__/assets/T9", None, 404),
        ("POST", "/__sim__/clock", b'{"now": "2026-01-01T00:00:00"}', 400),
        ("POST", "/__sim__/clock", b'{"advance": NaN}', 400),
        ("POST", "/__sim__/clock", b'{"advance": 1e300}', 400),
        ("POST", "/__sim__/clock", b'{"advance": 1e12}', 400),
        ("POST", "/__sim__/clock", b'{"advance": -1e12}', 400),
        ("POST", "/__sim__/clock", b'{"now": "9999-12-31T23:59:59Z"}', 400),
        ("POST", "/__sim__/clock", b'{"now": "1960-01-01T00:00:00Z", "freeze": true}', 400),
        ("POST", "/__sim__/clock", b'{"now": "1969-12-31T23:59:59Z"}', 400),
        ("POST", "/__sim__/traffic", b'{"latency": 3}', 400),
        ("POST", "/__sim__/traffic", b'{"rate_per_s": Infinity}', 400),
        ("POST", "/__sim__/traffic", b'{"latency_ms": 1e999}', 400),
        ("POST", "/__sim__/switches", b'{"index_lag_s": NaN}', 400),
        ("POST", "/__sim__/switches", b'{"index_lag_s": -1}', 400),
        ("POST", "/__sim__/switches", b'{"index_lag_s": 1e300}', 400),
        ("POST", "/__sim__/switches", b'{"no_such": 3}', 400),
        ("POST", "/__sim__/switches", b'{"mood": "sad"}', 400),
        ("POST", "/__sim__/webhooks", b'{"targets": [{"url": "http://example.org/"}]}', 400),
        ("GET", "/__sim__/journal?after=x", None, 400),
        ("GET", "/__sim__/nothing", None, 404),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused_in_words(
    client: Client, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = client.call(method, path, body)
    assert answer.status == status
    assert answer.json()["error"]


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_a_foreign_web_page_cannot_control_it(client: Client, header: dict[str, str]) -> None:
    assert client.call("POST", "/__sim__/reset", headers=header).status == 403
    assert client.call("POST", "/__sim__/reset", headers={"Origin": "http://127.0.0.1:80"}).status == 200


def test_it_listens_on_the_loopback_interface_alone() -> None:
    with listen(0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"


def test_the_journal_says_what_each_call_did(client: Client, jpeg: bytes) -> None:
    identifier = client.upload("/items", jpeg).json()["id"]
    client.get(f"/items/{identifier}?api_key=secret&x=1")
    client.call("PATCH", f"/items/{identifier}", b'{"a": 1}')
    client.call("PATCH", f"/items/{identifier}", b"{}", headers={"x-token": "wrong"})
    client.post("/rpc", {"method": "ping"})
    made, read, edited, refused, rpc = client.journal()
    assert (made["changed"], made["status"], made["ids"], made["caller"]) == (True, 200, [identifier], "robot")
    assert made["bytes_in"] > len(jpeg)
    assert (read["changed"], read["query"]) == (False, "api_key=%2A%2A%2A&x=1")
    assert (edited["changed"], edited["confidence"]) == (True, "SINGLE")
    assert (refused["changed"], refused["status"], refused["caller"]) == (False, 401, None)
    assert rpc["rpc"] == "ping"
    assert [line["seq"] for line in client.journal(after=3)] == [4, 5]
    assert {line["at"][-1] for line in client.journal()} == {"Z"}


def test_exposure_is_recorded_at_each_change_and_at_its_own_instant(client: Client) -> None:
    def at(hour: int) -> str:
        return f"2026-01-01T{hour:02d}:00:00.000Z"

    def clock(hour: int) -> None:
        client.post("/__sim__/clock", {"now": at(hour), "freeze": True})

    clock(0)
    hidden, shown = client.add(file_name="h"), client.add(file_name="s", containers=["front"])
    clock(1)
    client.call("PATCH", f"/__sim__/assets/{shown}", b'{"visibility": "everyone"}')
    clock(2)
    client.served.world.documents.put("shelf", "front", {"open": True})
    clock(3)
    closes = str(client.served.world.clock.now_ms() + 3_600_000)
    client.post("/__sim__/clock", {"advance": 0})
    client.call("PATCH", f"/__sim__/assets/{shown}", b'{"dates": {"closes_ms": "%s"}}' % closes.encode())
    clock(9)
    [line] = client.call("GET", "/__sim__/exposure").lines()
    assert line == {
        "id": shown,
        "intervals": [
            {"from": at(1), "to": at(2), "to_whom": ["public"]},
            {"from": at(2), "to": at(4), "to_whom": ["public", "group:visitors"]},
        ],
    }
    states = {line["id"]: line["visible_to"] for line in client.call("GET", "/__sim__/state").lines()}
    assert states == {hidden: ["staff"], shown: ["staff"]}


def test_the_clock_moves_freezes_and_stamps_everything(client: Client) -> None:
    assert client.post("/__sim__/clock", {"now": "2027-03-04T05:06:07+01:00", "freeze": True}).json() == {
        "now": "2027-03-04T04:06:07.000Z",
        "frozen": True,
    }
    identifier = client.add(file_name="a")
    assert client.get(f"/items/{identifier}")["created"] == "2027-03-04T04:06:07.000Z"
    assert client.post("/__sim__/clock", {"advance": 86400}).json()["now"] == "2027-03-05T04:06:07.000Z"
    assert client.call("GET", "/items").headers["date"] == "Fri, 05 Mar 2027 04:06:07 GMT"
    client.post("/__sim__/clock", {"freeze": False})
    first = client.get("/__sim__/clock")["now"]
    time.sleep(0.02)
    assert first < client.get("/__sim__/clock")["now"] < "2027-03-05T04:07"


def test_over_the_rate_the_vendor_answers_and_the_refused_call_costs_nothing(client: Client) -> None:
    client.post("/__sim__/traffic", {"rate_per_s": 5, "burst": 2})
    answers = [client.call("GET", "/items") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 0 < float(answers[2].headers["retry-after"]) <= 0.2
    assert client.get("/__sim__/health")["ok"]


def _admitted(body: TrafficBody, instants: list[float]) -> list[bool]:
    now = [0.0]
    traffic = Traffic(monotonic=lambda: now[0])
    traffic.load(body)
    result = []
    for instant in instants:
        now[0] = instant
        reading = traffic.admit()
        assert reading is not None
        result.append(not reading.refused)
    return result


def test_a_token_bucket_refills_steadily_and_a_window_all_at_once() -> None:
    bucket = TrafficBody(rate_per_s=2, burst=2)
    assert _admitted(bucket, [0, 0, 0, 0.5, 0.5, 10, 10, 10]) == [True, True, False, True, False, True, True, False]
    window = TrafficBody(rate_per_s=2, window_s=5, burst=3)
    assert _admitted(window, [1, 1, 5.9, 5.9, 6, 6, 6, 6]) == [True, True, True, False, True, True, True, False]


def test_latency_and_bandwidth_take_real_time(client: Client) -> None:
    identifier = client.add(b"x" * 100_000)
    client.post("/__sim__/traffic", {"latency_ms": 60, "bandwidth_mb_s": 1})
    began = time.monotonic()
    client.call("GET", f"/items/{identifier}/file")
    assert 0.15 < time.monotonic() - began < 2


def test_switches_keep_to_their_kind_and_choices() -> None:
    switches = Switches((Switch("lag", 0.0, ""), Switch("mood", "mild", "", ("mild", "wild")), Switch("on", True, "")))
    switches.set({"lag": 3, "mood": "wild"})
    assert (switches["lag"], switches["mood"], switches["on"]) == (3.0, "wild", True)
    for wrong in ({"lag": "3"}, {"lag": -1}, {"lag": 1e300}, {"on": 1}, {"mood": "x"}, {"nothing": 1}):
        with pytest.raises(UnknownSwitchError):
            switches.set({"lag": 9, **wrong})
    assert switches["lag"] == 3.0
    switches.reset()
    assert switches["lag"] == 0.0


def test_strict_serves_what_is_confirmed_and_nothing_else(start: Start) -> None:
    strict, loose = start(strict=True), start()
    for client, served in ((strict, False), (loose, True)):
        identifier = client.add(file_name="a")
        assert client.call("GET", f"/items/{identifier}").headers["x-sim-confidence"] == "CONFIRMED"
        assert (client.call("PATCH", f"/items/{identifier}", b"{}").status == 200) is served
        assert (client.call("DELETE", f"/items/{identifier}").status == 200) is served
        assert ("result" in client.post("/rpc", {"method": "poke"}).json()) is served
        assert client.post("/rpc", {"method": "ping"}).json() == {"result": "ping"}
        unknown = client.call("GET", "/nowhere")
        assert unknown.status == 404
        assert "x-sim-confidence" not in unknown.headers
    assert strict.call("PATCH", "/items/x", b"{}").body == strict.call("GET", "/nowhere").body


def test_a_button_that_the_vendor_has_not_is_not_there(client: Client) -> None:
    answer = client.call("POST", "/__sim__/buttons/launch")
    assert answer.status == 404
    assert "no button 'launch'" in answer.json()["error"]


def test_a_clock_pinned_to_an_instant_shows_it_and_then_runs_on() -> None:
    clock = Clock(real_ms=lambda: 5000)
    with clock.at(1000):
        assert clock.now_ms() == 1000
    assert clock.now_ms() == 5000


def test_a_clock_that_was_told_when_to_begin_goes_back_to_it() -> None:
    begin = datetime(2026, 11, 23, 10, tzinfo=UTC)
    clock = Clock(real_ms=lambda: 5000, begin=begin)
    assert clock.now() == begin
    clock.advance(timedelta(days=1))
    assert clock.now() == begin + timedelta(days=1)
    clock.reset()
    assert clock.now() == begin
    with pytest.raises(ValueError, match="the clock shows times from"):
        Clock(begin=datetime(9999, 1, 1, tzinfo=UTC))


def test_reset_empties_everything(client: Client) -> None:
    client.add(file_name="a", visibility="everyone")
    client.get("/items")
    client.fault("status")
    client.post("/__sim__/switches", {"mood": "wild"})
    client.post("/__sim__/clock", {"now": "2030-01-01T00:00:00Z"})
    client.post("/__sim__/traffic", {"rate_per_s": 1})
    assert client.post("/__sim__/reset", {}).json() == {"ok": True}
    assert client.journal() == []
    assert client.get("/items") == {"total": 0, "items": []}
    assert client.call("GET", "/__sim__/state").lines() == []
    assert client.call("GET", "/__sim__/exposure").lines() == []
    assert client.get("/__sim__/faults")["rules"] == []
    assert client.get("/__sim__/switches")["switches"][1]["value"] == "mild"
    assert client.get("/__sim__/clock")["now"] < "2030"
    assert client.get("/__sim__/traffic")["rate_per_s"] is None


def test_a_reset_with_a_seed_that_cannot_be_loaded_leaves_an_empty_simulator_that_works(client: Client) -> None:
    client.add(file_name="a")
    assert client.post("/__sim__/reset", {"seed": "/no/such/folder"}).status == 400
    assert client.get("/items") == {"total": 0, "items": []}


def test_a_lagging_search_sees_a_write_late(client: Client) -> None:
    client.post("/__sim__/clock", {"now": "2026-01-01T00:00:00Z", "freeze": True})
    client.post("/__sim__/switches", {"index_lag_s": 2.5})
    identifier = client.add(file_name="a")
    assert client.get("/items?modified_from=0")["items"] == []
    assert client.get(f"/items/{identifier}")["file_name"] == "a"
    client.post("/__sim__/clock", {"advance": 3})
    assert client.get("/items?modified_from=0")["items"] == [identifier]


_LIBRARY = """
switches: {mood: wild}
defaults: {metadata: {credit: House}}
files:
  sub/a.jpg: {metadata: {title: A}, visibility: everyone}
  b.txt: {containers: [front], file_name: bee.txt}
"""


def _seed(folder: Path, jpeg: bytes, library: str = _LIBRARY) -> Path:
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.jpg").write_bytes(jpeg)
    (folder / "b.txt").write_text("words", encoding="utf-8")
    (folder / ".hidden").write_text("", encoding="utf-8")
    (folder / "library.yaml").write_text(library, encoding="utf-8")
    return folder


def test_a_seed_folder_becomes_the_library(start: Start, tmp_path: Path, jpeg: bytes) -> None:
    client = start(seed=str(_seed(tmp_path / "seed", jpeg)))
    lines = {line["file_name"]: line for line in client.call("GET", "/__sim__/state").lines()}
    assert set(lines) == {"a.jpg", "bee.txt"}
    assert lines["a.jpg"]["metadata"] == {"credit": "House", "title": "A"}
    assert (lines["a.jpg"]["containers"], lines["bee.txt"]["containers"]) == (["sub"], ["front"])
    assert lines["a.jpg"]["visible_to"] == ["staff", "public"]
    assert lines["bee.txt"]["media_type"] == "text/plain"
    assert client.journal() == []
    assert client.post("/__sim__/reset", {"seed": str(tmp_path / "seed")}).status == 200
    assert len(client.call("GET", "/__sim__/state").lines()) == 2


@pytest.mark.parametrize(
    ("library", "words"),
    [
        ("files: {no.jpg: {}}", "not in the folder"),
        ("- 1", "mapping"),
        ("colour: 1", "unknown colour"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_library_file_is_refused_with_its_place(tmp_path: Path, jpeg: bytes, library: str, words: str) -> None:
    with pytest.raises(BadSeedError, match=words) as caught:
        read_seed(_seed(tmp_path / "seed", jpeg, library))
    assert "library.yaml" in str(caught.value)


def test_synthetic_specs() -> None:
    assert SyntheticSpec.parse("synthetic:2000@500kB") == SyntheticSpec(2000, 500_000)
    assert SyntheticSpec.parse("/a/folder") is None
    with pytest.raises(ValueError, match="synthetic:N"):
        SyntheticSpec.parse("synthetic:many")


def test_a_computed_original_downloads_and_has_a_thumbnail(start: Start) -> None:
    client = start(seed="synthetic:1000@20kB")
    data = client.call("GET", "/items/S00000042/file").body
    state = client.get("/__sim__/assets/S00000042")
    assert hashlib.sha256(data).hexdigest() == state["sha256"]
    assert len(data) == state["size"] >= 20_000
    assert state["embedded"]["xmp"]["dc:creator"] == ["Photographer 42"]
    with Image.open(io.BytesIO(client.call("GET", "/__sim__/thumb/S00000042?w=96").body)) as image:
        assert max(image.size) <= 96
    assert len(client.call("GET", "/__sim__/state").lines()) == 1000
    assert client.call("GET", "/__sim__/state?synthetic=0").lines() == []


def test_pages_show_the_library_an_asset_its_history_and_the_calls(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg, file_name="<b>.jpg", metadata={"title": "Tom & <i>Jerry</i>"}, visibility="everyone")
    client.call("PATCH", f"/items/{identifier}", b'{"title": "New"}')
    home = client.call("GET", "/")
    assert home.headers["content-type"].startswith("text/html")
    assert f"/?asset={identifier}" in home.body.decode()
    page = client.call("GET", f"/?asset={identifier}").body.decode()
    assert "&lt;b&gt;.jpg" in page
    assert "<i>" not in page
    assert "public" in page
    assert "PATCH /items" in page
    assert "robot" in page
    assert hashlib.sha256(jpeg).hexdigest() in page
    calls = client.call("GET", "/?calls=1").body.decode()
    assert f"PATCH /items/{identifier}" in calls
    with Image.open(io.BytesIO(client.call("GET", f"/__sim__/thumb/{identifier}?w=96").body)) as image:
        assert image.size == (96, 72)
    other = client.add(b"%PDF-1.4")
    assert b"PDF" in client.call("GET", f"/__sim__/thumb/{other}").body
    assert client.call("GET", "/?asset=none").status == 404
    assert "//" not in home.body.decode().replace("</", "")


def test_a_range_is_answered_in_part(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg)
    path = f"/items/{identifier}/file"
    part = client.call("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, jpeg[10:20], f"bytes 10-19/{len(jpeg)}")
    assert client.call("GET", path, headers={"Range": "bytes=-5"}).body == jpeg[-5:]
    assert client.call("GET", path, headers={"Range": f"bytes={len(jpeg)}-"}).status == 416
    assert client.call("HEAD", path).headers["content-length"] == str(len(jpeg))
    assert client.call("GET", path).body == jpeg


def test_a_multipart_body_that_cannot_be_read_leaves_nothing(client: Client) -> None:
    kind = {"content-type": "multipart/form-data; boundary=B"}
    half = b'--B\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nbytes'
    for body, headers in ((half, kind), (b"junk", kind), (half, {"content-type": "multipart/form-data"})):
        answer = client.call("POST", "/items", body, headers)
        assert answer.status == 400
        assert answer.json()["error"]
    assert client.get("/items")["total"] == 0


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["netx", "--port", "0", "--seed", "synthetic:x"]) == 2
    assert "synthetic:N" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["70000", "-1", "x", "\u0663"])
def test_the_command_knows_what_a_port_is(capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["netx", f"--port={port}"])
    assert ended.value.code == 2
    assert "0 to 65535" in capsys.readouterr().err


def test_the_command_knows_what_a_time_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["netx", "--now", "yesterday"])
    assert ended.value.code == 2
    assert "'yesterday' is no time such as" in capsys.readouterr().err
    for when, why in (
        ("2026-11-23T10:00:00", "the time has no zone"),
        ("1969-01-01T00:00:00Z", "the clock shows times"),
    ):
        assert main(["netx", "--now", when]) == 2
        assert why in capsys.readouterr().err
