"""`make demo`: both simulators with a library of real photographs, the flows run by their real commands, the outcome
compared with a manifest that a person wrote. First approved photographs arrive; then (`demo_outward`) what may be shown goes
out and comes back. Exit status 0 only if all is as the manifest says.

    make demo                              leaves the console and both systems' pages open until Ctrl-C
    make demo ARGS="--headless --json"     ends by itself and prints one JSON document
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from compare_demo import MANIFEST, differences, read_state
from demo_console import console
from demo_outward import Stand, second_act
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LIBRARY = ROOT / ".cache" / "demo" / "photoshelter"
WORK = ROOT / ".cache" / "demo" / "work"
SITE = ROOT / "examples" / "demo" / "netx"
CONFIG = """\
accounts:
  agency:
    system: photoshelter
    base_url: {ps_url}
    api_key: env:DEMO_PS_KEY
    email: {ps_email}
    password: env:DEMO_PS_PASSWORD
    org_id: {ps_org}
    rate: 500
    burst: 50
  archive:
    system: netx
    base_url: {nx_url}
    token: env:DEMO_NX_TOKEN
    rate: 500
    burst: 50
flows:
  intake:
    from: agency
    to: archive
    mode: approved
    select:
      galleries: ["Intake/**", "Approved/**"]
    approval: {{carrier: edit_status, approved: [approved], rejected: [rejected]}}
    place: {{folder: "PhotoShelter/{{year}}/{{gallery}}"}}
    required: [credit]
