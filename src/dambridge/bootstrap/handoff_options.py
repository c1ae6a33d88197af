"""Options of flow handoff: what is handed in, how its review is told and who sees to it, what becomes of the source."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr

from dambridge.bootstrap.carrier_options import CarrierOptions
from dambridge.bootstrap.intake_options import PlaceOptions, SelectOptions
from dambridge.bootstrap.options import GuardOptions, Options, Span
from dambridge.model.submissions import Disposal

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class PersonOptions(Options):
    """A way to somebody."""

    urls: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="As Apprise writes them (`mailtos://…`). They hold passwords: write `env:NAME` or `file:PATH`.",
    )


class CalendarOptions(Options):
    """When somebody can be expected to act."""

    zone: str = Field(default="UTC", description="The time zone, for instance `Europe/Berlin`.")
    days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"),
        min_length=1,
        description="The days of the week that are worked on.",
    )
    opens: str = Field(default="09:00", pattern=CLOCK, description="When work begins.")
    closes: str = Field(default="17:00", pattern=CLOCK, description="When it ends.")
    country: str | None = Field(
        default=None,
        description="Public holidays of this country are free, for instance `DE`; none where this is absent.",
    )
    subdivision: str | None = Field(default=None, description="Its part, for instance `BY`.")


class QueueOptions(Options):
    """Who reviews, and how soon."""

    owner: str = Field(min_length=1, description="Who sees to the queue, by name.")
    deputy: str = Field(default="", description="Who is told once a review is late by as much again.")
    within: Span | None = Field(
        default=None,
        description="How much working time a review may take; where this is absent none is late. Eight hours are a day of "
        "the default calendar.",
    )
    calendar: CalendarOptions = Field(default=CalendarOptions(), description="When reviewers work.")


class DispositionOptions(Options):
    """What becomes of the source of an archived file."""

    kind: Disposal = Field(
        default=Disposal.KEEP,
        description="`keep` leaves it, `tag` writes a word into a field, `move` files it into a gallery, `trash` puts it into "
        "the trash. What the account is not known to be able to do is left, and said to be.",
    )
    field: str = Field(
        default="", description="For `tag`: the account's own field, for instance `instructions` or `custom.State`."
    )
    value: str = Field(default="archived", min_length=1, description="For `tag`: the word.")
    gallery: str = Field(
        default="", description="For `move`: the path of the gallery, which must not be a selected one."
    )


class HandoffOptions(Options):
    """Flow 5: contributors hand in, reviewers decide, what is approved is archived exactly as it was approved."""

    source: str = Field(alias="from", description="The account that files are handed in with: a PhotoShelter account.")
    target: str = Field(alias="to", description="The account that they are archived in: a NetX account.")
    select: SelectOptions = Field(description="Where files are handed in; each gallery is a shoot.")
    carriers: tuple[CarrierOptions, ...] = Field(
        default=(),
        description="Where PhotoShelter shows decisions, the first that says anything counts; where this is empty all is "
        "decided in dambridge (`dambridge review`). What dambridge comes to is written there, as far as the account is known to "
        "take it: rejections and requests for changes, what is up for review again, and what is archived (as `archived` where "
        "that has a word, else as `approved`). Where flow lifecycle has carriers in this account, they are these.",
    )
    queue: QueueOptions = Field(description="Who reviews, and how soon.")
    coordinator: str = Field(min_length=1, description="By name, whoever is asked where nobody else can be.")
    people: dict[str, PersonOptions] = Field(
        default_factory=dict,
        description="Ways to the queue's owner and deputy and to the coordinator, by name: they are told of what waits too long.",
    )
    contributor: str = Field(default="creator", description="The canonical field that names who handed a file in.")
    contributors: dict[str, PersonOptions] = Field(
        default_factory=dict,
        description="Ways to contributors, by the name that the field holds; upper and lower case are the same. Whoever is "
        "not named here is answered in `note_field`, else by the coordinator.",
    )
    note_field: str = Field(
        default="",
        description="The account's own field in which a contributor is answered to whom `contributors` knows no way, for "
        "instance `instructions` or `custom.Remarks`; what people wrote there is left, and the coordinator is asked.",
    )
    disposition: DispositionOptions = Field(
        default=DispositionOptions(), description="What becomes of the source of an archived file."
    )
    place: PlaceOptions = Field(default=PlaceOptions(), description="Where an asset goes in the target.")
    required: tuple[str, ...] = Field(
        default=(), description="Canonical fields without which a file is not handed in and waits for its contributor."
    )
    unproven_fields: Literal["wait", "deliver"] = Field(
        default="wait",
        description="As of intake: what becomes of a file with fields that the archive is not known to take.",
    )
    guards: GuardOptions = Field(default=GuardOptions(), description="Limits above which a person is asked.")
    plan_ttl: Span = Field(default=timedelta(days=2), description="How long a plan may be applied after it was made.")
