"""From options to the values that the pure core works with: policy, maps, compiled rules; and what is wrong with them."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from dataclasses import replace

from dambridge.bootstrap.document import Document, Mistake
from dambridge.bootstrap.enriching import enrich_problems, enriched
from dambridge.bootstrap.handing_off import handoff_problems
from dambridge.bootstrap.intake_options import IntakeOptions
from dambridge.bootstrap.lifecycle import shows_status
from dambridge.bootstrap.map_file import in_file
from dambridge.bootstrap.mirrors import mirror_problems, mirrored
from dambridge.bootstrap.publish_mistakes import publish_problems
from dambridge.bootstrap.searching import search_problems
from dambridge.bootstrap.settings import NetxAccount, Settings
from dambridge.bootstrap.warnings import warning_problems
from dambridge.bootstrap.webhooks import webhook_problems
from dambridge.expressions import ExpressionInvalid, Program, compile_expression
from dambridge.mapping import FIELDS, AccountMap, MapInvalid, account_map, expression_variables, xmp_field
from dambridge.mapping.faults import Fault
from dambridge.model.identity import AccountId, System
from dambridge.model.values import FieldName
from dambridge.policy.carriers import CarrierKind
from dambridge.policy.intake import SELECT, Approval, IntakePolicy
from dambridge.policy.placing import template_mistakes

INTAKE = ("flows", "intake")


def build_maps(settings: Settings) -> dict[AccountId, AccountMap]:
    """The map of every account: the system's defaults with the site's own rules over them. Raises `MapInvalid`."""
    return {AccountId(name): build_map(settings, name) for name in settings.accounts}


def build_map(settings: Settings, name: str) -> AccountMap:
    """One account's map: rules of the configuration go before those of the map file. Raises `MapInvalid`."""
    system, inline, site = System(settings.accounts[name].system), settings.maps.get(name, {}), settings.site_map
    if site is None:
        return shows_status(settings, name, account_map(system, inline))
    made = account_map(
        system,
        {**site.fields_of(name), **inline},
        derivations=site.derivations,
        displays=site.displays_of(name),
        uploader=site.uploader_of(name),
    )
    return shows_status(settings, name, made)


def build_programs(settings: Settings) -> Mapping[str, Program]:
    """The compiled rules by name. Raises `ExpressionInvalid`."""
    source = _intake(settings).select.expression
    return {SELECT: compile_expression(source, expression_variables())} if source else {}


def build_policy(settings: Settings) -> IntakePolicy:
    """The policy of flow intake."""
    it = _intake(settings)
    return IntakePolicy(
        source=AccountId(it.source),
        target=AccountId(it.target),
        mode=it.mode,
        galleries=it.select.galleries,
        exclude=it.select.exclude,
        approval=Approval(
            carrier=CarrierKind(it.approval.carrier),
            approved=it.approval.approved,
            rejected=it.approval.rejected,
            field=FieldName(f"custom:{it.approval.field}") if it.approval.field else None,
            minimum=it.approval.minimum,
        ),
        media_types=it.select.media_types,
        expression=it.select.expression,
        folder=it.place.folder,
        places=settings.site_map.places if settings.site_map else (),
        groups_for_rules=_groups(settings, it),
        arrival=it.place.arrival,
        unproven_fields=it.unproven_fields,
        side_cars=it.side_cars == "read",
        orders=it.orders,
        required=tuple(FieldName(name) for name in it.required),
        managed=frozenset(FieldName(name) for name in it.managed) if it.managed is not None else None,
        mirrored=_left_to_others(settings, it),
        rehash=it.rehash,
        verify_bytes=it.verify_bytes,
        sample_rate=it.sample_rate,
        target_edits=it.target_edits,
        max_changes=it.guards.max_changes,
        max_share=it.guards.max_share,
        plan_ttl=it.plan_ttl,
    )


def _groups(settings: Settings, it: IntakeOptions) -> frozenset[str]:
    """Groups of the source's record that the maps speak of."""
    by_rules = settings.site_map.groups() if settings.site_map else frozenset()
    home = build_maps(settings).get(AccountId(it.source))
    own = home is not None and any(rule.read and rule.group == "custom" for rule in home.rules)
    return by_rules | ({"custom"} if own else set())


def _left_to_others(settings: Settings, it: IntakeOptions) -> frozenset[FieldName]:
    """Fields that other flows carry between these two accounts once an asset has arrived."""
    maps = build_maps(settings)
    other = settings.flows.enrich
    alike = other is not None and (other.source, other.target) == (it.source, it.target)
    return mirrored(settings, maps, (it.source, it.target)) | frozenset(enriched(settings, maps) if alike else ())


