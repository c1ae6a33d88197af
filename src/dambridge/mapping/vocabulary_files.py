"""Vocabularies as files: tables (CSV) and SKOS. Bytes in, terms out, and back; nothing is fetched, whatever a file names."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from dambridge.mapping.skos import SKOS_FORMATS, skos_terms, terms_to_skos
from dambridge.mapping.vocabularies import Term, Vocabulary, rows_from_terms, terms_from_rows

FORMATS = ("csv", *SKOS_FORMATS)
_ENDINGS: Mapping[str, str] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ttl": "turtle",
    ".rdf": "rdfxml",
    ".xml": "rdfxml",
    ".jsonld": "jsonld",
    ".json": "jsonld",
}
_QCODE = "NewsCode-QCode (flat)"
_LEVELS = tuple(f"Level{it}/NewsCode" for it in range(1, 7))
_NAME = "Name ("


class VocabularyUnreadable(ValueError):
    """The file holds no vocabulary that can be used; the text says what is wrong with it."""


def format_of(name: str) -> str:
    """The form that a file's name says. Raises `VocabularyUnreadable` for any other."""
    ending = PurePath(name).suffix.lower()
    if ending not in _ENDINGS:
        raise VocabularyUnreadable(
            f"{PurePath(name).name} says by its name no form that is known ({', '.join(sorted(_ENDINGS))}). "
            f"Say which: --format {' or '.join(FORMATS)}."
        )
    return _ENDINGS[ending]


def read_vocabulary(data: bytes, form: str, *, language: str) -> tuple[Term, ...]:
    """The terms of a file; `language` is that of the labels where a file has several. Raises `VocabularyUnreadable`."""
    try:
        terms = _table_terms(data, language) if form == "csv" else skos_terms(data, form, language=language)
        Vocabulary("file", terms)
    except (ValueError, csv.Error) as error:
        raise VocabularyUnreadable(f"The vocabulary cannot be used: {error}.") from None
    if not terms:
        raise VocabularyUnreadable("The file holds no term.")
    return terms


def write_vocabulary(terms: Sequence[Term], form: str, *, name: str) -> bytes:
    """The file from which `read_vocabulary` reads these terms again."""
    if form != "csv":
        return terms_to_skos(terms, form, name=name)
    columns, rows = rows_from_terms(terms)
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _table_terms(data: bytes, language: str) -> tuple[Term, ...]:
    text = _decoded(data)
    head = text.partition("\n")[0]
    comma = max(",;\t", key=head.count)
    rows = [it for it in csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True) if any(it)]
    published = next((number for number, row in enumerate(rows) if _QCODE in row), None)
    if published is not None:
        return _newscodes(rows[published], rows[published + 1 :], language)
    columns = [it.strip() for it in rows[0]] if rows else []
    if "label" not in columns:
        raise ValueError("the first line names no column `label`; columns are id, label, broader, synonyms, label_xx")
    return terms_from_rows([dict(zip(columns, row, strict=False)) for row in rows[1:]])


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is no UTF-8; save the file as UTF-8") from None


def _newscodes(columns: Sequence[str], rows: Sequence[Sequence[str]], language: str) -> tuple[Term, ...]:
    """IPTC NewsCodes as published in a sheet: a line or more of preface, then a row per topic, whose level is the one of six
    columns that is filled. Retired topics are left out; what stands below one, stands below the one above it."""
    names = {it[len(_NAME) : -1]: it for it in columns if it.startswith(_NAME)}
    own = next((it for it in (language, *sorted(names)) if it in names), None)
    if own is None:
        raise ValueError("the sheet has no column `Name (…)`")
    retired = next((it for it in columns if "retired" in it.casefold()), "")
    above: list[str] = []
    terms: list[Term] = []
    for cells in rows:
        row = dict(zip(columns, cells, strict=False))
        level = next((number for number, it in enumerate(_LEVELS) if row.get(it, "").strip()), None)
        code, label = row.get(_QCODE, "").strip(), row.get(names[own], "").strip()
        if level is None or not code or not label:
            continue
        del above[level:]
        above += [above[-1] if above else ""] * (level - len(above))
        if retired and row.get(retired, "").strip():
            above.append(above[-1] if above else "")
            continue
        others = {tag: text for tag, it in names.items() if tag != own and (text := row.get(it, "").strip())}
        terms.append(Term(id=code, label=label, broader=above[-1] if above else "", labels=others))
        above.append(code)
    return tuple(terms)
