"""Faults of every kind, seen from the other end of a real socket."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.toy import TOKEN

Client = Any  # the fixture's class lives in conftest


def _lost(call: Callable[[], object]) -> bool:
    """Whether the connection ended without a whole reply."""
    try:
        call()
    except (ConnectionError, http.client.IncompleteRead, http.client.BadStatusLine):
        return True
    return False


def _original(client: Client, identifier: str) -> bytes:
    document = client.served.world.documents.get("asset", identifier)
    data: bytes = client.served.world.blobs.read(Blob.from_json(document["blob"]))
    return data


def test_without_rules_nothing_goes_wrong(client: Client, jpeg: bytes) -> None:
    identifier = client.upload("/items", jpeg).json()["id"]
    assert client.call("GET", f"/items/{identifier}/file").body == jpeg
    assert client.journal()[-1]["fault"] is None


def test_status_answers_instead_with_body_and_headers(client: Client) -> None:
    identifier = client.add(file_name="a")
    client.fault("status", status=502, body={"why": "proxy"}, headers={"Retry-After": "7"}, times=1)
    answer = client.call("PATCH", f"/items/{identifier}", b'{"a": 1}')
    assert (answer.status, answer.json(), answer.headers["retry-after"]) == (502, {"why": "proxy"}, "7")
    assert client.get(f"/items/{identifier}")["fields"] == {}


def test_status_after_has_taken_effect(client: Client) -> None:
    identifier = client.add(file_name="a")
    client.fault("status", status=500, after=True, times=1)
    assert client.call("PATCH", f"/items/{identifier}", b'{"a": 1}').status == 500
    assert client.get(f"/items/{identifier}")["fields"] == {"a": 1}


def test_a_dropped_request_changes_nothing(client: Client) -> None:
    identifier = client.add(file_name="a")
    client.fault("drop_request", times=1)
    assert _lost(lambda: client.call("PATCH", f"/items/{identifier}", b'{"a": 1}'))
    assert client.get(f"/items/{identifier}")["fields"] == {}
    line = client.journal()[0]
    assert (line["status"], line["changed"], line["fault"]) == (None, False, "drop_request")


def test_a_dropped_reply_has_changed_something(client: Client) -> None:
    identifier = client.add(file_name="a")
    client.fault("drop_reply", times=1)
    assert _lost(lambda: client.call("PATCH", f"/items/{identifier}", b'{"a": 1}'))
    assert client.get(f"/items/{identifier}")["fields"] == {"a": 1}
    line = client.journal()[0]
    assert (line["status"], line["changed"], line["fault"]) == (200, True, "drop_reply")


def test_a_cut_really_ends_the_connection(client: Client) -> None:
    client.fault("drop_request")
    with socket.create_connection((client.host, client.port), timeout=5) as sock:
        sock.sendall(b"GET /items HTTP/1.1\r\nhost: localhost\r\n\r\n")
        with suppress(ConnectionResetError):
            assert sock.recv(100) == b""


def test_truncated_reply_is_shorter_than_it_says(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg)
    client.fault("truncate", bytes=100)
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.call("GET", f"/items/{identifier}/file")
    assert caught.value.partial == jpeg[:100]


def test_truncated_request_leaves_nothing(client: Client, jpeg: bytes) -> None:
    client.fault("truncate", direction="request", bytes=50)
    assert _lost(lambda: client.upload("/items", jpeg * 50))
    assert client.served.world.documents.total("asset") == 0


def test_truncated_request_that_is_kept_stores_the_cut_file(client: Client, jpeg: bytes) -> None:
    client.fault("truncate", direction="request", bytes=50, keep=True)
    identifier = client.upload("/items", jpeg).json()["id"]
    assert _original(client, identifier) == jpeg[:50]


@pytest.mark.parametrize("delta", [9, -9])
def test_wrong_length_says_more_or_less_than_comes(client: Client, jpeg: bytes, delta: int) -> None:
    identifier = client.add(jpeg)
    client.fault("wrong_length", delta=delta)
    with socket.create_connection((client.host, client.port), timeout=5) as sock:
        sock.sendall(f"GET /items/{identifier}/file HTTP/1.1\r\nhost: localhost\r\nx-token: {TOKEN}\r\n\r\n".encode())
        came = b""
        while data := sock.recv(65536):
            came += data
    head, _, body = came.partition(b"\r\n\r\n")
    assert f"content-length: {len(jpeg) + delta}".encode() in head
    assert body == jpeg


def test_corrupt_flips_one_byte_on_the_way_out(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg)
    client.fault("corrupt", bytes=200)
    came = client.call("GET", f"/items/{identifier}/file").body
    assert [place for place in range(len(jpeg)) if came[place] != jpeg[place]] == [200]


def test_corrupt_flips_one_byte_on_the_way_in(client: Client, jpeg: bytes) -> None:
    client.fault("corrupt", direction="request", bytes=200)
    identifier = client.upload("/items", jpeg).json()["id"]
    kept = _original(client, identifier)
    assert [place for place in range(len(jpeg)) if kept[place] != jpeg[place]] == [200]


def test_slow_sends_at_the_pace_asked_for(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg)
    client.fault("slow", bytes=len(jpeg) * 5)
    began = time.monotonic()
    assert client.call("GET", f"/items/{identifier}/file").body == jpeg
    assert 0.15 < time.monotonic() - began < 2


def test_hang_never_answers_and_lets_others_through(client: Client) -> None:
    client.fault("hang", times=1)
    with pytest.raises(TimeoutError):
        client.call("GET", "/items", wait=0.2)
    assert client.get("/items")["total"] == 0


def test_hang_for_a_time_answers_late(client: Client) -> None:
    client.fault("hang", seconds=0.2)
    began = time.monotonic()
    assert client.get("/items")["total"] == 0
    assert time.monotonic() - began >= 0.2


def test_stale_read_shows_the_state_before_the_last_write(client: Client) -> None:
    identifier = client.add(file_name="a", metadata={"n": 1})
    client.call("PATCH", f"/items/{identifier}", b'{"n": 2}')
    client.fault("stale_read", times=1)
    assert client.get(f"/items/{identifier}")["fields"] == {"n": 1}
    assert client.get(f"/items/{identifier}")["fields"] == {"n": 2}


def _five(client: Client) -> list[str]:
    return [client.add(file_name=str(number)) for number in range(5)]


def test_empty_and_half_lists(client: Client) -> None:
    ids = _five(client)
    client.fault("empty_list")
    assert client.get("/items") == {"total": 0, "items": []}
    client.fault("empty_list", keep_total=True)
    assert client.get("/items") == {"total": 5, "items": []}
    client.fault("half_list")
    assert client.get("/items") == {"total": 2, "items": ids[:2]}
    client.fault("half_list", keep_total=True)
    assert client.get("/items") == {"total": 5, "items": ids[:2]}


def test_page_drift_skips_or_repeats_between_pages(client: Client) -> None:
    ids = _five(client)
    client.fault("page_drift", change="remove")
    pages = [client.get(f"/items?limit=2&offset={offset}")["items"] for offset in (0, 2, 4)]
    assert [item for page in pages for item in page] == [*ids[:2], *ids[3:]]
    client.fault("page_drift", change="insert")
    assert client.get("/items?limit=2&offset=2")["items"] == ids[1:3]


def test_duplicate_item_shows_one_twice_and_loses_none(client: Client) -> None:
    ids = _five(client)
    client.fault("duplicate_item")
    assert client.get("/items?limit=2")["items"] == [*ids[:2], ids[0]]


def test_expire_token_ends_the_token_until_a_new_sign_in(client: Client) -> None:
    client.fault("expire_token", times=1)
    assert [client.call("GET", "/items").status for _ in range(2)] == [401, 401]


def test_alter_on_upload_changes_bytes_but_not_pixels(client: Client, jpeg: bytes) -> None:
    client.fault("alter_on_upload")
    kept = _original(client, client.upload("/items", jpeg).json()["id"])
    assert kept != jpeg
    assert kept.endswith(jpeg[2:])
    client.fault("alter_on_upload", how="reencode")
    assert _original(client, client.upload("/items", jpeg).json()["id"]) not in (jpeg, kept)


def test_rules_match_method_id_rpc_and_nth(client: Client) -> None:
    first, second = client.add(file_name="1"), client.add(file_name="2")
    rules = [
        {"match": {"method": "GET", "id": second}, "action": "status", "status": 501},
        {"match": {"rpc_method": "po*"}, "action": "status", "status": 502},
        {"match": {"path": "/items", "nth": [2, 3]}, "action": "status", "status": 503},
    ]
    assert client.post("/__sim__/faults", {"rules": rules}).status == 200
    assert client.call("GET", f"/items/{first}").status == 200
    assert client.call("GET", f"/items/{second}").status == 501
    assert client.call("PATCH", f"/items/{second}", b"{}").status == 200
    assert client.post("/rpc", {"method": "ping"}).status == 200
    assert client.post("/rpc", {"method": "poke"}).status == 502
    assert [client.call("GET", "/items").status for _ in range(4)] == [200, 503, 503, 200]


def test_probability_strikes_the_same_calls_for_the_same_seed(client: Client) -> None:
    def run(seed: int) -> list[int]:
        rules = [{"action": "status", "probability": 0.5}]
        client.post("/__sim__/faults", {"rules": rules, "seed": seed})
        return [client.call("GET", "/items").status for _ in range(20)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert {*run(1)} == {200, 503}


def test_faults_never_strike_control_calls(client: Client) -> None:
    client.fault("drop_request", match={})
    assert client.get("/__sim__/health")["ok"] is True


def test_a_misspelt_rule_is_refused(client: Client) -> None:
    answer = client.post("/__sim__/faults", {"rules": [{"action": "drop_reply", "time": 3}]})
    assert answer.status == 400
    assert "time" in answer.json()["error"]


class _Receiver(BaseHTTPRequestHandler):
    got: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(json.loads(body)["id"])  # type: ignore[attr-defined]  # set by the test
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, ["T0000001", "T0000002"]),
        ("drop", ["T0000002"]),
        ("duplicate", ["T0000001", "T0000001", "T0000002"]),
        ("reorder", ["T0000002", "T0000001"]),
        ("delay", ["T0000002", "T0000001"]),
    ],
)
def test_webhooks_come_once_unless_a_fault_says_otherwise(
    client: Client, rule: str | None, expected: list[str]
) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.got = []  # type: ignore[attr-defined]  # the handler's record
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        client.post("/__sim__/webhooks", {"targets": [{"url": f"http://127.0.0.1:{server.server_port}/hook"}]})
        if rule:
            client.fault(f"webhook:{rule}", match={"path": "item.*"}, times=1, seconds=1.5)
        client.upload("/items", b"1")
        if rule in (None, "duplicate"):
            _until(lambda: len(server.got) >= len(expected) - 1)  # type: ignore[attr-defined]
        client.upload("/items", b"2")
        _until(lambda: len(server.got) >= len(expected))  # type: ignore[attr-defined]
        assert server.got == expected  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def _until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 5
    while not true() and time.monotonic() < limit:
        time.sleep(0.01)
