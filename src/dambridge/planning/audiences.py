"""Whether a gallery stands as a named person agreed: its own mode, the mode after inheritance, and who is let in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dambridge.model.identity import AccountId
from dambridge.model.publications import AgreedAudience
from dambridge.ports.audience import Audience, Grant, Visibility

_WIDTH = (Visibility.PRIVATE, Visibility.PERMISSION, Visibility.EVERYONE)
_UNTIL = " until "
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Drift:
    """How a gallery differs from what was agreed: `wider` where somebody may see it who was not to."""

    wider: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def differs(self) -> tuple[str, ...]:
        return (*self.wider, *self.other)


def agreement(outlet: str, account: AccountId, found: Audience, *, by: str, at: datetime) -> AgreedAudience:
    """What a person agrees to who says that the gallery stands as it should."""
    return AgreedAudience(
        outlet=outlet,
        account=account,
        gallery=found.container,
        own=str(found.own or ""),
        effective=str(found.effective),
        grants=written_grants(found.grants),
        by=by,
        at=at,
    )


def written_grants(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Grants as texts, in a fixed order: `contact 17`, `group 3 until 2027-01-01T00:00:00+00:00`."""
    return tuple(
        f"{it.kind} {it.who}" + (f"{_UNTIL}{it.expires.isoformat()}" if it.expires is not None else "")
        for it in sorted(grants, key=lambda it: (it.kind, it.who, it.expires or _NEVER))
    )


def drift(agreed: AgreedAudience, found: Audience | None, now: datetime) -> Drift:
    """Compare; `found` is None where the gallery is gone. A grant that has ended lets nobody in any more."""
    if found is None or found.container != agreed.gallery:
        return Drift(wider=(), other=("the gallery is gone",))
    wider: list[str] = []
    other: list[str] = []
    if _WIDTH.index(found.effective) > _WIDTH.index(Visibility(agreed.effective)):
        wider.append(f"it is open to {found.effective}, agreed was {agreed.effective}")
    elif str(found.effective) != agreed.effective:
        other.append(f"it is open to {found.effective}, agreed was {agreed.effective}")
    if str(found.own or "") != agreed.own:
        other.append(f"its own mode is {found.own or 'inherited'}, agreed was {agreed.own or 'inherited'}")
    was, now_let_in = _ends(agreed.grants), _ends(written_grants(found.grants))
    for who, end in now_let_in.items():
        if end > now and (who not in was or end > was[who]):
            more = f"{who} is let in" if who not in was else f"{who} is let in for longer"
            (other if found.effective is Visibility.PRIVATE else wider).append(more)
        elif who in was and end < was[who]:
            other.append(f"{who} is let in for less long")
    other += [f"{who} is let in no more" for who, end in was.items() if who not in now_let_in and end > now]
    return Drift(wider=tuple(wider), other=tuple(other))


def _ends(grants: Iterable[str]) -> Mapping[str, datetime]:
    """Until when each is let in, the latest of several."""
    found: dict[str, datetime] = {}
    for it in grants:
        who, _, until = it.rpartition(_UNTIL)
        end = datetime.fromisoformat(until) if who else _NEVER
        name = who or it
        found[name] = max(end, found.get(name, end))
    return found
