"""The status of assets in a configuration: carriers and roles of accounts, and what in them cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from dambridge.bootstrap.carriers import carrier_mistakes, carrier_of
from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.bootstrap.mirror_options import GroupOptions, LifecycleOptions, MirrorOptions
from dambridge.bootstrap.mistakes import near
from dambridge.bootstrap.settings import Settings
from dambridge.mapping import FIELDS, AccountMap
from dambridge.mapping.fields import CUSTOM
from dambridge.model.accords import GroupName
from dambridge.model.identity import AccountId, FlowName, System
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Role, Status
from dambridge.model.values import FieldName
from dambridge.policy.carriers import Carrier, StatusField
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule
from dambridge.policy.retention import Ending, Retention

_PEOPLE: Mapping[System, frozenset[Role]] = {
    System.PHOTOSHELTER: frozenset({Role.CONTRIBUTOR, Role.REVIEWER}),
    System.NETX: frozenset({Role.REVIEWER, Role.LIBRARIAN, Role.RIGHTS_MANAGER}),
}
_NEVER_PEOPLE = frozenset({Role.RIGHTS, Role.DAMBRIDGE})
STATUS = "status"


def carriers_of(it: MirrorOptions | None) -> Mapping[AccountId, tuple[Carrier, ...]]:
    """What shows the status in each account."""
    if not isinstance(it, LifecycleOptions):
        return {}
    return {AccountId(name): tuple(map(carrier_of, given)) for name, given in it.carriers.items()}


def status_groups(it: MirrorOptions) -> Mapping[str, GroupOptions] | None:
    """The groups that nobody wrote, where carriers show a status."""
    if not carriers_of(it) or "groups" in it.model_fields_set:
        return None
    return {STATUS: GroupOptions(fields=(str(LIFECYCLE_STATUS),), authority="transitions")}


def with_status(policy: MirrorPolicy, settings: Settings) -> MirrorPolicy:
    """The policy with carriers and roles, and the status as a group of its own."""
    it = settings.flows.lifecycle
    carriers = carriers_of(it)
    if it is None or policy.flow is not FlowName.LIFECYCLE or not carriers:
        return policy
    status = FieldGroup(
        name=GroupName(STATUS), fields=frozenset({LIFECYCLE_STATUS}), authority=Authority(Rule.TRANSITIONS)
    )
    more = () if any(one.by_transitions for one in policy.groups) else (status,)
    roles = {name: _roles(settings, it, name) for name in policy.accounts}
    zone = ZoneInfo(settings.gate.zone) if settings.gate is not None else policy.zone
    return replace(
        policy,
        groups=(*policy.groups, *more),
        carriers=carriers,
        roles=roles,
        zone=zone,
        warn_before=it.warn_before,
        superseded_by=FieldName(it.superseded_by) if it.superseded_by else None,
        retention=_retention(settings, it),
    )


def _retention(settings: Settings, it: LifecycleOptions) -> Retention | None:
    said = it.retention
    if said is None:
        return None
    usual = {System.NETX: Ending.HOLD, System.PHOTOSHELTER: Ending.KEEP}
    endings = {AccountId(name): usual[System(settings.accounts[name].system)] for name in it.between}
    endings |= {AccountId(name): ending for name, ending in said.copies.items()}
    after = {Status(status): span for status, span in said.after.items()}
    return Retention(after=after, endings=endings, max_assets=said.max_assets, max_share=said.max_share)


def _roles(settings: Settings, it: LifecycleOptions, name: AccountId) -> frozenset[Role]:
    return frozenset(it.roles[name]) if name in it.roles else _PEOPLE[System(settings.accounts[name].system)]


def shows_status(settings: Settings, name: str, account: AccountMap) -> AccountMap:
    """The account's map, with the status that its carriers show."""
    carriers = carriers_of(settings.flows.lifecycle).get(AccountId(name), ())
    return replace(account, told=StatusField(carriers)) if carriers else account


def carried_fields(it: MirrorOptions, maps: Mapping[AccountId, AccountMap]) -> frozenset[FieldName]:
    """The fields that are carriers of a status somewhere: no flow but this one writes them on the other side."""
    natives = {name: {one.native for one in several} for name, several in carriers_of(it).items()}
    return frozenset(
        rule.field for name, used in natives.items() if name in maps for rule in maps[name].rules if rule.native in used
    )


def _wrong_retention(settings: Settings, it: LifecycleOptions, document: Document) -> Iterator[Mistake]:
    """Retention and superseding without a status that people can see, in accounts that are not there, by a trash that is none."""
    at: Location = ("flows", "lifecycle")
    for option, given in (("retention", it.retention), ("superseded_by", it.superseded_by)):
        if given is not None and not it.carriers:
            what = "Without `carriers` nobody knows how an asset stands."
            yield document.mistake((*at, option), what, "Name what shows the status, or take this out.")
    name = it.superseded_by
    if name is not None and name not in FIELDS and not name.startswith(CUSTOM):
        what = f"There is no canonical field `{name}`."
        yield document.mistake((*at, "superseded_by"), what, near(name, [*FIELDS], "Known fields"))
    for account, ending in (it.retention.copies if it.retention is not None else {}).items():
        place = (*at, "retention", "copies", account)
        if account not in it.between:
            what = f"`{account}` is no account of this flow."
            yield document.mistake(place, what, near(account, [*it.between], "Accounts of this flow"))
        elif ending is Ending.TRASH and System(settings.accounts[account].system) is System.NETX:
            yield document.mistake(place, "NetX has no trash.", "Write `hold`, or `delete` for good.")


# what cannot be used --------------------------------------------------------------------------------------------------


def lifecycle_mistakes(settings: Settings, document: Document) -> Iterator[Mistake]:
    """Carriers that the account does not have, words that say two things or nothing, roles that people cannot have."""
    it = settings.flows.lifecycle
    at: Location = ("flows", "lifecycle")
    if it is None:
        return
    for option, given in (("carriers", it.carriers), ("roles", it.roles)):
        for name in [one for one in given if one not in it.between]:
            what = f"`{name}` is no account of this flow."
            yield document.mistake((*at, option, name), what, near(name, [*it.between], "Accounts of this flow"))
    yield from _wrong_retention(settings, it, document)
    missing = [name for name in it.between if it.carriers and name not in it.carriers and name in settings.accounts]
    for name in missing:
        remedy = f"Name what shows it: carriers: {{{name}: [{{by: …}}]}}"
        yield document.mistake((*at, "carriers"), f"Nothing shows the status in `{name}`.", remedy)
    for name, roles in it.roles.items():
        for role in [one for one in roles if one in _NEVER_PEOPLE]:
            yield document.mistake((*at, "roles", name), f"`{role}` is no role of people.", "Take it out.")
    for name, several in it.carriers.items():
        if name in settings.accounts:
            place = (*at, "carriers", name)
            if not several:
                yield document.mistake(place, "This is empty.", "Name at least one carrier, the one that wins first.")
            system, selected = System(settings.accounts[name].system), it.select.get(name, ())
            yield from carrier_mistakes(document, place, several, account=name, system=system, selected=selected)
