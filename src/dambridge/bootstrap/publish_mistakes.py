"""What in the options of flows publish and syndicate cannot be used, each with its place and its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dambridge.bootstrap.document import Document, Location, Mistake
from dambridge.bootstrap.mirrors import Maps
from dambridge.bootstrap.mistakes import near
from dambridge.bootstrap.publish_options import SRGB, OutletOptions, PublishOptions, RenditionOptions
from dambridge.bootstrap.publishing import channel_of, outlets_of, territory_of
from dambridge.bootstrap.settings import Settings
from dambridge.expressions import ExpressionInvalid, compile_expression
from dambridge.mapping import FIELDS, expression_variables
from dambridge.mapping.fields import CUSTOM
from dambridge.mapping.languages import tag_mistake
from dambridge.mapping.rights import RIGHTS_FIELDS
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.rights import EVERYWHERE
from dambridge.model.stand_ins import STAND_IN_FIELD
from dambridge.model.values import FieldName
from dambridge.policy.outlets import LARGEST_STAND_IN, STAND_IN
from dambridge.policy.patterns import matches_any
from dambridge.policy.placing import VARIABLE, template_mistakes

COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
GATE: Location = ("gate",)


def publish_problems(settings: Settings, document: Document, maps: Maps) -> list[Mistake]:
    """Everything that the options of both flows and of the gate say and the core cannot use."""
    found = [*_wrong_gate(settings, document)]
    if settings.flows.outward and settings.gate is None:
        remedy = "Add `gate:` with `channels:`; `docs/howto/publish.md` shows how."
        found.append(
            document.mistake(("flows",), "Something goes out, and nothing says what the gate demands.", remedy)
        )
    for flow, it in settings.flows.outward.items():
        at: Location = ("flows", str(flow))
        found += _wrong_source(settings, it, document, at)
        found += _wrong_selection(it, document, at)
        found += _wrong_fields(it, document, at, maps)
        for name, outlet in it.outlets.items():
            here = (*at, "outlets", name)
            found += _wrong_outlet(settings, outlet, document, here)
            found += _wrong_region(flow, outlet, document, here)
            found += _wrong_words(outlet, document, here)
            found += _wrong_orders(settings, it, outlet, document, here)
            found += _wrong_stand_in(outlet, document, here, maps)
    return [*found, *_twice(settings, document)]


# the gate -------------------------------------------------------------------------------------------------------------


def _wrong_gate(settings: Settings, document: Document) -> Iterator[Mistake]:
    it = settings.gate
    if it is None:
        return
    try:
        ZoneInfo(it.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield document.mistake((*GATE, "zone"), f"There is no zone `{it.zone}`.", "Write it as Europe/Berlin.")
    if not it.channels:
        remedy = "Name them under `channels`, for instance `portal: {}`."
        yield document.mistake(GATE, "The gate knows no channel, so that it is always shut.", remedy)
    groups = {territory_of(name) for name in it.territories}
    for name, members in it.territories.items():
        for index, member in enumerate(members):
            if not COUNTRY.fullmatch(territory_of(member)) or territory_of(member) in groups:
                remedy = "Groups hold ISO 3166 codes such as DE, no other groups."
                yield document.mistake((*GATE, "territories", name, index), f"`{member}` is no territory.", remedy)
        if territory_of(name) == EVERYWHERE:
            what = f"`{name}` means everywhere and cannot name a group."
            yield document.mistake((*GATE, "territories", name), what, "Give the group another name.")
    yield from _same_spelling(document, (*GATE, "channels"), [*it.channels])
    yield from _same_spelling(document, (*GATE, "territories"), [*it.territories])


def _same_spelling(document: Document, at: Location, names: Sequence[str]) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.strip().casefold(), name)) != name:
            yield document.mistake((*at, name), f"`{name}` and `{other}` are one name here.", "Keep one of the two.")


# the flow -------------------------------------------------------------------------------------------------------------


def _wrong_source(settings: Settings, it: PublishOptions, document: Document, at: Location) -> Iterator[Mistake]:
    yield from _wrong_account(settings, it.source, "netx", document, (*at, "from"))


def _wrong_account(settings: Settings, name: str, system: str, document: Document, at: Location) -> Iterator[Mistake]:
    account = settings.accounts.get(name)
    if name and account is None:
        yield document.mistake(at, f"There is no account `{name}`.", near(name, [*settings.accounts], "Known accounts"))
    elif account is not None and account.system != system:
        what = f"`{name}` is an account of {account.system}, and here one of {system} is needed."
        yield document.mistake(at, what, f"Name an account of {system}.")


def _wrong_selection(it: PublishOptions, document: Document, at: Location) -> Iterator[Mistake]:
    """Nothing goes out that nobody named: an empty allow-list is a mistake and never the whole archive."""
    select = it.select
    if not select.folders and not select.expression and not select.outlets:
        remedy = 'Name `folders`, an `expression`, or the field `outlets`; for all of it write folders: ["**"].'
        yield document.mistake((*at, "select"), "Nothing is selected, so that nothing would ever go out.", remedy)
    if select.expression:
        try:
            compile_expression(select.expression, expression_variables())
        except ExpressionInvalid as error:
            place = (*at, "select", "expression")
            yield document.mistake(place, f"The rule cannot be used: {error}.", "Correct it there.")


def _wrong_fields(it: PublishOptions, document: Document, at: Location, maps: Maps) -> Iterator[Mistake]:
    home = maps.get(AccountId(it.source))
    named: list[tuple[Location, str]] = [((*at, "fields", index), name) for index, name in enumerate(it.fields or ())]
    single = ((("select", "outlets"), it.select.outlets), (("status",), it.status), (("kit",), it.kit))
    named += [((*at, *place), name) for place, name in single if name]
    for place, name in named:
        if wrong := _no_field(document, place, name):
            yield wrong
        elif home is not None and name not in home.reads:
            what = f"`{name}` has no home in `{it.source}`."
            remedy = f"Give it one: maps: {{{it.source}: {{{name}: …}}}}"
            carriers = f"Name what shows it: flows: {{lifecycle: {{carriers: {{{it.source}: [{{by: …}}]}}}}}}"
            yield document.mistake(place, what, carriers if name == LIFECYCLE_STATUS else remedy)


def _no_field(document: Document, at: Location, name: str) -> Mistake | None:
    if not name or name in FIELDS or name == LIFECYCLE_STATUS or name.startswith(CUSTOM):
        return None
    return document.mistake(at, f"There is no canonical field `{name}`.", near(name, [*FIELDS], "Known fields"))


# an outlet ------------------------------------------------------------------------------------------------------------


def _wrong_outlet(settings: Settings, it: OutletOptions, document: Document, at: Location) -> Iterator[Mistake]:
    yield from _wrong_account(settings, it.account, "photoshelter", document, (*at, "account"))
    if "*" in it.gallery:
        remedy = "Name one gallery, and an outlet of its own for each other one."
        yield document.mistake((*at, "gallery"), "An outlet is one gallery, and this is a pattern.", remedy)
    elif not it.gallery.startswith("id:") and not matches_any(it.gallery.strip("/"), it.answers_for):
        remedy = "Add a pattern that its own gallery fits."
        yield document.mistake((*at, "answers_for"), "The outlet does not answer for its own gallery.", remedy)
    if settings.gate is not None:
        yield from _shut_for_ever(settings, it, document, at)


def _shut_for_ever(settings: Settings, it: OutletOptions, document: Document, at: Location) -> Iterator[Mistake]:
    """What the gate would never let out, whatever is known of an asset."""
    gate = settings.gate
    assert gate is not None  # noqa: S101 - asked by the caller
    channels = {channel_of(name): given for name, given in gate.channels.items()}
    channel = channels.get(channel_of(it.channel))
    if channel is None and it.channel and channels:
        remedy = near(it.channel, [*gate.channels], "Channels of `gate`")
        yield document.mistake((*at, "channel"), f"There is no channel `{it.channel}`.", remedy)
    elif channel is not None and channel.audiences and it.audience not in channel.audiences:
        what = f"The channel `{it.channel}` is not for the audience `{it.audience}`."
        remedy = near(it.audience, channel.audiences, "Its audiences")
        yield document.mistake((*at, "audience"), what, remedy)
    groups = {territory_of(name) for name in gate.territories}
    given = territory_of(it.territory)
    if it.territory and given not in groups and given != EVERYWHERE and not COUNTRY.fullmatch(given):
        remedy = near(it.territory, [*gate.territories, "worldwide"], "An ISO 3166 code, or one of")
        yield document.mistake((*at, "territory"), f"There is no territory `{it.territory}`.", remedy)


def _wrong_region(flow: FlowName, it: OutletOptions, document: Document, at: Location) -> Iterator[Mistake]:
    if flow is FlowName.SYNDICATE and not it.region:
        yield document.mistake(at, "It does not say which region it belongs to.", "Add `region:`.")
    if flow is FlowName.PUBLISH and it.region:
        what = "An outlet of `publish` belongs to no region."
        yield document.mistake((*at, "region"), what, "Take it out, or move the outlet to `flows.syndicate`.")


def _wrong_words(it: OutletOptions, document: Document, at: Location) -> Iterator[Mistake]:
    for index, name in enumerate(it.own_fields):
        place = (*at, "own_fields", index)
        if wrong := _no_field(document, place, name):
            yield wrong
        elif FieldName(name) in RIGHTS_FIELDS:
            what = f"`{name}` says what may be done with the asset, and that is the master's to say."
            yield document.mistake(place, what, "Take it out of the region's own fields.")
    for index, tag in enumerate(it.languages):
        if why := tag_mistake(tag):
            what = f"Nothing is ever said in that language: {why}."
            yield document.mistake((*at, "languages", index), what, "Write the tag as the map does, as de or de-AT.")
    if it.rendition is not None and it.rendition.name == "original":
        yield document.mistake((*at, "rendition", "name"), "`original` is the master's own file.", "Name it otherwise.")
    if it.rendition is not None:
        yield from _missing_files(it.rendition, document, (*at, "rendition"))
    known = frozenset({*FIELDS, "file_name"})
    for sentence in template_mistakes(it.naming, known):
        yield document.mistake((*at, "naming"), f"{sentence[:1].upper()}{sentence[1:]}.", "Correct the template.")
    if not VARIABLE.search(it.naming):
        remedy = "Use {file_name} or a field that is another one for each."
        yield document.mistake((*at, "naming"), "All files would have one name.", remedy)


def _wrong_orders(
    settings: Settings, flow: PublishOptions, it: OutletOptions, document: Document, at: Location
) -> Iterator[Mistake]:
    """A librarian who puts an asset into a selected folder approves it by that; whoever orders one does not."""
    words = settings.gate.statuses if settings.gate is not None else ()
    if it.orders and not flow.status and words:
        remedy = "Name the field that says so: `status: edit_status`, or another one."
        yield document.mistake((*at, "orders"), "Nothing says whether what is ordered is approved.", remedy)


def _wrong_stand_in(it: OutletOptions, document: Document, at: Location, maps: Maps) -> Iterator[Mistake]:
    """What would make an original of a stand-in, or keep it from saying what it is."""
    named = it.rendition
    if named is not None and named.name == STAND_IN and not it.stand_in:
        what = f"`{STAND_IN}` is the name of what only stands for its master."
        yield document.mistake((*at, "rendition", "name"), what, "Name it otherwise, or write stand_in: true.")
    if not it.stand_in:
        return
    if named is not None and (named.longest or 0) > LARGEST_STAND_IN:
        remedy = f"At most {LARGEST_STAND_IN} pixels."
        yield document.mistake((*at, "rendition", "longest"), "A stand-in is a small picture.", remedy)
    if named is not None and named.format not in {"jpeg", "webp"}:
        yield document.mistake((*at, "rendition", "format"), "A stand-in is a small picture.", "Write jpeg or webp.")
    if it.own_file or str(STAND_IN_FIELD) in it.own_fields:
        what = "A stand-in is never a region's own: it would not say any more what it is."
        yield document.mistake((*at, "stand_in"), what, "Take `own_file` and `instructions` out.")
    home = maps.get(AccountId(it.account))
    if home is not None and STAND_IN_FIELD not in home.writes:
        what = f"`{STAND_IN_FIELD}` has no home in `{it.account}`, so that a stand-in could not say what it is."
        yield document.mistake((*at, "stand_in"), what, f"Give it one: maps: {{{it.account}: {{{STAND_IN_FIELD}: …}}}}")


def _missing_files(it: RenditionOptions, document: Document, at: Location) -> Iterator[Mistake]:
    given = it.beside(document.path.resolve().parent)
    if given.watermark is not None and not given.watermark.is_file():
        what = f"There is no file {it.watermark}."
        yield document.mistake((*at, "watermark"), what, "Name a picture, best a PNG.")
    if it.profile != SRGB and not Path(given.profile).is_file():
        what = f"There is no file {it.profile}."
        yield document.mistake((*at, "profile"), what, "Write `srgb`, or name an ICC file for RGB.")


def _twice(settings: Settings, document: Document) -> Iterator[Mistake]:
    """One name is one outlet, and one gallery has one outlet, in both flows together: what may stand in a gallery has one
    answer, and so has the question what was agreed about it."""
    names: dict[str, FlowName] = {}
    galleries: dict[tuple[str, str], str] = {}
    for flow, name, it in outlets_of(settings):
        at: Location = ("flows", str(flow), "outlets", name)
        if (other := names.setdefault(name.casefold(), flow)) is not flow:
            yield document.mistake(at, f"The flow `{other}` has an outlet `{name}` too.", "Give one another name.")
        place = (it.account, it.gallery.strip("/").casefold() if not it.gallery.startswith("id:") else it.gallery)
        if (first := galleries.setdefault(place, name)) != name:
            what = f"The outlet `{first}` shows things in this gallery too."
            yield document.mistake((*at, "gallery"), what, "Give each outlet a gallery of its own.")
