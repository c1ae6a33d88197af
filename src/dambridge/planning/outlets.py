"""One asset before one outlet: everything that a decision about it rests on, and what the gate says to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from dambridge.mapping import equal, unread_fields
from dambridge.mapping.rights import RIGHTS_FIELDS, rights_of
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import ActionKind
from dambridge.model.gate import Answer, Question
from dambridge.model.identity import AssetKey, LinkId, RemoteId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience, Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Missing, NotYet, Present, Seen, Unread
from dambridge.model.rights import Rights
from dambridge.model.values import FieldName, Fields, LangAlt, Value
from dambridge.planning.audiences import Drift, drift
from dambridge.planning.kits import KitVerdict
from dambridge.policy.gate import may, strictest
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.policy.patterns import matches_any
from dambridge.ports.audience import Audience, Visibility
from dambridge.ports.capabilities import ArchiveCapabilities

PERSONAL = frozenset({FieldName("people_shown"), FieldName("consent")})
"""What goes along only where the policy's fields name it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A container that holds our file now, and how it stands after inheritance."""

    container: RemoteId
    path: str
    effective: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a decision about one link and one outlet rests on.

    `status` is the master's lifecycle word, `selected` whether the selection names it for this outlet, `unselected` why not;
    none of them is looked at where the master was not read. `elsewhere` is what copies in other outlets say of its rights
    (`said_there`). `copy` is what was seen of our file, `NotYet` where there is none; `places` are all
    containers that hold it, None where nobody looked. `audience` is the gallery's, None where it could not be
    read, `Missing` where it is gone. `wanted` are the fields that the copy is to have, in the outlet's languages, its own
    ones included; `file_name` its name there. `horizon`: what ends by that instant has to go now (`planning.leads.horizon`).
    """

    link: LinkId
    source: AssetKey
    master: Seen
    selected: bool
    outlet: Outlet
    agreed: AgreedAudience | None
    audience: Audience | Missing | None
    can: ArchiveCapabilities
    wanted: Fields
    policy: PublishPolicy
    now: datetime
    horizon: datetime
    status: str | None = "approved"
    disputed: bool = False
    """Whether the master is called approved although its copies agree on another word, which is `status` then."""
    unselected: str = ""
    selected_until: datetime | None = None
    """The end of the order that selects it, None where the selection does or the order has none."""
    order_over: OutletOrder | None = None
    """The order that selected it and does no more."""
    observe_only: bool = False
    publication: Publication | None = None
    copy: Seen = field(default_factory=NotYet)
    places: tuple[Held, ...] | None = None
    elsewhere: tuple[Rights, ...] = ()
    kit: KitVerdict | None = None
    file_name: str = ""

    def told(self, at: datetime) -> str:
        """An instant as reasons tell it: the wall clock of the gate's zone, with its offset."""
        return at.astimezone(self.policy.zone).isoformat()

    @property
    def stage(self) -> Stage | None:
        return self.publication.stage if self.publication is not None else None

    @property
    def in_sight(self) -> bool:
        return self.publication is not None and self.publication.in_sight

    @property
    def gallery(self) -> RemoteId:
        """The outlet's gallery as it was agreed, else as the publication knows it."""
        if self.agreed is not None:
            return self.agreed.gallery
        known = self.publication.gallery if self.publication is not None else None
        return known or RemoteId("")

    @property
    def copy_record(self) -> AssetRecord | None:
        return self.copy.record if isinstance(self.copy, Present) else None

    @property
    def answered_for(self) -> tuple[Held, ...]:
        """The places among those that we answer for in which somebody outside sees it."""
        wide = (it for it in self.places or () if it.effective is not Visibility.PRIVATE)
        ours = self.gallery
        return tuple(it for it in wide if it.container == ours or matches_any(it.path, self.outlet.answers_for))


def said_outside(policy: PublishPolicy) -> frozenset[FieldName]:
    """The fields that every copy is given: those of the policy, and rights but for what is about persons."""
    return policy.fields | (RIGHTS_FIELDS - PERSONAL)


