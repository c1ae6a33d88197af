"""Flow enrich: from options to its policy, and what in the options cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.bootstrap.enrich_options import EnrichOptions
from dambridge.bootstrap.mirrors import Maps, groups_of
from dambridge.bootstrap.mistakes import near
from dambridge.bootstrap.settings import Settings
from dambridge.mapping import FIELDS, key_pattern
from dambridge.mapping.fields import CUSTOM
from dambridge.model.identity import AccountId
from dambridge.model.records import MediaType
from dambridge.model.values import FieldName
from dambridge.policy.enrich import BothChanged, EnrichPolicy, Papers, WorkList

ENRICH: Location = ("flows", "enrich")


def build_enrich(settings: Settings, maps: Maps) -> EnrichPolicy:
    """The policy of the flow."""
    it = settings.flows.enrich
    if it is None:
        raise ValueError("flow `enrich` is not configured")
    return EnrichPolicy(
        source=AccountId(it.source),
        target=AccountId(it.target),
        fields=enriched(settings, maps),
        facets=tuple(FieldName(name) for name in it.facets),
        both_changed=BothChanged(it.both_changed),
        work_list=WorkList(attribute=it.work_list.attribute, word=it.work_list.word)
        if it.work_list is not None
        else None,
        papers=_papers(it),
        stale_for=it.stale_for,
        max_changes=it.guards.max_changes,
        max_share=it.guards.max_share,
        plan_ttl=it.plan_ttl,
    )


def _papers(it: EnrichOptions) -> Papers | None:
    given = it.papers
    return None if given is None else Papers(**given.model_dump())


def enriched(settings: Settings, maps: Maps) -> tuple[FieldName, ...]:
    """The fields that the flow writes: as named, else all that the target's map both writes and reads and no two-way flow
    keeps in step there."""
    it = settings.flows.enrich
    if it is None:
        return ()
    if it.fields is not None:
        return tuple(sorted(FieldName(name) for name in it.fields))
    home = maps.get(AccountId(it.target))
    kept = set(_in_step(settings, maps, it.target))
    return tuple(sorted((home.writes & home.reads) - kept)) if home is not None else ()


def _in_step(settings: Settings, maps: Maps, account: str) -> Iterator[FieldName]:
    """Fields that some two-way flow keeps in step in this account."""
    for it in settings.flows.mirrors.values():
        if account in it.between:
            for group in groups_of(it, maps).values():
                yield from (FieldName(name) for name in group.fields)


def enrich_problems(settings: Settings, document: Document, maps: Maps) -> list[Mistake]:
    """Everything that the options of the flow say and the core cannot use."""
    it = settings.flows.enrich
    if it is None:
        return []
    return [
        *_wrong_accounts(settings, it, document),
        *_wrong_fields(settings, it, document, maps),
        *_wrong_work_list(it, document, maps),
        *_wrong_pattern(it, document),
        *_archived_papers(settings, it, document),
    ]


def _wrong_accounts(settings: Settings, it: EnrichOptions, document: Document) -> Iterator[Mistake]:
    for option, name, system in (("from", it.source, "photoshelter"), ("to", it.target, "netx")):
        account = settings.accounts.get(name)
        if name and account is None:
            remedy = near(name, [*settings.accounts], "Known accounts")
            yield document.mistake((*ENRICH, option), f"There is no account `{name}`.", remedy)
        elif account is not None and account.system != system:
            what = f"`{name}` is an account of {account.system}, and here one of {system} is needed."
            yield document.mistake((*ENRICH, option), what, f"Name an account of {system}.")


def _wrong_fields(settings: Settings, it: EnrichOptions, document: Document, maps: Maps) -> Iterator[Mistake]:
    home = maps.get(AccountId(it.target))
    kept = set(_in_step(settings, maps, it.target))
    for option, names in (("fields", it.fields or ()), ("facets", it.facets)):
        for index, name in enumerate(names):
            place = (*ENRICH, option, index)
            field = FieldName(name)
            if name not in FIELDS and not name.startswith(CUSTOM):
                yield document.mistake(
                    place, f"There is no canonical field `{name}`.", near(name, [*FIELDS], "Known fields")
                )
            elif home is not None and (field not in home.reads or (option == "fields" and field not in home.writes)):
                what = f"`{name}` has no home in `{it.target}`."
                yield document.mistake(place, what, f"Give it one: maps: {{{it.target}: {{{name}: …}}}}")
            elif option == "fields" and field in kept:
                yield document.mistake(place, f"A two-way flow keeps `{name}` in step too.", "Leave it to one.")


def _wrong_work_list(it: EnrichOptions, document: Document, maps: Maps) -> Iterator[Mistake]:
    work_list, home = it.work_list, maps.get(AccountId(it.target))
    if work_list is None:
        return
    if not it.facets:
        yield document.mistake((*ENRICH, "work_list"), "Nothing can lack: no facet is named.", "Name `facets`.")
    taken = next((rule.field for rule in home.rules if rule.native == work_list.attribute), None) if home else None
    if taken is not None:
        what = f"The attribute `{work_list.attribute}` is the home of `{taken}`."
        yield document.mistake((*ENRICH, "work_list", "attribute"), what, "Use one of its own.")


def _wrong_pattern(it: EnrichOptions, document: Document) -> Iterator[Mistake]:
    if it.papers is None:
        return
    place = (*ENRICH, "papers", "pattern")
    try:
        key_pattern(it.papers.pattern)
    except ValueError as error:
        yield document.mistake(place, f"The pattern cannot be used: {error}.", "Correct it there.")


def _archived_papers(settings: Settings, it: EnrichOptions, document: Document) -> Iterator[Mistake]:
    """A paper that intake takes would be an asset of its own, and shown like one."""
    intake = settings.flows.intake
    if it.papers is None or intake is None or intake.source != it.source:
        return
    if intake.select.media_types.get(MediaType.DOCUMENT) != "skip":
        what = "Papers would be archived as assets of their own too."
        remedy = "Add `media_types: {document: skip}` to `flows.intake.select`."
        yield document.mistake((*ENRICH, "papers"), what, remedy)
