"""One asset at one outlet as reports see it: what stands there, under which rights, and what the gate says now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dambridge.model.gate import Answer
from dambridge.model.identity import AssetKey, FlowName, LinkId
from dambridge.model.publications import IN_SIGHT, Stage
from dambridge.model.rights import Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletStanding:
    """`stage` is None for what never went out. `master` is the asset of the system of record, where it is known, and `copy` the
    file in the outlet's account. `rights` are those last known, `answer` what the gate says of them at the instant of the
    report; `until` is the instant that the copy's withdrawal is planned for. Instants are aware, in UTC."""

    flow: FlowName
    outlet: str
    region: str
    link: LinkId | None
    master: AssetKey | None
    copy: AssetKey | None
    file_name: str
    stage: Stage | None
    rights: Rights
    answer: Answer
    until: datetime | None = None
    since: datetime | None = None

    @property
    def in_sight(self) -> bool:
        """Whether an audience may see it, whoever put it there."""
        return self.stage in IN_SIGHT or self.stage is Stage.ADOPTED

    @property
    def ends(self) -> datetime | None:
        """When it has to be gone, by the gate or by the plan, the earlier."""
        return min((it for it in (self.until, self.rights.not_after) if it is not None), default=None)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other one, and never changes."""
        named = self.master or self.copy
        return str(self.flow), self.outlet, self.link or (str(named) if named else self.file_name)