def _intake(settings: Settings) -> IntakeOptions:
    if settings.flows.intake is None:
        raise ValueError("load_settings lets no configuration through without a flow")
    return settings.flows.intake


def policy_problems(settings: Settings, document: Document) -> list[Mistake]:
    """Everything that the options say and the core cannot use, with the place where it is written."""
    found = [*_unusable_maps(settings, document), *_unusable_homes(settings, document)]
    found += mirror_problems(settings, document, _usable_maps(settings))
    found += handoff_problems(settings, document, _usable_maps(settings))
    found += enrich_problems(settings, document, _usable_maps(settings))
    found += warning_problems(settings, document)
    found += webhook_problems(settings, document)
    found += search_problems(settings, document)
    found += publish_problems(settings, document, _usable_maps(settings))
    if settings.flows.intake is not None:
        found += [*_unusable_options(settings.flows.intake, document), *_unusable_rule(settings.flows.intake, document)]
    return found


def _unusable_options(it: IntakeOptions, document: Document) -> list[Mistake]:
    found = [
        document.mistake((*INTAKE, option, index), f"There is no canonical field `{name}`.", _nearest(name))
        for option, names in (("required", it.required), ("managed", it.managed or ()))
        for index, name in enumerate(names)
        if name and name not in FIELDS and not name.startswith("custom:")
    ]
    template = (*INTAKE, "place", "folder")
    found += [
        document.mistake(template, _sentence(sentence), "Correct the template.")
        for sentence in template_mistakes(it.place.folder, frozenset(FIELDS))
    ]
    approval = (*INTAKE, "approval")
    if it.approval.carrier == "custom" and not it.approval.field:
        remedy = "Add `field:` with the custom field's id."
        found.append(document.mistake(approval, "The carrier `custom` needs to know which field.", remedy))
    if it.approval.carrier == "gallery" and it.approval.approved == ("approved",):
        remedy = "Add `approved:` with patterns such as `Approved/**`."
        found.append(document.mistake(approval, "The carrier `gallery` needs to know which galleries.", remedy))
    return found


def _unusable_rule(it: IntakeOptions, document: Document) -> list[Mistake]:
    if not it.select.expression:
        return []
    try:
        compile_expression(it.select.expression, expression_variables())
    except ExpressionInvalid as error:
        at = (*INTAKE, "select", "expression")
        return [document.mistake(at, f"The rule cannot be used: {error}\n", "Correct it there.")]
    return []


def _unusable_maps(settings: Settings, document: Document) -> list[Mistake]:
    found: list[Mistake] = []
    for name in settings.accounts:
        try:
            build_map(settings, name)
        except MapInvalid as error:
            for field, sentence in error.problems:
                mistake = _of_a_map(settings, document, name, field, sentence)
                code = str(Fault.TWO_INTO_ONE) if field in error.collisions else ""
                found.append(replace(mistake, code=code))
    return found


def _usable_maps(settings: Settings) -> dict[AccountId, AccountMap]:
    """The maps of the accounts whose rules can be used; the others are mistakes of their own."""
    found: dict[AccountId, AccountMap] = {}
    for name, account in settings.accounts.items():
        with contextlib.suppress(MapInvalid):
            made = account_map(System(account.system), settings.maps.get(name, {}))
            found[AccountId(name)] = shows_status(settings, name, made)
    return found


def _of_a_map(settings: Settings, document: Document, account: str, field: str, sentence: str) -> Mistake:
    """The mistake at the rule that made it: in the configuration, else in the map file."""
    site = settings.site_map
    if site is None or field in settings.maps.get(account, {}):
        return document.mistake(("maps", account, field), _sentence(sentence), "Correct the rule.")
    at = ("accounts", account, "fields", field)
    (made,) = in_file(site.document.path, [site.document.mistake(at, _sentence(sentence), "Correct the rule.")])
    return made


def _unusable_homes(settings: Settings, document: Document) -> list[Mistake]:
    remedy = "Name one of those in `docs/reference/fields.md` of dc, photoshop, xmp, xmpRights or Iptc4xmpCore."
    return [
        document.mistake(("accounts", name, "embedded_map", attribute), "That is no XMP name that is written.", remedy)
        for name, account in settings.accounts.items()
        if isinstance(account, NetxAccount)
        for attribute, xmp in account.homes.items()
        if xmp_field(xmp) is None
    ]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    return f"Did you mean `{near[0]}`?" if near else "`docs/reference/fields.md` lists them."
