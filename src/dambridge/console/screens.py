"""Every screen's routes."""

from __future__ import annotations

from fastapi import APIRouter

from dambridge.console import orders, overview, signing_in

SCREENS: tuple[APIRouter, ...] = (signing_in.router, orders.router, overview.router)
