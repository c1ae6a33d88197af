"""Maps in files of their own, put beside a small configuration."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import Settings, load_settings

PLANTED = Path(__file__).parent / "unit" / "maps" / "planted"
CONFIGURATION = """\
accounts:
  agency: {system: photoshelter, api_key: k, org_id: O0000abc, email: a@example.org, password: p}
  archive: {system: netx, base_url: "https://dam.example.org", token: t}
flows:
  intake: {from: agency, to: archive}
map_file: map.yaml
"""
Load = Callable[..., Settings]


def sound() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((PLANTED / "sound.yaml").read_text(encoding="utf-8"))
    return made


def put(document: dict[str, Any], at: Sequence[str], value: Any) -> dict[str, Any]:
    """The document with this value at this place."""
    made = copy.deepcopy(document)
    node = made
    for part in at[:-1]:
        node = node[part]
    node[at[-1]] = value
    return made


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a map: from a document or a text, beside the tables and with the small configuration."""

    def loaded(document: dict[str, Any] | str, *, configuration: str = CONFIGURATION) -> Settings:
        for table in PLANTED.glob("*.csv"):
            shutil.copy(table, tmp_path)
        text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "dambridge.yaml").write_text(configuration, encoding="utf-8")
        return load_settings(tmp_path / "dambridge.yaml")

    return loaded
