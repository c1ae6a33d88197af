"""Write what the documentation takes from the code: `python -m dambridge_sim.reference docs/reference`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dambridge_sim.__main__ import SYSTEMS, make_vendor
from dambridge_sim.kit.schemas import schemas

SCHEMAS = "schemas/sim"
SWITCHES = "simulator-switches.md"
_HEAD = """# Switches of the simulators

What nobody outside can know of the real systems is a switch: set it by `POST /__sim__/switches`, or under `switches` in a
`library.yaml`. This page is written by `python -m dambridge_sim.reference docs/reference`.
"""


def pages() -> dict[str, str]:
    """Return the text of each file by its path below the reference folder."""
    made = {f"{SCHEMAS}/{name}": text for name, text in schemas().items()}
    return {**made, SWITCHES: _HEAD + "".join(_table(system) for system in SYSTEMS)}


def _table(system: str) -> str:
    vendor = make_vendor(system)
    rows = [f"\n## {vendor.title}\n", "| switch | default | what it says |", "| --- | --- | --- |"]
    for switch in vendor.switches:
        about = switch.about.replace("|", "\\|")
        choices = f" (one of {', '.join(f'`{json.dumps(one)}`' for one in switch.choices)})" if switch.choices else ""
        rows.append(f"| `{switch.name}` | `{json.dumps(switch.default)}` | {about}{choices} |")
    return "\n".join(rows) + "\n"


def main(folder: Path) -> None:
    """Write all of them below a folder."""
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
