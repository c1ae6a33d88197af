"""Options of flow enrich: which fields stand in the system of record, which of them every asset needs, and who is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dambridge.bootstrap.options import GuardOptions, Options, Span


class WorkListOptions(Options):
    """How librarians find what lacks a facet: a word in an attribute that they can search for."""

    attribute: str = Field(
        min_length=1,
        description="The NetX attribute; one of several values (a tag), so that words of your own can stand beside it.",
    )
    word: str = Field(
        default="facets missing",
        min_length=1,
        description="The word: it is set when a facet is empty and taken out when none is. Other words are never touched.",
    )


class PapersOptions(Options):
    """Contracts and releases beside pictures: they become restricted views of the pictures, and are published nowhere."""

    galleries: tuple[str, ...] = Field(
        min_length=1,
        description="Patterns over gallery paths where papers stand: `*` within a name, `**` over several.",
    )
    pattern: str = Field(
        description="How the job identifier of its pictures looks in a paper's file name: `#` a digit, `@` a letter, `*` "
        "letters and digits, all else itself; `<…>` around what is the identifier. `HB-####` finds it in "
        "`HB-0042_model release.pdf`.",
    )
    restricted: bool = Field(
        default=False,
        description="Say `true` once an administrator has seen that views of this NetX site are shown to those alone who may "
        "see papers; NetX does not say who sees them. Until then papers wait.",
    )
    view: str = Field(default="Restricted", min_length=1, description="What the names of the views begin with.")


class EnrichOptions(Options):
    """Flow 2: NetX's attributes are derived from PhotoShelter's fields by the rules of the map; librarians' values stay."""

    source: str = Field(alias="from", description="The account that the fields come from: a PhotoShelter account.")
    target: str = Field(alias="to", description="The account whose record copies are enriched: a NetX account.")
    fields: tuple[str, ...] | None = Field(
        default=None,
        description="Canonical fields that this flow writes; if absent, all that the map writes and no other flow keeps in "
        "step. From their arrival on intake leaves them to this flow.",
    )
    both_changed: Literal["keep_target", "ask", "union"] = Field(
        default="ask",
        description="What becomes of a value that people set in NetX when the fields that it rests on change at the source "
        "too: `keep_target` leaves it, `ask` puts it in the inbox, `union` joins lists and asks about anything else. A "
        "changed rule alone never touches it.",
    )
    facets: tuple[str, ...] = Field(
        default=(),
        description="Canonical fields that every asset needs in NetX, whoever fills them: coverage counts them.",
    )
    work_list: WorkListOptions | None = Field(
        default=None, description="The work list of assets that lack a facet; there is none where this is absent."
    )
    papers: PapersOptions | None = Field(
        default=None, description="Contracts and releases beside pictures; where this is absent none is looked for."
    )
    stale_for: Span = Field(
        default=timedelta(minutes=10),
        description="How long after a write of ours an answer that shows an earlier state is taken for a stale one.",
    )
    guards: GuardOptions = Field(default=GuardOptions(), description="Limits above which a person is asked.")
    plan_ttl: Span = Field(default=timedelta(days=2), description="How long a plan may be applied after it was made.")