def rights_said(record: AssetRecord, zone: tzinfo) -> Rights:
    """What a record says about rights. What stands there and could not be read shuts the gate like a date that means none."""
    found = rights_of(record.fields, zone)
    unread = {FieldName(str(it["field"])) for it in record.notes if it.code is Code.VALUE_UNREADABLE} & RIGHTS_FIELDS
    return replace(found, unclear=(*found.unclear, *sorted(unread))) if unread else found


def rights_edited(publication: Publication | None, record: AssetRecord) -> tuple[FieldName, ...]:
    """The fields about rights that somebody else set in a copy since we wrote it; what was emptied says nothing. While a file
    is under way, or was given up on its way, nobody knows what the account shows of it by itself."""
    if publication is None or not publication.master or publication.doing not in {"", ActionKind.SHOW}:
        return ()
    names = sorted(RIGHTS_FIELDS & record.fields.keys())
    return tuple(it for it in names if not equal(it, record.fields[it], publication.shown.get(it)))


def said_there(publication: Publication | None, record: AssetRecord | None, zone: tzinfo) -> Rights:
    """What others said of its rights in a copy, legibly or not. Our own words come back from there and say nothing: they are
    what the master said when they were written."""
    if publication is None or record is None:
        return Rights()
    fields = {it: record.fields[it] for it in rights_edited(publication, record)}
    notes = tuple(it for it in record.notes if it.code is Code.VALUE_UNREADABLE and it["field"] in publication.shown)
    return rights_said(replace(record, fields=fields, notes=notes), zone)


def as_read(master: Seen, policy: PublishPolicy) -> Seen:
    """A master of which something was not read that its exposure hangs on was not read."""
    if not isinstance(master, Present):
        return master
    beside = {it for it in (policy.status, policy.kit, policy.selection.outlets) if it is not None}
    lacking = unread_fields(master.record) & (RIGHTS_FIELDS | beside)
    return Unread(Reason.of(Code.FIELDS_UNREAD, fields=tuple(sorted(lacking)))) if lacking else master


def ask_gate(case: Case, record: AssetRecord, at: datetime) -> Answer:
    """The gate's word on the master as it was read and on what copies say, at this instant."""
    zone = case.policy.zone
    here = said_there(case.publication, case.copy_record, zone)
    rights = strictest(rights_said(record, zone), here, *case.elsewhere)
    outlet = case.outlet
    question = Question(
        channel=outlet.channel, territory=outlet.territory, audience=outlet.audience, at=at, status=case.status
    )
    return may(rights, question, case.policy.gate)


def drifted(case: Case) -> Drift | None:
    """How the gallery differs from what was agreed; None where nothing was agreed or it could not be read."""
    if case.agreed is None or case.audience is None:
        return None
    found = case.audience if isinstance(case.audience, Audience) else None
    return drift(case.agreed, found, case.now)


def status_of(fields: Fields, policy: PublishPolicy, agreed: str = "") -> str | None:
    """The lifecycle word that the gate is asked with, None where no field holds one and being selected is enough.

    Where a flow keeps the word in step, `agreed` is what all copies agree on: somebody's word that would open the gate and
    contradicts it waits in the inbox, and opens nothing meanwhile. Any other word counts at once."""
    if policy.status is None:
        return None
    shown = status_shown(fields, policy.status)
    return agreed.casefold() if shown in policy.gate.statuses and agreed else shown


def status_shown(fields: Fields, name: FieldName) -> str:
    """The lifecycle word of a copy, folded; empty where it has none."""
    return next(iter(words_in(fields.get(name))), "").casefold()


def agreed_statuses(accords: Mapping[LinkId, Mapping[GroupName, Accord]], name: FieldName | None) -> dict[LinkId, str]:
    """The lifecycle words that the copies of these links agree on; links without one are left out."""
    found: dict[LinkId, str] = {}
    for link, groups in accords.items():
        words = [
            word
            for it in groups.values()
            if name is not None and name in it.fields
            for word in words_in(it.fields[name])
        ]
        if words:
            found[link] = words[0]
    return found


def words_in(value: Value | None) -> tuple[str, ...]:
    """A value as words, those that are blank left out."""
    match value:
        case None:
            return ()
        case tuple():
            return tuple(it.strip() for it in value if it.strip())
        case LangAlt():
            value = value.default
    text = str(value).strip()
    return (text,) if text else ()
