"""From the map file to the values that the pure core works with; every mistake in it at once, with line and remedy."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dambridge.bootstrap.document import ConfigurationWrong, Document, Location, Mistake, read_document
from dambridge.bootstrap.map_options import AccountMapOptions, ClassifyOptions, LookupOptions, MapOptions
from dambridge.bootstrap.mistakes import mistakes_of, near
from dambridge.expressions import ExpressionInvalid, Program, compile_expression
from dambridge.mapping import (
    FIELDS,
    OF_THE_FILE,
    Classification,
    Derivations,
    Display,
    Kind,
    Lookup,
    TableInvalid,
    UploaderWord,
    configured_value,
    display_mistakes,
    expression_variables,
    gallery_mistake,
    key_pattern,
    table_rows,
)
from dambridge.mapping.fields import kind_of
from dambridge.model.values import FieldName
from dambridge.policy.naming import name_mistakes
from dambridge.policy.places import PlaceRule
from dambridge.policy.placing import template_mistakes

LARGEST_TABLE = 32 * 1024 * 1024
"""Bytes of a table's file."""
CUSTOM = "custom:"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMap:
    """The map as the core takes it: what the accounts have in common, and each account's own part."""

    options: MapOptions
    document: Document
    derivations: Derivations
    places: tuple[PlaceRule, ...]

    def fields_of(self, account: str) -> dict[str, dict[str, Any]]:
        """The account's rules as `account_map` takes them."""
        fields = self._of(account).fields
        return {name: it.model_dump(exclude_unset=True, exclude_none=True) for name, it in fields.items()}

    def displays_of(self, account: str) -> tuple[Display, ...]:
        return tuple(Display(FieldName(it.field), it.text) for it in self._of(account).displays)

    def uploader_of(self, account: str) -> UploaderWord | None:
        given = self._of(account).uploader
        return UploaderWord(given.galleries, FieldName(given.to) if given.to else None) if given else None

    def groups(self) -> frozenset[str]:
        """Groups of the source's record that the rules speak of, so that they are read."""
        speaks = [it.when.source for it in self.derivations.classes]
        speaks += [it.when.source for it in self.places if it.when is not None]
        speaks += [it.folder + it.name for it in self.places] + [f"{it.reads} " for it in self.derivations.lookups]
        speaks += [source for it in self.options.accounts.values() for source in _expressions(it)]
        text = " ".join(speaks)
        galleries = "galler" in text or any(it.uploader for it in self.options.accounts.values())
        return frozenset(({"containers"} if galleries else set()) | ({"custom"} if "custom" in text else set()))

    def _of(self, account: str) -> AccountMapOptions:
        return self.options.accounts.get(account, AccountMapOptions())


def _expressions(it: AccountMapOptions) -> list[str]:
    return [rule.expression or "" for rule in it.fields.values()]


def read_site_map(path: Path, *, typed: str | None = None) -> SiteMap:
    """The map in `path`, or `typed` in its place. Raises `ConfigurationWrong` naming lines of the map file."""
    document = read_document(path, typed=typed)
    try:
        options = MapOptions.model_validate(document.data)
    except ValidationError as error:
        raise ConfigurationWrong(path, mistakes_of(error, document, MapOptions)) from None
    work = _Work(document)
    made = SiteMap(
        options=options,
        document=document,
        derivations=Derivations(
            tuple(it for it in (work.table(name, given) for name, given in options.lookups.items()) if it),
            tuple(it for it in (work.classification(at, given) for at, given in enumerate(options.classify)) if it),
        ),
        places=work.places(options),
    )
    for name, account in options.accounts.items():
        work.account(name, account)
    if work.mistakes:
        raise ConfigurationWrong(path, work.mistakes)
    return made


