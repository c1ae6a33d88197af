"""Every screen's routes."""

from __future__ import annotations

from fastapi import APIRouter

from dambridge.console import (
    assets,
    audit,
    conflicts,
    machine,
    oidc,
    orders,
    overview,
    pairing,
    pictures,
    plans,
    quarantine,
    review,
    rights,
    runs,
    searching,
    sending,
    signing_in,
    terms,
    users,
    webhooks,
    withdrawals,
)

_MODULES = (
    signing_in,
    pictures,
    oidc,
    orders,
    overview,
    searching,
    sending,
    runs,
    assets,
    conflicts,
    terms,
    quarantine,
    review,
    plans,
    pairing,
    rights,
    withdrawals,
    machine,
    webhooks,
    users,
    audit,
)
SCREENS: tuple[APIRouter, ...] = tuple(it.router for it in _MODULES)
