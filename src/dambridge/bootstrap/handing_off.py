"""Flow handoff: from options to its policy and to ways to people, and what in the options cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

import holidays

from dambridge.bootstrap.carriers import carrier_mistakes, carrier_of
from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.bootstrap.handoff_options import CalendarOptions, HandoffOptions, PersonOptions
from dambridge.bootstrap.lifecycle import carriers_of
from dambridge.bootstrap.mirrors import Maps
from dambridge.bootstrap.mistakes import near
from dambridge.bootstrap.settings import Settings
from dambridge.engine.handing_off.parts import folded
from dambridge.expressions import ExpressionInvalid, Program, compile_expression
from dambridge.mapping import FIELDS, expression_variables
from dambridge.mapping.fields import CUSTOM
from dambridge.model.identity import AccountId, System
from dambridge.model.lifecycle import Status
from dambridge.model.submissions import Disposal
from dambridge.model.values import FieldName
from dambridge.notices import AppriseNotifier, usable_address
from dambridge.policy.calendars import WorkingCalendar, no_holiday
from dambridge.policy.carriers import Carrier, CarrierKind
from dambridge.policy.handoff import Disposition, HandoffPolicy, Queue
from dambridge.policy.intake import SELECT, IntakePolicy
from dambridge.policy.patterns import matches_any
from dambridge.policy.placing import template_mistakes
from dambridge.ports.notifying import Notifier

HANDOFF: Location = ("flows", "handoff")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def build_handoff(settings: Settings) -> HandoffPolicy:
    """The policy of the flow."""
    it = _options(settings)
    made = it.disposition
    return HandoffPolicy(
        intake=_intake(settings, it),
        queue=Queue(
            owner=it.queue.owner,
            deputy=it.queue.deputy,
            within=it.queue.within,
            calendar=_calendar(it.queue.calendar),
        ),
        coordinator=it.coordinator,
        carriers=_carriers(settings, it),
        contributor=FieldName(it.contributor),
        note_field=it.note_field,
        disposition=Disposition(kind=made.kind, field=made.field, value=made.value, gallery=made.gallery),
    )


def _intake(settings: Settings, it: HandoffOptions) -> IntakePolicy:
    """What is approved is archived as intake would archive everything: whether it is approved is not intake's to say."""
    named = (
        {"custom"}
        if it.contributor.startswith(CUSTOM) or any(one.kind is CarrierKind.CUSTOM for one in _carriers(settings, it))
        else set()
    )
    by_map = settings.site_map.groups() if settings.site_map else frozenset()
    return IntakePolicy(
        source=AccountId(it.source),
        target=AccountId(it.target),
        mode="new",
        galleries=it.select.galleries,
        exclude=it.select.exclude,
        media_types=it.select.media_types,
        expression=it.select.expression,
        folder=it.place.folder,
        places=settings.site_map.places if settings.site_map else (),
        groups_for_rules=frozenset({"containers", *by_map, *named}),
        arrival=it.place.arrival,
        unproven_fields=it.unproven_fields,
        required=tuple(FieldName(name) for name in it.required),
        max_changes=it.guards.max_changes,
        max_share=it.guards.max_share,
        plan_ttl=it.plan_ttl,
    )


def handoff_programs(settings: Settings) -> Mapping[str, Program]:
    """The compiled rule of the selection. Raises `ExpressionInvalid`."""
    source = _options(settings).select.expression
    return {SELECT: compile_expression(source, expression_variables())} if source else {}


def ways_to(people: Mapping[str, PersonOptions]) -> Mapping[str, Notifier]:
    """By name in lower case."""
    return {
        folded(name): AppriseNotifier(name, [url.get_secret_value() for url in it.urls]) for name, it in people.items()
    }


def _options(settings: Settings) -> HandoffOptions:
    if settings.flows.handoff is None:
        raise ValueError("flow `handoff` is not configured")
    return settings.flows.handoff