def in_file(path: Path, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Mistakes of the map file, for a list in which those of another file stand."""
    return [replace(it, file=str(path)) for it in mistakes]


class _Work:
    """Making values of options, noting what cannot be used."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []

    def wrong(self, at: Location, what: str, remedy: str = "") -> None:
        said = what[:1].upper() + what[1:] + ("" if what.endswith((".", "?")) else ".")
        self.mistakes.append(self.document.mistake(at, said, remedy))

    def field(self, at: Location, name: str) -> FieldName | None:
        if name in FIELDS or name.startswith(CUSTOM):
            return FieldName(name)
        self.wrong(at, f"There is no canonical field `{name}`.", near(name, [*FIELDS], "Known"))
        return None

    def value(self, at: Location, name: str, given: Any, *, many: bool = False) -> Any:
        field = self.field(at, name)
        if field is None:
            return None
        if many and kind_of(field) not in {Kind.BAG, Kind.SEQ}:
            self.wrong(at, f"`{name}` is no list, so nothing can be added to it", "Use `set`.")
            return None
        try:
            return configured_value(field, given)
        except ValueError as error:
            self.wrong(at, str(error))
            return None

    def rule(self, at: Location, source: str) -> Program | None:
        try:
            return compile_expression(source, expression_variables())
        except ExpressionInvalid as error:
            self.wrong(at, f"The rule cannot be used: {error}\n", "Correct it there.")
            return None

    def table(self, name: str, given: LookupOptions) -> Lookup | None:
        at: Location = ("lookups", name)
        if given.reads not in OF_THE_FILE:
            self.field((*at, "reads"), given.reads)
        columns = [(self.field((*at, "fields", name), name), column) for name, column in given.fields.items()]
        try:
            if given.pattern:
                key_pattern(given.pattern)
        except ValueError as error:
            self.wrong((*at, "pattern"), str(error))
        try:
            rows = _rows(self.document.path.parent / given.file.expanduser())
            known = {field: column for field, column in columns if field is not None}
            made = table_rows(rows, key=given.key, columns=known)
        except TableInvalid as error:
            for problem in error.problems:
                self.wrong((*at, "file"), f"{given.file.name}: {problem}", "Correct the table.")
            return None
        return Lookup(
            name=name,
            reads=given.reads,
            pattern=given.pattern,
            fields=tuple(known),
            replace=given.replace,
            unknown=given.unknown,
            rows=made,
        )

    def classification(self, index: int, given: ClassifyOptions) -> Classification | None:
        at: Location = ("classify", index)
        when = self.rule((*at, "when"), given.when)
        sets = {FieldName(it): self.value((*at, "set", it), it, value) for it, value in given.set.items()}
        adds = {FieldName(it): self.value((*at, "add", it), it, terms, many=True) for it, terms in given.add.items()}
        if not given.set and not given.add:
            self.wrong(at, "The rule neither sets nor adds anything", "Give it `set` or `add`.")
        if when is None:
            return None
        return Classification(name=given.name, when=when, sets=sets, adds=adds, replace=given.replace)

    def places(self, options: MapOptions) -> tuple[PlaceRule, ...]:
        made: list[PlaceRule] = []
        known = frozenset(FIELDS)
        for index, it in enumerate(options.places):
            at: Location = ("places", index)
            when = self.rule((*at, "when"), it.when) if it.when is not None else None
            checks: tuple[tuple[str, str, Callable[[str, frozenset[str]], list[str]]], ...] = (
                ("folder", it.folder, template_mistakes),
                ("name", it.name, name_mistakes),
            )
            for option, template, mistakes in checks:
                for what in mistakes(template, known) if template else ():
                    self.wrong((*at, option), what, "Correct the template.")
            if not it.folder and not it.name:
                self.wrong(at, "The rule names neither folder nor name", "Give it one of them.")
            if when is not None or it.when is None:
                made.append(PlaceRule(when=when, folder=it.folder, name=it.name))
        return tuple(made)

    def account(self, name: str, given: AccountMapOptions) -> None:
        at: Location = ("accounts", name)
        for index, shown in enumerate(given.displays):
            field = self.field((*at, "displays", index, "field"), shown.field)
            if field is not None:
                for what in display_mistakes(Display(field, shown.text), FIELDS):
                    self.wrong((*at, "displays", index, "text"), what)
        if given.uploader is None:
            return
        for index, pattern in enumerate(given.uploader.galleries):
            mistake = gallery_mistake(pattern)
            if mistake:
                self.wrong((*at, "uploader", "galleries", index), mistake)
        routed = given.uploader.to
        if (
            routed is not None
            and self.field((*at, "uploader", "to"), routed)
            and kind_of(FieldName(routed)) is not Kind.TEXT
        ):
            self.wrong((*at, "uploader", "to"), f"`{routed}` is no text field", "Name one that holds a text.")


def _rows(path: Path) -> list[Mapping[str, str]]:
    """The table's rows. Raises `TableInvalid`."""
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise TableInvalid([f"it has more than {LARGEST_TABLE // 1024**2} MB"])
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, restval=""))
    except OSError as error:
        raise TableInvalid([f"it cannot be read: {error.strerror}"]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableInvalid([f"it is no CSV in UTF-8: {error}"]) from None
