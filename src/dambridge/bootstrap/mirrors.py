"""Flows that keep fields in step: from options to policies, and what in the options cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.bootstrap.lifecycle import carried_fields, carriers_of, lifecycle_mistakes, status_groups, with_status
from dambridge.bootstrap.mirror_options import (
    AccountDecides,
    AuthorityOption,
    GroupOptions,
    MirrorOptions,
    RightsOptions,
)
from dambridge.bootstrap.mistakes import near
from dambridge.bootstrap.settings import NetxAccount, Settings
from dambridge.mapping import FIELDS, AccountMap
from dambridge.mapping.fields import CUSTOM
from dambridge.model.accords import CONTENT, FILE_NAME, GroupName
from dambridge.model.identity import AccountId, FlowName, System
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.values import FieldName
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule

EVERYWHERE = frozenset({FILE_NAME, CONTENT})
"""Fields that every account has without a map."""
Maps = Mapping[AccountId, AccountMap]


def build_mirror(settings: Settings, flow: FlowName, maps: Maps) -> MirrorPolicy:
    """The policy of a flow that keeps fields in step."""
    it = settings.flows.mirrors[flow]
    policy = MirrorPolicy(
        flow=flow,
        accounts=tuple(AccountId(name) for name in it.between),
        groups=tuple(
            FieldGroup(
                name=GroupName(name),
                fields=frozenset(map(FieldName, group.fields)),
                authority=_authority(group.authority),
                owner=_owner(it, group),
            )
            for name, group in groups_of(it, maps).items()
        ),
        absences={AccountId(name): dict(rules) for name, rules in it.absent.items()},
        margin=it.margin,
        stale_for=it.stale_for,
        max_changes=it.guards.max_changes,
        max_share=it.guards.max_share,
        max_removals=it.guards.max_removals,
        max_removal_share=it.guards.max_removal_share,
        plan_ttl=it.plan_ttl,
    )
    return with_status(policy, settings)


def _authority(given: AuthorityOption) -> Authority:
    if isinstance(given, AccountDecides):
        return Authority(Rule.ACCOUNT, AccountId(given.account))
    return Authority(Rule(given))


def _owner(it: MirrorOptions, group: GroupOptions) -> AccountId | None:
    """Who may permit more: the group's own word, else the flow's where what permits less holds."""
    if group.authority != "most_restrictive":
        return None
    name = group.owner or (it.owner if isinstance(it, RightsOptions) else None)
    return AccountId(name) if name else None


def groups_of(it: MirrorOptions, maps: Maps) -> Mapping[str, GroupOptions]:
    """The groups as written; of those that nobody wrote, the fields that have a home in every account."""
    if "groups" in it.model_fields_set:
        return it.groups
    if (status := status_groups(it)) is not None:
        return status
    homes = [maps[AccountId(name)].reads for name in it.between if AccountId(name) in maps]
    found: dict[str, GroupOptions] = {}
    for name, group in it.groups.items():
        fields = tuple(field for field in group.fields if all(field in home for home in homes))
        if fields:
            found[name] = group.model_copy(update={"fields": fields})
    return found


def mirrored(settings: Settings, maps: Maps, accounts: Sequence[str]) -> frozenset[FieldName]:
    """The fields that some flow keeps in step between all of these accounts."""
    flows = [it for it in settings.flows.mirrors.values() if set(accounts) <= set(it.between)]
    kept = {FieldName(field) for it in flows for group in groups_of(it, maps).values() for field in group.fields}
    return frozenset(kept).union(*(carried_fields(it, maps) for it in flows))


def holding_folders(settings: Settings, flow: FlowName) -> dict[AccountId, str]:
    """Per NetX account of the flow where its retired copies stand."""
    it = settings.flows.mirrors[flow]
    accounts = {name: settings.accounts[name] for name in it.between}
    return {
        AccountId(name): it.holding_folder or f"{account.staging_root.rstrip('/')}/retired"
        for name, account in accounts.items()
        if isinstance(account, NetxAccount)
    }


def mirror_problems(settings: Settings, document: Document, maps: Maps) -> list[Mistake]:
    """Everything that the options of these flows say and the core cannot use."""
    found: list[Mistake] = []
    taken: dict[str, tuple[FlowName, frozenset[str]]] = {}
    for flow, it in settings.flows.mirrors.items():
        at: Location = ("flows", str(flow))
        found += [
            *_wrong_accounts(settings, it, document, at),
            *_wrong_groups(it, document, at, maps),
            *_homeless(it, document, at, maps, settings),
            *_contested(it, document, at, taken, maps),
        ]
        taken |= {field: (flow, frozenset(it.between)) for field in _fields(it, maps)}
    return [*found, *lifecycle_mistakes(settings, document)]


def _fields(it: MirrorOptions, maps: Maps) -> list[str]:
    return [field for group in groups_of(it, maps).values() for field in group.fields if field]


def _wrong_accounts(settings: Settings, it: MirrorOptions, document: Document, at: Location) -> Iterator[Mistake]:
    for index, name in enumerate(it.between):
        if name and name not in settings.accounts:
            remedy = near(name, [*settings.accounts], "Known accounts")
            yield document.mistake((*at, "between", index), f"There is no account `{name}`.", remedy)
        elif name and name in it.between[:index]:
            yield document.mistake((*at, "between", index), f"`{name}` stands here twice.", "Name another account.")
    named = [((*at, "absent", name), name) for name in it.absent]
    named += [((*at, "select", name), name) for name in it.select]
    named += [
        ((*at, "groups", name, "authority", "account"), group.authority.account)
        for name, group in it.groups.items()
        if isinstance(group.authority, AccountDecides)
    ]
    named += [((*at, "groups", name, "owner"), group.owner) for name, group in it.groups.items() if group.owner]
    if isinstance(it, RightsOptions) and it.owner:
        named.append(((*at, "owner"), it.owner))
    for place, name in named:
        if name and name not in it.between:
            remedy = near(name, [*filter(None, it.between)], "Accounts of this flow")
            yield document.mistake(place, f"`{name}` is no account of this flow.", remedy)


def _wrong_groups(it: MirrorOptions, document: Document, at: Location, maps: Maps) -> Iterator[Mistake]:
    known = [*FIELDS, *EVERYWHERE, *([LIFECYCLE_STATUS] if carriers_of(it) else [])]
    owners: dict[str, str] = {}
    for name, group in it.groups.items():
        for index, field in enumerate(group.fields):
            place = (*at, "groups", name, "fields", index)
            if field and field not in known and not field.startswith(CUSTOM):
                remedy = near(field, known, "Known fields") if len(field) < 60 else "See `docs/reference/fields.md`."
                yield document.mistake(place, f"There is no canonical field `{field}`.", remedy)
            elif field and (other := owners.setdefault(field, name)) != name:
                remedy = "A field stands in one group; take it out of the other."
                yield document.mistake(place, f"`{field}` stands in the group `{other}` too.", remedy)
        if (group.authority == "transitions") != (group.fields == (LIFECYCLE_STATUS,)):
            remedy = f"Write fields: [{LIFECYCLE_STATUS}] and authority: transitions, and name `carriers`."
            yield document.mistake((*at, "groups", name, "authority"), "Only a status moves by transitions.", remedy)
        if group.owner and group.authority != "most_restrictive":
            what = "Only where what permits less holds has a group an owner."
            yield document.mistake(
                (*at, "groups", name, "owner"), what, "Write authority: most_restrictive, or take it out."
            )
    if not groups_of(it, maps):
        remedy = "Name `groups`, or give the fields homes under `maps`."
        yield document.mistake(at, "No field of this flow has a home in every account.", remedy)


def _homeless(
    options: MirrorOptions, document: Document, at: Location, maps: Maps, settings: Settings
) -> Iterator[Mistake]:
    """A field that one of the accounts does not show could never be brought into step with it."""
    for name, group in groups_of(options, maps).items():
        for index, field in enumerate(group.fields):
            if field in {*EVERYWHERE, LIFECYCLE_STATUS} or (field not in FIELDS and not field.startswith(CUSTOM)):
                continue
            accounts = [it for it in dict.fromkeys(options.between) if AccountId(it) in maps]
            without = [it for it in accounts if field not in maps[AccountId(it)].reads]
            if without:
                homes = ", ".join(f"{it}: {{{field}: {_native(settings, it, field)}}}" for it in without)
                what = f"`{field}` has no home in {' and '.join(f'`{it}`' for it in without)}."
                place = (*at, "groups", name, "fields", index)
                yield document.mistake(place, what, f"Give it one: maps: {{{homes}}}")


def _native(settings: Settings, account: str, field: str) -> str:
    known = FIELDS.get(FieldName(field))
    if known is None:
        return "…"
    system = System(settings.accounts[account].system)
    return (known.netx if system is System.NETX else known.photoshelter) or "…"


def _contested(
    it: MirrorOptions,
    document: Document,
    at: Location,
    taken: Mapping[str, tuple[FlowName, frozenset[str]]],
    maps: Maps,
) -> Iterator[Mistake]:
    """Two flows that keep the same field in step in one account would undo each other's work."""
    for name, group in groups_of(it, maps).items():
        for index, field in enumerate(group.fields):
            flow, accounts = taken.get(field, (None, frozenset()))
            if flow is not None and accounts & set(it.between):
                place = (*at, "groups", name, "fields", index)
                yield document.mistake(place, f"The flow `{flow}` keeps `{field}` in step too.", "Leave it to one.")
