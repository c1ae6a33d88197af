"""How much of the library has its facets: before and now, whole, by gallery and by contributor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dambridge.bootstrap import open_store
from dambridge.cli.context import Context, WrongUse, go
from dambridge.cli.rendering import print_json, say, table
from dambridge.model.coverage import CoverageReport
from dambridge.planning.coverage import COMPLETE

PARTS = ("galleries", "contributors")


def coverage(context: Context, *, since: str | None, limit: int) -> None:
    """The latest report; with `since` what was then stands for before."""

    async def work() -> Sequence[CoverageReport]:
        settings = context.settings()
        if settings.flows.enrich is None or not settings.flows.enrich.facets:
            raise WrongUse("No facet is named: add `flows.enrich.facets`.")
        async with open_store(settings) as (ledger, _):
            return await ledger.coverage_reports(limit=1_000_000 if since else 1)

    reports = go(work)
    if not reports:
        raise WrongUse("Nothing is counted yet: `dambridge run --flow enrich`.")
    told = _told(reports[0])
    if since is not None:
        told = _since(told, _told(_report_of(reports, since)))
    if context.json:
        print_json(told)
        return
    _show(told, limit=limit)


def _told(report: CoverageReport) -> dict[str, Any]:
    return {"run": report.run, "at": report.at, "since": None, **report.body}


def _report_of(reports: Sequence[CoverageReport], run: str) -> CoverageReport:
    """What was counted when this run ended: its own report, or the last one before it."""
    found = next((it for it in reports if it.run <= run), None)
    if found is None:
        raise WrongUse(f"Nothing was counted yet in {run}; the first report is of {reports[-1].run}.")
    return found


def _since(now: dict[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """The report with what was counted then in the place of what was found at first."""
    told = {**now, **_part_since(now, then), "since": then["run"]}
    for kind in PARTS:
        told[kind] = {name: _part_since(it, then[kind].get(name)) for name, it in now[kind].items()}
    return told


def _part_since(now: Mapping[str, Any], then: Mapping[str, Any] | None) -> dict[str, Any]:
    before = then["filled"] if then is not None else {}
    filled = {
        name: {"before": before.get(name, {}).get("now", 0), "now": it["now"]} for name, it in now["filled"].items()
    }
    assets = then["assets"] if then is not None else 0
    return {"assets": now["assets"], "assets_before": assets, "filled": filled}


def _show(told: Mapping[str, Any], *, limit: int) -> None:
    before = f"after {told['since']}" if told["since"] else "when first met"
    rows = [[name, *_shares(told, name)] for name in (*told["facets"], COMPLETE)]
    assets = "1 asset" if told["assets"] == 1 else f"{told['assets']} assets"
    say(f"{assets}, counted in {told['run']}; before is {before}.")
    table("Facets filled", ["facet", "before", "now"], rows)
    for kind in PARTS:
        parts = sorted(told[kind].items(), key=lambda it: (-it[1]["assets"], it[0]))
        columns = [kind, "assets", *told["facets"], COMPLETE]
        names = [*told["facets"], COMPLETE]
        rows = [
            [name, str(it["assets"]), *(" → ".join(_shares(it, one)) for one in names)] for name, it in parts[:limit]
        ]
        table(f"By {kind}", columns, rows)
        if len(parts) > limit:
            say(f"The {limit} largest of {len(parts)}; more with --limit, all with --json.")


def _shares(part: Mapping[str, Any], name: str) -> tuple[str, str]:
    counts = part["filled"][name]
    return _share(counts["before"], part.get("assets_before", part["assets"])), _share(counts["now"], part["assets"])


def _share(filled: int, assets: int) -> str:
    return f"{100 * filled / assets:.0f} %" if assets else "-"
