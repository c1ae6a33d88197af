"""Flows publish and syndicate: from options to their policies and the gate's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from dambridge.bootstrap.mirrors import Maps
from dambridge.bootstrap.publish_options import (
    COMMON_FIELDS,
    GateOptions,
    OutletOptions,
    PublishOptions,
    RenditionOptions,
)
from dambridge.bootstrap.settings import Settings
from dambridge.expressions import Program, compile_expression
from dambridge.mapping import expression_variables
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.rights import EVERYWHERE
from dambridge.model.values import FieldName
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.outlets import STAND_IN, Outlet, PublishPolicy, Rendition, Selection

WORLDWIDE = frozenset({"worldwide", "world", EVERYWHERE})


def territory_of(given: str) -> str:
    """A territory in the spelling of the gate."""
    return EVERYWHERE if given.strip().casefold() in WORLDWIDE else given.strip().upper()


def channel_of(given: str) -> str:
    """A channel in the spelling of the gate."""
    return given.strip().casefold()


def gate_options(settings: Settings) -> GateOptions:
    """The gate's options. Raises `ValueError` where there are none, which no checked configuration with outlets is."""
    if settings.gate is None:
        raise ValueError("no `gate` is configured")
    return settings.gate


def build_gate(settings: Settings) -> GateRules:
    """What the gate demands."""
    it = gate_options(settings)
    return GateRules(
        channels={
            channel_of(name): Channel(
                name=channel_of(name),
                commercial=given.commercial,
                trains_machines=given.trains_machines,
                audiences=frozenset(given.audiences),
            )
            for name, given in it.channels.items()
        },
        groups={territory_of(name): frozenset(map(territory_of, members)) for name, members in it.territories.items()},
        must_know=frozenset(it.must_know),
        must_know_of_people=frozenset(it.must_know_of_people),
        statuses=frozenset(word.strip().casefold() for word in it.statuses),
    )


def build_publish(settings: Settings, flow: FlowName, maps: Maps) -> PublishPolicy:
    """The policy of one of the two flows."""
    it = settings.flows.outward[flow]
    return PublishPolicy(
        flow=flow,
        source=AccountId(it.source),
        outlets={name: _outlet(name, given) for name, given in it.outlets.items()},
        selection=Selection(
            folders=it.select.folders,
            exclude=it.select.exclude,
            expression=it.select.expression or "",
            outlets=FieldName(it.select.outlets) if it.select.outlets else None,
        ),
        gate=build_gate(settings),
        zone=ZoneInfo(gate_options(settings).zone),
        fields=published_fields(it, maps),
        status=FieldName(it.status) if it.status else None,
        kit=FieldName(it.kit) if it.kit else None,
        rates={AccountId(name): float(account.rate) for name, account in settings.accounts.items()},
        margin=it.margin,
        stale_for=it.stale_for,
        max_changes=it.guards.max_changes,
        max_share=it.guards.max_share,
        max_removals=it.guards.max_removals,
        max_removal_share=it.guards.max_removal_share,
        on_mass_absence=it.on_mass_absence,
        plan_ttl=it.plan_ttl,
    )


def build_selection_program(it: PublishOptions) -> Program | None:
    """The compiled rule of the allow-list, where it has one. Raises `ExpressionInvalid`."""
    source = it.select.expression
    return compile_expression(source, expression_variables()) if source else None


def published_fields(it: PublishOptions, maps: Maps) -> frozenset[FieldName]:
    """The fields as named, else the common ones that the master's account shows."""
    if it.fields is not None:
        return frozenset(map(FieldName, it.fields))
    home = maps.get(AccountId(it.source))
    return frozenset(FieldName(name) for name in COMMON_FIELDS if home is None or name in home.reads)


def _outlet(name: str, it: OutletOptions) -> Outlet:
    return Outlet(
        name=name,
        account=AccountId(it.account),
        gallery=it.gallery.strip("/") if not it.gallery.startswith("id:") else it.gallery,
        channel=channel_of(it.channel),
        territory=territory_of(it.territory),
        audience=it.audience,
        region=it.region,
        rendition=_stand_in(it.rendition) if it.stand_in else _rendition(it.rendition) if it.rendition else None,
        languages=it.languages,
        naming=it.naming,
        own_fields=frozenset(map(FieldName, it.own_fields)),
        own_file=it.own_file,
        withdraw_to=it.withdraw_to,
        wholly_ours=it.wholly_ours,
        orders=it.orders,
        answers_for=it.answers_for,
    )


def _stand_in(it: RenditionOptions | None) -> Rendition:
    """What a stand-in is: small, and of the one name by which it is known."""
    if it is None:
        return Rendition(name=STAND_IN, longest=1200, quality=75)
    return replace(_rendition(it), name=STAND_IN, longest=it.longest or 1200)


def _rendition(it: RenditionOptions) -> Rendition:
    return Rendition(
        name=it.name,
        longest=it.longest,
        format=it.format,
        quality=it.quality,
        profile=it.profile,
        watermark=str(it.watermark) if it.watermark else "",
        opacity=it.opacity,
    )


def outlets_of(settings: Settings) -> Iterator[tuple[FlowName, str, OutletOptions]]:
    """Every outlet of both flows."""
    for flow, it in settings.flows.outward.items():
        for name, outlet in it.outlets.items():
            yield flow, name, outlet
