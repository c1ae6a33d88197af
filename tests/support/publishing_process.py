"""One run of a flow that publishes, as a process that can be killed: its one argument is the folder that holds the
installation's `dambridge.yaml`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.engine.publishing.flow import PublishFlow
from dambridge.engine.publishing.parts import PublishParts
from dambridge.files import FileInspector, FileOutfitter
from support.publishing import POLICY


async def run(folder: Path) -> None:
    async with open_bridge(load_settings(folder / "dambridge.yaml")) as bridge:
        parts = PublishParts(
            **bridge.common.given(),
            flow=POLICY.flow,
            policy=POLICY,
            sites=bridge.sites,
            outfitter=FileOutfitter(),
            inspector=FileInspector(),
        )
        flow = PublishFlow(parts)
        assert isinstance(bridge.flows, dict)
        bridge.flows[POLICY.flow] = flow
        await flow.run(command=None, full=True)


def main() -> None:
    asyncio.run(run(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
