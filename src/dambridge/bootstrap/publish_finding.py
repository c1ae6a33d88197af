"""What `dambridge check` says of outlets: whether something can go out, come back, and ever be permitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.publish_options import COMMON_FIELDS, OutletOptions, PublishOptions
from dambridge.bootstrap.routes import Known
from dambridge.bootstrap.settings import PhotoShelterAccount, Settings
from dambridge.connectors.photoshelter.abilities import archive_capabilities, plain_uploads
from dambridge.mapping.fields import Kind, kind_of
from dambridge.mapping.localising import text_in
from dambridge.mapping.rights import ENDS, HOLDERS
from dambridge.model.identity import AccountId, FlowName, System
from dambridge.model.publications import AgreedAudience
from dambridge.model.rights import Fact
from dambridge.model.values import FieldName, LangAlt
from dambridge.policy.needs import NEEDS
from dambridge.policy.outlets import WithdrawTo
from dambridge.ports.capabilities import Proof

ENDS_IN: Mapping[WithdrawTo, str] = {WithdrawTo.HOLDING: "archive.folders", WithdrawTo.TRASH: "archive.discard"}
"""What is needed to bring a file where the outlet's withdrawals end."""
SAID_BY: Mapping[Fact, tuple[str, ...]] = {
    Fact.HOLDER: HOLDERS,
    Fact.CREDIT: ("credit",),
    Fact.KIND: ("licence_kind",),
    Fact.WINDOW: ENDS,
    Fact.TERRITORIES: ("territories",),
    Fact.CHANNELS: ("channels",),
    Fact.MODEL_RELEASE: ("model_release",),
    Fact.PROPERTY_RELEASE: ("property_release",),
    Fact.CONSENT: ("consent",),
    Fact.CONTRACT: ("contract_reference",),
}
"""The fields of which any one makes a fact known."""
Told = tuple[str, bool, str, str]
"""What was looked at, whether it is bad, what was found, what to do."""


def told_of_outlets(
    settings: Settings, known: Mapping[AccountId, Known], agreed: Mapping[str, AgreedAudience]
) -> Iterator[Told]:
    """Everything about the flows that show something outside."""
    for flow, it in settings.flows.outward.items():
        yield from _never_known(settings, flow, it)
        yield from _names_one(settings, flow, it)
        yield from _languages(settings, flow, it)
        for name, outlet in it.outlets.items():
            yield _outlet(flow, name, outlet, known[AccountId(outlet.account)], agreed.get(name))


def _never_known(settings: Settings, flow: FlowName, it: PublishOptions) -> Iterator[Told]:
    """A fact that the gate demands and the master's account has no home for keeps the gate shut for everything."""
    home = build_maps(settings)[AccountId(it.source)]
    demanded = settings.gate.must_know if settings.gate is not None else ()
    mute = [
        fact for fact in Fact if fact in demanded and not any(FieldName(one) in home.reads for one in SAID_BY[fact])
    ]
    if mute:
        homes = ", ".join(f"{SAID_BY[fact][0]}: …" for fact in mute)
        told = f"nothing can go out: the gate must know {', '.join(mute)}, and `{it.source}` has no field that says so"
        yield f"gate {flow}", True, told, f"maps: {{{it.source}: {{{homes}}}}}, or take them out of `gate.must_know`"


def _names_one(settings: Settings, flow: FlowName, it: PublishOptions) -> Iterator[Told]:
    """A field that names outlets and is read as one value: what names several would go out to the first alone."""
    name = FieldName(it.select.outlets or "")
    rule = build_maps(settings)[AccountId(it.source)].by_field.get(name)
    if rule is None or kind_of(name) in {Kind.BAG, Kind.SEQ} or rule.many or len(it.outlets) < 2:
        return
    told = f"`{name}` is read as one value: what names several outlets there goes out to the first of them alone"
    remedy = f'where it holds several: maps: {{{it.source}: {{"{name}": {{to: {rule.native}, many: true}}}}}}'
    yield f"selection {flow}", False, told, remedy


