"""`load_settings`: every mistake at once, each with its line, the nearest right name and a remedy; no secret in any word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from dambridge.bootstrap import EXAMPLE, ConfigurationWrong, Mistake, load_settings
from dambridge.bootstrap.loading import _STAND_IN
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings

SOUND = """\
accounts:
  agency:
    system: photoshelter
    api_key: canary-key
    email: jane@example.org
    password: canary-password
    org_id: O0000abc
  archive:
    system: netx
    base_url: https://dam.example.org
    token: canary-token
flows:
  intake:
    from: agency
    to: archive
"""
EVERYTHING_WRONG = """\
accounts:
  agency:
    system: photoshelter
    api_key: env:DAMBRIDGE_TEST_NOT_SET
    emial: x@example.org
    password: canary-password
    org_id: "O0000 x"
    rate: fast
  archive:
    system: netx
    base_url: http://dam.example.org
    token: 31415926
  third: {system: netxx}
flows:
  intake:
    from: agencey
    to: agency
    mode: aproved
    select:
      galleries: Intake/**
      media_types: {audoi: skip}
      expression: '"a" in keywrds && title =='
    approval: {carrier: custom}
    place: {folder: "A/{yaer}/{gallery"}
    required: [creditt]
    plan_ttl: two days
    guards: {max_changes: 0}
maps:
  archiv: {credit: X}
  archive: {credti: Credit, title: [1], description: {too: x}}
store: {path: data, url: "mysql://u:canary-database@h/d"}
enigne: {}
"""
EXPECTED: Mapping[str, tuple[int, str]] = {
    "accounts.agency.api_key": (4, "export DAMBRIDGE_TEST_NOT_SET"),
    "accounts.agency.emial": (5, "`email`"),
    "accounts.agency.org_id": (7, "characters"),
    "accounts.agency.rate": (8, "number"),
    "accounts.archive.base_url": (11, "https://"),
    "accounts.archive.token": (12, "quotes"),
    "accounts.third": (13, "system: netx"),
    "flows.intake.from": (16, "`agency`"),
    "flows.intake.to": (17, "netx account"),
    "flows.intake.mode": (18, "`approved`"),
    "flows.intake.select.galleries": (20, "[one, two]"),
    "flows.intake.select.media_types.audoi": (21, "`audio`"),
    "flows.intake.select.expression": (22, "^"),
    "flows.intake.approval": (23, "`field:`"),
    "flows.intake.place.folder": (24, "{yaer}"),
    "flows.intake.required.0": (25, "`credit`"),
    "flows.intake.plan_ttl": (26, "12h"),
    "flows.intake.guards.max_changes": (27, "greater than or equal to 1"),
    "maps.archiv": (29, "`archive`"),
    "maps.archive.credti": (30, "'credit'"),
    "maps.archive.title": (30, "name of a field"),
    "maps.archive.description": (30, "separator"),
    "store.url": (31, "postgresql://"),
    "enigne": (32, "`engine`"),
}


def mistakes(tmp_path: Path, text: str) -> tuple[Mistake, ...]:
    path = tmp_path / "dambridge.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationWrong) as caught:
        load_settings(path)
    assert "canary" not in str(caught.value)
    return caught.value.mistakes


def sound(tmp_path: Path, text: str = SOUND) -> Settings:
    path = tmp_path / "dambridge.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_every_mistake_is_found_at_once_with_its_line_and_remedy(tmp_path: Path) -> None:
    found = mistakes(tmp_path, EVERYTHING_WRONG)
    told = {it.where: it for it in reversed(found)}
    assert set(told) == set(EXPECTED)
    for where, (line, word) in EXPECTED.items():
        assert told[where].line == line, where
        assert word in f"{told[where].what} {told[where].remedy}", where
    assert [it.line for it in found] == sorted(it.line or 0 for it in found)


def test_a_sound_file_has_none(tmp_path: Path) -> None:
    assert sound(tmp_path).flows.intake is not None


@pytest.mark.hazard("P49")
@pytest.mark.parametrize(
    "text",
    [
        "accounts:\n  a:\n    token: canary-1\n    token: canary-2\n",
        "accounts:\n  a:\n    password: *canary\n",
        "accounts:\n  a:\n    password: 'canary\n",
        "accounts:\n  a: canary\n",
        "accounts: canary\n",
        "canary",
        SOUND.replace("token: canary-token", "token: [canary-token]"),
        SOUND.replace("token: canary-token", "tokne: canary-token"),
        SOUND.replace("https://dam.example.org", "https://user:canary@dam.example.org"),
        SOUND + "store: {url: 'mysql://u:canary@h/d'}\n",
        SOUND + "clock: canary\n",
    ],
)
def test_no_mistake_quotes_a_value(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no settings"),
        ("- a\n", "no settings"),
        ("a: [", "not YAML"),
        ("a:\n\tb: 1\n", "A tab stands"),
        ("{}", "must be given"),
        ("accounts:\nflows:\n", "group of options"),
        (SOUND.replace("from: agency", "from:"), "text"),
        (SOUND.replace("  intake:\n    from: agency\n    to: archive\n", "  {}\n"), "No flow is switched on"),
        (SOUND.replace("    token: canary-token\n", ""), "either `token` or `oauth`"),
        (SOUND.replace("  agency:", "  'agen:cy':").replace("from: agency", "from: 'agen:cy'"), "letters, digits"),
        (SOUND.replace("canary-token", "file:no/such/file"), "cannot be read"),
        (SOUND.replace("canary-token", "'file:'"), "cannot be read"),
        (SOUND + "clock: noon\n", "`system`"),
        (
            SOUND.replace(
                "    token: canary-token\n",
                "    token: canary-token\n    write_route: embedded\n    embedded_map: {Title: 'crs:Contrast'}\n",
            ),
            "no XMP name",
        ),
        (SOUND + "    approval: {carrier: gallery}\n", "patterns"),
    ],
)
def test_each_mistake_has_its_words(tmp_path: Path, text: str, word: str) -> None:
    assert word in " ".join(f"{it.what} {it.remedy}" for it in mistakes(tmp_path, text))


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationWrong, match="dambridge init"):
        load_settings(tmp_path / "none.yaml")
    with pytest.raises(ConfigurationWrong, match="cannot be read"):
        load_settings(tmp_path)


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBRIDGE_TEST_TOKEN", "from-environment")
    (tmp_path / "password").write_text("from-file\n", encoding="utf-8")
    text = SOUND.replace("canary-token", "env:DAMBRIDGE_TEST_TOKEN").replace("canary-password", "file:password")
    assert set(sound(tmp_path, text).secrets()) == {"canary-key", "from-file", "from-environment"}
    monkeypatch.setenv("DAMBRIDGE_TEST_TOKEN", "")
    assert "empty" in mistakes(tmp_path, text)[0].what


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("12h", timedelta(hours=12)),
        ("2d", timedelta(days=2)),
        ("1.5h", timedelta(minutes=90)),
        ("PT15M", timedelta(minutes=15)),
        ("60", timedelta(minutes=1)),
    ],
)
def test_spans_of_time_as_people_write_them(tmp_path: Path, written: str, meant: timedelta) -> None:
    assert sound(tmp_path, SOUND + f"engine: {{poll_every: {written}}}\n").engine.poll_every == meant


@pytest.mark.hazard("P50")
def test_a_configuration_with_no_options_is_safe(tmp_path: Path) -> None:
    settings = sound(tmp_path)
    intake = settings.flows.intake
    assert intake is not None
    assert intake.mode == "approved"
    assert intake.target_edits == "keep_target"
    assert intake.verify_bytes == "always"
    assert intake.guards.max_changes is not None
    assert settings.accounts["agency"].rate <= 4
    assert settings.store.path == tmp_path / "dambridge-data"


@pytest.mark.parametrize("address", ["http://127.0.0.1:8101", "http://localhost:8101", "http://[::1]:8101"])
def test_plain_http_is_for_this_machine_alone(tmp_path: Path, address: str) -> None:
    assert sound(tmp_path, SOUND.replace("https://dam.example.org", address))
    assert mistakes(tmp_path, SOUND.replace("https://dam.example.org", "http://127.0.0.1.example.org"))


def test_the_stand_ins_for_broken_accounts_are_accounts() -> None:
    assert PhotoShelterAccount.model_validate(_STAND_IN["photoshelter"])
    assert NetxAccount.model_validate(_STAND_IN["netx"])


def test_the_example_is_sound_once_its_variables_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PHOTOSHELTER_API_KEY", "PHOTOSHELTER_PASSWORD", "NETX_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert len(mistakes(tmp_path, EXAMPLE)) == 3
    for name in ("PHOTOSHELTER_API_KEY", "PHOTOSHELTER_PASSWORD", "NETX_TOKEN"):
        monkeypatch.setenv(name, "given")
    assert sound(tmp_path, EXAMPLE)
