"""Questions that write attributes of the scratch asset: by which call, with what meaning, and which of them (NX 5.1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from dambridge.connectors.netx.config import WriteEncoding, WriteRoute
from dambridge.connectors.netx.probing.answers import Answer, Heard, NoAnswer
from dambridge.connectors.netx.probing.lab import Lab, entry
from dambridge.connectors.netx.probing.reads import NO_SUCH
from dambridge.connectors.netx.wire import WireAttribute
from dambridge.ports.capabilities import Proof, encoding_cell, route_cell
from dambridge.ports.probing import Mutation

LONGEST_TEXT: Final = 10_000
_A: Final = "dbp one"
_B: Final = "dbp two"
_METHODS: Final = ("updateAssetAttributes", "setAssetAttributes")
_TICK: Final = timedelta(seconds=1.1)
"""Longer than the coarsest modified time that a site may keep."""
_WRITE: Final = Mutation(
    "writes attributes of the scratch asset",
    "AutoTasks that wait for an attribute, webhooks on asset.update, attribute history",
    "the asset is deleted",
)
_TERM: Final = Mutation(
    "writes a term to the scratch asset that the vocabulary of one attribute has not",
    "the vocabulary may gain the term",
    "",
)


async def attribute_write(lab: Lab) -> Answer:
    """Each candidate in turn, the configured one first, held against what is read back: an OK alone proves nothing."""
    name = await lab.text_attribute()
    asset = await lab.put()
    setup = lab.setup
    configured = (str(setup.write_encoding), setup.write_method)
    separate = [(str(WriteEncoding.SEPARATE_METHOD), it) for it in (setup.write_method, *_METHODS)]
    candidates = dict.fromkeys([configured, (str(WriteEncoding.UPDATE_ASSET), setup.write_method), *separate])
    failed: dict[str, Proof] = {}
    for number, (encoding, method) in enumerate(candidates):
        text = f"dbp write {number}"
        heard = await lab.write_by(encoding, method, asset, {name: [text]})
        if heard.said_no or (await lab.values(asset)).get(name) != (text,):
            failed |= dict.fromkeys(_spelled(encoding, method), Proof.ABSENT)
            continue
        lab.write_route = (encoding, method)
        return _written(encoding, method, name, failed)
    return Answer(
        value="absent",
        told="No call that is known of writes attributes: what was written was not there when it was read back.",
        cells={route_cell(WriteRoute.RPC): Proof.ABSENT},
        ask_vendor="Which call of the public API writes attribute values of an asset, and with which parameters? "
        "updateAsset with an `attributes` object of the shape that getAssets returns had no effect.",
    )


def _spelled(encoding: str, method: str) -> list[str]:
    """The cells of one spelling: of a method of its own, that method's; the encoding's own where there is no other."""
    if encoding == WriteEncoding.SEPARATE_METHOD:
        return [encoding_cell("write_method", method)]
    return [encoding_cell("write_encoding", encoding)]


def _written(encoding: str, method: str, name: str, failed: Mapping[str, Proof]) -> Answer:
    """`failed` are the spellings that were tried before, each of which was taken without effect, or refused."""
    separate = encoding == WriteEncoding.SEPARATE_METHOD
    works = dict.fromkeys([encoding_cell("write_encoding", encoding), *_spelled(encoding, method)], Proof.PROVEN)
    return Answer(
        value=encoding,
        told=f"{method if separate else 'updateAsset'} writes attributes: {name} was read back as written.",
        cells={route_cell(WriteRoute.RPC): Proof.PROVEN, **failed, **works},
        suggests={"write_encoding": encoding, **({"write_method": method} if separate else {})},
    )


async def empty_clears(lab: Lab) -> Answer:
    asset, name = await lab.put(), await lab.text_attribute()
    await _put(lab, asset, name, [_A])
    heard = await lab.write(asset, {name: []})
    value = "error" if heard.said_no else "clears" if name not in await lab.values(asset) else "ignored"
    warning = "" if value == "clears" else "A value that is taken away at the source stays in NetX."
    return Answer(value=value, told=f"An empty list: {value}.", warning=warning)


async def replace_or_append(lab: Lab) -> Answer:
    """On an attribute that takes several values, where the account has one with two terms, else on a text."""
    asset = await lab.put()
    try:
        name, (one, two, *_) = await lab.attribute_with_terms("tag", "multiselect", "multi-select", least=2)
    except NoAnswer:
        name, one, two = await lab.text_attribute(), _A, _B
    await _put(lab, asset, name, [one])
    await lab.write(asset, {name: [two]})
    now = (await lab.values(asset)).get(name, ())
    value = "replace" if now == (two,) else "append" if set(now) == {one, two} else "neither"
    warning = "" if value == "replace" else f"Writing {name} gave {list(now)}: values are not replaced."
    return Answer(value=value, told=f"A second write of {name}: {value}.", warning=warning)


async def unnamed_attributes(lab: Lab) -> Answer:
    """Two attributes written one after the other: whether the second write leaves the first alone."""
    one, two = await lab.text_attributes(2)
    asset = await lab.put()
    await _put(lab, asset, one, [_A])
    await _put(lab, asset, two, [_B])
    kept = (await lab.values(asset)).get(one) == (_A,)
    if kept:
        return Answer(value="keep", told="A write leaves the attributes alone that it does not name.")
    told = "A write clears the attributes that it does not name: every write of a flow would destroy what librarians wrote."
    return Answer(
        value="clear",
        told=told,
        cells={route_cell(WriteRoute.RPC): Proof.ABSENT},
        warning=told,
        ask_vendor="Which call changes some attributes of an asset and leaves the others as they are?",
    )


async def unknown_term(lab: Lab) -> Answer:
    """Beside a known term, where the attribute takes several: one alone that is dropped leaves an empty list, which may be
    refused for being empty."""
    asset = await lab.put()
    try:
        name, known = await lab.attribute_with_terms("multiselect", "multi-select", "tag")
    except NoAnswer:
        (name, _), known = await lab.attribute_with_terms("pulldown"), []
    term = f"dbp {lab.bench.path.rpartition('-')[2][-12:]}"
    heard = await lab.write(asset, {name: [*known[:1], term]})
    held = (await lab.values(asset)).get(name, ())
    value = "error" if heard.said_no else "create" if term in held else "ignore"
    if value == "create":
        lab.left_behind.append(f"The vocabulary of {name} may have gained the term {term!r}: take it out by hand.")
    told = {
        "error": "is refused: an asset with one waits for a librarian",
        "create": "is added to the vocabulary without a word",
        "ignore": "is dropped without a word: every write has to be read back",
    }[value]
    return Answer(value=value, told=f"A term that the vocabulary of {name} has not {told}.")


async def unknown_attribute(lab: Lab) -> Answer:
    heard = await lab.write(await lab.put(), {NO_SUCH: [_A]})
    value = "error" if heard.said_no else "ignore"
    return Answer(value=value, told=f"A write to an attribute that the site has not: {value}.")


async def value_limit(lab: Lab) -> Answer:
    """How long a text may be: cut shows at once where; refused is found by halves."""
    asset, name = await lab.put(), await lab.text_attribute()
    _need(await lab.write(asset, {name: [_A]}), "a short text")
    if not (await lab.write(asset, {name: ["x" * LONGEST_TEXT]})).said_no:
        kept = len("".join((await lab.values(asset)).get(name, ())))
        if kept == LONGEST_TEXT:
            told = f"A text of {LONGEST_TEXT} characters is kept whole in {name}."
            return Answer(value={"limit": 0, "over": None}, told=told)
        told = f"A text is cut after {kept} characters in {name} without a word: give such fields a `limit` in the map."
        return Answer(value={"limit": kept, "over": "truncate"}, told=told, warning=told)
    good, bad = len(_A), LONGEST_TEXT
    while bad - good > 1:
        middle = (good + bad) // 2
        refused = (await lab.write(asset, {name: ["x" * middle]})).said_no
        good, bad = (good, middle) if refused else (middle, bad)
    told = f"A text of more than {good} characters is refused in {name}: give such fields a `limit` in the map."
    return Answer(value={"limit": good, "over": "error"}, told=told)


async def modified_on_attributes(lab: Lab) -> Answer:
    asset, name = await lab.put(), await lab.text_attribute()
    before = (await lab.read(asset)).modified_ms
    await lab.rest(_TICK)
    await _put(lab, asset, name, [_A])
    moves = (await lab.read(asset)).modified_ms != before
    return Answer(
        value=moves,
        told=f"An edit of attributes {'moves' if moves else 'does not move'} modDate.",
        cells={"reader.metadata_moves_modified": Proof.PROVEN if moves else Proof.ABSENT},
        warning="" if moves else "Edits of attributes in NetX are seen by the slow sweep alone.",
    )


async def fields(lab: Lab) -> Answer:
    """Each attribute that a flow writes, with a value of its own type: all in one call, by halves where that is refused."""
    asset = await lab.put()
    chosen = {it.name: it for it in await lab.definitions() if it.name and _is_wanted(lab, it)}
    values = {name: value for name, it in chosen.items() if (value := await _value_for(lab, it)) is not None}
    taken = await _taken(lab, asset, values)
    works = {name: name in taken for name in values}
    bad = sorted(name for name, it in works.items() if not it)
    return Answer(
        value=works,
        told=f"{len(works) - len(bad)} of {len(works)} attributes were read back as written."
        + (f" Not so: {', '.join(bad)}." if bad else ""),
        cells={
            route_cell(WriteRoute.RPC, field_name=name): Proof.PROVEN if it else Proof.ABSENT
            for name, it in works.items()
        },
        administrator=f"Let the integration user edit and see these attributes: {', '.join(bad)}." if bad else "",
    )


def _is_wanted(lab: Lab, attribute: WireAttribute) -> bool:
    return lab.mapped is None or attribute.name in lab.mapped


async def _value_for(lab: Lab, attribute: WireAttribute) -> str | None:
    """A value that this attribute should take; None where nobody can say."""
    match attribute.type:
        case "text" | "textarea" | "text area":
            return _A
        case "number":
            return "1"
        case "date":
            return "2001-02-03"
        case "pulldown" | "tag" | "multiselect" | "multi-select":
            terms = await lab.terms(attribute)
            return terms[0] if terms else None
        case _:
            return None


async def _taken(lab: Lab, asset: str, values: Mapping[str, str]) -> set[str]:
    """Those that are read back as written. Where the site refuses, halves are tried, so that one does not spoil all; each
    write is read back before the next, which may clear what it does not name."""
    if not values:
        return set()
    if not (await lab.write(asset, {name: [it] for name, it in values.items()})).said_no:
        held = await lab.values(asset)
        return {name for name, it in values.items() if held.get(name) == (it,)}
    if len(values) == 1:
        return set()
    names = sorted(values)
    halves = (names[: len(names) // 2], names[len(names) // 2 :])
    return {it for half in halves for it in await _taken(lab, asset, {name: values[name] for name in half})}


async def _put(lab: Lab, asset: str, name: str, values: Sequence[str]) -> None:
    """Write what the question stands on. Raises `NoAnswer` where even that did not take."""
    _need(await lab.write(asset, {name: values}), name)
    if (await lab.values(asset)).get(name) != tuple(values):
        raise NoAnswer(f"{name} was not read back as written.")


def _need(heard: Heard, what: str) -> None:
    if heard.said_no:
        raise NoAnswer(f"Writing {what} was refused: {heard.text} ({heard.code}).")


_NEEDS: Final = "attribute_write"

FIELDS: Final = (
    entry(
        attribute_write,
        "attribute_write",
        "Which call writes attributes?",
        "NX 5.1.1, 16, 17.5, 19",
        mutations=(_WRITE,),
    ),
    entry(empty_clears, "empty_clears", "Does an empty list clear?", "NX 5.1.1", _NEEDS, mutations=(_WRITE,)),
    entry(
        replace_or_append,
        "replace_or_append",
        "Does a write replace or append?",
        "NX 5.1.1",
        _NEEDS,
        mutations=(_WRITE,),
    ),
    entry(
        unnamed_attributes,
        "unnamed_attributes",
        "What of attributes that a write does not name?",
        "NX 5.1.1",
        _NEEDS,
        mutations=(_WRITE,),
    ),
    entry(
        unknown_term, "unknown_term", "What becomes of an unknown term?", "NX 5.1.1, 17.5", _NEEDS, mutations=(_TERM,)
    ),
    entry(
        unknown_attribute, "unknown_attribute", "What of an unknown attribute?", "NX 5.1.1", _NEEDS, mutations=(_WRITE,)
    ),
    entry(value_limit, "value_limit", "How long may a text be?", "NX 5.1.1", _NEEDS, mutations=(_WRITE,)),
    entry(
        modified_on_attributes,
        "modified_on_attributes",
        "Does an edit of attributes move modDate?",
        "NX 13.5",
        _NEEDS,
        mutations=(_WRITE,),
    ),
    entry(fields, "fields", "Which attributes may we write?", "NX 11", _NEEDS, mutations=(_WRITE,)),
)
