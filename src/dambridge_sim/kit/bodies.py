"""The bodies of the control calls, as models; `docs/reference/schemas/sim/` is generated from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dambridge_sim.kit.clock import Clock, to_ms

Positive = Annotated[int, Field(ge=1)]


class Body(BaseModel):
    """A body: unknown members are refused, so that a misspelt one does not pass as a default."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


Action = Literal[
    "status",
    "drop_request",
    "drop_reply",
    "truncate",
    "wrong_length",
    "corrupt",
    "slow",
    "hang",
    "stale_read",
    "empty_list",
    "half_list",
    "page_drift",
    "duplicate_item",
    "expire_token",
    "alter_on_upload",
    "webhook",
]


class FaultMatch(Body):
    """Which calls a rule is about; every member given must fit."""

    method: str | None = Field(None, description="HTTP method")
    path: str | None = Field(None, description="glob on the path without query; `*` also spans slashes")
    rpc: str | None = Field(None, description="glob on the RPC method", alias="rpc_method")
    nth: Positive | list[Positive] | None = Field(
        None, description="only the nth call (from 1), or those listed, of the calls that fit the other members"
    )
    id: str | None = Field(None, description="an id in the path or body that the call is about")

    model_config = ConfigDict(extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)


class FaultRule(Body):
    """One rule."""

    match: FaultMatch = Field(default_factory=FaultMatch)
    action: Action
    times: int | None = Field(None, ge=0, description="how often it strikes at most; absent: always")
    probability: float = Field(1.0, ge=0, le=1)
    direction: Literal["reply", "request"] = Field(
        "reply", description="`truncate`, `corrupt`, `slow`: which body is meant"
    )
    status: int = Field(503, ge=100, le=599, description="`status`: what is answered instead")
    headers: dict[str, str] = Field(default_factory=dict, description="`status`: headers of that answer")
    body: Any = Field(None, description="`status`: a text, or JSON, of that answer")
    after: bool = Field(False, description="`status`: answer so after the call has taken effect")
    bytes: int = Field(
        1024, ge=0, description="`truncate`: bytes that pass; `slow`: bytes per second; `corrupt`: place of the byte"
    )
    keep: bool = Field(
        False, description="`truncate` of a request: the server takes the cut file for whole instead of losing the call"
    )
    delta: int = Field(17, description="`wrong_length`: how much more (or less) the Content-Length says")
    seconds: float | None = Field(None, ge=0, description="`hang`, `webhook` delay: how long; absent: hang for ever")
    keep_total: bool = Field(False, description="`empty_list`, `half_list`: the total still counts all")
    change: Literal["insert", "remove"] = Field("remove", description="`page_drift`: what happens between the pages")
    count: int = Field(1, ge=1, description="`page_drift`: how many items")
    how: Literal["metadata", "reencode"] = Field("metadata", description="`alter_on_upload`: what the server rewrites")
    webhook: Literal["drop", "duplicate", "reorder", "delay"] | None = Field(
        None, description="`webhook`: what happens"
    )

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        """Take `"action": "webhook:drop"` for `"action": "webhook", "webhook": "drop"`."""
        if isinstance(value, dict) and str(value.get("action", "")).startswith("webhook:"):
            action, _, what = value["action"].partition(":")
            return {**value, "action": action, "webhook": what}
        return value

    @model_validator(mode="after")
    def _complete(self) -> FaultRule:
        if self.action == "webhook" and self.webhook is None:
            raise ValueError(
                'write "action": "webhook:drop", "webhook:duplicate", "webhook:reorder" or "webhook:delay"'
            )
        return self


class FaultRules(Body):
    """`POST /__sim__/faults`: replaces all rules."""

    rules: list[FaultRule] = Field(default_factory=list)
    seed: int = 1


class ClockBody(Body):
    """`POST /__sim__/clock`. Of several members `freeze: true` comes first, so that `now` is met to the millisecond."""

    now: datetime | None = Field(None, description="an instant with its zone, such as 2026-11-23T10:00:00Z")
    advance: float | None = Field(None, ge=-1e12, le=1e12, description="seconds to move by")
    freeze: bool | None = Field(None, description="stand still, or run on")

    @model_validator(mode="after")
    def _zoned(self) -> ClockBody:
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError("now has no zone; write it as 2026-11-23T10:00:00Z")
        return self

    def apply(self, clock: Clock) -> None:
        """Move the clock as told. Raises `ValueError` for an instant that no date can say."""
        start = clock.now_ms() if self.now is None else to_ms(self.now)
        clock.check(start + round(1000 * (self.advance or 0)))
        if self.freeze:
            clock.freeze(True)
        if self.now is not None:
            clock.set(self.now)
        if self.advance is not None:
            clock.advance(timedelta(seconds=self.advance))
        if self.freeze is False:
            clock.freeze(False)


