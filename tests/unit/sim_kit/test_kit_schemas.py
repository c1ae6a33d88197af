"""The published schemas and the page that names them say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dambridge_sim.kit import answers
from dambridge_sim.kit.bodies import Action
from dambridge_sim.kit.schemas import schemas
from dambridge_sim.reference import pages

Client = Any  # the fixture's class lives in conftest

_REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
_PAGE = (_REFERENCE / "simulators.md").read_text(encoding="utf-8")


def test_what_the_documentation_takes_from_the_code_is_up_to_date() -> None:
    made = pages()
    for name, text in made.items():
        path = _REFERENCE / name
        assert path.read_text(encoding="utf-8") == text, "run: python -m dambridge_sim.reference docs/reference"
    published = {f"schemas/sim/{path.name}" for path in (_REFERENCE / "schemas" / "sim").iterdir()}
    assert published == {name for name in made if name.startswith("schemas/")}


def test_the_page_links_every_schema_and_names_every_fault_and_call() -> None:
    assert set(re.findall(r"schemas/sim/([\w-]+\.json)", _PAGE)) == set(schemas())
    for action in Action.__args__:  # type: ignore[attr-defined]  # a Literal
        assert f"`{action}" in _PAGE, action
    for path in ("health", "reset", "assets", "state", "journal", "exposure", "faults", "clock", "traffic", "switches"):
        assert f"/__sim__/{path}" in _PAGE


def test_answers_keep_to_their_schemas(client: Client, jpeg: bytes) -> None:
    identifier = client.add(jpeg, file_name="a.jpg", visibility="everyone")
    client.get(f"/items/{identifier}")
    client.call("DELETE", f"/__sim__/assets/{client.add(jpeg)}")
    states = client.call("GET", "/__sim__/state").lines()
    assert len(states) == 2
    for line in states:
        answers.StateLine.model_validate(line, strict=True)
    for line in client.journal():
        answers.JournalLine.model_validate(line, strict=True)
    for line in client.call("GET", "/__sim__/exposure").lines():
        answers.ExposureLine.model_validate(line, strict=True)
    answers.ClockState.model_validate(client.get("/__sim__/clock"), strict=True)
