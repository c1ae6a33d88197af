"""A killed simulator comes back with everything it had acknowledged."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dambridge_sim.kit.blobs import Blobs
from dambridge_sim.kit.journal import Journal
from dambridge_sim.kit.serving import serve
from dambridge_sim.kit.simulator import BusyError, Options
from dambridge_sim.kit.toy import TOKEN, Toy

_PROGRAM = """
import sys
from pathlib import Path
from dambridge_sim.kit.serving import serve_forever
from dambridge_sim.kit.simulator import Options
from dambridge_sim.kit.toy import Toy
serve_forever(Toy(), Options(data=Path(sys.argv[1]), seed=sys.argv[2] or None), port=0)
"""


class _Process:
    def __init__(self, folder: Path, seed: str = "") -> None:
        command = [sys.executable, "-c", _PROGRAM, str(folder), seed]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.connection = http.client.HTTPConnection(self.ready["url"].removeprefix("http://"), timeout=20)

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        self.connection.request(method, path, body, {"x-token": TOKEN})
        return json.loads(self.connection.getresponse().read())

    def kill(self) -> None:
        self.connection.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_what_was_acknowledged_survives_sigkill(folder: Path) -> None:
    first = _Process(folder)
    assert first.ready["ready"] is True
    assert first.ready["system"] == "toy"
    body = (
        b'--B\r\ncontent-disposition: form-data; name="file"; filename="n.bin"\r\n\r\n'
        + b"bytes" * 1000
        + b"\r\n--B--\r\n"
    )
    first.connection.request(
        "POST", "/items", body, {"x-token": TOKEN, "content-type": "multipart/form-data; boundary=B"}
    )
    made = json.loads(first.connection.getresponse().read())["id"]
    for number in range(200):
        assert first.call("PATCH", f"/items/{made}", json.dumps({"n": number}).encode())["fields"]["n"] == number
    first.call("POST", "/__sim__/clock", b'{"now": "2030-01-01T00:00:00Z", "freeze": true}')
    first.call("POST", "/__sim__/switches", b'{"mood": "wild"}')
    first.call("POST", "/__sim__/faults", b'{"rules": [{"action": "status", "match": {"path": "/rpc"}, "times": 2}]}')
    first.connection.request("POST", "/rpc", b'{"method": "ping"}', {"x-token": TOKEN})
    assert first.connection.getresponse().read() == b""
    first.kill()

    second = _Process(folder)
    try:
        state = second.call("GET", f"/__sim__/assets/{made}")
        assert state["document"]["fields"] == {"n": 199}
        assert state["size"] == 5000
        assert second.call("GET", "/__sim__/clock") == {"now": "2030-01-01T00:00:00.000Z", "frozen": True}
        assert second.call("GET", "/__sim__/switches")["switches"][1]["value"] == "wild"
        assert second.call("GET", "/__sim__/faults")["rules"][0]["fired"] == 1
        second.connection.request("GET", "/__sim__/journal?after=200")
        lines = second.connection.getresponse().read().splitlines()
        assert [json.loads(line)["seq"] for line in lines] == [201, 202]
    finally:
        second.kill()


def test_a_computed_library_comes_back_with_its_changes(folder: Path) -> None:
    first = _Process(folder, "synthetic:5000")
    first.call("PATCH", "/items/S00000003", b'{"a": 1}')
    first.call("DELETE", "/items/S00000004")
    first.kill()
    second = _Process(folder, "synthetic:5000")
    try:
        assert second.call("GET", "/items?limit=5")["items"] == [f"S0000000{number}" for number in (0, 1, 2, 3, 5)]
        assert second.call("GET", "/items/S00000003")["fields"]["a"] == 1
        assert second.call("GET", "/items")["total"] == 4999
    finally:
        second.kill()


def test_told_to_end_it_leaves_no_temporary_folder(tmp_path: Path) -> None:
    program = _PROGRAM.replace("data=Path(sys.argv[1])", "data=None")
    environment = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([sys.executable, "-c", program, "", ""], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["ready"]
    assert len(list(tmp_path.iterdir())) == 1
    process.terminate()
    assert process.wait(timeout=10) == 0
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_a_torn_journal_line_is_cut_off_and_the_numbers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append({"a": 1})
    journal.close()
    with path.open("ab") as torn:
        torn.write(b'{"seq":2,"a"')
    again = Journal(path)
    assert again.append({"a": 2}) == 2
    assert [line["a"] for line in again.lines()] == [1, 2]
    assert [line["seq"] for line in again.lines(after=1)] == [2]
    assert again.lines(after=2) == []
    again.close()


def test_a_half_written_file_is_swept_away_at_the_next_start(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    writer = blobs.writer()
    writer.write(b"x" * 5_000_000)
    assert len(list((tmp_path / "incoming").iterdir())) == 1
    Blobs(tmp_path)
    assert list((tmp_path / "incoming").iterdir()) == []
    assert list((tmp_path / "blobs").iterdir()) == []


def test_two_simulators_never_share_a_data_folder(folder: Path) -> None:
    with serve(Toy(), Options(data=folder)), pytest.raises(BusyError, match="another --data"):
        serve(Toy(), Options(data=folder)).__enter__()
    with serve(Toy(), Options(data=folder)) as again:
        assert again.url
