"""What the API's orders about libraries, accounts and the store take, and what they say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from dambridge.console.api.shapes import Name, Shape
from dambridge.model.pairing import Verdict

Asset = Annotated[str, StringConstraints(pattern=r"^[^:\x00]+:[^\x00]+$", max_length=400)]


def _example(**it: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [it]})


class Pairs(Shape):
    """What the latest comparison of both libraries left to a person, a page at a time; `next` is where the following one
    begins. `made_at` is when it was made."""

    made_at: datetime
    certain: int
    review: int
    pairs: list[dict[str, Any]]
    next: int | None


class PairWish(Shape):
    """A person's word on one pair: whether the two are one asset."""

    model_config = _example(one="agency:I0000abc", other="archive:4711", verdict="accepted")
    one: Asset
    other: Asset
    verdict: Verdict


class Decided(Shape):
    """The word that stands by now."""

    one: str
    other: str
    verdict: Verdict
    by: str


class ActivateWish(Shape):
    """Plan to let what is watched go to work, of these folders of the archive alone where some are named."""

    folders: list[Name] = Field(default_factory=list, max_length=100)


class PlanMade(Shape):
    """The plan; None where there is nothing to activate."""

    plan: str | None


class ProbeWish(Shape):
    """Find out what an account can do: by reading; with `write` by what only writing shows too, and then `confirm` has to say
    `write`, for it changes what `changes` of the account names."""

    model_config = _example(account="agency")
    account: Name
    write: bool = False
    confirm: Literal["", "write"] = ""


class Changes(Shape):
    """Every change that asking by writing makes, and where."""

    account: str
    host: str
    changes: list[str]


class RebuildWish(Shape):
    """Make a lost store anew from what the systems show; `confirm` says that this is meant."""

    model_config = _example(confirm="rebuild")
    confirm: Literal["rebuild"]


class Vocabulary(Shape):
    """What is known of an attribute's terms: as the account shows it (`live`), or as a file said (`kept`)."""

    account: str
    attribute: str
    origin: str
    terms: int
    by: str
    at: datetime


class Vocabularies(Shape):
    """What is known of all of them."""

    vocabularies: list[Vocabulary]


class BroughtIn(Shape):
    """What came of a file: how many terms it holds, and how many of them are terms there now; None where the account has not
    shown any yet."""

    account: str
    attribute: str
    terms: int
    usable: int | None
