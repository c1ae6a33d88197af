"""Options of the flows: what each is about, and who is asked when it cannot decide."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from dambridge.bootstrap.enrich_options import EnrichOptions
from dambridge.bootstrap.handoff_options import HandoffOptions
from dambridge.bootstrap.intake_options import IntakeOptions
from dambridge.bootstrap.mirror_options import LifecycleOptions, MirrorOptions, RightsOptions
from dambridge.bootstrap.options import Options
from dambridge.bootstrap.publish_options import PublishOptions, SyndicateOptions
from dambridge.model.identity import FlowName
from dambridge.policy.rounds import in_order


class FlowOptions(Options):
    """The flows that run; one that is not named does not run."""

    intake: IntakeOptions | None = Field(default=None, description="Approved assets travel from PhotoShelter to NetX.")
    handoff: HandoffOptions | None = Field(
        default=None,
        description="What contributors hand in is reviewed, archived exactly as it was approved, and its source seen to.",
    )
    enrich: EnrichOptions | None = Field(
        default=None,
        description="NetX's attributes follow PhotoShelter's fields by the map's rules; librarians' values stay.",
    )
    rights: RightsOptions | None = Field(
        default=None, description="Rights are kept in step, whichever account people edit them in."
    )
    lifecycle: LifecycleOptions | None = Field(default=None, description="So is the status of an asset.")
    publish: PublishOptions | None = Field(
        default=None, description="Selected assets of NetX are shown in PhotoShelter galleries, as their rights permit."
    )
    syndicate: SyndicateOptions | None = Field(
        default=None, description="The same for regions, each with its language, rendition and own fields."
    )

    @property
    def outward(self) -> Mapping[FlowName, PublishOptions]:
        """The flows that show something outside."""
        given = {FlowName.PUBLISH: self.publish, FlowName.SYNDICATE: self.syndicate}
        return {name: it for name, it in given.items() if it is not None}

    @property
    def mirrors(self) -> Mapping[FlowName, MirrorOptions]:
        """The flows that keep fields in step."""
        given = {FlowName.RIGHTS: self.rights, FlowName.LIFECYCLE: self.lifecycle}
        return {name: it for name, it in given.items() if it is not None}

    @property
    def configured(self) -> tuple[FlowName, ...]:
        """What runs, in the order of the turns."""
        own = {FlowName.INTAKE: self.intake, FlowName.HANDOFF: self.handoff, FlowName.ENRICH: self.enrich}
        return in_order([*(name for name, it in own.items() if it is not None), *self.mirrors, *self.outward])
