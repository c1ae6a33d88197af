"""From the file to checked settings: every mistake at once, with line and remedy."""

from __future__ import annotations

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dambridge.bootstrap.document import ConfigurationWrong, Document, Mistake, mistakes_of, read_document
from dambridge.bootstrap.policies import policy_problems
from dambridge.bootstrap.settings import Settings
from dambridge.ports.errors import Refused


def load_settings(path: Path) -> Settings:
    """The configuration in `path`. Raises `ConfigurationWrong` with every mistake found; secrets are never among the words."""
    document = read_document(path)
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as error:
        raise ConfigurationWrong(path, mistakes_of(error, document, Settings)) from None
    mistakes = [*_accounts_named(settings, document), *policy_problems(settings, document)]
    if mistakes:
        raise ConfigurationWrong(path, mistakes)
    folder = settings.store.path if settings.store.path.is_absolute() else path.resolve().parent / settings.store.path
    return settings.model_copy(update={"store": settings.store.model_copy(update={"path": folder})})


def _accounts_named(settings: Settings, document: Document) -> list[Mistake]:
    """The flow's two accounts must exist and be of the right kind."""
    intake = settings.flows.intake
    if intake is None:
        where = document.line_of(("flows",))
        return [
            Mistake(
                "flows",
                where,
                "No flow is switched on.",
                "Name `intake` with `from` and `to`; `dambridge init` shows how.",
            )
        ]
    found: list[Mistake] = []
    for option, name, system in (("from", intake.source, "photoshelter"), ("to", intake.target, "netx")):
        at = ("flows", "intake", option)
        account = settings.accounts.get(name)
        if account is None:
            near = difflib.get_close_matches(name, settings.accounts, n=1)
            remedy = (
                f"Did you mean `{near[0]}`?" if near else f"Known accounts: {', '.join(sorted(settings.accounts))}."
            )
            found.append(Mistake(".".join(at), document.line_of(at), f"There is no account {name!r}.", remedy))
        elif account.system != system:
            found.append(
                Mistake(
                    ".".join(at),
                    document.line_of(at),
                    f"{name!r} is a {account.system} account.",
                    f"Name a {system} account.",
                )
            )
    found += [
        Mistake(
            f"maps.{name}", document.line_of(("maps", name)), "There is no such account.", "Name one under `accounts`."
        )
        for name in settings.maps
        if name not in settings.accounts
    ]
    return found


def known_flow(settings: Settings, flow: str) -> None:
    """Raise `Refused` when this flow is not configured."""
    if flow != "intake" or settings.flows.intake is None:
        raise Refused(f"The flow {flow!r} is not configured here. `intake` is the one that runs today.")


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file."""
    schema = Settings.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "dambridge.yaml", **schema}


def configuration_digest(settings: Settings) -> str:
    """A digest over everything that a plan depends on, secrets and the place of the store aside."""
    facts = {
        "accounts": {
            name: {"system": it.system, "base_url": it.base_url} for name, it in sorted(settings.accounts.items())
        },
        "flows": settings.flows.model_dump(mode="json"),
        "maps": settings.maps,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
