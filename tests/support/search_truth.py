"""What stands in two libraries, what may be found of it by whom, and questions about it: all from plain values, no code of the
product takes part. The oracle reads every record for every question; it knows no index, no profile and no page."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dambridge.model.queries import Facet

WORDS = ["harbour", "night", "old", "port", "Zürich", "fog", "tram", "wide-angle", "Éclair", "2026", "lantern", "ferry"]
PEOPLE = ["Ann Muster", "Bo Li", "Ann Other"]
CAMPAIGNS = ["Spring 26", "Autumn 26"]
GROUPS = {"DACH": ("DE", "AT", "CH")}
CHANNELS = {"web": True, "press": False}
"""By name whether use there is commercial."""
PLACES = {"agency": ["Intake/Spring", "Intake/Autumn"], "archive": ["Campaigns/Spring", "Campaigns/Old", "Vault"]}
SELECTIONS = {"spring": {"agency": ("Intake/Spring",), "archive": ("Campaigns/Spring",)}}


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy as its people typed it. `asset` is what it is a copy of."""

    home: str
    name: str
    asset: str
    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    by: str = ""
    campaign: str = ""
    status: str = ""
    place: str = ""
    owner: str = ""
    kind: str = ""
    territories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    editorial: bool = False
    id: str = ""

    @property
    def key(self) -> str:
        return f"{self.home}:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who asks: what is theirs, None for no limit."""

    roles: frozenset[str]
    regions: tuple[str, ...] | None = None
    selection: str | None = None
    homes: tuple[str, ...] | None = None


PERSONS = {
    "administrator": Person(roles=frozenset({"administrator"})),
    "viewer": Person(roles=frozenset({"viewer"})),
    "searcher in Germany": Person(roles=frozenset({"searcher"}), regions=("DE",)),
    "reviewer": Person(roles=frozenset({"reviewer"})),
    "librarian of spring": Person(roles=frozenset({"librarian"}), selection="spring"),
    "rights manager of DACH": Person(roles=frozenset({"rights_manager"}), regions=("DACH", "FR")),
}


def library(seed: int, now: datetime, *, count: int = 30) -> list[Copy]:
    """So many assets; of each third there are copies in both homes, of the others one."""
    draw = random.Random(seed)
    made: list[Copy] = []
    for number in range(count):
        asset = f"asset{number}"
        both = number % 3 == 0
        here = _copy(draw, "archive" if both or number % 3 == 1 else "agency", asset, number, now)
        made.append(here)
        if both:
            text = draw.choice((here.title, _line(draw, 3)))
            made.append(replace(_copy(draw, "agency", asset, number, now), title=text, by=here.by))
    return made


def _line(draw: random.Random, most: int) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(1, most)))


def _copy(draw: random.Random, home: str, asset: str, number: int, now: datetime) -> Copy:
    plain = Copy(
        home=home,
        name=f"{draw.choice(WORDS).replace('-', '_')}_{number:03}.jpg",
        asset=asset,
        title=_line(draw, 3),
        caption=_line(draw, 5),
        keywords=tuple(dict.fromkeys(draw.choices(WORDS, k=draw.randint(0, 3)))),
        by=draw.choice(PEOPLE),
        campaign=draw.choice([*CAMPAIGNS, ""]),
        status=draw.choices(("approved", "draft", "in_review", "withdrawn"), (7, 1, 1, 1))[0],
        place=draw.choice(PLACES[home]),
    )
    if home == "agency":
        return plain
    day = "%Y-%m-%d"
    return replace(
        plain,
        owner=draw.choices(("© Riverbend", ""), (9, 1))[0],
        kind=draw.choice(("owned", "rights managed")),
        territories=draw.choices((("DE",), ("FR", "DE"), ("Worldwide",), ("DACH",), ()), (2, 2, 5, 2, 1))[0],
        channels=draw.choice((("web",), ("web", "press"), ("press",))),
        start=draw.choices(("", (now + timedelta(days=20)).strftime(day)), (5, 1))[0],
        end=draw.choices(
            ("", (now + timedelta(days=99)).strftime(day), (now - timedelta(days=9)).strftime(day)), (3, 3, 1)
        )[0],
        editorial=draw.random() < 0.2,
    )


# words ----------------------------------------------------------------------------------------------------------------


def plain_words(text: str) -> list[str]:
    """Letters and digits in runs, without case and accents."""
    found, run = [], ""
    for sign in unicodedata.normalize("NFKD", text.casefold()) + " ":
        if sign.isalnum():
            run += sign
        elif not unicodedata.combining(sign) and run:
            found.append(run)
            run = ""
    return found


def has(values: Sequence[str], wanted: str, *, prefix: bool = False) -> bool:
    """Whether the words stand side by side in one of the values."""
    sought = plain_words(wanted)
    for value in values:
        words = plain_words(value)
        for at in range(len(words) - len(sought) + 1):
            part = words[at : at + len(sought)]
            if part == sought or (prefix and part[:-1] == sought[:-1] and part[-1].startswith(sought[-1])):
                return True
    return False