def _calendar(it: CalendarOptions) -> WorkingCalendar:
    free = no_holiday
    if it.country is not None:
        known = holidays.country_holidays(it.country, subdiv=it.subdivision)

        def free(day: date) -> bool:
            return day in known

    return WorkingCalendar(
        zone=ZoneInfo(it.zone),
        days=frozenset(_DAYS.index(one) for one in it.days),
        opens=time.fromisoformat(it.opens),
        closes=time.fromisoformat(it.closes),
        is_holiday=free,
    )


# mistakes ---------------------------------------------------------------------------------------------------------------


def handoff_problems(settings: Settings, document: Document, maps: Maps) -> list[Mistake]:
    """Everything that the options of the flow say and the core cannot use."""
    it = settings.flows.handoff
    if it is None:
        return []
    return [
        *_wrong_accounts(settings, it, document),
        *_wrong_selection(settings, it, document),
        *_wrong_carriers(settings, it, document),
        *_wrong_fields(it, document, maps),
        *_wrong_calendar(it, document),
        *_wrong_disposition(it, document),
        *_wrong_addresses(it, document),
    ]


def _wrong_accounts(settings: Settings, it: HandoffOptions, document: Document) -> Iterator[Mistake]:
    for option, name, system in (("from", it.source, "photoshelter"), ("to", it.target, "netx")):
        account = settings.accounts.get(name)
        if name and account is None:
            remedy = near(name, [*settings.accounts], "Known accounts")
            yield document.mistake((*HANDOFF, option), f"There is no account `{name}`.", remedy)
        elif account is not None and account.system != system:
            what = f"`{name}` is an account of {account.system}, and here one of {system} is needed."
            yield document.mistake((*HANDOFF, option), what, f"Name an account of {system}.")


def _wrong_selection(settings: Settings, it: HandoffOptions, document: Document) -> Iterator[Mistake]:
    if not it.select.galleries:
        what = "Everything in the account would be handed in."
        yield document.mistake((*HANDOFF, "select"), what, "Name the galleries of the shoots under `galleries`.")
    intake = settings.flows.intake
    if intake is not None and (intake.source, intake.target) == (it.source, it.target):
        for index, pattern in enumerate(it.select.galleries):
            path = pattern.replace("**", "a/b").replace("*", "a")
            taken = not intake.select.galleries or matches_any(path, intake.select.galleries)
            if taken and not matches_any(path, intake.select.exclude):
                what = f"Flow intake would take what stands in {pattern} too, whatever its review says."
                remedy = f'Add "{pattern}" to `flows.intake.select.exclude`.'
                yield document.mistake((*HANDOFF, "select", "galleries", index), what, remedy)
    if it.select.expression:
        try:
            compile_expression(it.select.expression, expression_variables())
        except ExpressionInvalid as error:
            place = (*HANDOFF, "select", "expression")
            yield document.mistake(place, f"The rule cannot be used: {error}\n", "Correct it there.")


def _wrong_carriers(settings: Settings, it: HandoffOptions, document: Document) -> Iterator[Mistake]:
    at = (*HANDOFF, "carriers")
    selected = it.select.galleries
    account = settings.accounts.get(it.source)
    if account is not None and System(account.system) is System.PHOTOSHELTER:
        yield from carrier_mistakes(
            document, at, it.carriers, account=it.source, system=System(account.system), selected=selected
        )
    for index, one in enumerate(map(carrier_of, it.carriers)):
        if one.words and Status.APPROVED not in one.words:
            yield document.mistake((*at, index, "words"), "Nothing would ever be approved by it.", "Add `approved:`.")
    shared = _of_lifecycle(settings, it)
    if it.carriers and shared and tuple(map(carrier_of, it.carriers)) != shared:
        what = f"Flow lifecycle shows the status in `{it.source}` in another way."
        yield document.mistake(at, what, "Leave this out: the carriers of flow lifecycle are taken.")


def _of_lifecycle(settings: Settings, it: HandoffOptions) -> tuple[Carrier, ...]:
    return carriers_of(settings.flows.lifecycle).get(AccountId(it.source), ())


