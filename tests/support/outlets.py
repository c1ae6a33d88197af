"""One asset before one outlet, with everything in its best order; tests say what is different."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dambridge.mapping import fingerprint
from dambridge.model.identity import AccountId, AssetKey, FlowName, LinkId, RemoteId
from dambridge.model.publications import AgreedAudience, Publication, Stage
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetRecord, AssetVersion, Container, MediaType, NotYet, Present
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt
from dambridge.planning.outlets import Case, Held
from dambridge.planning.outward import master_fingerprint
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.ports.audience import Audience, Grant, Visibility
from dambridge.ports.capabilities import ArchiveCapabilities, Proof

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
END = datetime(2026, 9, 1, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LEAD = timedelta(minutes=15)
ARCHIVE, PORTAL = AccountId("archive"), AccountId("portal")
LINK = LinkId("ln1")
MASTER = AssetKey(ARCHIVE, RemoteId("700"))
COPY = AssetKey(PORTAL, RemoteId("I1"))
GALLERY, HOLDING, ELSEWHERE = RemoteId("G1"), RemoteId("G0"), RemoteId("G9")
GRANT = Grant("contact", "17")
OUTLET = Outlet(
    name="partners",
    account=PORTAL,
    gallery="Partners",
    channel="portal",
    territory="DE",
    audience="partners",
    own_fields=frozenset({FieldName("instructions")}),
)
RULES = GateRules(channels={"portal": Channel(name="portal")}, groups={"DACH": frozenset({"DE", "AT", "CH"})})
POLICY = PublishPolicy(
    flow=FlowName.PUBLISH,
    source=ARCHIVE,
    outlets={"partners": OUTLET},
    selection=Selection(folders=("Press",)),
    gate=RULES,
    zone=ZoneInfo("UTC"),
    fields=frozenset(FieldName(it) for it in ("title", "caption", "instructions")),
)
PROVEN = ArchiveCapabilities(
    write_attributes=Proof.PROVEN,
    fields={},
    take_out=Proof.PROVEN,
    discard=Proof.PROVEN,
    discard_recoverable=Proof.PROVEN,
    rename=Proof.PROVEN,
    folders=Proof.PROVEN,
    versions=Proof.ABSENT,
    checksum=Proof.ABSENT,
    conditional_write=Proof.ABSENT,
    deliver=dict.fromkeys(MediaType, Proof.PROVEN),
)


def fields(**more: Any) -> Fields:
    """A caption, and rights that permit the outlet until `END`. None takes a field away."""
    values: dict[str, Any] = {
        "title": "Bear",
        "caption": LangAlt.plain("A bear"),
        "instructions": "Call first",
        "copyright_owner": "Northwind",
        "licence_kind": "rights_managed",
        "licence_end": DateValue("2026-09-01T00:00:00Z"),
        "territories": ("DACH",),
        "channels": ("portal",),
        "contract_reference": "C-1",
    }
    return {FieldName(it): value for it, value in {**values, **more}.items() if value is not None}


def record(key: AssetKey = MASTER, content: str = "c1", notes: tuple[Reason, ...] = (), **more: Any) -> AssetRecord:
    said = fields(**more)
    return AssetRecord(
        key=key,
        media_type=MediaType.IMAGE,
        file_name="bear.jpg",
        name="bear",
        size=500_000,
        fields=said,
        containers=(Container(RemoteId("F1"), "Press"),),
        version=AssetVersion(modified="t1", fields=fingerprint(said), content=content),
        notes=notes,
    )


def published(stage: Stage = Stage.VISIBLE, said: AssetRecord | None = None, **more: Any) -> Publication:
    """Ours, as it is once everything was done."""
    master = said or record()
    given = {it: value for it, value in master.fields.items() if it not in OUTLET.own_fields}
    values: dict[str, Any] = {
        "flow": FlowName.PUBLISH,
        "link": LINK,
        "copy": OUTLET.copy,
        "stage": stage,
        "gallery": GALLERY,
        "remote_id": COPY.remote_id,
        "fields": given,
        "shown": given,
        "master": master_fingerprint(master.version.content, OUTLET.rendition, master.fields),
        "until": END,
        "at": NOW - HOUR,
        "checked_at": NOW - HOUR,
        "turn": 1,
        "revision": 3,
    }
    return Publication(**{**values, **more})


def first_time(master: AssetRecord | None = None, **more: Any) -> Case:
    """Never published, and everything permits it."""
    said = master or record()
    values: dict[str, Any] = {
        "link": LINK,
        "source": MASTER,
        "master": Present(said),
        "selected": True,
        "outlet": OUTLET,
        "agreed": AGREED,
        "audience": AUDIENCE,
        "can": PROVEN,
        "wanted": said.fields,
        "policy": POLICY,
        "now": NOW,
        "horizon": more.get("now", NOW) + LEAD,
        "file_name": "bear.jpg",
        "copy": NotYet(),
    }
    return Case(**{**values, **more})


def in_sight(master: AssetRecord | None = None, **more: Any) -> Case:
    """In its gallery and in step with `record()`."""
    there = Held(GALLERY, "Partners", Visibility.PERMISSION)
    values: dict[str, Any] = {"publication": published(), "copy": Present(record(COPY)), "places": (there,)}
    return first_time(master, **{**values, **more})


def withdrawn(master: AssetRecord | None = None, **more: Any) -> Case:
    """Taken out of sight, in the holding gallery."""
    held = (Held(HOLDING, "Holding", Visibility.PRIVATE),)
    values: dict[str, Any] = {"publication": published(Stage.WITHDRAWN, turn=2), "places": held}
    return in_sight(master, **{**values, **more})


def adopted(master: AssetRecord | None = None, **more: Any) -> Case:
    """Somebody else put it there."""
    return in_sight(master, **{"publication": published(Stage.ADOPTED, turn=0, until=None), **more})


AUDIENCE = Audience(
    container=GALLERY,
    own=Visibility.PERMISSION,
    effective=Visibility.PERMISSION,
    inherits=False,
    listed=None,
    grants=(GRANT,),
)
AGREED = AgreedAudience(
    outlet="partners",
    account=PORTAL,
    gallery=GALLERY,
    own="permission",
    effective="permission",
    grants=("contact 17",),
    by="Ann",
    at=NOW - 100 * HOUR,
)


def wider(**more: Any) -> Audience:
    return replace(AUDIENCE, effective=Visibility.EVERYONE, **more)
