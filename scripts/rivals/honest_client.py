"""The rival of `make bench`: a minimal honest client. It makes the same calls, hashes and metadata reads as dambridge and
keeps no state: no ledger, no plan, no recovery, no limits. What it takes is what the work itself takes.

    python honest_client.py '{"ps": {...}, "nx": {...}, "gallery": "G0000…", "concurrency": 8, "exiftool": "…"}'
    python honest_client.py --bare '{…}'      only GET and POST of the bytes: no fields, no hashes, no checks
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

FIELDS = {
    "title": "Title",
    "headline": "Headline",
    "caption": "Caption",
    "author": "Creator",
    "credit": "Credit",
    "source": "Source",
    "copyright": "Copyright Notice",
    "rights": "Usage Terms",
    "city": "City",
    "country": "Country",
}


class ExifTool:
    """One process that stays open; reads one file per call."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def read(self, path: Path) -> Any:
        async with self._lock:
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    *("perl", self._program, "-config", "", "-stay_open", "True", "-@", "-"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=1 << 24,
                )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            call = [
                "-j",
                "-G1",
                "-struct",
                "-n",
                "-IPTC:all",
                "-XMP:all",
                "-IFD0:all",
                "-ExifIFD:all",
                str(path),
                "-execute",
            ]
            self._process.stdin.write(("\n".join(call) + "\n").encode())
            said = await self._process.stdout.readuntil(b"{ready}\n")
            return json.loads(said[: said.rindex(b"{ready}")])

    async def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(b"-stay_open\nFalse\n")
            await self._process.wait()


class Client:
    """Two sessions, a berth folder per slot, and nothing remembered."""

    def __init__(self, ps: dict[str, str], nx: dict[str, str], http: aiohttp.ClientSession, exiftool: ExifTool) -> None:
        self._ps, self._nx, self._http, self._exiftool = ps, nx, http, exiftool
        self._headers = {"X-PS-Api-Key": ps["api_key"]}
        self._token = {"Authorization": f"apiToken {nx['token']}"}
        self.bytes = 0

    async def sign_in(self) -> None:
        form = {"email": self._ps["email"], "password": self._ps["password"], "mode": "token"}
        async with self._http.post(
            f"{self._ps['url']}/psapi/v4.0/authenticate", data=form, headers=self._headers
        ) as it:
            self._headers["X-PS-Auth-Token"] = (await it.json())["token"]
        form = {"org_id": self._ps["org_id"]}
        async with self._http.post(
            f"{self._ps['url']}/psapi/v4.0/organization/authenticate", data=form, headers=self._headers
        ):
            pass

    async def members(self, gallery: str) -> AsyncIterator[str]:
        page = 1
        while True:
            query = {"page": str(page), "per_page": "1000"}
            url = f"{self._ps['url']}/psapi/v4.0/galleries/{gallery}/children"
            async with self._http.get(url, params=query, headers=self._headers) as it:
                data = (await it.json())["data"]
            for item in data:
                yield item["id"]
            if len(data) < 1000:
                return
            page += 1

    async def rpc(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        async with self._http.post(f"{self._nx['url']}/api/rpc", json=body, headers=self._token) as it:
            answer = await it.json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    async def upload(self, folder: int, name: str, data: bytes) -> int:
        form = aiohttp.FormData()
        form.add_field("folderId", str(folder))
        form.add_field("fileName", name)
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
        async with self._http.post(f"{self._nx['url']}/api/import/asset", data=form, headers=self._token) as it:
            return int((await it.json())["id"])

    async def download(self, asset: str) -> bytes:
        query = {"download_filetype": "original", "download_image_embed": "false"}
        url = f"{self._ps['url']}/psapi/v4.0/media/{asset}/download"
        async with self._http.get(url, params=query, headers=self._headers) as it:
            data = await it.read()
        self.bytes += len(data)
        return data

    async def carry(self, asset: str, berth: int, final: int) -> None:
        """One asset, honestly: read, hash, look inside, deliver, describe, place, read back, compare."""
        url = f"{self._ps['url']}/psapi/v4.0/media/{asset}"
        async with self._http.get(url, params={"include": "iptc"}, headers=self._headers) as it:
            record = (await it.json())["data"]
        async with self._http.get(
            f"{url}/galleries", params={"mode": "library", "include": "gallery"}, headers=self._headers
        ) as it:
            await it.json()
        data = await self.download(asset)
        sha256, md5 = hashlib.sha256(data).hexdigest(), hashlib.md5(data, usedforsecurity=False).hexdigest()
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(data)
            file.flush()
            await self._exiftool.read(Path(file.name))
        name = record["attributes"]["file_name"]
        remote = await self.upload(berth, f"{sha256[:20]}.jpg", data)
        groups = {"data": ["asset.id", "asset.base", "asset.file", "asset.attributes", "asset.folders"]}
        await self.rpc("getAssets", [remote], groups)
        iptc = record["includes"]["iptc"]["data"]["attributes"]
        attributes = {ours: [str(iptc[theirs])] for theirs, ours in FIELDS.items() if iptc.get(theirs)}
        attributes["Source Id"] = [asset]
        await self.rpc(
            "updateAsset",
            {"id": remote, "name": iptc.get("title") or name, "fileName": name, "attributes": attributes},
            groups,
        )
        await self.rpc("addAssetToFolder", remote, final, {"data": ["asset.id"]})
        await self.rpc("removeAssetFromFolder", remote, berth, {"data": ["asset.id"]})
        (back,) = await self.rpc("getAssets", [remote], groups)
        if back["file"]["checksum"] != md5 or any(back["attributes"][k] != v for k, v in attributes.items()):
            raise RuntimeError(f"{asset} did not arrive as it was sent")

    async def carry_bare(self, asset: str, berth: int) -> None:
        await self.upload(berth, f"{asset}.jpg", await self.download(asset))


async def main(given: dict[str, Any], *, bare: bool) -> dict[str, Any]:
    exiftool = ExifTool(given.get("exiftool", ""))
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        client = Client(given["ps"], given["nx"], http, exiftool)
        begun = time.monotonic()
        await client.sign_in()
        slots: asyncio.Queue[int] = asyncio.Queue()
        for slot in range(given["concurrency"]):
            slots.put_nowait(
                (await client.rpc("createFolderFromPath", f"rival/berth-{slot}", {"data": ["folder.id"]}))["id"]
            )
        final = (await client.rpc("createFolderFromPath", "rival/final", {"data": ["folder.id"]}))["id"]
        ids = [it async for it in client.members(given["gallery"])]

        async def one(asset: str) -> None:
            berth = await slots.get()
            try:
                await (client.carry_bare(asset, berth) if bare else client.carry(asset, berth, final))
            finally:
                slots.put_nowait(berth)

        async with asyncio.TaskGroup() as group:
            for asset in ids:
                group.create_task(one(asset))
        seconds = time.monotonic() - begun
    await exiftool.close()
    return {
        "assets": len(ids),
        "seconds": round(seconds, 3),
        "assets_per_s": round(len(ids) / seconds, 1),
        "bytes": client.bytes,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(json.loads(sys.argv[-1]), bare="--bare" in sys.argv))))
