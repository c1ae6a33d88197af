"""The process in which renditions are made: one order per line in, one answer per line out, until the input ends.

An answer is `{"made": …}`, `{"refused": why}` for a file of which none can be made, or `{"fault": why}` for an order that
cannot be carried out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dambridge.files.rendering import Order, render_file
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.outgoing import NotRendered


def main() -> None:
    for line in sys.stdin.buffer:
        said = json.dumps(_answer(json.loads(line)))
        sys.stdout.buffer.write(said.encode() + b"\n")
        sys.stdout.buffer.flush()


def _answer(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        made = render_file(
            Path(asked["source"]),
            Path(asked["target"]),
            Order(**asked["order"]),
            kind=asked["kind"],
            most_pixels=asked["most_pixels"],
        )
    except NotRendered as problem:
        return {"refused": problem.why}
    except CannotGoOn as problem:
        return {"fault": str(problem)}
    except MemoryError:
        return {"refused": "it needs more memory than a rendition may take."}
    return {"made": asdict(made)}


if __name__ == "__main__":
    main()
