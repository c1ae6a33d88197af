"""What several rooms share: how long property tests look, and a PostgreSQL with a fresh database for each test that asks.

The quick profile draws the same examples and the same order each time, so that one commit has one verdict;
`HYPOTHESIS_PROFILE=long` draws by chance, and long. No deadline per example: on a machine that several test processes share,
a slow example says nothing about the code.
"""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from dambridge.storage import open_ledger
from dambridge.testing.postgres import NoPostgres, PostgresServer, start_postgres
from support import exiftool_lent, new_ledgers
from support.collected import HAZARDS

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("quick", deadline=None, suppress_health_check=_PATIENT, derandomize=True)
settings.register_profile("long", deadline=None, suppress_health_check=_PATIENT, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_numbers = itertools.count(1)
OF_EXIFTOOL = {
    "test_exiftool_orphans.py",
    "test_exiftool_pool.py",
    "test_file_inspector.py",
    "test_finding_exiftool.py",
    "test_mutated_files.py",
}
"""What is about its process itself: how it begins, ends and is lost."""
LONGEST = (
    "tests/e2e/test_intake_500.py",
    "tests/stateful/test_two_way.py",
    "tests/stateful/test_crash_points.py",
    "tests/stateful/test_killed_runs.py",
    "tests/unit/planning/test_intake_promises.py",
    "tests/integration/",
    "tests/e2e/",
    "tests/stateful/",
    "tests/contract/runtime/",
    "tests/contract/connectors/",
    "tests/docs/",
)
"""Where the longest tests stand, the longest first."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What lasts longest is begun first, so that no worker is left alone with it at the end; else the order is as it was.
    What was collected, before any of it is left out, is kept for those who ask which hazards a test answers for."""
    config.stash[HAZARDS] = {it.nodeid: sorted({str(one.args[0]) for one in it.iter_markers("hazard")}) for it in items}
    items.sort(key=lambda it: next((place for place, path in enumerate(LONGEST) if it.nodeid.startswith(path)), 99))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: looking through all of it for garbage, again and again, takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="module", autouse=True)
def begun_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """ExifTool and new ledgers are begun once for many tests, but for those that are about their beginning."""
    with ExitStack() as stack:
        if request.path.name not in OF_EXIFTOOL:
            stack.enter_context(exiftool_lent.lent())
        if "unit/storage" not in request.path.as_posix():
            stack.enter_context(new_ledgers.copied())
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per session. Where none can be started the test is skipped; in CI that is a failure."""
    try:
        server = start_postgres()
    except (NoPostgres, OSError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"PostgreSQL must be there in CI: {error}")
        pytest.skip(f"no PostgreSQL: {error}")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database that holds an empty ledger, to be copied."""
    with psycopg.connect(postgres_server.url(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE ledger_template")
    ledger = open_ledger(postgres_server.url("ledger_template"))
    ledger.close_now()
    return "ledger_template"


@pytest.fixture
def new_postgres(postgres_server: PostgresServer, postgres_template: str) -> Iterator[Callable[[], str]]:
    """Makes databases, each with an empty ledger, and drops them after the test; gives their addresses."""
    made: list[str] = []

    def make() -> str:
        name = f"ledger_{next(_numbers)}"
        with psycopg.connect(postgres_server.url(), autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {postgres_template}')
        made.append(name)
        return postgres_server.url(name)

    yield make
    with psycopg.connect(postgres_server.url(), autocommit=True) as admin:
        for name in made:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str]) -> str:
    """A database of this test's own that holds an empty ledger."""
    return new_postgres()
