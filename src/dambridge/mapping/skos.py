"""SKOS in and out: concepts with labels by language, other labels, and what stands above. Read into a plain table once;
nothing else of the graph is kept. The library fetches nothing that a file names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from dambridge.mapping.vocabularies import Term

if TYPE_CHECKING:
    from pyoxigraph import RdfFormat, Triple

SKOS = "http://www.w3.org/2004/02/skos/core#"
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DEPRECATED = "http://www.w3.org/2002/07/owl#deprecated"
_OWN = "urn:dambridge:vocabulary:"
"""Where terms stand whose ids are no addresses; their ids are kept as notations."""
_ENTITY = re.compile(rb"<!ENTITY\s+[\w.-]+\s+[\"']([^\"']*)[\"']\s*>")
SKOS_FORMATS = ("turtle", "rdfxml", "jsonld")

Texts = Mapping[str, Sequence[tuple[str, str]]]
"""Predicate to (text, language), for one subject; of an address the language is empty."""


def _format(name: str) -> RdfFormat:
    from pyoxigraph import RdfFormat  # noqa: PLC0415 - loaded when a graph is read, which is seldom

    return {"turtle": RdfFormat.TURTLE, "rdfxml": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}[name]


def skos_terms(data: bytes, form: str, *, language: str) -> tuple[Term, ...]:
    """The concepts of a graph in the order in which it names them; deprecated ones are left out. Raises `ValueError`."""
    graph = _graph(data, form)
    concepts = [it for it, said in graph.items() if _is_concept(said)]
    above = _above(graph)
    gone = {it for it in concepts if ("true", "") in graph[it].get(_DEPRECATED, ())}
    kept = [it for it in concepts if it not in gone]
    ids = {it: _id(it, graph[it]) for it in kept}
    return tuple(_term(it, graph[it], ids, above, language) for it in kept)


def _refuse_nested_entities(data: bytes) -> None:
    """Entities made of entities grow without end; those that stand for a text alone, as ontologies have them, do not."""
    if b"<!ENTITY" not in data and b"\0" not in data:
        return
    values = _ENTITY.findall(data)
    if b"\0" in data or len(values) != data.count(b"<!ENTITY") or any(b"&" in it or len(it) > 300 for it in values):
        raise ValueError("the file declares entities that are made of others, or too long; write it out without them")


def _graph(data: bytes, form: str) -> dict[str, dict[str, list[tuple[str, str]]]]:
    from pyoxigraph import Literal, NamedNode, parse  # noqa: PLC0415 - see above

    if form == "rdfxml":
        _refuse_nested_entities(data)
    found: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    try:
        for quad in parse(data, format=_format(form), base_iri="urn:file:"):
            if not isinstance(quad.subject, NamedNode):
                continue
            it = quad.object
            if isinstance(it, Literal):
                found[quad.subject.value][quad.predicate.value].append((it.value, _tag(it.language or "")))
            elif isinstance(it, NamedNode):
                found[quad.subject.value][quad.predicate.value].append((it.value, ""))
    except (SyntaxError, OSError) as error:
        raise ValueError(f"the file is no {form}: {str(error)[:200]}") from None
    return found


def _tag(language: str) -> str:
    """A language tag in its usual spelling (`fr-CA`, `zh-Hant`); its case means nothing, and the library lowers it."""
    first, *more = language.split("-")
    return "-".join([first.lower(), *({2: it.upper(), 4: it.title()}.get(len(it), it) for it in more)])


def _is_concept(said: Texts) -> bool:
    kinds = {kind for kind, _ in said.get(_RDF_TYPE, ())}
    return SKOS + "Concept" in kinds or (SKOS + "prefLabel" in said and SKOS + "ConceptScheme" not in kinds)


def _above(graph: Mapping[str, Texts]) -> Mapping[str, Sequence[str]]:
    """Subject to those above it, whichever of the two says so."""
    found: dict[str, list[str]] = defaultdict(list)
    for subject, said in graph.items():
        found[subject] += [upper for upper, _ in said.get(SKOS + "broader", ())]
        for lower, _ in said.get(SKOS + "narrower", ()):
            found[lower].append(subject)
    return found


def _id(subject: str, said: Texts) -> str:
    notations = said.get(SKOS + "notation", ())
    return notations[0][0] if subject.startswith(_OWN) and notations else subject


def _term(subject: str, said: Texts, ids: Mapping[str, str], above: Mapping[str, Sequence[str]], language: str) -> Term:
    labels: dict[str, list[str]] = defaultdict(list)
    for text, tag in said.get(SKOS + "prefLabel", ()):
        labels[tag].append(text.strip())
    own = _own_language(labels, language)
    label = labels[own][0] if own is not None else ""
    if not label:
        raise ValueError(f"the concept {subject} has no label")
    others = [text.strip() for name in ("altLabel", "hiddenLabel") for text, _ in said.get(SKOS + name, ())]
    return Term(
        id=ids[subject],
        label=label,
        broader=_nearest(subject, ids, above),
        synonyms=tuple(dict.fromkeys(it for it in others if it)),
        labels={tag: texts[0] for tag, texts in sorted(labels.items()) if tag != own and texts[0]},
    )


def _own_language(labels: Mapping[str, Sequence[str]], language: str) -> str | None:
    """The labels' language: without a tag, as wanted, a regional form of what is wanted, or the first there is."""
    wanted = language.partition("-")[0].casefold()
    regional = sorted(it for it in labels if it.partition("-")[0].casefold() == wanted)
    return next((it for it in ("", language, *regional, *sorted(labels)) if it in labels), None)


