"""The JSON Schemas of the control bodies; `python -m dambridge_sim.reference` writes them down."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel

from dambridge_sim.kit import answers, bodies

MODELS: Mapping[str, type[BaseModel]] = {
    "asset-meta": bodies.AssetMeta,
    "clock": bodies.ClockBody,
    "faults": bodies.FaultRules,
    "library": bodies.LibraryBody,
    "reset": bodies.ResetBody,
    "switches": bodies.SwitchesBody,
    "traffic": bodies.TrafficBody,
    "webhooks": bodies.WebhooksBody,
    "answer-clock": answers.ClockState,
    "answer-exposure-line": answers.ExposureLine,
    "answer-journal-line": answers.JournalLine,
    "answer-ready-line": answers.Ready,
    "answer-state-line": answers.StateLine,
}


def schemas() -> dict[str, str]:
    """Return the text of each schema by its file name."""
    made = {}
    for name, model in MODELS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
        made[f"{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return made
