"""Vocabularies as files: what is written is read as the same terms, published forms are read, and what is neither is named."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping.vocabularies import Term
from dambridge.mapping.vocabulary_files import (
    FORMATS,
    VocabularyUnreadable,
    format_of,
    read_vocabulary,
    write_vocabulary,
)

TERMS = (
    Term(id="a", label="Lakes & Tarns"),
    Term(
        id="b c/ü",
        label='Say "Quay"',
        broader="a",
        synonyms=("x|y", "back\\slash, comma"),
        labels={"de": "Kai", "fr-CA": "été"},
    ),
    Term(id="https://example.org/c?d=1#e", label="湖", broader="b c/ü", synonyms=("=1+1",)),
    Term(id="medtop:1", label=" line".strip(), labels={"ar": "بحيرة"}),
)
TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix t: <http://example.org/topic/> .
t: a skos:ConceptScheme ; skos:prefLabel "Topics"@en ; skos:hasTopConcept t:1 .
t:1 a skos:Concept ; skos:prefLabel "nature"@en-GB, "nature (US)"@en-US, "Natur"@de ; skos:narrower t:2 .
t:2 a skos:Concept ; owl:deprecated true ; skos:prefLabel "old water"@en-GB .
t:3 a skos:Concept ; skos:broader t:2 ; skos:prefLabel "ponds"@en-GB, "Teiche"@de ;
    skos:altLabel "pools"@en-GB, "Weiher"@de ; skos:hiddenLabel "pondz"@en-GB ; skos:definition "Small."@en-GB .
t:4 skos:prefLabel "fish"@de ; skos:broader t:4 .
[] a skos:Concept ; skos:prefLabel "nameless" .
"""
RDF_XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="http://www.w3.org/2004/02/skos/core#">
  <skos:Concept rdf:about="http://example.org/topic/1"><skos:prefLabel xml:lang="en-GB">nature</skos:prefLabel></skos:Concept>
  <rdf:Description rdf:about="http://example.org/topic/3"><skos:prefLabel xml:lang="en-GB">ponds</skos:prefLabel>
    <skos:broader rdf:resource="http://example.org/topic/1"/></rdf:Description>
</rdf:RDF>
"""
JSON_LD = """{"@context": {"skos": "http://www.w3.org/2004/02/skos/core#"}, "@graph": [
  {"@id": "http://example.org/topic/1", "@type": "skos:Concept", "skos:prefLabel": {"@value": "nature", "@language": "en"}}]}