class ResetBody(Body):
    """`POST /__sim__/reset`: empties everything."""

    seed: str | None = Field(None, description="a folder, or synthetic:N, to load afterwards")


class TrafficBody(Body):
    """`POST /__sim__/traffic`: replaces all traffic settings; what is absent is off."""

    latency_ms: float = Field(0, ge=0)
    jitter_ms: float = Field(0, ge=0, description="added or taken off evenly; never below 0 in all")
    rate_per_s: float | None = Field(None, gt=0)
    burst: int | None = Field(None, ge=1, description="size of the token bucket; absent: one second's worth")
    window_s: float | None = Field(None, gt=0, description="fixed windows of this length instead of a token bucket")
    bandwidth_mb_s: float | None = Field(
        None, gt=0, description="10^6 bytes per second, all calls and both ways together"
    )


class SwitchesBody(Body):
    """`POST /__sim__/switches`: sets the switches named, all or none; others stay."""

    model_config = ConfigDict(extra="allow")


class WebhookTarget(Body):
    """Where webhooks go."""

    url: str = Field(pattern=r"^http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?$")
    events: list[str] = Field(default_factory=lambda: ["*"], description="globs on the event's name")
    secret: str = ""


class WebhooksBody(Body):
    """`POST /__sim__/webhooks`: replaces all targets."""

    targets: list[WebhookTarget] = Field(default_factory=list)


class AssetMeta(Body):
    """`meta` of `POST` and `PATCH /__sim__/assets`: what a person says of an asset. A simulator may take more members."""

    model_config = ConfigDict(extra="allow")

    file_name: str | None = None
    containers: list[str] | None = Field(None, description="paths of containers, made when missing; replaces all")
    metadata: dict[str, Any] | None = Field(None, description="native fields by the vendor's names; null clears one")
    custom: dict[str, Any] | None = Field(None, description="PhotoShelter: custom fields by name")
    attributes: dict[str, Any] | None = Field(None, description="NetX: attributes by name")
    approval: str | None = Field(None, description="state of approval in the vendor's words")
    dates: dict[str, str | int | None] | None = Field(
        None, description="instants, ISO 8601 with zone; the names are the vendor's"
    )
    visibility: str | None = Field(None, description="in the vendor's words")


class LibraryBody(Body):
    """`library.yaml` of a seed folder; every member may be absent."""

    containers: list[dict[str, Any] | str] = Field(default_factory=list, description="containers to make beforehand")
    vocabularies: dict[str, list[Any]] = Field(default_factory=dict, description="terms by vocabulary or field")
    users: list[dict[str, Any]] = Field(default_factory=list)
    attributes: list[dict[str, Any]] = Field(
        default_factory=list, description="definitions of attributes or custom fields"
    )
    switches: dict[str, Any] = Field(default_factory=dict)
    groups: list[Any] = Field(default_factory=list, description="NetX: groups of users")
    permissions: list[Any] = Field(default_factory=list, description="NetX: which group sees which folder")
    metadata_map: Any = Field(None, description="NetX: how embedded metadata becomes attributes, and back")
    profiles: Any = Field(None, description="NetX: attribute profiles of folders")
    oauth_clients: list[Any] = Field(default_factory=list, description="NetX")
    autotasks: str | None = Field(None, description="NetX: AutoTasks, as XML")
    data_source_sync: str | None = Field(None, description="NetX: tasks of Data Source Sync, as XML")
    data_source_every_s: int | None = Field(None, description="NetX: simulated seconds between two runs of them")
    custom_actions: list[Any] = Field(default_factory=list, description="NetX")
    organizations: list[Any] = Field(default_factory=list, description="PhotoShelter: further organizations, by name")
    contacts: list[dict[str, Any]] = Field(default_factory=list, description="PhotoShelter: the address book")
    integrations: list[Any] = Field(default_factory=list, description="PhotoShelter")
    defaults: dict[str, Any] = Field(default_factory=dict, description="`meta` that every file begins with")
    files: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="`meta` by the file's path in the folder; mappings are merged with the defaults",
    )
