"""Options of the flows that keep fields in step, whichever of the accounts people edit them in."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from dambridge.bootstrap.carrier_options import CarrierOptions
from dambridge.bootstrap.options import GuardOptions, Options, Span
from dambridge.model.lifecycle import Role, Status
from dambridge.model.records import Absence
from dambridge.policy.mirror import WhenAbsent
from dambridge.policy.retention import Ending

ANYBODY = "anybody"
"""The owner of rights that is no account: everybody's edits may permit more."""
Word = Literal["newest", "most_restrictive", "union", "transitions", "ask"]


class AccountDecides(Options):
    """One account's edits win over those of the others."""

    account: str = Field(description="The account's name.")


def _written_as(given: Any) -> str:
    return "tagged-word" if isinstance(given, str) else "tagged-account"


AuthorityOption = Annotated[
    Annotated[Word, Tag("tagged-word")] | Annotated[AccountDecides, Tag("tagged-account")], Discriminator(_written_as)
]


class GroupOptions(Options):
    """Fields that merge as one: a rights block, or a single field."""

    fields: tuple[str, ...] = Field(
        min_length=1,
        description="Canonical fields; `file_name` stands for the file's name, `content` for its bytes.",
    )
    authority: AuthorityOption = Field(
        default="ask",
        description="Who decides when people edited two copies differently: `{account: NAME}`, the `newest` edit, what is "
        "`most_restrictive`, the `union` of lists, the legal `transitions` of a status "
        "with carriers, or `ask`: a person. What a rule cannot decide is asked too.",
    )
    owner: str | None = Field(
        default=None,
        description="For `most_restrictive`: the account whose people alone may permit more than is agreed. An edit made "
        "elsewhere takes effect at once as far as it permits less; the rest needs this account or `dambridge rights release`. "
        "`anybody`: every account. Left out: in the flow `rights` its `owner`, else every account.",
    )


class MirrorGuardOptions(GuardOptions):
    """Limits above which nothing is done and a person is asked."""

    max_removals: int | None = Field(
        default=20, ge=0, description="Most copies retired in one run because another is gone; `null` for no limit."
    )
    max_removal_share: float | None = Field(
        default=0.02, gt=0, le=1, description="Largest share of what is looked at that may be retired, 0 to 1."
    )


class MirrorOptions(Options):
    """Fields that are kept in step between accounts: who edits one of them in one account sees it in the others."""

    between: tuple[str, ...] = Field(min_length=2, description="The accounts; two or more.")
    groups: dict[str, GroupOptions] = Field(min_length=1, description="What is kept in step, by names of your own.")
    select: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Per account the galleries or folders that hold what the flow is about, `*` within a name, `**` over any "
        "number of them. What is moved out of all of them has left the selection. An account left out: all of it.",
    )
    absent: dict[str, dict[Absence, WhenAbsent]] = Field(
        default_factory=dict,
        description="Per account what follows when a copy there is `deleted`, `trashed`, `left_selection` or `hidden`: "
        "`ask` a person, `let_go` of it and keep the others, `follow` by retiring the others, or `wait`. Left out: ask, ask, "
        "let_go, wait.",
    )
    margin: Span = Field(
        default=timedelta(seconds=5),
        description="By how much an edit must be later to be called newer; clocks of two systems differ.",
    )
    stale_for: Span = Field(
        default=timedelta(minutes=10),
        description="How long after a write of ours an answer that shows an earlier state is taken for a stale one.",
    )
    holding_folder: str | None = Field(
        default=None,
        description="The NetX folder for copies that were retired, which only administrators should see. Left out: "
        "`retired` below the account's `staging_root`.",
    )
    guards: MirrorGuardOptions = Field(
        default=MirrorGuardOptions(), description="Limits above which a person is asked."
    )
    plan_ttl: Span = Field(default=timedelta(days=2), description="How long a plan may be applied after it was made.")


class RightsOptions(MirrorOptions):
    """Flow 4: rights are edited in either system and stand in both."""

    owner: str | None = Field(
        default=None,
        description="The account that owns rights: only its people may permit more than is agreed, for groups with "
        "`most_restrictive` that name no owner themselves. Left out: the first account of NetX in `between`. `anybody`: "
        "every account's people may.",
    )

    groups: dict[str, GroupOptions] = Field(
        default={
            "rights": GroupOptions(
                fields=(
                    "copyright_notice",
                    "copyright_owner",
                    "usage_terms",
                    "web_statement",
                    "rights_marked",
                    "licensor",
                    "licence_start",
                    "licence_end",
                    "embargo_until",
                    "expires_at",
                    "model_release",
                    "property_release",
                    "data_mining",
                    "other_constraints",
                    "territories",
                    "territories_excluded",
                    "channels",
                    "channels_excluded",
                    "editorial_only",
                    "consent",
                ),
                authority="most_restrictive",
            )
        },
        min_length=1,
        description="What is kept in step, by names of your own; left out: the rights block as one group (of its "
        "fields those that have a home in every account), in which what permits less holds.",
    )


class RetentionOptions(Options):
    """How long what is out of circulation is kept. Nothing goes by itself: `dambridge retention plan`, then `apply`."""

    after: dict[Literal[Status.REJECTED, Status.EXPIRED, Status.WITHDRAWN], Span] = Field(
        min_length=1,
        description="Per status how long an asset is kept once it stands so everywhere; one that is not named keeps it for ever. "
        "What is archived or approved is always kept.",
    )
    copies: dict[str, Ending] = Field(
        default_factory=dict,
        description="Per account what becomes of its copy: `keep`; `hold` takes it out of sight (NetX: into the holding folder, "
        "PhotoShelter: out of the selected galleries); `trash`, where one was proven; `delete` for good. Left out: `hold` in "
        "NetX, `keep` in PhotoShelter. NetX has no trash.",
    )
    max_assets: int | None = Field(
        default=20, ge=0, description="Most assets that one plan may take; more wait for `apply --allow-tripped`."
    )
    max_share: float | None = Field(
        default=0.01, gt=0, le=1, description="Largest share of the assets of the flow that one plan may take, 0 to 1."
    )


class LifecycleOptions(MirrorOptions):
    """Flow 7: the status of an asset is the same wherever people look."""

    groups: dict[str, GroupOptions] = Field(
        default={"status": GroupOptions(fields=("edit_status",), authority="newest")},
        min_length=1,
        description="What is kept in step, by names of your own; left out: with `carriers` the status, which only legal moves "
        "change, else the edit status, the newest edit wins.",
    )
    carriers: dict[str, tuple[CarrierOptions, ...]] = Field(
        default_factory=dict,
        description="Per account what shows the status there. The first that says anything wins, the others are brought to say "
        "the same. For every account of the flow, or for none.",
    )
    warn_before: Span | None = Field(
        default=timedelta(days=14),
        description="How long before the end of its licence an approved or archived asset waits for its owner, to be renewed or "
        "replaced; `null` warns nobody. With `carriers`.",
    )
    superseded_by: str | None = Field(
        default=None,
        description="The canonical field in which people name what took an asset's place. As long as it says anything, an asset "
        "that was approved is `withdrawn`, and outlets follow. With `carriers`.",
    )
    retention: RetentionOptions | None = Field(
        default=None, description="How long what is out of circulation is kept. With `carriers`; left out: for ever."
    )
    roles: dict[str, tuple[Role, ...]] = Field(
        default_factory=dict,
        description="Per account in what capacities its people move an asset (`docs/reference/lifecycle.md`). Left out: "
        "`contributor` and `reviewer` in PhotoShelter; `reviewer`, `librarian` and `rights_manager` in NetX.",
    )
