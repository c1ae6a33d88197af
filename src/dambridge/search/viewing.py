"""What one person sees of a copy, and how an asset is shown to them: decided about each copy by itself, whatever found it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dambridge.mapping import equal
from dambridge.model.access import Searcher, Sight
from dambridge.model.identity import AssetKey, LinkId
from dambridge.model.queries import Usable
from dambridge.model.searching import Difference, Document, Hit, HitCopy, Profile
from dambridge.model.values import FieldName, Value
from dambridge.planning.outlets import words_in
from dambridge.policy.searching import SearchPolicy
from dambridge.search.gates import UNDER_REVIEW, Word, in_region, ways_for, word_of_gate


@dataclass(frozen=True, slots=True)
class Viewer:
    """One person at one instant. Decides about single copies; an index is asked with bounds that mean the same."""

    searcher: Searcher
    policy: SearchPolicy
    now: datetime
    known: Mapping[Profile, Word] = field(default_factory=dict, repr=False, compare=False)
    """The gate's words on profiles at this instant, as far as they are known beforehand."""
    _words: dict[tuple[Profile, str, str], Word] = field(default_factory=dict, repr=False, compare=False)

    def word(self, profile: Profile, *, channel: str = "", territory: str = "") -> Word:
        """The gate's word on this profile, asked once."""
        if not channel and not territory and (known := self.known.get(profile)) is not None:
            return known
        key = (profile, channel, territory)
        found = self._words.get(key)
        if found is None:
            ways = ways_for(self.searcher, self.policy, channel=channel, territory=territory)
            found = word_of_gate(profile, self.searcher, ways, self.policy.gate, self.now)
            self._words[key] = found
        return found

    def sees(self, it: Document) -> bool:
        """Whether anything at all of this copy may be shown, counted or hinted at."""
        accounts = self.policy.accounts_of(self.searcher.scope)
        return (
            it.key.account in self.policy.homes
            and (accounts is None or it.key.account in accounts)
            and self._in_selections(it)
            and self._in_regions(it.profile)
            and self._in_sight(it.profile)
        )

    def _in_selections(self, it: Document) -> bool:
        scope = self.searcher.scope
        if scope.selections is None:
            return True
        return any(self.policy.stands_in(scope, it.key.account, path) for path in it.paths or ())

    def _in_regions(self, profile: Profile) -> bool:
        regions = self.searcher.scope.regions
        return regions is None or any(in_region(profile, it, self.policy.gate) for it in regions)

    def _in_sight(self, profile: Profile) -> bool:
        match self.searcher.sight:
            case Sight.EVERYTHING:
                return True
            case Sight.NOTHING:
                return False
            case Sight.IN_REVIEW if profile.status in UNDER_REVIEW:
                return True
        return self.word(profile).usable is Usable.NOW

    def hit(
        self, copies: Sequence[Document], matched: Collection[AssetKey], live: Collection[AssetKey] = ()
    ) -> Hit | None:
        """The asset as this person sees it; None where no copy that matched is theirs to see."""
        seen = [it for it in copies if self.sees(it)]
        if not any(it.key in matched for it in seen):
            return None
        ordered = sorted(seen, key=lambda it: (it.key not in matched, not it.main, it.key))
        word = self.word(ordered[0].profile)
        entry = ordered[0].entry
        return Hit(
            entry=entry,
            link=LinkId(entry) if entry != str(ordered[0].key) else None,
            copies=tuple(_copy(it, matched=it.key in matched, live=it.key in live) for it in ordered),
            differences=differences(ordered),
            usable=word.usable,
            answer=word.answer,
            way=(word.way.channel, word.way.territory),
        )


def _copy(it: Document, *, matched: bool, live: bool) -> HitCopy:
    return HitCopy(
        key=it.key,
        media_type=it.media_type,
        file_name=it.file_name,
        title=it.title,
        status=it.status,
        size=it.size,
        fields=it.fields,
        paths=it.paths or (),
        seen_at=it.seen_at,
        matched=matched,
        main=it.main,
        live=live,
    )


def differences(copies: Sequence[Document]) -> tuple[Difference, ...]:
    """Fields that several copies have and that do not mean the same in all of them, and names and sizes of files."""
    if len(copies) < 2:
        return ()
    found: list[Difference] = []
    names = sorted({name for it in copies for name in it.fields})
    for name in names:
        held = {it.key: it.fields[name] for it in copies if name in it.fields}
        first = next(iter(held.values()))
        if any(not equal(name, it, first) and not equal(name, first, it) for it in held.values()):
            found.append(Difference(name=name, values={key: spelled(it) for key, it in held.items()}))
    files = {"file_name": {it.key: it.file_name for it in copies}}
    sizes = {it.key: str(it.size) for it in copies if it.size is not None}
    for plain, texts in {**files, "size": sizes}.items():
        if len(set(texts.values())) > 1 and FieldName(plain) not in names:
            found.append(Difference(name=plain, values=texts))
    return tuple(found)


def spelled(value: Value) -> str:
    """A value in one line, for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case _:
            return ", ".join(words_in(value))
