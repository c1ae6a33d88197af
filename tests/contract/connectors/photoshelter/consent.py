"""A person who lets a program act for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite


async def consent(site: PhotoShelterSite) -> dict[str, str]:
    """What a person gets by registering a client and agreeing in the browser (PS A5)."""
    key = {"X-PS-Api-Key": str(site.served.credentials["api_key"])}
    root, back = f"{site.served.url}/psapi/v4.0", "https://connector.example/back"
    form = {"application_name": "x", "name": "x", "description": "x", "email": "x@example.org", "redirect_uri": back}
    async with aiohttp.ClientSession(headers=key) as session:
        async with session.post(f"{root}/oauth/register", data=form) as reply:
            made = (await reply.json())["data"]["attributes"]
        asked = {"response_type": "code", "client_id": made["client_id"], "redirect_uri": back, "state": "s"}
        asked |= {"api_key": key["X-PS-Api-Key"]}
        async with session.get(f"{root}/oauth/authorize", params=asked, allow_redirects=False) as reply:
            code = URL(reply.headers["Location"]).query["code"]
        client = {"client_id": made["client_id"], "client_secret": made["client_secret"], "redirect_uri": back}
        exchange = {"grant_type": "authorization_code", "code": code, **client}
        async with session.post(f"{root}/oauth/token", data=exchange) as reply:
            tokens = await reply.json()
    return {**client, "refresh_token": tokens["refresh_token"]}
