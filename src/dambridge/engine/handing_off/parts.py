"""What flow handoff is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dambridge.engine.parts import Parts
from dambridge.model.identity import ActionId, FlowName, derived_id
from dambridge.model.submissions import Submission
from dambridge.policy.handoff import HandoffPolicy
from dambridge.ports.notifying import Notifier


@dataclass(slots=True, kw_only=True)
class HandoffParts(Parts):
    """Everything that the flow works with. `policy` is the intake of what is approved; `people` are those who see to queues
    and `contributors` those who hand in, each by name in lower case, as far as a way to them is known."""

    flow: FlowName = FlowName.HANDOFF
    handoff: HandoffPolicy
    people: Mapping[str, Notifier] = field(default_factory=dict)
    contributors: Mapping[str, Notifier] = field(default_factory=dict)

    def errand(self, what: str, submission: Submission, *more: str) -> ActionId:
        """One for each turn of a submission, and for what else it is about."""
        key = submission.key
        return ActionId(derived_id("er", what, self.flow, key.account, key.remote_id, str(submission.turn), *more))


def folded(name: str) -> str:
    """A name as it is looked up."""
    return " ".join(name.casefold().split())