"""
NEWSCODES = """IPTC NewsCodes,Vocabulary,CC BY 4.0,,,,,,,,
NewsCode-URI,NewsCode-QCode (flat),Level1/NewsCode,Level2/NewsCode,Level3/NewsCode,Name (en-GB),Name (de),Definition,Retired
http://example.org/10,medtop:10,medtop:10,,,rowing matters,Rudern,All of it,
http://example.org/11,medtop:11,,medtop:11,,"boats, oars",,Things,
http://example.org/12,medtop:12,,,medtop:12,tholepins,Dollen,Small things,
http://example.org/13,medtop:13,,medtop:13,,galleys,,Gone,2020-01-01
http://example.org/14,medtop:14,,,medtop:14,triremes,,Ships,
http://example.org/15,medtop:15,medtop:15,,,swimming matters,Schwimmen,Else,
"""


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_read_again(form: str) -> None:
    data = write_vocabulary(TERMS, form, name="Waters & more")
    assert set(map(repr, read_vocabulary(data, form, language="en"))) == set(map(repr, TERMS))


TEXTS = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
TAGS = st.sampled_from(["de", "fr", "en-GB", "zh-Hant"])


@given(
    st.lists(
        st.builds(
            Term,
            id=st.text(string.ascii_letters + string.digits + " _-/:#%ü", min_size=1, max_size=8)
            .map(str.strip)
            .filter(bool),
            label=TEXTS,
            synonyms=st.lists(
                TEXTS.filter(lambda it: not it.endswith("\\") and "\\|" not in it), max_size=3, unique=True
            ).map(tuple),
            labels=st.dictionaries(TAGS, TEXTS, max_size=3),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda it: it.id,
    ),
    st.sampled_from(FORMATS),
)
def test_any_vocabulary_survives_its_file(terms: list[Term], form: str) -> None:
    again = {it.id: it for it in read_vocabulary(write_vocabulary(terms, form, name="any"), form, language="en")}
    assert again.keys() == {it.id for it in terms}
    for it in terms:
        same = again[it.id]
        assert (same.label, same.broader, dict(same.labels)) == (it.label, it.broader, dict(it.labels))
        assert sorted(same.synonyms) == sorted(it.synonyms)


def test_skos_is_read_in_the_wanted_language_without_what_is_deprecated() -> None:
    terms = {it.id.rpartition("/")[2]: it for it in read_vocabulary(TURTLE.encode(), "turtle", language="en")}
    assert set(terms) == {"1", "3", "4"}
    assert terms["1"].label == "nature"
    assert terms["1"].labels == {"de": "Natur", "en-US": "nature (US)"}
    assert terms["3"].broader == "http://example.org/topic/1"  # what stood between is deprecated
    assert set(terms["3"].synonyms) == {"pools", "Weiher", "pondz"}
    assert (terms["4"].label, terms["4"].broader) == ("fish", "")
    german = {it.id.rpartition("/")[2]: it for it in read_vocabulary(TURTLE.encode(), "turtle", language="de")}
    assert (german["3"].label, german["3"].labels) == ("Teiche", {"en-GB": "ponds"})


@pytest.mark.parametrize(("text", "form", "count"), [(RDF_XML, "rdfxml", 2), (JSON_LD, "jsonld", 1)])
def test_the_other_forms_of_skos_are_read(text: str, form: str, count: int) -> None:
    terms = read_vocabulary(text.encode(), form, language="en")
    assert [it.label for it in terms] == ["nature", "ponds"][:count]


def test_media_topics_are_read_from_their_sheet() -> None:
    terms = read_vocabulary(NEWSCODES.encode(), "csv", language="en-GB")
    assert [(it.id, it.label, it.broader) for it in terms] == [
        ("medtop:10", "rowing matters", ""),
        ("medtop:11", "boats, oars", "medtop:10"),
        ("medtop:12", "tholepins", "medtop:11"),
        ("medtop:14", "triremes", "medtop:10"),
        ("medtop:15", "swimming matters", ""),
    ]
    assert terms[0].labels == {"de": "Rudern"}


@pytest.mark.parametrize(
    "data",
    [
        b"id;label;synonyms\n1;Lakes;tarns|lochs\n",
        b"id\tlabel\tsynonyms\n1\tLakes\ttarns|lochs\n",
        "﻿id,label,synonyms\r\n1,Lakes,tarns| lochs |\r\n\r\n".encode(),
        "id,label,synonyms\n1,Lakes,tarns|lochs\n".encode("utf-16"),
    ],
    ids=["semicolons", "tabs", "marked and blank", "utf-16"],
)
def test_tables_come_as_spreadsheets_leave_them(data: bytes) -> None:
    assert read_vocabulary(data, "csv", language="en") == (Term(id="1", label="Lakes", synonyms=("tarns", "lochs")),)


def test_a_list_of_labels_alone_is_a_vocabulary() -> None:
    assert [it.id for it in read_vocabulary(b"label\nLakes\nTarns\n", "csv", language="en")] == ["Lakes", "Tarns"]


@pytest.mark.parametrize(
    ("data", "form", "says"),
    [
        (b"name,of\n1,2\n", "csv", "no column `label`"),
        (b"id,label\n1,\n", "csv", "line 2"),
        (b"id,label\n1,A\n1,B\n", "csv", "twice"),
        (b"id,label,broader\n1,A,9\n", "csv", "9, which is not"),
        (b"id,label\n1,caf\xe9\n", "csv", "UTF-8"),
        (b"", "csv", "label"),
        (b"id,label\n", "csv", "no term"),
        (b"@prefix skos: <", "turtle", "no turtle"),
        (b"<a><b></a>", "rdfxml", "no rdfxml"),
        (b'{"@context": "https://example.org/context.jsonld", "@id": "a"}', "jsonld", "no jsonld"),
        (b"<http://a> <http://b> <http://c> .", "turtle", "no term"),
    ],
)
def test_what_is_no_vocabulary_is_named(data: bytes, form: str, says: str) -> None:
    with pytest.raises(VocabularyUnreadable, match=says):
        read_vocabulary(data, form, language="en")


def test_entities_of_a_file_are_not_expanded_without_end() -> None:
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "'
        + "x" * 1000
        + '">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8))
    )
    with pytest.raises(VocabularyUnreadable):
        read_vocabulary(f"{bomb}]><r>&i;</r>".encode(), "rdfxml", language="en")


def test_a_files_name_says_its_form() -> None:
    assert {format_of(it) for it in ("a.CSV", "b.ttl", "c.rdf", "d.jsonld")} == set(FORMATS)
    with pytest.raises(VocabularyUnreadable, match="--format"):
        format_of("a.docx")
