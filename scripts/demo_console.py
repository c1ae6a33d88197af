"""The end of the demo: the console is left running with a demo administrator, whose password is printed this once."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

BIN = Path(sys.executable).parent
PORT = 8390
ROLES = ("administrator", "librarian", "reviewer", "rights_manager", "operator", "searcher")


@dataclass(frozen=True, slots=True)
class Console:
    """Where it is, and who may sign in."""

    url: str
    name: str
    password: str


@contextmanager
def console(config: Path, environment: Mapping[str, str]) -> Iterator[Console]:
    """Serve the console of this installation for as long as the block lasts."""
    port = _free_port()
    known = yaml.safe_load(config.read_text(encoding="utf-8"))
    text = yaml.safe_dump({**known, "console": {"port": port}}, allow_unicode=True, sort_keys=False)
    config.write_text(text, encoding="utf-8")
    command = [str(BIN / "dambridge"), "--config", str(config)]
    roles = [it for role in ROLES for it in ("--role", role)]
    added = subprocess.run(
        [*command, "--json", "users", "add", "demo", "--display", "Demo administrator", *roles, "--by", "make demo"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    process = subprocess.Popen([*command, "serve"], env=dict(environment), stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield Console(f"http://127.0.0.1:{port}", "demo", json.loads(added.stdout)["password"])
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    """The console's own port, or another where that is taken."""
    for port in (PORT, 0):
        with socket.socket() as it:
            try:
                it.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(it.getsockname()[1])
    raise SystemExit("No port is free for the console.")


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("The console did not start; its words are above.")
        with socket.socket() as it:
            it.settimeout(0.2)
            if it.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("The console did not answer within a minute.")
