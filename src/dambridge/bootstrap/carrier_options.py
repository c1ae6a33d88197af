"""The option of what shows a status in an account: the same for every flow that reads or writes one."""

from __future__ import annotations

from pydantic import Field

from dambridge.bootstrap.options import Options
from dambridge.model.lifecycle import Status
from dambridge.policy.carriers import CarrierKind


class CarrierOptions(Options):
    """Something in an account that shows the status of an asset."""

    by: CarrierKind = Field(
        description="PhotoShelter: the `gallery` in which an asset stands, its `edit_status`, a `custom` field, its `rating`; "
        "NetX: an `attribute`, or the `folder` in which it stands."
    )
    name: str = Field(default="", description="The attribute's name, or the custom field's id.")
    words: dict[Status, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Per status what says so: values, or paths of galleries or folders. The first is written, all are read; "
        "upper and lower case are the same in values. Left out, for values: `Draft`, `In review`, `Changes asked`, "
        "`Approved`, `Rejected`, `Archived`, `Expired`, `Withdrawn`.",
    )
