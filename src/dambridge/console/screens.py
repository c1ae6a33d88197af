"""Every screen's routes."""

from __future__ import annotations

from fastapi import APIRouter

from dambridge.console import (
    assets,
    audit,
    charts,
    conflicts,
    machine,
    maps,
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
    store,
    streams,
    terms,
    users,
    vocabularies,
    webhooks,
    withdrawals,
)

_MODULES = (
    signing_in,
    pictures,
    oidc,
    orders,
    streams,
    overview,
    charts,
    searching,
    sending,
    runs,
    assets,
    conflicts,
    terms,
    vocabularies,
    quarantine,
    review,
    plans,
    pairing,
    rights,
    withdrawals,
    machine,
    webhooks,
    maps,
    store,
    users,
    audit,
)
SCREENS: tuple[APIRouter, ...] = tuple(it.router for it in _MODULES)