def anywhere(it: Copy) -> list[str]:
    return [it.name, it.title, it.caption, *it.keywords, it.by, it.campaign, it.owner]


# rights ---------------------------------------------------------------------------------------------------------------


def admits(territories: Sequence[str], place: str) -> bool | None:
    """None where nothing is said."""
    if not territories:
        return None
    if "Worldwide" in territories or place in territories:
        return True
    return any(name in territories and place in members for name, members in GROUPS.items())


def members(place: str) -> tuple[str, ...]:
    return GROUPS.get(place, (place,))


@dataclass
class Truth:
    """Both libraries at one instant."""

    copies: list[Copy]
    now: datetime
    asked: int = field(default=0)

    def main(self, it: Copy) -> Copy:
        """The copy whose rights count."""
        same = [one for one in self.copies if one.asset == it.asset]
        return next((one for one in same if one.home == "archive"), it)

    def entry(self, it: Copy) -> str:
        same = [one for one in self.copies if one.asset == it.asset]
        return it.asset if len(same) > 1 else it.key

    def standing(self, it: Copy, channel: str, territory: str) -> str:
        """The gate's word by hand."""
        master = self.main(it)
        day = self.now.date().isoformat()
        early, late = master.start > day, bool(master.end) and master.end <= day
        places = [admits(master.territories, one) for one in members(territory)]
        unknown = (
            not master.owner
            or not master.kind
            or not (master.end or master.kind == "owned")
            or None in places
            or not master.channels
        )
        shut = (
            False in places
            or (bool(master.channels) and channel not in master.channels)
            or (master.editorial and CHANNELS[channel])
            or master.status != "approved"
        )
        if not (early or late or unknown or shut):
            return "usable"
        if early and not (late or unknown or shut):
            return "later"
        if late:
            return "ended"
        return "unknown" if unknown else "shut"

    def best(self, it: Copy, who: Person, channel: str = "", territory: str = "") -> str:
        channels = [channel] if channel else list(CHANNELS)
        if territory:
            inside = who.regions is None or any(set(members(territory)) <= set(members(one)) for one in who.regions)
            places = [territory] if inside else []
        else:
            places = list(who.regions) if who.regions is not None else ["*"]
        found = {self.standing(it, one, where) for one in channels for where in places}
        order = ("usable", "later", "ended", "unknown", "shut")
        return next((word for word in order if word in found), "shut")

    def in_region(self, it: Copy, region: str) -> bool:
        master = self.main(it)
        return all(admits(master.territories, one) is True for one in members(region))

    def sees(self, it: Copy, who: Person) -> bool:
        if who.homes is not None and it.home not in who.homes:
            return False
        if who.selection is not None and it.place not in SELECTIONS[who.selection][it.home]:
            return False
        if who.regions is not None and not any(self.in_region(it, one) for one in who.regions):
            return False
        if who.roles & {"administrator", "librarian", "rights_manager", "operator"}:
            return True
        if "reviewer" in who.roles and self.main(it).status in {"draft", "in_review"}:
            return True
        return bool(who.roles) and self.best(it, who) == "usable"

    def finds(self, test: Test, who: Person) -> dict[str, list[Copy]]:
        """Entries with the copies that match."""
        found: dict[str, list[Copy]] = {}
        for it in self.copies:
            if self.sees(it, who) and test(self, it, who):
                found.setdefault(self.entry(it), []).append(it)
        return found

    def said(self, it: Copy, who: Person) -> dict[str, list[str]]:
        """The copy's values of every facet but the regions."""
        return {
            "home": [it.home],
            "type": ["image"],
            "status": [it.status],
            "campaign": [it.campaign] if it.campaign else [],
            "photographer": [it.by],
            "rights": [self.best(it, who)],
            "region": [],
            "date": [],
        }

    def facets(self, found: dict[str, list[Copy]], who: Person) -> dict[str, dict[str, int]]:
        regions = who.regions
        if regions is None:
            named = {one for copies in found.values() for it in copies for one in self.main(it).territories}
            regions = tuple(sorted({"*" if it == "Worldwide" else it for it in named} | set(GROUPS)))
        counts: dict[str, dict[str, set[str]]] = {}
        for entry, copies in found.items():
            for it in copies:
                regional = {"region": [one for one in regions if self.in_region(it, one)]}
                for facet, values in {**self.said(it, who), **regional}.items():
                    for value in values:
                        counts.setdefault(facet, {}).setdefault(value, set()).add(entry)
        return {facet: {value: len(it) for value, it in values.items()} for facet, values in counts.items()}


# questions ------------------------------------------------------------------------------------------------------------

Test = Callable[[Truth, Copy, Person], bool]


@dataclass(frozen=True)
class Question:
    """What is typed and chosen, and what both together mean."""

    text: str
    test: Test
    filters: Mapping[Facet, Sequence[str]] = field(default_factory=dict)


def questions(seed: int, count: int) -> Iterator[Question]:
    draw = random.Random(seed)
    for _ in range(count):
        yield _asked(draw, 2)


