"""`dambridge verify` is green after real work and red after any tampering: with the trail, with a run's sums, with bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pysqlite3.dbapi2 as sqlite3
import pytest

from support.commands import dambridge
from support.pictures import approved, picture
from support.world import World, world

TAMPERINGS = {
    "an entry's actor": "UPDATE audit_log SET actor = 'nobody' WHERE seq = 2",
    "an entry's event": "UPDATE audit_log SET event = 'asset.nothing' WHERE seq = 3",
    "an entry removed": "DELETE FROM audit_log WHERE seq = 2",
    "the last entry removed": "DELETE FROM audit_log WHERE seq = (SELECT max(seq) FROM audit_log)",
    "all entries removed": "DELETE FROM audit_log",
}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("worked")) as pair:
        for number in range(5):
            pair.submit(picture(number), file_name=f"{number}.jpg", containers=["Intake/Harbour"], iptc=approved())
        assert dambridge(pair.config, "run", "--once").code == 0
        yield pair


@pytest.fixture
def copied(worked: World, tmp_path: Path) -> World:
    """The same installation, its store a copy that may be damaged."""
    shutil.copytree(worked.folder, tmp_path / "copy")
    return replace(worked, folder=tmp_path / "copy")


def tamper(pair: World, statement: str) -> int:
    with sqlite3.connect(str(pair.folder / "data" / "ledger.db")) as connection:
        changed: int = connection.execute(statement).rowcount
    connection.close()
    return changed


@pytest.mark.hazard("P50")
def test_after_real_work_everything_on_record_holds(copied: World) -> None:
    answer = dambridge(copied.config, "verify")
    assert answer.code == 0
    assert answer.json["audit"] == {"holds": True, "first_broken": None}
    assert answer.json["links"] == {"checked": 5, "differ": []}
    assert len(dambridge(copied.config, "audit").json) == 5


@pytest.mark.hazard("P50")
@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_with_the_trail_is_found(copied: World, what: str) -> None:
    assert tamper(copied, TAMPERINGS[what]) >= 1
    answer = dambridge(copied.config, "verify", "--links", "0")
    assert answer.code == 1
    assert not answer.json["audit"]["holds"]


@pytest.mark.hazard("P48")
def test_a_run_whose_sums_were_changed_is_found(copied: World) -> None:
    assert tamper(copied, "DELETE FROM items WHERE remote_id = (SELECT min(remote_id) FROM items)") == 1
    answer = dambridge(copied.config, "verify", "--links", "0")
    assert answer.code == 1
    assert answer.json["runs_that_do_not_add_up"] == ["run-000001"]


@pytest.mark.hazard("P50")
def test_bytes_that_a_person_replaced_in_netx_are_found(worked: World, copied: World) -> None:
    (first, *_) = worked.archived()
    original = next(picture(it) for it in range(5) if first["file_name"] == f"{it}.jpg")
    worked.edit_netx(first["id"], picture(99))
    answer = dambridge(copied.config, "verify")
    assert answer.code == 1
    assert len(answer.json["links"]["differ"]) == 1
    assert first["id"] in json.dumps(answer.json["links"]["differ"])
    worked.edit_netx(first["id"], original)
    assert dambridge(copied.config, "verify").code == 0
