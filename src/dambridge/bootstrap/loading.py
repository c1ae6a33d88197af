"""From the file to checked settings: every mistake at once, with line and remedy."""

from __future__ import annotations

import copy
import hashlib
import ipaddress
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from dambridge.bootstrap.document import ConfigurationWrong, Document, Location, Mistake, read_document
from dambridge.bootstrap.flow_options import FlowOptions
from dambridge.bootstrap.map_file import SiteMap, in_file, read_site_map
from dambridge.bootstrap.mistakes import SYSTEMS, mistakes_of, near, place_of
from dambridge.bootstrap.policies import policy_problems
from dambridge.bootstrap.settings import Settings
from dambridge.model.identity import FlowName
from dambridge.ports.errors import Refused

ROUNDS = 5
"""How often what is left of a broken file is tried, each time without what was found wrong."""
_STAND_IN: dict[str, dict[str, str]] = {
    "photoshelter": {"system": "photoshelter", "api_key": "-", "org_id": "O", "email": "-", "password": "-"},
    "netx": {"system": "netx", "base_url": "https://stand-in.invalid", "token": "-"},
}
_HARMLESS: dict[str, Any] = {"from": "", "to": "", "between": ["", ""], "fields": [""]}
"""What stands in for an option that is missing: names that are nobody's."""


def load_settings(path: Path, *, typed: Mapping[Path, str] | None = None) -> Settings:
    """The configuration in `path`. Raises `ConfigurationWrong` with every mistake found; secrets are never among the words.

    `typed` are texts that would stand in files (by their resolved paths) in place of what does."""
    typed = typed or {}
    document = read_document(path, typed=typed.get(path.resolve()))
    mistakes = list(document.unresolved.values())
    settings: Settings | None
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as error:
        mistakes += mistakes_of(error, document, Settings)
        settings = _what_is_left(document, error)
    if settings is not None:
        settings, wrong = _with_map(settings, document, typed)
        mistakes += wrong
        mistakes += [*_accounts_named(settings, document), *policy_problems(settings, document)]
        mistakes += _journal_within(settings, path, document)
    if mistakes or settings is None:
        raise ConfigurationWrong(path, mistakes)
    store = settings.store.model_copy(update=_places(settings, path))
    made = settings.model_copy(update={"store": store, "flows": _with_files(settings.flows, path)})
    return made.read_from(path.resolve(), document.text)


def _with_files(flows: FlowOptions, file: Path) -> FlowOptions:
    """The flows with the files that renditions are made with where they are, beside the configuration file."""
    folder = file.resolve().parent
    return flows.model_copy(update={str(name): it.beside(folder) for name, it in flows.outward.items()})


def _places(settings: Settings, file: Path) -> dict[str, Path]:
    """Where the store's parts are, beside the configuration file unless they are absolute."""
    beside = file.resolve().parent
    store = settings.store
    found = {name: beside / getattr(store, name) for name in ("path", "tombstones", "publications", "orders")}
    return found | ({"signing_key": beside / settings.store.signing_key} if settings.store.signing_key else {})


def _journal_within(settings: Settings, file: Path, document: Document) -> list[Mistake]:
    """The journals are there for the day on which the data folder is lost."""
    places = _places(settings, file)
    remedy = "Name a file outside `store.path`, best on another disk."
    return [
        document.mistake(("store", option), f"The {name} journal would be lost together with the data folder.", remedy)
        for option, name in (("tombstones", "tombstone"), ("publications", "publication"), ("orders", "order"))
        if places[option].resolve().is_relative_to(places["path"].resolve())
    ]


def _with_map(settings: Settings, document: Document, typed: Mapping[Path, str]) -> tuple[Settings, list[Mistake]]:
    """The settings with their map file read, and what is wrong with it."""
    if settings.map_file is None:
        return settings, []
    path = document.path.resolve().parent / settings.map_file
    try:
        site_map = read_site_map(path, typed=typed.get(path.resolve()))
    except ConfigurationWrong as error:
        return settings, in_file(path, error.mistakes)
    unknown = [
        site_map.document.mistake(
            ("accounts", name), "There is no such account.", near(name, [*settings.accounts], "Known accounts")
        )
        for name in site_map.options.accounts
        if name not in settings.accounts
    ]
    return settings.with_map(site_map), in_file(path, unknown)


def _what_is_left(document: Document, error: ValidationError) -> Settings | None:
    """The settings without what is wrong with them, so that the rest can be looked at too; None where nothing stands."""
    data: Any = copy.deepcopy(dict(document.data))
    for _ in range(ROUNDS):
        for it in error.errors(include_url=False, include_input=False):
            _mend(data, place_of(it), missing=it["type"] == "missing")
        try:
            return Settings.model_validate(data)
        except ValidationError as again:
            error = again
    return None


