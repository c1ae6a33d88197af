"""What the API says and takes: the documented shapes of JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dambridge.model.identity import FlowName
from dambridge.model.outcomes import Outcome

NUL = r"^[^\x00]*$"
"""What a store can keep: any text without a NUL."""
Text = Annotated[str, StringConstraints(max_length=4000, pattern=NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=NUL)]
Cursor = Annotated[str, Field(max_length=400, pattern=NUL)]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    title: str
    status: int
    detail: str


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reason(Shape):
    """Why: a code that stays, its parameters, a sentence, and what a person can do."""

    code: str
    params: dict[str, Any]
    words: str
    next_move: str


class Flow(Shape):
    """How a flow stands. Whoever answers for some regions or selections alone is told no numbers of it."""

    flow: FlowName
    health: str
    held_by: str | None
    backlog: int | None
    lag_seconds: float | None
    needs_attention: dict[str, int]
    last_run: str | None
    next_at: datetime | None


class WorkerInForce(Shape):
    """By which map and rules a worker goes since when; `says` why its files are not in force, empty where they are. `broken`
    where they cannot be used."""

    worker: str
    configuration: str
    since: datetime
    says: str
    broken: bool


class Status(Shape):
    """How things stand."""

    now: datetime
    serving: bool
    flows: list[Flow]
    needs_attention: dict[str, int]
    in_force: list[WorkerInForce]


class Run(Shape):
    """One run; `summary` is its own account once it has ended, `configuration` the digest of the map and rules it went by."""

    run: str
    flow: FlowName
    state: str
    plan: str | None
    started_at: datetime
    ended_at: datetime | None
    summary: dict[str, Any] | None
    configuration: str


class Runs(Shape):
    """A page; `next` is the cursor of the following one."""

    runs: list[Run]
    next: str | None


class Item(Shape):
    """How one asset ended in a run."""

    asset: str
    link: str | None
    file_name: str
    outcome: Outcome
    reason: Reason
    waits_for: str
    bytes_moved: int
    lag_seconds: float | None


class Items(Shape):
    """A page; `next` is the cursor of the following one."""

    items: list[Item]
    next: str | None


class Conflicts(Shape):
    """A page of the inbox; `next` is the cursor of the following one."""

    conflicts: list[dict[str, Any]]
    next: str | None


class Terms(Shape):
    """Words that a vocabulary does not know."""

    terms: list[dict[str, Any]]


class Plans(Shape):
    """The latest plans."""

    plans: list[dict[str, Any]]


class Entries(Shape):
    """A page of the audit; `next` is the cursor of the following one."""

    entries: list[dict[str, Any]]
    next: int | None


class Withdrawals(Shape):
    """A page of records; `next` is the cursor of the following one."""

    withdrawals: list[dict[str, Any]]
    next: str | None


class Submissions(Shape):
    """A page of what was handed in; `next` is the cursor of the following one."""

    submissions: list[dict[str, Any]]
    next: str | None


class Endpoints(Shape):
    """Other programs that are told."""

    endpoints: list[dict[str, Any]]


class Deliveries(Shape):
    """What was sent to one of them."""

    deliveries: list[dict[str, Any]]


class WebhookWish(Shape):
    """What is to be done with an endpoint; `skip` leaves out what happened while it was disabled."""

    do: Literal["test", "redeliver", "enable"]
    message: Annotated[str, StringConstraints(max_length=400, pattern=NUL)] = ""
    skip: bool = False


class Order(Shape):
    """An order as it stands: queued, running, done or failed; `result` once it has ended."""

    order: str
    kind: str
    state: Literal["queued", "running", "done", "failed"]
    by: str
    created_at: datetime
    result: dict[str, Any] | None


class RunWish(Shape):
    """Run flows now; all of the token's where none is named."""

    flow: FlowName
    full: bool = False
    reconcile: bool = False


class PlanWish(Shape):
    """Make a plan."""

    flow: FlowName
    full: bool = False


class ApplyWish(Shape):
    """Have exactly this plan carried out."""

    pilot: int = Field(default=0, ge=0, le=1_000_000)
    wave: int = Field(default=0, ge=0, le=1_000_000)
    allow_tripped: bool = False


class SettleWish(Shape):
    """Whose value shall stand, or the value itself."""

    side: Text = ""
    texts: dict[Name, Text] = Field(default_factory=dict, max_length=100)
    all_like: bool = False


class TermWish(Shape):
    """What a word means."""

    verdict: Literal["map", "add", "drop"]
    term: Text = ""
    why: Text = ""


class ReviewWish(Shape):
    """Decide about files that were handed in, named as ACCOUNT:ID, or about a whole shoot."""

    verdict: Literal["approve", "reject", "ask", "undo", "told"]
    assets: list[Annotated[str, StringConstraints(pattern=r"^[^:\x00]+:[^\x00]+$", max_length=400)]] = Field(
        default_factory=list, max_length=1000
    )
    shoot: Text = ""
    note: Text = ""