def _nearest(subject: str, ids: Mapping[str, str], above: Mapping[str, Sequence[str]]) -> str:
    """The id of the closest concept above that is kept; the first by address where there are several."""
    met, level = {subject}, list(above.get(subject, ()))
    while level:
        if known := sorted(it for it in level if it in ids and it != subject):
            return ids[known[0]]
        met |= set(level)
        level = [upper for it in level for upper in above.get(it, ()) if upper not in met]
    return ""


def terms_to_skos(terms: Sequence[Term], form: str, *, name: str) -> bytes:
    """The terms as a concept scheme."""
    from pyoxigraph import serialize  # noqa: PLC0415 - see above

    written = serialize(_triples(terms, name), format=_format(form), prefixes={"skos": SKOS})
    assert written is not None  # noqa: S101 - no output was given, so the bytes come back
    return written


def _triples(terms: Sequence[Term], name: str) -> Iterator[Triple]:
    from pyoxigraph import Literal, NamedNode, Triple  # noqa: PLC0415 - see above

    scheme = NamedNode(_OWN + quote(name, safe=""))
    kind = NamedNode(_RDF_TYPE)
    places = {it.id: NamedNode(_place(it.id, name)) for it in terms}

    def said(subject: NamedNode, what: str, it: NamedNode | Literal) -> Triple:
        return Triple(subject, NamedNode(SKOS + what), it)

    yield Triple(scheme, kind, NamedNode(SKOS + "ConceptScheme"))
    for term in terms:
        place = places[term.id]
        yield Triple(place, kind, NamedNode(SKOS + "Concept"))
        yield said(place, "inScheme", scheme)
        yield said(place, "prefLabel", Literal(term.label))
        for tag, text in sorted(term.labels.items()):
            yield said(place, "prefLabel", Literal(text, language=tag))
        for text in term.synonyms:
            yield said(place, "altLabel", Literal(text))
        if place.value != term.id:
            yield said(place, "notation", Literal(term.id))
        if term.broader in places:
            yield said(place, "broader", places[term.broader])


def _place(term_id: str, name: str) -> str:
    if term_id.startswith(("http://", "https://", "urn:")) and quote(term_id, safe="%/:=&?~#+!$,;'@()*[]") == term_id:
        return term_id
    return f"{_OWN}{quote(name, safe='')}:{quote(term_id, safe='')}"
