"""Options of the flows that show assets to audiences outside, and of the gate that both of them ask."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dambridge.bootstrap.options import GuardOptions, Options, Span
from dambridge.model.rights import Fact
from dambridge.policy.gate import APPROVED_ALONE, ASKED_OF_PEOPLE, CAREFUL
from dambridge.policy.outlets import OnMassAbsence, WithdrawTo

OutletName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$")]
SRGB = "srgb"
LANGUAGE = r"^(x-default|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)$"
Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]
COMMON_FIELDS = ("title", "headline", "description", "keywords", "creator", "source", "city", "country", "alt_text")
"""What copies say beside their rights unless somebody names other fields; of them those that have homes on both sides."""


class ChannelOptions(Options):
    """One way out, as contracts name it: a portal, the press, an assistant that learns from what it is shown."""

    commercial: bool = Field(
        default=True, description="Whether use is commercial: then releases are needed, and nothing editorial goes out."
    )
    trains_machines: bool = Field(
        default=False, description="Whether machines of the audience may learn from what they get."
    )
    audiences: tuple[str, ...] = Field(
        default=(), description="The audiences that it may be shown to; empty: any that an outlet names."
    )


class GateOptions(Options):
    """What has to be known and permitted before anything is shown. The gate is shut unless everything is."""

    zone: str = Field(
        default="Europe/Berlin",
        description="The business zone, an IANA name: a date without a zone begins and ends at its midnight.",
    )
    channels: dict[str, ChannelOptions] = Field(
        default_factory=dict, description="The channels by the names that contracts and the field `channels` use."
    )
    territories: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Named groups of territories, each with its ISO 3166 codes: `DACH: [DE, AT, CH]`.",
    )
    must_know: tuple[Fact, ...] = Field(
        default=tuple(sorted(CAREFUL)),
        description="Facts that have to be known of every asset; what nobody has said is no permission.",
    )
    must_know_of_people: tuple[Fact, ...] = Field(
        default=tuple(sorted(ASKED_OF_PEOPLE)),
        description="Facts that have to be known as well where people are shown.",
    )
    statuses: tuple[str, ...] = Field(
        default=tuple(sorted(APPROVED_ALONE)),
        description="Lifecycle words of what may go out, where the flow's `status` names the field that says one; empty: "
        "whatever the word is.",
    )


class RenditionOptions(Options):
    """A file to be made of the original."""

    name: OutletName = Field(description="Its name; a file of another name is made and kept beside it.")
    longest: int | None = Field(default=None, ge=16, le=30000, description="The longer side in pixels, at most.")
    format: Literal["jpeg", "png", "tiff", "webp"] = Field(default="jpeg", description="The format of the file.")
    quality: int = Field(default=88, ge=1, le=100, description="For JPEG and WebP.")
    profile: str = Field(
        default="srgb",
        description="The colour profile: `srgb`, or the path of an ICC file for RGB, beside the configuration file unless it "
        "is absolute.",
    )
    watermark: Path | None = Field(
        default=None,
        description="A picture laid over it (PNG), beside the configuration file unless the path is absolute.",
    )
    opacity: float = Field(default=0.35, gt=0, le=1, description="How strongly the watermark shows.")

    def beside(self, folder: Path) -> RenditionOptions:
        """The same with its files where they stand: beside the configuration file in this folder."""
        files: dict[str, object] = {"watermark": folder / self.watermark} if self.watermark is not None else {}
        if self.profile != SRGB:
            files["profile"] = str(folder / self.profile)
        return self.model_copy(update=files)


class OutletOptions(Options):
    """One way out: one gallery that administrators prepared for one audience."""

    account: str = Field(description="The account that the gallery is in: a PhotoShelter account.")
    gallery: str = Field(
        min_length=1,
        description="The gallery's path, or `id:…`. It is made and opened by an administrator, never by dambridge; agree on "
        "who sees it with `dambridge outlets agree`.",
    )
    channel: str = Field(description="The channel, one of `gate.channels`.")
    territory: str = Field(
        description="Where its audience is: an ISO 3166 code, a group of `gate.territories` (every territory of it is asked "
        "about), or `worldwide`."
    )
    audience: str = Field(min_length=1, description="Who sees it, in a word that records and questions use.")
    region: str = Field(default="", description="The region it belongs to; for `syndicate`, and needed there.")
    rendition: RenditionOptions | None = Field(
        default=None, description="The file that goes out; left out: the original, with rights embedded."
    )
    stand_in: bool = Field(
        default=False,
        description="Whether its files only stand for their masters: small pictures (JPEG of 1200 pixels, or as `rendition` "
        "has it) that say in `instructions` what they are and where the original is. They are never taken for originals: not by "
        "intake, hand-off, pairing or search.",
    )
    languages: tuple[Language, ...] = Field(
        default=(), description="Languages of texts in order of preference; empty: the master's own."
    )
    naming: str = Field(
        default="{file_name}", description="The file's name there as a template; variables as in `place.folder`."
    )
    own_fields: tuple[str, ...] = Field(
        default=(),
        description="Canonical fields that the region keeps itself: given once with the file, then never written again. "
        "Rights cannot be among them.",
    )
    own_file: bool = Field(
        default=False,
        description="Whether the region keeps the file itself too: it is never replaced by a new version.",
    )
    withdraw_to: WithdrawTo = Field(
        default=WithdrawTo.HOLDING,
        description="What becomes of a file that left its gallery: `holding` keeps it where only administrators see it, "
        "`trash` discards it.",
    )
    answers_for: tuple[str, ...] = Field(
        default=("**",),
        min_length=1,
        description="Patterns over gallery paths of the account in which copies of this outlet are looked for and corrected.",
    )
    orders: bool = Field(
        default=False,
        description="Say `true` where people may order single assets to it that `select` does not name. Each goes out, is kept "
        "in step and goes as anything selected does, until it is taken back or its time is over. The flow's `status` has to be "
        "named: being ordered is not being approved.",
    )
    wholly_ours: bool = Field(
        default=False,
        description="Say `true` where the gallery holds nothing but what dambridge put there, so that the whole of it may be "
        "made private where its files cannot be taken out.",
    )


class PublishSelectOptions(Options):
    """The allow-list: what goes out at all. Nothing named, nothing goes out."""

    folders: tuple[str, ...] = Field(
        default=(), description="Patterns over folder paths: `*` within a name, `**` over any number of names."
    )
    exclude: tuple[str, ...] = Field(default=(), description="Patterns over folder paths that are left out again.")
    expression: str | None = Field(
        default=None, description='A rule in CEL over the record, for instance `"press" in keywords`.'
    )
    outlets: str | None = Field(
        default=None,
        description="The field whose values name the outlets that an asset is meant for; left out: every outlet.",
    )


class PublishGuardOptions(GuardOptions):
    """Limits above which nothing new is done and a person is asked. Ends of licences that were known ahead pass them."""

    max_removals: int | None = Field(
        default=20, ge=0, description="Most copies withdrawn in one run without a date known ahead; `null`: no limit."
    )
    max_removal_share: float | None = Field(
        default=0.02, gt=0, le=1, description="Largest share of what is in sight that may be withdrawn so, 0 to 1."
    )


class PublishOptions(Options):
    """Flow 3: selected assets of the archive go out to galleries for audiences, as far as their rights permit."""

    source: str = Field(alias="from", description="The account that masters stand in: a NetX account.")
    select: PublishSelectOptions = Field(
        default=PublishSelectOptions(), description="The allow-list; it must name something."
    )
    outlets: dict[OutletName, OutletOptions] = Field(
        min_length=1,
        description="The ways out by names of your own. The name is part of every record: never change it later.",
    )
    status: str | None = Field(
        default=None,
        description="The canonical field that says `approved`, or another word of `gate.statuses`; left out: being selected is "
        "enough.",
    )
    kit: str | None = Field(
        default=None,
        description="The canonical field whose value names a kit: its assets go to an outlet together or not at all.",
    )
    fields: tuple[str, ...] | None = Field(
        default=None,
        description="Canonical fields that copies say beside their rights; left out: title, headline, description, keywords, "
        "creator, source, city, country and alt text, of them those with homes in the master's account.",
    )
    margin: Span = Field(
        default=timedelta(minutes=10),
        description="Added to the lead of every withdrawal whose date is known, for outages.",
    )
    stale_for: Span = Field(
        default=timedelta(minutes=10),
        description="How long after a write of ours an answer that shows an earlier state is taken for a stale one.",
    )
    guards: PublishGuardOptions = Field(
        default=PublishGuardOptions(), description="Limits above which a person is asked."
    )
    on_mass_absence: OnMassAbsence = Field(
        default=OnMassAbsence.HOLD,
        description="What follows when more masters are gone at once than the guards find plausible: `hold` everything that "
        "has no end known ahead until a person says so, or `withdraw` it so that it can be had again.",
    )
    holding_folder: str = Field(
        default="dambridge/holding",
        min_length=1,
        description="The path in PhotoShelter below which files stand that no audience sees; only administrators should see it.",
    )
    plan_ttl: Span = Field(default=timedelta(days=2), description="How long a plan may be applied after it was made.")

    def beside(self, folder: Path) -> PublishOptions:
        """The same with the files of its renditions where they stand."""
        outlets = {
            name: it.model_copy(update={"rendition": it.rendition.beside(folder)}) if it.rendition is not None else it
            for name, it in self.outlets.items()
        }
        return self.model_copy(update={"outlets": outlets})


class SyndicateOptions(PublishOptions):
    """Flow 6: masters of campaigns go out to regions, each with its language, rendition and own fields."""
