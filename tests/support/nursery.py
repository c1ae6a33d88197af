"""A process that has loaded the command line once and forks itself for each command: what a start costs is paid once.

Each command is a process of its own, with its own output, environment and end, that can be killed as any other. What a fork
cannot show, that the installed program starts and loads all it needs, is asked of the program itself (`program=True` in
`support.commands`). The nursery runs no thread, as a process that forks must not.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

PRELOADED = (
    "alembic.command",
    "dambridge.cli.checking",
    "dambridge.cli.looking",
    "dambridge.cli.orders",
    "dambridge.cli.probing",
    "dambridge.engine.runtime.dbos",
    "dbos._sys_db_sqlite",
)


def ask(
    nursery: socket.socket, arguments: Sequence[str], environ: Mapping[str, str], files: Sequence[int], module: str
) -> None:
    """Have a module's `main` started; `files` are its standard output and error, and where its id and end are told."""
    told = {"arguments": [module, *arguments], "environ": dict(environ), "folder": str(Path.cwd())}
    request = json.dumps(told).encode() + b"\n"
    sent = socket.send_fds(nursery, [request], list(files))
    nursery.sendall(request[sent:])


def serve(requests: socket.socket) -> Sequence[str] | None:
    """Start a command for each request. Returns its module and arguments in its own process, None in the nursery at its
    end."""
    while True:
        data, files, _, _ = socket.recv_fds(requests, 65536, 3)
        _bury()
        if not data:
            return None
        while not data.endswith(b"\n"):
            data += requests.recv(65536)
        if os.fork() == 0:
            requests.close()
            return _minded(json.loads(data), *files)
        for it in files:
            os.close(it)


def _bury() -> None:
    """Take note of the children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def _minded(request: Mapping[str, Any], out: int, err: int, told: int) -> Sequence[str]:
    """Fork the command, tell its id, wait for it and tell how it ended; returns in the command's process only."""
    child = os.fork()
    if child:
        for it in (0, 1, 2, out, err):
            os.close(it)
        os.write(told, f"{child}\n".encode())
        os.write(told, f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n".encode())
        os._exit(0)
    os.close(told)
    for number, it in ((1, out), (2, err)):
        os.dup2(it, number)
        os.close(it)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    return list(request["arguments"])


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in a shell's background is told to ignore it
    for name in PRELOADED:
        import_module(name)
    import_module("dambridge.cli.app").command_line()
    sys.path[0] = str(Path(__file__).parent.parent)  # in place of this folder, whose names are none of a command's
    ledgers = import_module("support.new_ledgers")
    ledgers.empty_ledger()
    import_module("dambridge.engine.passwords").Passwords()  # what is as slow for nobody as for somebody is made once
    gc.collect()
    gc.freeze()
    arguments = serve(socket.socket(fileno=int(sys.argv[1])))
    if arguments is not None:
        module, *sys.argv[1:] = arguments
        sys.argv[0] = "dambridge"
        with ledgers.copied():
            import_module(module).main()


if __name__ == "__main__":
    main()
