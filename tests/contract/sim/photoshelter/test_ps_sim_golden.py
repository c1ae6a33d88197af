"""The examples of the API reference, replayed on the wire: `golden.yaml` beside this file says what must come back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import yaml

from dambridge_sim.photoshelter.inventory import SECTIONS

from .conftest import V4, Answer, Site, jpeg, multipart

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("golden.yaml").read_text(encoding="utf-8"))
FLOOR = 95
SEED = """
organizations: [Acme Farms]
users: [{email: jane@acme.example, password: secret, name: Jane Doe, role: admin, organization: Acme Farms}]
contacts: [{email: pat@press.example, name: Pat, groups: [press], organization: Acme Farms}]
attributes: [{id: permit_no, name: Permit Number, options: {opt_118: P-118}, organization: Acme Farms}]
containers:
  - {path: Open, type: collection, visibility: everyone}
  - path: Open/Press
    visibility: permission
    access_inherit: true
    permissions:
      - {type: group, name: press, expires: 2026-01-31T00:00:00Z, max_downloads: 99, download_image_filetype: jpeg,
         download_image_size: 2400, download_image_embed: true, download_video_filetype: mp4,
         download_video_format: hd1080, download_audio_filetype: original, download_doc_filetype: original}
"""
IPTC = {
    "title": "Tractor at dawn", "headline": "Dawn run", "caption": "A tractor crosses the north field.", "caption_writer": "JD",
    "keywords": "tractor, dawn, field", "author": "Jane Doe", "position": "Staff", "credit": "Acme Farms", "source": "Acme",
    "copyright": "(c) 2025 Acme Farms", "rights": "Editorial use only", "instructions": "Do not crop logo",
    "edit_status": "approved", "city": "Leeds", "country": "United Kingdom", "country_iso": "GB", "location": "North field",
    "trans_ref": "JOB-118", "web_statement": "https://acme.example/rights", "ci_email": "press@acme.example",
}  # fmt: skip
MEDIA_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT")
CONTAINER_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


class Replay:
    """One account, and what earlier calls gave."""

    def __init__(self, site: Site, known: dict[str, str]) -> None:
        self.site, self.known = site, known

    def filled(self, value: Any) -> Any:
        """Put known values in for `$name`."""
        match value:
            case str():
                return re.sub(r"\$([a-z0-9]+)", lambda found: self.known.get(found[1], found[0]), value)
            case dict():
                return {name: self.filled(each) for name, each in value.items()}
            case list():
                return [self.filled(each) for each in value]
        return value

    def send(self, case: Mapping[str, Any]) -> Answer:
        method, _, where = self.filled(case["call"]).partition(" ")
        path, mark, query = where.partition("?")
        path = path if path.startswith(("/psapi", "/img")) else V4 + path
        kind, body = self._body(case)
        who = case.get("as", "jane")
        key = self.known["key3" if path.startswith("/psapi/v3") else "key"] if who != "keyless" else None
        token = None if who in ("nobody", "keyless") else self.known[who]
        headers = {"X-PS-Api-Key": key, "X-PS-Auth-Token": token, "Content-Type": kind, **case.get("send", {})}
        return self.site.send(method, f"{path}{mark}{quote(query, safe='=&:/,')}", body, headers)

    def _body(self, case: Mapping[str, Any]) -> tuple[str | None, bytes | None]:
        if "raw" in case:
            return case["raw"]["type"], case["raw"]["text"].encode()
        if "json" in case:
            return "application/json", json.dumps(self.filled(case["json"])).encode()
        if "form" in case:
            return "application/x-www-form-urlencoded", urlencode(self.filled(case["form"])).encode()
        if "multipart" in case:
            fields: dict[str, str] = self.filled(case["multipart"])
            if "file" not in case:
                return multipart(fields, None)
            name, text = case["file"]
            return multipart(fields, (name, jpeg(5) if text == "@jpeg" else text.encode()))
        return None, None

    def differences(self, wanted: Any, got: Any, where: str = "") -> list[str]:
        """Say where a reply is not what the example says."""
        wanted = self.filled(wanted) if isinstance(wanted, str) else wanted
        match wanted:
            case dict():
                if not isinstance(got, dict):
                    return [f"{where}: an object, not {got!r}"]
                names = set(wanted) - {"..."}
                wrong = [f"{where}.{name}: missing" for name in sorted(names - set(got))]
                if "..." not in wanted:
                    wrong += [f"{where}.{name}: not in the example" for name in sorted(set(got) - names)]
                for name in sorted(names & set(got)):
                    wrong += self.differences(wanted[name], got[name], f"{where}.{name}")
                return wrong
            case list():
                items = wanted[:-1] if wanted[-1:] == ["..."] else wanted
                if not isinstance(got, list) or len(got) < len(items) or (items is wanted and len(got) > len(items)):
                    return [f"{where}: a list of {len(wanted)}, not {got!r}"]
                return [
                    each
                    for place, item in enumerate(items)
                    for each in self.differences(item, got[place], f"{where}[{place}]")
                ]
            case str() if wanted.startswith("<"):
                return [] if _is(wanted, got) else [f"{where}: {wanted}, not {got!r}"]
        if type(wanted) is type(got) and wanted == got:
            return []
        if isinstance(wanted, str) and "$code" in wanted and isinstance(got, str):
            before, after = wanted.split("$code", 1)  # the one value that a header makes known
            if got.startswith(before) and got.endswith(after):
                self.known["code"] = got[len(before) : len(got) - len(after)]
                return []
        return [f"{where}: {wanted!r}, not {got!r}"]


def _is(kind: str, value: Any) -> bool:
    if kind == "<any>":
        return True
    if kind == "<int>":
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, str) or not value:
        return False
    if kind.startswith("<id:"):
        return len(value) == 16 and value.startswith(kind[4:-1])
    pattern = {"<media time>": MEDIA_TIME, "<container time>": CONTAINER_TIME}.get(kind)
    return pattern is None or pattern.fullmatch(value) is not None


@pytest.fixture
def replay(site: Site, tmp_path: Path) -> Replay:
    """The account of the examples: Acme Farms with its galleries and three files."""
    (tmp_path / "library.yaml").write_text(
        SEED.replace("{path: Open,", "{organization: Acme Farms, path: Open,").replace(
            "- path: Open/Press", "- organization: Acme Farms\n    path: Open/Press"
        )
    )
    assert site.control("POST", "/reset", {"seed": str(tmp_path)}).status == 200
    login = {"email": "jane@acme.example", "password": "secret"}

    def sign_in() -> None:
        body = site.call("POST", "/authenticate", login).json()
        site.token = body["token"]
        site.call("POST", "/organization/authenticate", {"org_id": body["org"][0]["id"]})

    def made(path: str, **form: str) -> str:
        return str(site.call("POST", path, form).data["id"])

    credentials = site.served.credentials
    known = {"key": str(credentials["api_key"]), "key3": str(credentials["api_key_v3"])}
    site.token = None
    sign_in()
    known["press"] = site.gallery("Press")
    opened = site.get("/collections", name="Open").data[0]["id"]
    site.set_clock("2024-02-01T09:00:00Z")
    known["riverbend"] = made("/collections", name="Riverbend")
    site.call("PATCH", f"/collections/{known['riverbend']}", {"is_listed": "true"})
    known["old"] = made("/collections", name="Old", parent=known["riverbend"])
    made("/galleries", name="Pasture", parent=known["riverbend"])
    site.set_clock("2025-03-04T10:00:00Z")
    sign_in()
    known["harvest"] = made("/galleries", name="Harvest 2025", description="Field crew", parent=known["riverbend"])
    made("/galleries", name="Loose", description="Field crew")
    site.call("PATCH", f"/collections/{opened}", {"parent": known["old"]})
    where = {"containers": ["Riverbend/Harvest 2025"], "organization": "Acme Farms", "owner": login["email"]}
    site.set_clock("2025-05-11T16:20:00Z")
    known["tractor"] = site.put(
        jpeg(1, (5472, 3648)), "tractor_001.jpg", iptc=IPTC, rating=3, model_released=True, custom={"permit_no": "P-118"},
        ml_tags=["tractor", "field"], license_expires="2026-01-31", reviews={"Spring": "up"},
        updated_at="2025-05-12T08:00:00Z", **where,
    )  # fmt: skip
    site.set_clock("2025-05-12T07:00:00Z")
    known["drone"] = site.put(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "drone_clip1.mp4", **where)
    site.set_clock("2025-05-12T08:00:00Z")
    known["paper"] = site.put(b"%PDF-1.4 a contract", "contract.pdf", **where)
    sign_in()
    session = site.get("/user/session").data["attributes"]
    host = urlsplit(site.served.url).netloc
    known |= {"org": session["org_id"], "jane_id": session["user_id"], "host": host, "origin": site.served.url}
    return Replay(site, known | {"token": str(site.token)})


def test_every_example_of_the_reference_is_answered_as_it_says(replay: Replay) -> None:
    wrong: list[str] = []
    who = replay.known.pop("jane_id")
    for number, case in enumerate(CASES):
        # `jane` stands for her id in bodies, and for her token where a case says who calls.
        replay.known["jane"] = replay.known["token"]
        replay.site.control("POST", "/traffic", case.get("traffic", {}))
        for _ in range(case.get("repeat", 1)):
            answer = replay.send(case)
        replay.known["jane"] = who
        name = f"{number} {case['section']} {case['call'][:60]}"
        if answer.status != case.get("expect", 200):
            wrong.append(f"{name}: status {answer.status}: {answer.body[:200]!r}")
            continue
        found = [] if "body" not in case else replay.differences(case["body"], answer.json())
        for header, value in case.get("headers", {}).items():
            found += replay.differences(value, answer.headers.get(header), header)
        if "bytes" in case and answer.body != case["bytes"].encode():
            found.append(f"bytes {answer.body[:40]!r}")
        wrong += [f"{name}: {each}" for each in found]
        for variable, path in case.get("save", {}).items():
            value = answer.json()
            for part in path.split("."):
                value = value[int(part)] if part.isdigit() else value[part]
            replay.known[variable] = value
    print(f"{len(CASES)} examples replayed")
    assert wrong == []
    assert len(CASES) >= FLOOR


def test_the_examples_cover_every_section_of_the_reference() -> None:
    covered = {case["section"] for case in CASES}
    assert set(SECTIONS) - covered == {"E8"}, "E8 has no example, and no answer of its own"
    assert {"4.2", "4.3", "4.4", "4.6", "7"} <= covered


def test_the_comparison_sees_what_is_missing_wrong_and_too_much(site: Site) -> None:
    replay = Replay(site, {"id": "x"})
    assert replay.differences({"a": 1, "b": [{"c": "$id"}]}, {"a": 1, "b": [{"c": "x"}]}) == []
    for wanted, got in (
        ({"a": 1}, {}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": []}, {"a": [1]}),
        ({"a": [1, "..."]}, {"a": []}),
        ({"a": None}, {"a": ""}),
        ({"a": "<id:I0000>"}, {"a": "I0001abcdefghijk"}),
        ({"a": "<media time>"}, {"a": "2025-01-01T00:00:00"}),
    ):
        assert len(replay.differences(wanted, got)) == 1, (wanted, got)
