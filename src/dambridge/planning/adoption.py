"""Living portals: what somebody else put into an outlet is watched first, and ours only once a named person says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dambridge.model.identity import FlowName, LinkId, RemoteId
from dambridge.model.publications import Publication, Stage
from dambridge.model.records import AssetRecord, Present
from dambridge.model.values import FieldName, Fields
from dambridge.planning.outlets import Case, said_outside
from dambridge.planning.outward import fingerprint_of
from dambridge.planning.publishing import Verdict, decide_publication
from dambridge.policy.outlets import Outlet


def watched(
    flow: FlowName, link: LinkId, outlet: Outlet, found: AssetRecord, *, gallery: RemoteId, at: datetime
) -> Publication:
    """A file found in an outlet's gallery that was paired with a master. What it shows is what it is; what it was made of is
    not known."""
    shown = _without(found.fields, outlet)
    return Publication(
        flow=flow,
        link=link,
        copy=outlet.copy,
        stage=Stage.ADOPTED,
        gallery=gallery,
        remote_id=found.key.remote_id,
        fields=shown,
        shown=shown,
        file_name=found.file_name,
        at=at,
    )


def taken_over(
    publication: Publication,
    *,
    found: AssetRecord,
    outlet: Outlet,
    ours: frozenset[FieldName],
    master: str,
    at: datetime,
) -> Publication:
    """The same as ours: from now on it is kept in step, replaced and withdrawn. Raises `ValueError` for one that is ours.

    `found` is the copy as it stands and `master` the fingerprint of its master at this time: what stands there is where it
    begins, so that taking it over replaces no file and takes nobody's edit for one made since. `ours` are the fields that the
    flow says outside: what the copy says beside them stays as it is."""
    if publication.stage is not Stage.ADOPTED:
        raise ValueError(
            f"{publication.copy} of {publication.link} is {publication.stage}; only adopted ones are taken over"
        )
    shown = _without(found.fields, outlet)
    return replace(
        publication,
        stage=Stage.VISIBLE,
        fields={it: value for it, value in shown.items() if it in ours},
        shown=shown,
        master=master,
        file_name=found.file_name,
        at=at,
        turn=publication.turn + 1,
    )


def after_activation(case: Case) -> Verdict:
    """What would follow at once if a person took this over: shown before anybody does."""
    record, found = case.master, case.copy_record
    if case.publication is None or found is None or not isinstance(record, Present):
        return decide_publication(case)
    made = fingerprint_of(case, record.record)
    taken = taken_over(
        case.publication, found=found, outlet=case.outlet, ours=said_outside(case.policy), master=made, at=case.now
    )
    return decide_publication(replace(case, publication=taken))


def _without(fields: Fields, outlet: Outlet) -> Fields:
    return {it: value for it, value in fields.items() if it not in outlet.own_fields}
