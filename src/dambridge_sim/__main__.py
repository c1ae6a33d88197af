"""The command `dambridge-sim`: one local PhotoShelter or NetX."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dambridge_sim.kit.seeds import BadSeedError
from dambridge_sim.kit.serving import serve_forever
from dambridge_sim.kit.simulator import BusyError, Options
from dambridge_sim.kit.vendor import BadMetaError, Vendor

SYSTEMS = ("photoshelter", "netx")


def make_vendor(system: str) -> Vendor:
    """Return the vendor of a system's simulator."""
    module = importlib.import_module(f"dambridge_sim.{system}")
    vendor: Vendor = module.make_vendor()
    return vendor


def _port(text: str) -> int:
    """Return a port number."""
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; there are 0 to 65535")
    return int(text)


def _instant(text: str) -> datetime:
    """Return a time; the clock says whether it can show it."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-23T10:00:00Z") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dambridge-sim", description="A local PhotoShelter or NetX, for trying out and testing. Loopback only."
    )
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument(
        "--port", type=_port, default=0, help="port on 127.0.0.1; 0 (the default) lets the system choose"
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the state here; without it, it goes with the process"
    )
    parser.add_argument("--seed", metavar="PATH", help="a folder of files (library.yaml beside them), or synthetic:N")
    parser.add_argument("--strict", action="store_true", help="serve only operations that are confirmed")
    parser.add_argument(
        "--now", type=_instant, metavar="TIME", help="what its clock shows at the start; without it, the real time"
    )
    parser.add_argument("--json-log", action="store_true", help="one JSON line for each call on standard error")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = _parser().parse_args(arguments)
    options = Options(data=given.data, seed=given.seed, strict=given.strict, json_log=given.json_log, begin=given.now)
    try:
        serve_forever(make_vendor(given.system), options, port=given.port)
    except (BusyError, BadSeedError, BadMetaError, ValueError) as error:
        sys.stderr.write(f"dambridge-sim: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"dambridge-sim: port {given.port}: {error.strerror}; choose another with --port\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
