"""The search of an installation: its policy out of the options, its index, and what is wrong with what was written."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from dambridge.bootstrap.document import Document, Mistake
from dambridge.bootstrap.publishing import build_gate, channel_of, outlets_of, territory_of
from dambridge.bootstrap.settings import Settings
from dambridge.mapping import FIELDS
from dambridge.model.identity import AccountId, FlowName, System
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.values import FieldName
from dambridge.notices import AppriseNotifier
from dambridge.policy.gate import GateRules
from dambridge.policy.searching import NamedSelection, SearchHome, SearchPolicy, Way
from dambridge.ports.notifying import Notifier


def build_search(settings: Settings) -> SearchPolicy:
    """What search goes by. Where no gate is configured nothing is known to be permitted to anybody."""
    it = settings.search
    return SearchPolicy(
        homes={home.account: home for home in _homes(settings)},
        gate=build_gate(settings) if settings.gate is not None else GateRules(channels={}),
        zone=ZoneInfo(settings.gate.zone if settings.gate is not None else "Europe/Berlin"),
        status=_status(settings),
        campaign=FieldName(it.campaign),
        photographer=FieldName(it.photographer),
        ways=tuple(dict.fromkeys(_ways(settings))),
        selections={
            name: NamedSelection(
                folders=one.folders,
                exclude=one.exclude,
                accounts=frozenset(map(AccountId, one.accounts)) or None,
            )
            for name, one in it.selections.items()
        },
        deadline=it.deadline,
        at_most=it.at_most,
        check_every=it.check_every,
    )


def search_problems(settings: Settings, document: Document) -> Iterator[Mistake]:
    """What is written about search and cannot be meant."""
    given = {"status": settings.search.status, "campaign": settings.search.campaign}
    for name, field in {**given, "photographer": settings.search.photographer}.items():
        if field is not None and field not in FIELDS and not field.startswith("custom:") and field != LIFECYCLE_STATUS:
            yield document.mistake(("search", name), f"there is no canonical field `{field}`")
    for name, one in settings.search.selections.items():
        for account in one.accounts:
            if account not in settings.accounts:
                place = ("search", "selections", name, "accounts")
                yield document.mistake(place, f"there is no account `{account}`")


def _homes(settings: Settings) -> Iterator[SearchHome]:
    working = _working(settings)
    for name, account in settings.accounts.items():
        system = System(account.system)
        yield SearchHome(
            account=AccountId(name),
            system=system,
            flows=frozenset(flow for flow, accounts in working.items() if name in accounts),
            record=system is System.NETX,
        )


def _working(settings: Settings) -> dict[FlowName, set[str]]:
    """The accounts that each flow works with. Flow `search` is everybody's."""
    flows = settings.flows
    found: dict[FlowName, set[str]] = {FlowName.SEARCH: set(settings.accounts)}
    for name, it in (
        (FlowName.INTAKE, flows.intake),
        (FlowName.HANDOFF, flows.handoff),
        (FlowName.ENRICH, flows.enrich),
    ):
        if it is not None:
            found[name] = {it.source, it.target}
    for name, mirror in flows.mirrors.items():
        found[name] = set(mirror.between)
    for name, outward in flows.outward.items():
        found[name] = {outward.source, *(one.account for one in outward.outlets.values())}
    return found


def _status(settings: Settings) -> FieldName | None:
    if settings.search.status is not None:
        return FieldName(settings.search.status)
    if settings.flows.lifecycle is not None:
        return LIFECYCLE_STATUS
    named = [it.status for it in settings.flows.outward.values() if it.status]
    return FieldName(named[0]) if named else None


def _ways(settings: Settings) -> Iterator[Way]:
    for _, _, outlet in outlets_of(settings):
        yield Way(channel=channel_of(outlet.channel), territory=territory_of(outlet.territory))


def notifiers(settings: Settings) -> dict[str, Notifier]:
    """Ways to people, by the names under which warnings know them."""
    given = settings.warnings.recipients if settings.warnings is not None else {}
    return {name: AppriseNotifier(name, [url.get_secret_value() for url in it.urls]) for name, it in given.items()}
