"""What the API of search says and takes: finds, what becomes of those that are asked for, and tokens of panels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from dambridge.console.api.shapes import NUL, Name, Shape
from dambridge.model.gate import Block
from dambridge.model.identity import FlowName, System
from dambridge.model.outcomes import Outcome
from dambridge.model.queries import Usable
from dambridge.model.records import MediaType
from dambridge.model.rights import Fact
from dambridge.model.searching import Missed
from dambridge.model.searching import Order as SearchOrder


class FindCopy(Shape):
    """One copy of a find, as far as the token sees it; `main` is the one whose rights count, `fields` are in canonical names."""

    asset: str
    account: str
    system: System
    id: str
    type: MediaType
    file_name: str
    title: str
    status: str
    size: int | None
    fields: dict[str, Any]
    paths: list[str]
    seen_at: datetime
    matched: bool
    main: bool
    live: bool


class Difference(Shape):
    """A field in which the copies do not say the same, by asset."""

    field: str
    values: dict[str, str]


class Way(Shape):
    """Where a copy may be asked to go: an outlet, or, where none is named, the archive. `there` where it stands already;
    `twin` is another copy of the same asset in the account that it would go to, empty where there is none."""

    asset: str
    outlet: str
    system: System
    called: str
    there: bool
    twin: str


class Find(Shape):
    """One asset with all its copies. `words` says what may be done with it now, of `channel` and `territory`; `blocks` and
    `unknown` are the gate's own words, `opens` and `until` when that changes by itself."""

    entry: str
    link: str | None
    usable: Usable
    words: str
    blocks: list[Block]
    unknown: list[Fact]
    until: datetime | None
    opens: datetime | None
    channel: str
    territory: str
    ways: list[Way]
    copies: list[FindCopy]
    differences: list[Difference]


class Gap(Shape):
    """What has to be said about one system: why it is missing, in words; `parts` are what it could not be asked."""

    account: str
    missed: Missed
    told: str
    parts: list[str]


class FacetValue(Shape):
    """A value to narrow by, and how many assets have it."""

    value: str
    assets: int


class SuggestedWord(Shape):
    """A word, and how many of the assets looked at have it."""

    word: str
    assets: int


class Found(Shape):
    """A page of assets; `cursor` asks for the following one. `total` counts assets: not `exact` means at least so many.
    `partial` where a system is missing, `gaps` say which and why."""

    total: int
    exact: bool
    order: SearchOrder
    live: bool
    partial: bool
    cursor: str | None
    hits: list[Find]
    facets: dict[str, list[FacetValue]] | None
    facets_exact: bool
    gaps: list[Gap]


class Suggestions(Shape):
    """Words that the last one typed may go on as, and fields; `assets` counts those looked at."""

    words: list[SuggestedWord]
    fields: list[str]


class Home(Shape):
    """An account that is searched, and its system."""

    account: str
    system: System


class Homes(Shape):
    """Where finds live; `orders` says whether this token may ask for them to be brought."""

    homes: list[Home]
    orders: bool


class BringWish(Shape):
    """Ask for a find: to an outlet, or, where none is named, into the archive. `until` is for outlets that take orders."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"asset": "archive:4711", "outlet": "press"}]}
    )
    asset: Annotated[str, StringConstraints(pattern=r"^[^:\x00]+:[^\x00]+$", max_length=400)]
    outlet: Annotated[str, StringConstraints(max_length=400, pattern=NUL)] = ""
    until: AwareDatetime | None = None


class BackWish(Shape):
    """Take back what was ordered to an outlet, or, where none is named, into the archive: what is there stays there."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"asset": "archive:4711", "outlet": "press"}]}
    )
    asset: Annotated[str, StringConstraints(pattern=r"^[^:\x00]+:[^\x00]+$", max_length=400)]
    outlet: Annotated[str, StringConstraints(max_length=400, pattern=NUL)] = ""


class Ordered(Shape):
    """An order that stands: who ordered which asset to which outlet, and until when (None: until it is taken back)."""

    asset: str
    outlet: str
    flow: FlowName
    by: str
    at: datetime
    until: datetime | None


class AllOrdered(Shape):
    """What was ordered and stands: your own, and of others where you see the assets of the flow. Where no outlet is named it is
    the archive."""

    orders: list[Ordered]


class Bringing(Shape):
    """What was asked for and what became of it: `words` is a sentence for people, `outcome` the flow's last word on the asset."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "order": "co4f1c",
                    "asset": "archive:4711",
                    "outlet": "press",
                    "state": "done",
                    "outcome": "done",
                    "words": "It is there.",
                }
            ]
        },
    )
    order: str
    asset: str
    outlet: str
    state: Literal["queued", "running", "done", "failed"]
    outcome: Outcome | None
    words: str


class PanelWish(Shape):
    """A token for a page of yours. It finds what is cleared for use and nothing else; `orders` lets it ask for that too.
    `regions` are where the page's readers use assets, `selections` and `channels` narrow what is found, and `audience` is who
    reads the page, as the rights gate knows them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"origins": ["https://intranet.example"], "minutes": 15, "regions": ["DE"], "audience": "dealers"}
            ]
        },
    )
    origins: list[Name] = Field(min_length=1, max_length=20)
    orders: bool = False
    minutes: int = Field(default=15, ge=1, le=60)
    regions: list[Name] | None = Field(default=None, max_length=100)
    selections: list[Name] | None = Field(default=None, max_length=100)
    channels: list[Name] | None = Field(default=None, max_length=100)
    audience: Annotated[str, StringConstraints(max_length=400, pattern=NUL)] = ""


class PanelToken(Shape):
    """The token, said this once: hand it to the page, never the token that it was made with. `panel` is its public name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "token": "dmp_…",
                    "panel": "Xk3d9aQ1",
                    "expires_at": "2026-11-28T09:15:00Z",
                    "origins": ["https://intranet.example"],
                    "orders": False,
                }
            ]
        },
    )
    token: str
    panel: str
    expires_at: datetime
    origins: list[str]
    orders: bool
