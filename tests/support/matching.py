"""Two simulators that hold the libraries of `two_libraries`, and an installation of ours that pairs them once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dambridge.bootstrap import load_settings, open_matching
from dambridge.engine.pairing import matching
from dambridge.engine.pairing.matching import Matched
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support import two_libraries
from support.simulated import options
from support.two_libraries import TwoLibraries
from support.world import World, lines


@dataclass(slots=True)
class Laid:
    """The libraries, where they are served, what they are called there, and the first comparison once it was made."""

    made: TwoLibraries
    world: World
    names: dict[str, dict[str, str]]
    since: dict[str, int]
    first: Matched | None = None

    async def matched(self) -> Matched:
        if self.first is None:
            async with open_matching(load_settings(self.world.config), source="", target="") as it:
                self.first = await matching.match(it)
        return self.first

    def named(self, found: Matched) -> set[tuple[str, str]]:
        """The certain pairs by file name."""
        return {
            (self.names["agency"][it.one.remote_id], self.names["archive"][it.other.remote_id])
            for it in found.pairing.certain
        }


@contextmanager
def laid_out(folder: Path, count: int) -> Iterator[Laid]:
    """Both libraries with `count` assets each, served for as long as the block lasts."""
    made = two_libraries.build(count)
    here, there = options(seed=str(made.photoshelter)), options(seed=str(made.netx))
    with serve(make_vendor("photoshelter"), here) as ps, serve(make_vendor("netx"), there) as nx:
        world = World(ps, nx, folder)
        names = {
            account: {str(it["id"]): it["file_name"] for it in lines(served.url, "/__sim__/state")}
            for account, served in (("agency", ps), ("archive", nx))
        }
        yield Laid(made, world, names, {it: world.seq(it) for it in ("photoshelter", "netx")})
