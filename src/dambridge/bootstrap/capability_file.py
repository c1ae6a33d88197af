"""`capabilities.json` beside the store: what `probe` found, per account and question, read again at every start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from dambridge import __version__
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings
from dambridge.engine.probing import Examination
from dambridge.ports.capabilities import (
    ArchiveCapabilities,
    Cells,
    Proof,
    ReaderCapabilities,
    gathered,
    proven_archive,
    proven_reader,
)
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.probing import Finding, Standing
from dambridge.ports.systems import AssetArchive, AssetReader

FILE = "capabilities.json"
OLD_AFTER = timedelta(days=90)
"""Age after which a finding is said to be old; it is used all the same."""

C = TypeVar("C", ReaderCapabilities, ArchiveCapabilities)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FoundAnswer(_Part):
    """The answer to one question, as it was found."""

    standing: Standing = Field(description="How the question ended; only answered ones have a value and cells.")
    at: AwareDatetime = Field(description="When it was asked.")
    version: str = Field(description="The version of dambridge that asked.")
    value: Any = Field(default=None, description="The position found.")
    told: str = Field(description="The answer in a sentence.")
    evidence: tuple[str, ...] = Field(default=(), description="What was called and what came back.")
    cells: dict[str, Proof] = Field(default_factory=dict, description="Capability cells that follow, by name.")
    suggests: dict[str, Any] = Field(default_factory=dict, description="Options of the account to set.")
    warning: str = Field(default="", description="What a person should look at first.")
    ask_vendor: str = Field(default="", description="A question left for the vendor's support.")
    administrator: str = Field(default="", description="What only the account's administrator can look at or change.")


class FoundAccount(_Part):
    """What was found of one account. `host` and `organisation` say which place that was."""

    system: Literal["photoshelter", "netx"] = Field(description="The kind of system.")
    host: str = Field(description="Host and port of the account's address.")
    organisation: str = Field(default="", description="The organisation's id, where the system has one.")
    made_at: AwareDatetime = Field(description="When it was last asked.")
    findings: dict[str, FoundAnswer] = Field(description="Answers by question id.")


class CapabilityFile(_Part):
    """What the accounts were found to be able to do, written by `dambridge probe`. It holds no secret."""

    capabilities: Literal[1] = Field(default=1, description="The format of this file.")
    accounts: dict[str, FoundAccount] = Field(default_factory=dict, description="By the account's name.")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the file that people should know; `bad` where nothing can go on with it."""

    account: str
    told: str
    remedy: str
    bad: bool = False


def capability_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    schema = CapabilityFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "What accounts can do", **schema}


def file_of(settings: Settings) -> Path:
    return settings.store.path / FILE


def read_capabilities(path: Path) -> CapabilityFile:
    """The file, an empty one where there is none. Raises `CannotGoOn` for one that cannot be read whole: what was found not
    to work must not be tried because its record is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return CapabilityFile()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotGoOn(f"{path} cannot be read ({type(error).__name__}). {_REMEDY}") from None
    try:
        return CapabilityFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise CannotGoOn(f"{path} is damaged: {where}: {first['msg']}. {_REMEDY}") from None


_REMEDY = "Put it aside and run `dambridge probe` again."


def known_capabilities(settings: Settings) -> CapabilityFile:
    """What was found of the accounts of these settings. Raises `CannotGoOn` for a file that cannot be read."""
    return read_capabilities(file_of(settings))


def write_capabilities(path: Path, content: CapabilityFile) -> None:
    """Put the file in place whole, or leave the earlier one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content.model_dump(mode="json"), file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def with_examination(
    known: CapabilityFile, account: PhotoShelterAccount | NetxAccount, examination: Examination, *, at: datetime
) -> CapabilityFile:
    """The file with what was found now. An earlier answer stays where the question was not answered this time, unless that
    was asked of another place."""
    name, host, organisation = str(examination.account), host_of(account), organisation_of(account)
    before = known.accounts.get(name)
    kept = dict(before.findings) if before and (before.host, before.organisation) == (host, organisation) else {}
    for question, finding in examination.findings.items():
        if finding.standing is Standing.ANSWERED or question not in kept:
            kept[question] = _answer(finding, at)
    found = FoundAccount(system=account.system, host=host, organisation=organisation, made_at=at, findings=kept)
    return CapabilityFile(accounts={**known.accounts, name: found})