map_file: {map_file}
store: {{path: data}}
"""


@dataclass(frozen=True, slots=True)
class Simulator:
    """A simulator that runs: where, and with which credentials it lets in."""

    url: str
    credentials: Mapping[str, str]


def main() -> int:
    options = argparse.ArgumentParser(description="See dambridge work without any account.")
    options.add_argument("--headless", action="store_true", help="end when done instead of leaving the pages open")
    options.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the simulators end with it
    talk = Console(stderr=True, quiet=chosen.json)
    begun = time.monotonic()
    talk.print("Building the library of photographs …")
    subprocess.run(
        [str(BIN / "python"), str(ROOT / "scripts" / "build_demo_library.py")], check=True, stdout=sys.stderr
    )
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with ExitStack() as stack:
        photoshelter = stack.enter_context(simulator("photoshelter", "--seed", str(LIBRARY)))
        netx = stack.enter_context(simulator("netx", "--seed", str(SITE)))
        environment = configure(photoshelter, netx)
        told = run_stages(photoshelter, netx, environment, talk)
        told["outward"] = outward(photoshelter, netx, environment, talk)
        told["differences"] += [f"outward: {it}" for it in told["outward"]["differences"]]
        told["as_the_manifest_says"] = not told["differences"]
        told["seconds"] = round(time.monotonic() - begun, 1)
        told["pages"] = {"photoshelter": photoshelter.url, "netx": netx.url}
        if chosen.json:
            print(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            show(told)
        if not chosen.headless:
            leave_open(photoshelter, netx, environment, talk)
    return 0 if told["as_the_manifest_says"] else 1


@contextmanager
def simulator(system: str, *arguments: str) -> Iterator[Simulator]:
    """A simulator in a process of its own on a free port; it ends with this one."""
    command = [str(BIN / "dambridge-sim"), system, "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"The {system} simulator did not start; its words are above.")
        ready = json.loads(line)
        yield Simulator(ready["url"], ready["credentials"])
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def configure(photoshelter: Simulator, netx: Simulator) -> dict[str, str]:
    """Write the configuration; secrets go by the environment, as they should."""
    ps = photoshelter.credentials
    (WORK / "dambridge.yaml").write_text(
        CONFIG.format(
            map_file=ROOT / "examples" / "demo" / "map.yaml",
            ps_url=photoshelter.url,
            ps_email=ps["email"],
            ps_org=ps["org_id"],
            nx_url=netx.url,
        ),
        encoding="utf-8",
    )
    return {
        **os.environ,
        "DEMO_PS_KEY": ps["api_key"],
        "DEMO_PS_PASSWORD": ps["password"],
        "DEMO_NX_TOKEN": netx.credentials["token"],
    }


def dambridge(environment: Mapping[str, str], *arguments: str) -> tuple[int, Any]:
    """One command as a person would type it, with its exit status and its JSON."""
    command = [str(BIN / "dambridge"), "--config", str(WORK / "dambridge.yaml"), "--json", *arguments]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.stderr:
        sys.stderr.write(done.stderr)
    try:
        return done.returncode, json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"`dambridge {' '.join(arguments)}` printed no JSON: {done.stdout[:500]}") from None


def run_stages(
    photoshelter: Simulator, netx: Simulator, environment: Mapping[str, str], talk: Console
) -> dict[str, Any]:
    """Check, preview, then stage by stage: what people do, a run, the comparison."""
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    code, check = dambridge(environment, "check")
    told: dict[str, Any] = {
        "check": check,
        "stages": [],
        "differences": [] if code == 0 else ["`check` found mistakes"],
    }
    code, plan = dambridge(environment, "plan")
    told["plan"] = {
        "plan": plan.get("plan"),
        "counts": plan.get("counts"),
        "forecast": plan.get("forecast"),
        "exit_code": code,
    }
    for stage in manifest["stages"]:
        talk.print(f"{stage['says']}")
        ids = {source_key(it): it["id"] for it in read_state(photoshelter.url)}
        for edit in stage["person"]:
            person_edits(photoshelter.url, ids[edit["key"]], {k: v for k, v in edit.items() if k != "key"})
        before = last_seq(netx.url)
        code, document = dambridge(environment, "run", "--once")
        changed = changes_after(netx.url, before)
        run = document["flows"]["intake"]
        wrong = differences(read_state(netx.url), stage["name"], photoshelter=read_state(photoshelter.url), run=run)
        if stage["name"] == "settled" and changed:
            wrong.append(f"the settled run changed NetX {changed} times")
        told["stages"].append(
            {
                "stage": stage["name"],
                "exit_code": code,
                "run": document,
                "changes_in_netx": changed,
                "differences": wrong,
            }
        )
        told["differences"] += [f"{stage['name']}: {it}" for it in wrong]
    code, verified = dambridge(environment, "verify")
    told["verify"] = verified
    if code:
        told["differences"].append("`verify` found something wrong")
    told["flows"] = told["stages"][0]["run"]["flows"]
    told["run_id"] = told["stages"][0]["run"]["run_id"]
    told["as_the_manifest_says"] = not told["differences"]
    return told


def outward(photoshelter: Simulator, netx: Simulator, environment: Mapping[str, str], talk: Console) -> dict[str, Any]:
    """The second act."""
    stand = Stand(photoshelter.url, netx.url, WORK, partial(dambridge, environment), talk.print)
    return second_act(stand, yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["outward"])


def source_key(asset: Mapping[str, Any]) -> str:
    return f"{(asset.get('containers') or [''])[0].strip('/')}/{asset['file_name']}"


def person_edits(url: str, asset: str, meta: Mapping[str, Any]) -> None:
    """What a person does in PhotoShelter between two runs."""
    boundary = "----dambridge-demo"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n'
        f"{json.dumps(meta)}\r\n--{boundary}--\r\n"
    ).encode()
    request = urllib.request.Request(
        f"{url}/__sim__/assets/{urllib.parse.quote(asset)}",
        data=body,
        method="PATCH",
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    urllib.request.urlopen(request, timeout=30).close()


def journal(url: str, after: int) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/__sim__/journal?after={after}", timeout=60) as answer:
        return [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]


def last_seq(url: str) -> int:
    return max((it["seq"] for it in journal(url, 0)), default=0)


def changes_after(url: str, seq: int) -> int:
    return sum(1 for it in journal(url, seq) if it["changed"])


def show(told: Mapping[str, Any]) -> None:
    """What happened, as two tables for people."""
    console = Console()
    show_arrivals(told, console)
    show_outward(told["outward"], console)
    for it in told["differences"]:
        console.print(f"  {it}", style="red", markup=False)


def show_arrivals(told: Mapping[str, Any], console: Console) -> None:
    outcomes = ("seen", "done", "unchanged", "skipped", "waiting", "quarantined", "failed")
    drawn = Table(title="What happened", title_justify="left", title_style="bold", header_style="bold")
    drawn.add_column("assets")
    for stage in told["stages"]:
        drawn.add_column(stage["stage"].replace("_", " "), justify="right")
    flows = [stage["run"]["flows"]["intake"] for stage in told["stages"]]
    for outcome in outcomes:
        drawn.add_row(outcome, *(str(flow[outcome]) for flow in flows))
    drawn.add_row("moved", *(f"{flow['bytes'] / 1e6:.1f} MB" for flow in flows))
    verdicts = [
        f"[red]no: {len(it['differences'])}[/]" if it["differences"] else "[green]yes[/]" for it in told["stages"]
    ]
    drawn.add_row("as the manifest says", *verdicts)
    console.print(drawn)
    if not any(stage["differences"] for stage in told["stages"]):
        console.print("Every photograph is where the manifest says, byte for byte, with every field.\n", style="green")


def show_outward(told: Mapping[str, Any], console: Console) -> None:
    """What went out and came back: who sees how many files after each run."""
    drawn = Table(title="What went out, and came back", title_justify="left", title_style="bold", header_style="bold")
    drawn.add_column("files in sight")
    for stage in told["stages"]:
        drawn.add_column(stage["stage"].replace("_", " "), justify="right")
    for outlet in told["who_has"]:
        drawn.add_row(outlet, *(str(stage["in_sight"][outlet]) for stage in told["stages"]))
    for words, outcome in (("brought, changed or taken out", "done"), ("waiting, with a reason", "waiting")):
        drawn.add_row(words, *(str(_outward_sum(stage, outcome)) for stage in told["stages"]))
    drawn.add_row("on the simulated day", *(stage["at"][:10] for stage in told["stages"]))
    verdicts = [
        f"[red]no: {len(it['differences'])}[/]" if it["differences"] else "[green]yes[/]" for it in told["stages"]
    ]
    drawn.add_row("as the manifest says", *verdicts)
    console.print(drawn)
    if told["as_the_manifest_says"]:
        console.print(
            "Nobody ever saw what was not permitted: PhotoShelter's own record of who saw what says so. What rested on a "
            f"licence was gone before it ended; {len(told['withdrawals'])} signed records prove it.",
            style="green",
        )


def _outward_sum(stage: Mapping[str, Any], outcome: str) -> int:
    return sum(stage["run"]["flows"][flow][outcome] for flow in ("publish", "syndicate"))


def leave_open(photoshelter: Simulator, netx: Simulator, environment: Mapping[str, str], talk: Console) -> None:
    with console(WORK / "dambridge.yaml", environment) as it:
        talk.print("\nLook for yourself, until Ctrl-C:")
        talk.print(
            f"  the console   {it.url}/   name {it.name}   password {it.password}", markup=False, highlight=False
        )
        talk.print(f"  PhotoShelter  {photoshelter.url}/\n  NetX          {netx.url}/")
        talk.print(f"  configuration {WORK / 'dambridge.yaml'} (its secrets are in this process's environment)")
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            talk.print("Closed.")


if __name__ == "__main__":
    sys.exit(main())
