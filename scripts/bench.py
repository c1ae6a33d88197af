"""`make bench`: rows of the plan's table of figures, each beside its rival in the same run, as ratios.

    make bench                       all rows
    make bench ARGS="--rows files"   files per second and format alone
    make bench ARGS="--assets 500"   a shorter first row

Row 1: assets of 500 kB, all fields, verified, beside a minimal honest client (same calls, hashes and metadata reads, no state), a
bare GET-and-POST loop and, where it is installed, rclone. Row 3: 100 ms latency and 20 calls/s per account, under a token bucket
and under a fixed window: how much of the allowed calls is used, and how many are refused. Row `sweep`: the ids of 1,000,000 +
1,000,000 assets held against the store, in own CPU and memory. Row `search`: answers from the index of 1,000,000 assets, beside
SQLite's FTS5 alone. Row files: reading and writing each format beside a bare ExifTool.
Evidence goes to `docs/evidence/`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from bench_files import row_files
from bench_search import row_search
from PIL import Image
from setup_environment import apt, can_apt

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
EVIDENCE = ROOT / "docs" / "evidence"


@contextmanager
def simulator(system: str, *arguments: str) -> Iterator[dict[str, Any]]:
    command = [str(BIN / "dambridge-sim"), system, "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=20)


def control(url: str, path: str, body: Any) -> None:
    request = urllib.request.Request(url + path, data=json.dumps(body).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request, timeout=60).close()


def journal(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/__sim__/journal?after=0", timeout=120) as answer:
        return [json.loads(it) for it in answer.read().decode().splitlines() if it.strip()]


def seed_library(folder: Path, count: int, size: int) -> None:
    """`count` approved JPEGs of `size` bytes, each different, with all the fields that a picture desk fills in."""
    plain = BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").save(plain, "JPEG", quality=80)
    sound = plain.getvalue()
    files: dict[str, Any] = {}
    for number in range(count):
        filler = (b"\xff\xfe\xff\xff" + number.to_bytes(8, "big") * 8192)[: 65535 + 2]
        data = sound[:2] + filler * max(0, (size - len(sound)) // len(filler)) + sound[2:]
        name = f"bench-{number:05d}.jpg"
        (folder / name).write_bytes(data)
        files[name] = {
            "file_name": name,
            "containers": ["Intake/Bench"],
            "iptc": {
                "title": f"Title {number}",
                "headline": "A headline",
                "caption": f"Caption number {number}, long enough to be one.",
                "author": "Jane Doe",
                "credit": "Riverbend",
                "source": "Riverbend",
                "copyright": "© 2026 Riverbend",
                "rights": "Editorial use only",
                "city": "Leeds",
                "country": "United Kingdom",
                "edit_status": "approved",
            },
        }
    (folder / "library.yaml").write_text(yaml.safe_dump({"files": files}), encoding="utf-8")


def configuration(
    folder: Path,
    ps: Mapping[str, Any],
    nx: Mapping[str, Any],
    *,
    rate: float,
    burst: int,
    concurrency: int,
    window: float = 0,
) -> Path:
    credentials = ps["credentials"]
    document = {
        "accounts": {
            "agency": {
                "system": "photoshelter",
                "base_url": ps["url"],
                "api_key": credentials["api_key"],
                "email": credentials["email"],
                "password": credentials["password"],
                "org_id": credentials["org_id"],
                "rate": rate,
                "burst": burst,
                **({"window": window} if window else {}),
            },
            "archive": {
                "system": "netx",
                "base_url": nx["url"],
                "token": nx["credentials"]["token"],
                "rate": rate,
                "burst": burst,
                **({"window": window} if window else {}),
            },
        },
        "flows": {"intake": {"from": "agency", "to": "archive", "select": {"galleries": ["Intake/**"]}}},
        "store": {"path": "data"},
        "engine": {"concurrency": concurrency},
    }
    path = folder / "dambridge.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def dambridge(config: Path) -> tuple[dict[str, Any], float]:
    begun = time.monotonic()
    done = subprocess.run(
        [str(BIN / "dambridge"), "--config", str(config), "--json", "run", "--once"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 3}:
        raise SystemExit(f"dambridge ended with {done.returncode}: {done.stderr or done.stdout}")
    return json.loads(done.stdout), time.monotonic() - begun


def gallery_id(ps: Mapping[str, Any]) -> str:
    with urllib.request.urlopen(f"{ps['url']}/__sim__/journal?after=0", timeout=30):
        pass
    key, login = ps["credentials"]["api_key"], ps["credentials"]
    base = f"{ps['url']}/psapi/v4.0"
    body = f"email={login['email']}&password={login['password']}&mode=token".encode()
    request = urllib.request.Request(f"{base}/authenticate", data=body, headers={"X-PS-Api-Key": key})
    token = json.load(urllib.request.urlopen(request, timeout=30))["token"]
    headers = {"X-PS-Api-Key": key, "X-PS-Auth-Token": token}
    organisation = urllib.request.Request(
        f"{base}/organization/authenticate", data=f"org_id={login['org_id']}".encode(), headers=headers
    )
    urllib.request.urlopen(organisation, timeout=30).close()
    found = urllib.request.Request(f"{base}/galleries?name=Bench&page=1&per_page=10", headers=headers)
    return str(json.load(urllib.request.urlopen(found, timeout=30))["data"][0]["id"])


def rival(ps: Mapping[str, Any], nx: Mapping[str, Any], *, bare: bool, concurrency: int) -> dict[str, Any]:
    given = {
        "ps": {"url": ps["url"], **ps["credentials"]},
        "nx": {"url": nx["url"], **nx["credentials"]},
        "gallery": gallery_id(ps),
        "concurrency": concurrency,
        "exiftool": str(ROOT / ".tools" / "node_modules" / "exiftool-vendored.pl" / "bin" / "exiftool"),
    }
    command = [
        str(BIN / "python"),
        str(ROOT / "scripts" / "rivals" / "honest_client.py"),
        *(["--bare"] if bare else []),
        json.dumps(given),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the rival failed: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row_one(assets: int, size: int, concurrency: int) -> dict[str, Any]:
    """Ours, the honest client, the bare loop, in turn, each into an empty NetX."""
    with tempfile.TemporaryDirectory(prefix="dambridge-bench-") as name:
        folder = Path(name)
        (folder / "library").mkdir()
        seed_library(folder / "library", assets, size)
        with simulator("photoshelter", "--seed", str(folder / "library")) as ps:
            with simulator("netx") as nx:
                honest = rival(ps, nx, bare=False, concurrency=concurrency)
            with simulator("netx") as nx:
                bare = rival(ps, nx, bare=True, concurrency=concurrency)
            with simulator("netx") as nx:
                run, wall = dambridge(configuration(folder, ps, nx, rate=100000, burst=1000, concurrency=concurrency))
                flow = run["flows"]["intake"]
    if flow["done"] != assets:
        raise SystemExit(f"only {flow['done']} of {assets} assets arrived: {flow}")
    ours = assets / flow["seconds"]
    return {
        "assets": assets,
        "bytes_each": size,
        "dambridge": {"assets_per_s": round(ours, 1), "seconds": flow["seconds"], "seconds_with_start": round(wall, 1)},
        "calls_per_asset": {account: round(calls / assets, 2) for account, calls in flow["calls"].items()},
        "honest_client": honest,
        "bare_loop": bare,
        "rclone": rclone(),
        "ratio_to_honest_client": round(ours / honest["assets_per_s"], 3),
        "ratio_to_bare_loop": round(ours / bare["assets_per_s"], 3),
        "must_reach": 0.7,
    }


def rclone() -> dict[str, Any]:
    """rclone moves files, no fields, over WebDAV, which it paces itself; it speaks neither API."""
    if shutil.which("rclone") is None and can_apt():
        apt("rclone")
    if shutil.which("rclone") is None:
        return {"files_per_s": None, "note": "not installed (Debian: apt install rclone)"}
    with tempfile.TemporaryDirectory(prefix="dambridge-rclone-") as name:
        return {
            "files_per_s": round(rclone_rate(Path(name)), 1),
            "note": "500 files of 500 kB; its WebDAV paces itself",
        }


def rclone_rate(folder: Path) -> float:
    """Files per second from one folder to another through rclone's own WebDAV server."""
    (folder / "from").mkdir()
    (folder / "to").mkdir()
    for number in range(500):
        (folder / "from" / f"{number}.bin").write_bytes(os.urandom(500_000))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen(
        ["rclone", "serve", "webdav", str(folder / "to"), "--addr", address], stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(address)
        begun = time.monotonic()
        subprocess.run(
            ["rclone", "copy", str(folder / "from"), f":webdav,url='http://{address}':", "--transfers", "8"],
            check=True,
            capture_output=True,
        )
        return 500 / (time.monotonic() - begun)
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_for_port(address: str) -> None:
    host, _, port = address.partition(":")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens at {address}")


def row_three(assets: int) -> list[dict[str, Any]]:
    """20 calls/s and 100 ms: how full the allowance is used, and whether a call was refused."""
    rows = []
    for shape in ("token_bucket", "fixed_window"):
        with tempfile.TemporaryDirectory(prefix="dambridge-bench-") as name:
            folder = Path(name)
            (folder / "library").mkdir()
            seed_library(folder / "library", assets, 60_000)
            with simulator("photoshelter", "--seed", str(folder / "library")) as ps, simulator("netx") as nx:
                traffic: dict[str, Any] = {"latency_ms": 100, "rate_per_s": 20, "burst": 20}
                if shape == "fixed_window":
                    traffic["window_s"] = 1
                for it in (ps, nx):
                    control(it["url"], "/__sim__/traffic", traffic)
                window = 1 if shape == "fixed_window" else 0
                config = configuration(folder, ps, nx, rate=20, burst=20, concurrency=16, window=window)
                begun = time.monotonic()
                run, _ = dambridge(config)
                seconds = time.monotonic() - begun
                rows.append({"shape": shape, "assets": assets, "seconds": round(seconds, 1), **usage(ps, nx, run)})
    return rows


def row_sweep(assets: int) -> dict[str, Any]:
    """A process of its own, so that its memory is that of the sweep."""
    command = [sys.executable, str(ROOT / "scripts" / "sweep_size.py"), "--assets", str(assets)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=590).stdout
    return {**json.loads(said), "must_reach": {"cpu_seconds": 60, "peak_mb": 400}}


def usage(ps: Mapping[str, Any], nx: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """From the simulators' journals: calls, refusals and the share of the allowance that the busier account used."""
    found: dict[str, Any] = {"calls_per_asset": {}}
    done = run["flows"]["intake"]["done"]
    shares = {}
    for account, it in (("agency", ps), ("archive", nx)):
        calls = [row for row in journal(it["url"]) if not row["path"].startswith("/__sim__")]
        times = sorted(datetime.fromisoformat(row["real"]).timestamp() for row in calls)
        busy = max(times[-1] - times[0], 1e-9)
        found[f"{account}_refused"] = sum(1 for row in calls if row["status"] == 429)
        found["calls_per_asset"][account] = round(len(calls) / max(done, 1), 2)
        shares[account] = len(calls) / (20 * busy + 20)
    found["allowance_used"] = {account: round(share, 3) for account, share in shares.items()}
    found["busier_account_used"] = round(max(shares.values()), 3)
    found["must_reach"] = 0.95
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--assets", type=int, default=2000)
    options.add_argument("--paced", type=int, default=120, help="assets of the third row")
    options.add_argument("--concurrency", type=int, default=16)
    options.add_argument("--rows", default="1,3,sweep,search,files")
    options.add_argument("--files", type=int, default=200, help="files of each format")
    options.add_argument("--swept", type=int, default=1_000_000, help="assets in each account of the row `sweep`")
    options.add_argument("--searched", type=int, default=1_000_000, help="assets in the index of the row `search`")
    options.add_argument(
        "--index",
        default="",
        help="folder or PostgreSQL URL in which the index of the row `search` is kept between runs",
    )
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    rows: dict[str, Any] = {}
    if "1" in chosen.rows.split(","):
        rows["1"] = row_one(chosen.assets, 500_000, chosen.concurrency)
    if "3" in chosen.rows.split(","):
        rows["3"] = row_three(chosen.paced)
    if "sweep" in chosen.rows.split(","):
        rows["sweep"] = row_sweep(chosen.swept)
    if rows:
        write("bench", rows)
    if "search" in chosen.rows.split(","):
        name = "bench_search_postgres" if chosen.index.startswith("postgresql:") else "bench_search"
        write(name, {"search": row_search(chosen.searched, chosen.index)})
    if "files" in chosen.rows.split(","):
        write("bench_files", row_files(chosen.files))
    return 0


def write(name: str, rows: Mapping[str, Any]) -> None:
    """Keep the rows as evidence, with what they were measured on, and show them."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    document = {
        "commit": commit,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rows": rows,
    }
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    (EVIDENCE / f"{name}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
