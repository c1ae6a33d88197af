"""The configuration as it is in force, for people: every secret masked."""

from __future__ import annotations

import yaml

from dambridge.bootstrap.settings import Settings


def shown_settings(settings: Settings) -> str:
    """As YAML, what is left at its default left out. Secrets are stars by their type; whatever else quotes one is masked."""
    text = yaml.safe_dump(settings.model_dump(mode="json", exclude_defaults=True), allow_unicode=True, sort_keys=False)
    for secret in settings.secrets():
        text = text.replace(secret, "***") if len(secret) > 3 else text
    return text
