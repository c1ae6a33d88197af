"""Alarms in words: a digest that a rights manager reads on a telephone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dambridge.model.alarms import Alarm, AlarmKind

WORDS: Mapping[AlarmKind, str] = {
    AlarmKind.OVERDUE: "{count} in {about} are past their end and not proven gone",
    AlarmKind.UNCLEAR: "{count} in {about} are seen without clear rights",
    AlarmKind.GUARD: "a guard stopped the flow {about}",
    AlarmKind.DRIFTED: "galleries of {about} are not as they were agreed ({count} assets wait or are withdrawn)",
    AlarmKind.UNHEARD: "the webhooks of {about} were not taken for long, and are not sent any more",
    AlarmKind.UNREADABLE: "the files of {about} cannot be used, so what was in force before stays",
    AlarmKind.LOOSENED: "{count} looser words on rights were overruled ({about})",
    AlarmKind.EXPIRING: "{count} in {about} end within {days} days",
    AlarmKind.OPENING: "{count} may go to {about} within {days} days",
}
SAMPLES = 5
MOVES: Mapping[AlarmKind, str] = {
    AlarmKind.OVERDUE: "dambridge withdrawals list --unproven",
    AlarmKind.UNCLEAR: "dambridge rights unclear",
    AlarmKind.GUARD: "dambridge plan --flow {about}",
    AlarmKind.DRIFTED: "dambridge outlets show --live",
    AlarmKind.UNHEARD: "dambridge webhooks show {about}",
    AlarmKind.UNREADABLE: "dambridge check",
    AlarmKind.LOOSENED: "dambridge conflicts --state moot",
    AlarmKind.EXPIRING: "dambridge rights expiring --days {days}",
    AlarmKind.OPENING: "dambridge rights opening --days {days}",
}


def digest(alarms: Sequence[Alarm], *, days: int) -> tuple[str, str]:
    """Title and text of one message about these."""
    alarms = _gathered(alarms)
    lines: list[str] = []
    for it in alarms:
        said = WORDS[it.kind].format(count=it.count, about=it.about, days=days)
        more = f": {', '.join(it.samples)}{', …' if it.count > len(it.samples) else ''}" if it.samples else ""
        lines += [f"- {said[:1].upper()}{said[1:]}{more}.", f"  {MOVES[it.kind].format(about=it.about, days=days)}"]
    first = WORDS[alarms[0].kind].format(count=alarms[0].count, about=alarms[0].about, days=days)
    title = f"dambridge: {first}" + (f", and {len(alarms) - 1} more" if len(alarms) > 1 else "")
    return title, "\n".join(lines)


def _gathered(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The alarms with all that is of single entries as one, in the place of the first."""
    single = [it for it in alarms if it.kind is AlarmKind.LOOSENED]
    if len(single) < 2:
        return list(alarms)
    samples = tuple(one for it in single for one in it.samples)[:SAMPLES]
    whole = replace(single[0], count=sum(it.count for it in single), about="rights", samples=samples)
    return [whole if it is single[0] else it for it in alarms if it is single[0] or it not in single]