def _answer(it: Finding, at: datetime) -> FoundAnswer:
    return FoundAnswer(
        standing=it.standing,
        at=at,
        version=__version__,
        value=it.value,
        told=it.told,
        evidence=it.evidence,
        cells=dict(it.cells),
        suggests=dict(it.suggests),
        warning=it.warning,
        ask_vendor=it.ask_vendor,
        administrator=it.administrator,
    )


def cells_for(known: CapabilityFile, name: str, account: PhotoShelterAccount | NetxAccount) -> Cells:
    """What counts for this account. Of another place only what did not work there counts: what did has to be shown here."""
    found = known.accounts.get(name)
    if found is None or found.system != account.system:
        return {}
    cells = gathered(it.cells for it in found.findings.values())
    if _is_elsewhere(found, account):
        return {cell: proof for cell, proof in cells.items() if proof is Proof.ABSENT}
    return cells


def positions_for(known: CapabilityFile, name: str, account: PhotoShelterAccount | NetxAccount) -> dict[str, Any]:
    """The positions of options that were found at this very place; where an option was found twice the later finding counts."""
    found = known.accounts.get(name)
    if found is None or found.system != account.system or _is_elsewhere(found, account):
        return {}
    answers = sorted(found.findings.values(), key=lambda it: it.at)
    return {option: value for it in answers for option, value in it.suggests.items()}


def remarks(settings: Settings, *, now: datetime | None) -> list[Remark]:
    """Per account whether it was probed, here and, where the time is known, lately."""
    try:
        known = read_capabilities(file_of(settings))
    except CannotGoOn as error:
        return [Remark("", str(error), "dambridge probe", bad=True)]
    return [it for name in settings.accounts if (it := _remark(settings, known, name, now)) is not None]


def _remark(settings: Settings, known: CapabilityFile, name: str, now: datetime | None) -> Remark | None:
    again = f"dambridge probe --account {name}"
    found = known.accounts.get(name)
    if found is None:
        return Remark(name, "never probed: what it can do is taken from the vendor's documents", again)
    if _is_elsewhere(found, settings.accounts[name]):
        place = f"{found.host} {found.organisation}".strip()
        return Remark(name, f"probed at {place}, which is another place; only what failed there counts here", again)
    if now is not None and (age := now - found.made_at) > OLD_AFTER:
        return Remark(name, f"last probed {age.days} days ago; what was found is used", again)
    return None


def _is_elsewhere(found: FoundAccount, account: PhotoShelterAccount | NetxAccount) -> bool:
    return (found.host, found.organisation) != (host_of(account), organisation_of(account))


def host_of(account: PhotoShelterAccount | NetxAccount) -> str:
    parts = urlsplit(account.base_url)
    return f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""


def organisation_of(account: PhotoShelterAccount | NetxAccount) -> str:
    return account.org_id if isinstance(account, PhotoShelterAccount) else ""


class _Known(Generic[C]):
    """A facet whose capabilities are what it declares with what was found laid over it; all else goes straight through."""

    def __init__(self, inner: Any, lay: Callable[[C, Cells], C], cells: Cells) -> None:
        self._inner: Any = inner
        self._lay: Callable[[C, Cells], C] = lay
        self._cells = cells
        self._declared: C | None = None
        self._laid: C | None = None

    @property
    def capabilities(self) -> C:
        declared: C = self._inner.capabilities
        if self._laid is None or declared is not self._declared:
            self._declared, self._laid = declared, self._lay(declared, self._cells)
        return self._laid

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def known_reader(reader: AssetReader, cells: Cells) -> AssetReader:
    """The reader with what was found laid over what it declares."""
    return cast("AssetReader", _Known(reader, proven_reader, cells)) if cells else reader


def known_archive(archive: AssetArchive, cells: Cells) -> AssetArchive:
    """Likewise."""
    return cast("AssetArchive", _Known(archive, proven_archive, cells)) if cells else archive
