"""`dambridge retention plan` and `apply` over real HTTP: into the holding folder by default, for good where it is said."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from integration.test_lifecycle import EDIT_STATUS, FOLDER, PROVEN, lifecycle, linked, overrides
from integration.test_lifecycle import places as desk
from support.commands import dambridge
from support.handing_off import sources
from support.world import World, merged, world

DAY = 86_400


def keeping(**retention: Any) -> dict[str, Any]:
    said = {"after": {"withdrawn": "30d"}, **retention}
    more = {"flows": {"lifecycle": {"retention": said, "superseded_by": "instructions"}}}
    return merged(overrides([EDIT_STATUS], [FOLDER], [*PROVEN, "discard"]), more)


def withdrawn(pair: World) -> tuple[str, str]:
    """An asset that a librarian named a successor of, 31 days ago."""
    desk(pair)
    here, there = linked(pair)
    asyncio.run(lifecycle(pair))
    pair.edit_netx(there, attributes={"Instructions": ["N-200"]})
    pair.advance(3600)
    for _ in range(2):
        asyncio.run(lifecycle(pair))
        pair.advance(600)
    return here, there


def places(pair: World, asset: str) -> list[str]:
    found = [it for it in pair.archived() if str(it["id"]) == asset]
    return sorted(found[0]["containers"]) if found else ["(gone)"]


def told(pair: World, *arguments: str) -> Any:
    answer = dambridge(pair.config, *arguments)
    return answer.code, json.loads(answer.out) if answer.out.strip().startswith("{") else answer.out + answer.err


def test_what_is_superseded_is_withdrawn_and_held_when_its_time_is_over(tmp_path: Path) -> None:
    with world(tmp_path, **keeping()) as pair:
        here, there = withdrawn(pair)
        assert sources(pair)[here]["metadata"]["edit_status"] == "withdrawn", "it left circulation on both sides"
        before = places(pair, there)
        assert told(pair, "retention", "plan")[1]["counts"] == {}
        pair.advance(31 * DAY)
        code, plan = told(pair, "retention", "plan", "--out", str(tmp_path / "plan.jsonl"))
        assert (code, plan["counts"]) == (0, {"retire": 1})
        assert places(pair, there) == before, "a plan touches nothing"
        code, said = told(pair, "apply", plan["plan"])
        assert code == 2, "it is deleted in somebody's name"
        assert "--by" in str(said)
        code, done = told(pair, "apply", str(tmp_path / "plan.jsonl"), "--by", "Ida Roth")
        assert code == 0, done
        assert places(pair, there) == ["dambridge/arrivals/retired"]
        assert not sources(pair)[here]["trash"]
        story = str(told(pair, "audit", "--limit", "200")[1])
        assert "plan.approved" in story
        assert "Ida Roth" in story
        whole = told(pair, "show", here)[1]["story"]
        assert whole[-1]["words"].endswith("Ida Roth applied the plan.")
        assert any("withdrawn (was approved), because it was superseded" in it["words"] for it in whole)
        asyncio.run(pair.run(full=True))
        assert len(pair.by_source()[here]) == 1, "intake does not bring it again"


@pytest.mark.long
def test_for_good_only_where_it_is_said_and_never_under_legal_hold(tmp_path: Path) -> None:
    with world(tmp_path, **keeping(copies={"archive": "delete", "agency": "trash"})) as pair:
        here, there = withdrawn(pair)
        pair.advance(31 * DAY)
        _, plan = told(pair, "retention", "plan")
        assert plan["counts"] == {"delete": 2}
        assert told(pair, "hold", "set", f"agency:{here}", "--by", "Ida", "--why", "court")[0] == 0
        assert told(pair, "apply", plan["plan"], "--by", "Ida")[0] == 3
        assert places(pair, there) != ["(gone)"]
        assert not sources(pair)[here]["trash"]
        assert told(pair, "hold", "lift", f"agency:{here}", "--by", "Ida", "--why", "over")[0] == 0
        _, plan = told(pair, "retention", "plan")
        assert told(pair, "apply", plan["plan"], "--by", "Ida")[0] == 0
        assert places(pair, there) == ["(gone)"]
        assert sources(pair)[here]["trash"]
        asyncio.run(pair.run(full=True))
        assert places(pair, there) == ["(gone)"]
        assert here not in pair.by_source()


def test_without_a_word_about_it_everything_is_kept(tmp_path: Path) -> None:
    with world(tmp_path) as pair:
        code, said = told(pair, "retention", "plan")
        assert code == 2
        assert "everything is kept" in str(said)