def _mend(data: dict[str, Any], at: Location, *, missing: bool) -> None:
    """Put something harmless where the mistake is: a stand-in for an account, an empty name, else nothing."""
    if at[:1] == ("accounts",):
        accounts = data.get("accounts")
        if len(at) == 1 or not isinstance(accounts, dict):
            data["accounts"] = {"-": _STAND_IN["netx"]}
            return
        given = accounts.get(at[1])
        system = given.get("system") if isinstance(given, dict) else None
        accounts[at[1]] = _STAND_IN[system if system in SYSTEMS else "netx"]
        return
    if at[2:3] == ("outlets",) and len(at) > 3:
        _without_outlet(data, str(at[1]), str(at[3]))
        return
    *parents, last = at
    node: Any = data
    for part in parents:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return
    if missing and isinstance(node, dict):
        node[last] = copy.deepcopy(_HARMLESS.get(str(last), {}))
    elif isinstance(node, dict):
        node.pop(last, None)
    elif isinstance(node, list) and isinstance(last, int):
        node[last] = ""


def _without_outlet(data: dict[str, Any], flow: str, name: str) -> None:
    """An outlet that is wrong in itself has no harmless stand-in: it would be told apart from others that are right. Without
    its last outlet the flow is left out too."""
    outlets = data["flows"][flow]["outlets"]
    outlets.pop(name, None)
    if not outlets:
        data["flows"][flow] = None


def _accounts_named(settings: Settings, document: Document) -> list[Mistake]:
    """The flow's two accounts must exist and be of the right kind; maps must be of accounts; secrets travel encrypted."""
    found = [
        document.mistake(
            ("maps", name), "There is no such account.", near(name, [*settings.accounts], "Known accounts")
        )
        for name in settings.maps
        if name not in settings.accounts
    ]
    found += [
        document.mistake(
            ("accounts", name, "base_url"), "Keys and passwords would travel unencrypted.", "Begin it with https://"
        )
        for name in settings.accounts
        if _unencrypted(_as_written(document, name, "base_url"))
    ]
    flows = document.data.get("flows")
    if isinstance(flows, dict) and not any(flows.get(it) for it in FlowOptions.model_fields):
        remedy = "Name `intake` with `from` and `to`; `dambridge init` shows how."
        found.append(document.mistake(("flows",), "No flow is switched on.", remedy))
    return [*found, *_ends_of_intake(settings, document)]


def _ends_of_intake(settings: Settings, document: Document) -> list[Mistake]:
    intake = settings.flows.intake
    if intake is None:
        return []
    found: list[Mistake] = []
    for option, name, system in (("from", intake.source, "photoshelter"), ("to", intake.target, "netx")):
        at: Location = ("flows", "intake", option)
        written = _as_written(document, name, "system")
        if not name or at in document.unresolved:
            continue
        if name not in settings.accounts:
            remedy = near(name, [*settings.accounts], "Known accounts")
            found.append(document.mistake(at, f"There is no account `{name}`.", remedy))
        elif written in SYSTEMS and written != system:
            found.append(document.mistake(at, f"`{name}` is a {written} account.", f"Name a {system} account."))
    return found


def _as_written(document: Document, name: str, option: str) -> str:
    """An option of this account as the file has it, whatever else is wrong with the account."""
    accounts = document.data.get("accounts")
    account = accounts.get(name) if isinstance(accounts, dict) else None
    return str(account.get(option, "")) if isinstance(account, dict) else ""


def _unencrypted(url: str) -> bool:
    """Whether this address would be called over plain HTTP across a network."""
    if not url.startswith("http://"):
        return False
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


def known_flow(settings: Settings, flow: str) -> FlowName:
    """The flow of this name. Raises `Refused` where there is none, or none that is configured."""
    configured = [str(it) for it in settings.flows.configured]
    if flow in configured:
        return FlowName(flow)
    if flow in FlowOptions.model_fields:
        raise Refused(f"The flow `{flow}` is not configured here. {near(flow, configured, 'Configured')}")
    raise Refused(f"There is no flow `{flow}`. {near(flow, configured, 'Configured')}")


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file."""
    schema = Settings.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "dambridge.yaml", **schema}


def _of_the_map(it: SiteMap) -> Any:
    """All that the map says, its tables included; who answers for it is no part of what plans rest on."""
    tables = {table.name: repr(sorted(table.rows.items())) for table in it.derivations.lookups}
    return [it.options.model_dump(mode="json", exclude={"owner", "review_by"}), tables]


def configuration_digest(settings: Settings) -> str:
    """A digest over everything that a plan depends on, secrets and the place of the store aside."""
    facts = {
        "accounts": {
            name: {"system": it.system, "base_url": it.base_url} for name, it in sorted(settings.accounts.items())
        },
        "flows": settings.flows.model_dump(mode="json"),
        **({"gate": settings.gate.model_dump(mode="json")} if settings.gate is not None else {}),
        "maps": settings.maps,
        **({"map": _of_the_map(settings.site_map)} if settings.site_map is not None else {}),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