def _languages(settings: Settings, flow: FlowName, it: PublishOptions) -> Iterator[Told]:
    """Languages that outlets ask for, and those that the masters' texts have places for."""
    asking = {name: outlet.languages for name, outlet in it.outlets.items() if outlet.languages}
    home = build_maps(settings)[AccountId(it.source)]
    names = map(FieldName, it.fields if it.fields is not None else COMMON_FIELDS)
    rules = [rule for name in names if (rule := home.by_field.get(name)) is not None and kind_of(name) is Kind.LANG]
    if not asking or not rules:
        return
    if not any(rule.languages for rule in rules):
        told = f"texts of `{it.source}` have no languages: {', '.join(sorted(asking))} get them as they stand there"
        remedy = f"maps: {{{it.source}: {{{rules[0].field}: {{languages: {{en: {rules[0].native}, de: …}}}}}}}}"
        yield f"languages {flow}", False, told, remedy
        return
    for name, languages in asking.items():
        for rule in (one for one in rules if one.languages):
            spoken = text_in(LangAlt.of({tag: tag for tag, _ in rule.languages}), languages)[1]
            if spoken.lacking:
                told = (
                    f"`{it.source}` has no place for {rule.field} in {spoken.wanted}: {name} gets it in {spoken.found}"
                )
                remedy = f"give it one under `languages`, or ask for {spoken.found} first"
                yield f"outlet {name}", False, told, remedy


def _outlet(flow: FlowName, name: str, it: OutletOptions, known: Known, agreed: AgreedAudience | None) -> Told:
    what = f"outlet {name}"
    lacking = [need for need in NEEDS[flow] if need.system is known.system and not _proof(known, need.cell).usable]
    stopping = {need.cell: need.without for need in lacking if need.essential}
    if not _proof(known, ENDS_IN[it.withdraw_to]).usable:
        stopping[ENDS_IN[it.withdraw_to]] = f"what is withdrawn could not be brought into the {it.withdraw_to}"
    if stopping:
        told = "; ".join(f"{without} (`{cell}` is not proven in `{it.account}`)" for cell, without in stopping.items())
        return what, False, f"waits: {told}", f"dambridge probe --account {it.account} --write"
    if agreed is None:
        remedy = f"dambridge outlets agree {name} --by NAME"
        return what, False, "withdrawal is proven; waits: nobody has agreed who sees its gallery", remedy
    seen = f"{it.gallery} is seen as {agreed.by} agreed on {agreed.at:%Y-%m-%d}"
    part = [need.without for need in lacking if not need.essential]
    return what, False, "; ".join([f"withdrawal is proven; {seen}", *part]), ""


def _proof(known: Known, cell: str) -> Proof:
    """What is known of a cell: found by `probe`, else as the options and the reference declare it."""
    found = [proof for name, proof in known.cells.items() if name == cell or name.startswith(f"{cell}.")]
    if cell in known.cells:
        return known.cells[cell]
    if found:
        return next((it for it in found if it.usable), found[0])
    return _declared(known).get(cell, Proof.UNPROVEN)


def _declared(known: Known) -> Mapping[str, Proof]:
    if known.system is not System.PHOTOSHELTER or not isinstance(known.options, PhotoShelterAccount):
        return {}
    it = archive_capabilities(known.options, plain_uploads(known.options))
    delivers = next((proof for proof in it.deliver.values() if proof.usable), Proof.UNPROVEN)
    names = ("take_out", "discard", "discard_folder", "folders", "versions", "write_attributes")
    # Reading how a container stands is confirmed (PS E12); what `probe` found goes before it
    return {f"archive.{one}": getattr(it, one) for one in names} | {
        "archive.deliver": delivers,
        "audience.read": Proof.DECLARED,
    }
