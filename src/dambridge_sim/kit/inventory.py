"""What an API reference documents, as data: so that a table can be published, and nothing confirmed can be missing unseen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Documented:
    """One operation or feature of a system's API reference.

    `section` is the number of the reference's section, `mark` its word for how sure it is (`CONFIRMED`, `CONFIRMED-2019`,
    `SINGLE*`, `SINGLE`, `INFERRED`, or `ABSENT` for what the reference says not to exist). `how` names what serves it, as the
    system's tests understand it; when it is not `served`, it says why not.
    """

    section: str
    what: str
    mark: str
    served: bool
    how: str = ""