def chosen(seed: int, count: int, truth: Truth, who: Person) -> Iterator[Question]:
    """Questions of which every other is narrowed by values that this person's counts offer, as a page would."""
    draw = random.Random(seed)
    for number in range(count):
        asked = _asked(draw, 2)
        offered = truth.facets(truth.finds(asked.test, who), who) if number % 2 else {}
        if offered:
            names = draw.sample(sorted(offered), min(len(offered), draw.randint(1, 2)))
            some = {it: draw.sample(sorted(offered[it]), min(len(offered[it]), draw.randint(1, 2))) for it in names}
            asked = _narrowed(asked, some)
        yield asked


def _narrowed(asked: Question, some: dict[str, list[str]]) -> Question:
    def test(t: Truth, it: Copy, who: Person) -> bool:
        said = t.said(it, who)
        return asked.test(t, it, who) and all(
            any(one in said[name] or (name == "region" and t.in_region(it, one)) for one in values)
            for name, values in some.items()
        )

    return Question(asked.text, test, {Facet(name): values for name, values in some.items()})


def _asked(draw: random.Random, depth: int) -> Question:
    kind = draw.randint(0, 9)
    if depth == 0 or kind >= 5:
        return _leaf(draw)
    if kind == 0:
        inner = _asked(draw, depth - 1)
        return Question(f"-({inner.text})", lambda t, it, who: not inner.test(t, it, who))
    parts = [_asked(draw, depth - 1) for _ in range(2)]
    if kind in {1, 2}:
        text = " ".join(f"({it.text})" for it in parts)
        return Question(text, lambda t, it, who: all(one.test(t, it, who) for one in parts))
    text = " OR ".join(f"({it.text})" for it in parts)
    return Question(text, lambda t, it, who: any(one.test(t, it, who) for one in parts))


def _leaf(draw: random.Random) -> Question:
    word = draw.choice(WORDS)
    two = f"{draw.choice(WORDS)} {draw.choice(WORDS)}"
    who, campaign = draw.choice(PEOPLE), draw.choice(CAMPAIGNS)
    region, channel = draw.choice(("DE", "FR", "AT", "DACH")), draw.choice(list(CHANNELS))
    status, stands = draw.choice(("approved", "draft", "withdrawn")), draw.choice(("later", "ended", "unknown", "shut"))
    home, given = draw.choice(("agency", "archive")), word.casefold()[:3]
    choices: list[Question] = [
        Question(word, lambda t, it, p: has(anywhere(it), word)),
        Question(word.upper(), lambda t, it, p: has(anywhere(it), word)),
        Question(f'"{two}"', lambda t, it, p: has(anywhere(it), two)),
        Question(f"title:{word}", lambda t, it, p: has([it.title], word)),
        Question(f"keywords:{word}", lambda t, it, p: has(it.keywords, word)),
        Question(f'caption:"{two}"', lambda t, it, p: has([it.caption], two)),
        Question(f'photographer:"{who}"', lambda t, it, p: has([it.by], who)),
        Question(f'campaign:"{campaign}"', lambda t, it, p: has([it.campaign], campaign)),
        Question(f"status:{status}", lambda t, it, p: it.status == status),
        Question(f"home:{home}", lambda t, it, p: it.home == home),
        Question("type:image", lambda t, it, p: True),
        Question(f"region:{region}", lambda t, it, p: t.in_region(it, region)),
        Question("rights:now", lambda t, it, p: t.best(it, p) == "usable"),
        Question(f"rights:{channel}", lambda t, it, p: t.best(it, p, channel) == "usable"),
        Question(f"rights:{channel}@{region}", lambda t, it, p: t.best(it, p, channel, region) == "usable"),
        Question(f"rights:{stands}", lambda t, it, p: t.best(it, p) == stands),
        Question(f"file:{word.replace('-', '_')}", lambda t, it, p: has([it.name], word)),
    ]
    # With its accents, as it stands there: systems compare those in their own way when they are asked live
    choices.append(Question(f"{given}*", lambda t, it, p: has(anywhere(it), given, prefix=True)))
    return draw.choice([*choices[:3], *choices])


def as_seeded(it: Copy) -> dict[str, Any]:
    """The copy as a person of its system types it."""
    if it.home == "agency":
        iptc = {
            "title": it.title,
            "caption": it.caption,
            "keywords": list(it.keywords),
            "author": it.by,
            "trans_ref": it.campaign,
            "edit_status": it.status,
        }
        return {"iptc": {name: value for name, value in iptc.items() if value}}
    said = {
        "Title": it.title,
        "Caption": it.caption,
        "Keywords": list(it.keywords),
        "Creator": it.by,
        "Job ID": it.campaign,
        "Status": it.status,
        "Copyright Notice": it.owner,
        "Kind": it.kind,
        "Territories": list(it.territories),
        "Channels": list(it.channels),
        "Start": it.start,
        "End": it.end,
        "Editorial": "yes" if it.editorial else "",
    }
    return {"attributes": {name: value for name, value in said.items() if value}}
