"""What copies say of one another's words: an account with a vocabulary shows its term where others show what people wrote.

Such a copy stands for the words and shows the term, as one with a limit stands for the text and shows its beginning. What
people edit there they edit in terms, and what they did not touch keeps its words everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from dambridge.mapping import AccountMap, Vocabularies, is_absent, same, to_native
from dambridge.mapping.terms import place_in
from dambridge.model.accords import Accord
from dambridge.model.identity import AccountId, CopyId
from dambridge.model.reasons import Code, Reason
from dambridge.model.terms import TermKey, TermUse
from dambridge.model.values import FieldName, Fields, Value
from dambridge.planning.lifting import lifted
from dambridge.planning.standings import Reading
from dambridge.planning.views import part, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How one account says values: by its map, in its terms. `names` are the fields whose places have terms."""

    map: AccountMap
    terms: Vocabularies
    names: frozenset[FieldName]

    @classmethod
    def of(cls, account: AccountMap, terms: Vocabularies, managed: Collection[FieldName]) -> Speech | None:
        """None where no place of these fields has terms: then everything is said as people wrote it."""
        rules = [it for it in account.rules if it.write and it.field in managed]
        places = {it.field: place_in(terms.definitions, it, terms.aliases) for it in rules}
        names = frozenset(name for name, place in places.items() if place is not None and place[1] is not None)
        return cls(map=account, terms=terms, names=names) if names else None

    def said(self, fields: Fields) -> Fields:
        """These values as the account will show them. A word that nobody knows stays as it is."""
        spoken = self.terms.say(part(fields, self.names), self.map).fields
        return {**{name: value for name, value in fields.items() if name not in self.names}, **spoken}

    def uses(self, fields: Fields) -> tuple[TermUse, ...]:
        """The words among these values that some person has to know of."""
        return self.terms.say(part(fields, self.names), self.map).uses

    def strange(self, fields: Fields) -> tuple[Reason, tuple[TermUse, ...]] | None:
        """Why these values cannot be said, and all words among them that the account does not know."""
        terms, known = self.terms, part(fields, self.names)
        write = to_native(known, (), self.map, definitions=terms.definitions, aliases=terms.aliases)
        why = next((it for it in write.problems if it.code is Code.UNKNOWN_TERM), None)
        return (why, write.unknown) if why is not None else None

    def lift(self, name: FieldName, now: Value | None, shown: Value | None, stands: Value | None) -> Value | None:
        """`lifted`, with every term that was shown for a word taken for that word; what was left out here is kept."""
        if name in self.names and isinstance(stands, tuple) and (now is None or isinstance(now, tuple)):
            now = self._in_words(name, now or (), shown if isinstance(shown, tuple) else (), stands) or None
        return lifted(name, now, shown, stands)

    def _in_words(
        self, name: FieldName, now: tuple[str, ...], shown: tuple[str, ...], stands: tuple[str, ...]
    ) -> tuple[str, ...]:
        words: dict[str, list[str]] = {}
        left_out: list[str] = []
        for word in stands:
            said = self.said({name: (word,)}).get(name)
            if said is None or is_absent(said):
                left_out.append(word)
            elif isinstance(said, tuple) and said != (word,) and said[0] in shown:
                words.setdefault(said[0], []).append(word)
        found = [word for term in now for word in words.get(term, [term])]
        return tuple(dict.fromkeys((*found, *left_out)))


Speeches = Mapping[AccountId, Speech]
"""Of the accounts that have terms for anything that is kept in step."""


def in_words(
    accord: Accord | None,
    read: Callable[[Accord | None], Sequence[Reading]],
    speeches: Speeches,
    *,
    before: Sequence[TermUse],
    contended: bool,
) -> tuple[Accord | None, Sequence[Reading]]:
    """What a group's copies say, every term taken for the word that it stands for, and the accord in the words of whoever says
    them. `read` reads the copies against an accord, and `before` are the words known of the link; what people are asked
    about already is left as they were asked."""
    if not speeches:
        return accord, read(accord)
    if accord is None:
        return None, understood(None, read(None), speeches)
    accord = reopened(accord, speeches, before)
    readings = read(accord)
    if contended:
        return accord, readings
    said = reworded(accord, readings, speeches)
    return said, understood(said, read(said) if said != accord else readings, speeches)


def changed_words(now: Sequence[TermUse], before: Sequence[TermUse]) -> frozenset[TermKey]:
    """The words that mean something else than when the asset was last looked at, or that nobody knew of then."""
    known = {it.key: it.under for it in before if not it.waiting}
    fresh = {it.key: it.under for it in now}
    return frozenset(it for it in known.keys() | fresh.keys() if known.get(it) != fresh.get(it))