def _carriers(settings: Settings, it: HandoffOptions) -> tuple[Carrier, ...]:
    """One truth for an account: where flow lifecycle shows a status there, this flow reads and writes the same. That an asset
    is archived is then lifecycle's to show, for in PhotoShelter nobody may say so."""
    shared = _of_lifecycle(settings, it)
    if not shared:
        return tuple(map(carrier_of, it.carriers))
    return tuple(
        replace(one, words={status: said for status, said in one.words.items() if status is not Status.ARCHIVED})
        for one in shared
    )


def _wrong_fields(it: HandoffOptions, document: Document, maps: Maps) -> Iterator[Mistake]:
    home = maps.get(AccountId(it.source))
    named = [("contributor", it.contributor), *((f"required/{index}", name) for index, name in enumerate(it.required))]
    for option, name in named:
        first, _, index = option.partition("/")
        place = (*HANDOFF, first, int(index)) if index else (*HANDOFF, first)
        if name not in FIELDS and not name.startswith(CUSTOM):
            yield document.mistake(
                place, f"There is no canonical field `{name}`.", near(name, [*FIELDS], "Known fields")
            )
        elif home is not None and FieldName(name) not in home.reads:
            what = f"`{name}` has no home in `{it.source}`."
            yield document.mistake(place, what, f"Give it one: maps: {{{it.source}: {{{name}: …}}}}")
    for sentence in template_mistakes(it.place.folder, frozenset(FIELDS)):
        told = sentence[:1].upper() + sentence[1:] + "."
        yield document.mistake((*HANDOFF, "place", "folder"), told, "Correct the template.")


def _wrong_calendar(it: HandoffOptions, document: Document) -> Iterator[Mistake]:
    given, place = it.queue.calendar, (*HANDOFF, "queue", "calendar")
    try:
        ZoneInfo(given.zone)
    except (KeyError, ValueError, OSError):
        yield document.mistake((*place, "zone"), f"There is no time zone `{given.zone}`.", "Write it as Europe/Berlin.")
    if given.opens >= given.closes:
        yield document.mistake((*place, "closes"), "Work would end before it begins.", "Set `opens` before `closes`.")
    if given.country is None:
        return
    known = holidays.list_supported_countries()
    if given.country not in known:
        what = f"Nothing is known of holidays in `{given.country}`."
        yield document.mistake((*place, "country"), what, "Write it as ISO 3166 does: DE, AT, US.")
    elif given.subdivision is not None and given.subdivision not in known[given.country]:
        remedy = near(given.subdivision, known[given.country], "Known there")
        yield document.mistake((*place, "subdivision"), f"`{given.country}` has no such part.", remedy)


def _wrong_disposition(it: HandoffOptions, document: Document) -> Iterator[Mistake]:
    given, place = it.disposition, (*HANDOFF, "disposition")
    if given.kind is Disposal.TAG and not given.field:
        yield document.mistake(place, "A tag needs a field that it is written into.", "Add `field:`.")
    if given.kind is Disposal.MOVE and not given.gallery:
        yield document.mistake(place, "It does not say where sources move to.", "Add `gallery:` with its path.")
    again = matches_any(given.gallery, it.select.galleries) and not matches_any(given.gallery, it.select.exclude)
    if given.kind is Disposal.MOVE and again:
        what = "What moves there would be handed in again."
        yield document.mistake((*place, "gallery"), what, "Name a gallery that is not selected.")


def _wrong_addresses(it: HandoffOptions, document: Document) -> Iterator[Mistake]:
    """Addresses that no way is known for; the address itself is never in the words."""
    for option, people in (("people", it.people), ("contributors", it.contributors)):
        for name, person in people.items():
            for index, url in enumerate(person.urls):
                place = (*HANDOFF, option, name, "urls", index)
                if place not in document.unresolved and not usable_address(url.get_secret_value()):
                    remedy = "Write it as Apprise does, for instance mailtos://user:password@example.org."
                    yield document.mistake(place, "This address names no way that is known.", remedy)