def reopened(accord: Accord, speeches: Speeches, before: Sequence[TermUse]) -> Accord:
    """The accord with every copy behind that shows a word as it was said before its meaning changed. It stands for what it
    shows from here on, until it was written: so a write that fails is made again."""
    copies = {it: one for it, one in accord.copies.items() if it.account in speeches}
    for copy, standing in sorted(copies.items()):
        speech = speeches[copy.account]
        changed = {it.attribute for it in changed_words(speech.uses(accord.fields), _at(before, copy.account))}
        said = speech.said(accord.fields)
        old = {
            name: standing.shown.get(name)
            for name in speech.names & accord.fields.keys()
            if speech.map.by_field[name].native in changed
            and same(name, standing.fields.get(name), accord.fields.get(name))
            and not same(name, standing.shown.get(name), said.get(name))
        }
        if old:
            fields = {**standing.fields, **old}
            held = {name: value for name, value in fields.items() if value is not None}
            accord = accord.with_copy(copy, replace(standing, fields=held))
    return accord


def _at(uses: Sequence[TermUse], account: AccountId) -> list[TermUse]:
    return [it for it in uses if it.key.account == account]


def reworded(accord: Accord, readings: Sequence[Reading], speeches: Speeches) -> Accord:
    """The accord in the words of a copy that says what is agreed in other words than before, as some vocabulary has it: such
    words contend with nobody. What is left out there may come and go as well."""
    for reading in sorted(readings, key=lambda it: it.copy):
        if reading.edited and (names := _other_words(reading, accord, readings, speeches)):
            accord = _in_words_of(reading, accord, names, speeches)
    return accord


def _other_words(
    reading: Reading, accord: Accord, readings: Sequence[Reading], speeches: Speeches
) -> frozenset[FieldName]:
    """The fields that the copy says in other words; none where it says anything else as well."""
    standing = reading.standing
    others = [speeches[it.copy.account] for it in readings if it.copy != reading.copy and it.copy.account in speeches]
    names = frozenset(it for it in reading.carried if not same(it, reading.value.get(it), accord.fields.get(it)))
    meant = standing is not None and all(
        same(name, standing.fields.get(name), accord.fields.get(name))
        and any(_alike(it, name, reading.value, accord.fields) for it in others)
        for name in names
    )
    return names if meant else frozenset()


def _alike(speech: Speech, name: FieldName, one: Fields, other: Fields) -> bool:
    if name not in speech.names or name not in one or name not in other:
        return False
    return same(name, speech.said(part(one, [name])).get(name), speech.said(part(other, [name])).get(name))


def _in_words_of(reading: Reading, accord: Accord, names: frozenset[FieldName], speeches: Speeches) -> Accord:
    words = part(reading.value, names)
    copies = dict(accord.copies)
    for copy, it in accord.copies.items():
        if copy == reading.copy or copy.account in speeches:
            stood = [name for name in words if same(name, it.fields.get(name), accord.fields.get(name))]
            own = part(reading.shown, names) if copy == reading.copy else {}
            copies[copy] = replace(it, fields={**it.fields, **part(words, stood)}, shown={**it.shown, **own})
    fields = {**accord.fields, **words}
    return replace(accord, fields=fields, origin=reading.copy, since=reading.until, by="", copies=copies)


def understood(accord: Accord | None, readings: Sequence[Reading], speeches: Speeches) -> tuple[Reading, ...]:
    """The readings with every term taken for the word that it stands for, where a copy shows what others say or what is
    agreed."""
    return tuple(_heard(it, accord, readings, speeches) for it in readings)


def _heard(reading: Reading, accord: Accord | None, readings: Sequence[Reading], speeches: Speeches) -> Reading:
    speech = speeches.get(reading.copy.account)
    if speech is None:
        return reading
    others = sorted((it.value for it in readings if it.copy != reading.copy and it.edited), key=rank)
    several = [*([accord.fields] if accord is not None else []), *others]
    found: dict[FieldName, Value] = {}
    for name in speech.names & reading.carried:
        for fields in several:
            meant = fields.get(name)
            if meant is not None and same(name, speech.said({name: meant}).get(name), reading.shown.get(name)):
                found[name] = meant
                break
    return replace(reading, value={**reading.value, **found}) if found else reading


def words_in(accord: Accord, copies: Sequence[CopyId], speeches: Speeches) -> list[TermUse]:
    """The words of what is agreed that persons decide about, in each account that these copies stand in."""
    accounts = sorted({it.account for it in copies if it.account in speeches})
    return [use for it in accounts for use in speeches[it].uses(accord.fields)]
