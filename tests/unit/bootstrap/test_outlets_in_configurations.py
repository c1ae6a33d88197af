"""Options of what goes out: the policy that follows, every mistake with its place and remedy, and what `check` says of each
outlet."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import EXAMPLE, ConfigurationWrong, load_settings
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.publish_finding import told_of_outlets
from dambridge.bootstrap.publishing import build_publish
from dambridge.bootstrap.routes import known_accounts
from dambridge.bootstrap.settings import Settings
from dambridge.model.identity import AccountId, CopyRole, FlowName, RemoteId
from dambridge.model.publications import AgreedAudience
from dambridge.model.rights import EVERYWHERE, Fact
from dambridge.policy.outlets import STAND_IN, OnMassAbsence, Outlet, PublishPolicy, WithdrawTo

ACCOUNTS: dict[str, Any] = {
    "agency": {"system": "photoshelter", "api_key": "k", "email": "a@b.c", "password": "p", "org_id": "O1"},
    "archive": {"system": "netx", "base_url": "https://netx.example", "token": "t", "rate": 7},
}
DEALERS: dict[str, Any] = {
    "account": "agency",
    "gallery": "/Partners/Dealers/",
    "channel": "Portal",
    "territory": "de",
    "audience": "dealers",
}
FRENCH: dict[str, Any] = {**DEALERS, "gallery": "Markets/France", "territory": "FR", "region": "France"}
SOUND: dict[str, Any] = {
    "accounts": ACCOUNTS,
    "gate": {
        "channels": {"Portal": {}, "press": {"audiences": ["journalists"]}},
        "territories": {"dach": ["de", "AT", "CH"]},
    },
    "flows": {
        "publish": {"from": "archive", "select": {"folders": ["Campaigns/**"]}, "outlets": {"dealers": DEALERS}},
        "syndicate": {
            "from": "archive",
            "select": {"expression": '"global" in keywords'},
            "outlets": {"france": FRENCH},
        },
    },
}
Change = Callable[[Any], object]


def changed(change: Change) -> dict[str, Any]:
    made = copy.deepcopy(SOUND)
    change(made)
    return made


def outlet(given: Any) -> Any:
    return given["flows"]["publish"]["outlets"]["dealers"]


def loaded(folder: Path, given: Any = SOUND) -> Settings:
    file = folder / "dambridge.yaml"
    file.write_text(yaml.safe_dump(given, sort_keys=False), encoding="utf-8")
    return load_settings(file)


def policy(folder: Path, given: Any = SOUND, flow: FlowName = FlowName.PUBLISH) -> PublishPolicy:
    settings = loaded(folder, given)
    return build_publish(settings, flow, build_maps(settings))


def mistakes(folder: Path, change: Change) -> dict[str, str]:
    with pytest.raises(ConfigurationWrong) as wrong:
        loaded(folder, changed(change))
    return {it.where: f"{it.what} {it.remedy}" for it in wrong.value.mistakes}


def test_few_words_make_a_careful_policy(tmp_path: Path) -> None:
    made = policy(tmp_path)
    dealers = made.outlets["dealers"]
    assert (dealers.gallery, dealers.channel, dealers.territory) == ("Partners/Dealers", "portal", "DE")
    assert (dealers.withdraw_to, dealers.own_file, dealers.wholly_ours) == (WithdrawTo.HOLDING, False, False)
    assert (dealers.copy.role, dealers.copy.region) == (CopyRole.PUBLISHED, "dealers")
    assert made.gate.must_know == {Fact.HOLDER, Fact.KIND, Fact.WINDOW, Fact.TERRITORIES, Fact.CHANNELS}
    assert made.gate.statuses == {"approved"}
    assert made.gate.groups == {"DACH": {"DE", "AT", "CH"}}
    assert (made.zone.key, made.on_mass_absence) == ("Europe/Berlin", OnMassAbsence.HOLD)
    assert (made.max_removals, made.margin) == (20, timedelta(minutes=10))
    assert made.rates == {AccountId("agency"): 4.0, AccountId("archive"): 7.0}
    assert {"headline", "description"} <= made.fields
    assert not {"licence_end", "copyright_notice"} & made.fields, "rights go with every copy anyway"


def test_check_says_what_languages_outlets_get(tmp_path: Path) -> None:
    """Masters without languages, masters without that one, and masters that have it."""

    def told(languages: list[str], **homes: str) -> list[tuple[str, str]]:
        made = changed(lambda it: outlet(it).update(languages=languages))
        made["maps"] = {"archive": {"description": {"languages": homes}}} if homes else {}
        settings = loaded(tmp_path, made)
        found = told_of_outlets(settings, known_accounts(settings), {})
        return [(what, said) for what, _, said, _ in found if "in fr" in said or "languages" in what]

    assert told([]) == []
    ((what, said),) = told(["de-AT", "de"])
    assert (what, "dealers get them as they stand" in said) == ("languages publish", True)
    assert told(["de-AT", "de"], en="Caption", de="Beschreibung") == []
    ((what, said),) = told(["fr", "de"], en="Caption", de="Beschreibung")
    assert (what, "no place for description in fr: dealers gets it in de" in said) == ("outlet dealers", True)


def test_a_language_that_nobody_speaks_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, lambda it: outlet(it).update(languages=["de", "jp"]))
    assert "did you mean 'ja'" in found["flows.publish.outlets.dealers.languages.1"]


def test_every_word_of_an_outlet_reaches_the_policy(tmp_path: Path) -> None:
    (tmp_path / "mark.png").write_bytes(b"png")
    more = {
        "rendition": {"name": "web", "longest": 1600, "format": "webp", "quality": 70, "watermark": "mark.png"},
        "languages": ["de-AT", "de", "x-default"],
        "naming": "{job_id}_{file_name}",
        "own_fields": ["description"],
        "own_file": True,
        "withdraw_to": "trash",
        "answers_for": ["Markets/**", "Shared/*"],
        "wholly_ours": True,
        "territory": "Worldwide",
    }
    made = policy(
        tmp_path, changed(lambda it: it["flows"]["syndicate"]["outlets"]["france"].update(more)), FlowName.SYNDICATE
    )
    france = made.outlets["france"]
    assert france.rendition is not None
    assert (france.rendition.name, france.rendition.longest, france.rendition.format) == ("web", 1600, "webp")
    assert Path(france.rendition.watermark) == tmp_path / "mark.png"
    assert (france.region, france.territory, france.languages) == ("France", EVERYWHERE, ("de-AT", "de", "x-default"))
    assert set(france.own_fields) == {"description"}
    assert (france.own_file, france.wholly_ours) == (True, True)
    assert (france.withdraw_to, france.answers_for) == (WithdrawTo.TRASH, ("Markets/**", "Shared/*"))
    assert france.copy.rendition == "web"


def test_a_stand_in_is_small_unless_it_is_said_otherwise_and_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    def made(**more: Any) -> Outlet:
        given = changed(lambda it: outlet(it).update(**more))
        return policy(tmp_path, given, FlowName.PUBLISH).outlets["dealers"]

    assert not made().stand_in
    plain = made(stand_in=True)
    assert plain.rendition is not None
    assert (plain.stand_in, plain.rendition.longest, plain.rendition.format) == (True, 1200, "jpeg")
    assert plain.copy.rendition == STAND_IN
    own = made(stand_in=True, rendition={"name": "web", "longest": 800, "format": "webp", "quality": 60})
    assert own.rendition is not None
    assert (own.rendition.name, own.rendition.longest, own.rendition.quality) == (STAND_IN, 800, 60)
    assert made(stand_in=True, rendition={"name": "web"}).rendition.longest == 1200, "never the size of the original"  # type: ignore[union-attr]


def test_the_example_goes_out_once_its_marks_are_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PHOTOSHELTER_API_KEY", "PHOTOSHELTER_PASSWORD", "NETX_TOKEN"):
        monkeypatch.setenv(name, "secret")
    said = re.sub(
        r"(?m)^(  )?# ( *(?:publish|gate|from|select|folders|outlets|dealers|account|gallery|channel|channels"
        r"|territory|territories|audience|zone):)",
        r"\1\2",
        EXAMPLE,
    )
    (tmp_path / "dambridge.yaml").write_text(said, encoding="utf-8")
    settings = load_settings(tmp_path / "dambridge.yaml")
    made = build_publish(settings, FlowName.PUBLISH, build_maps(settings))
    assert made.outlets["dealers"].gallery == "Partners/Dealers"
    assert FlowName.PUBLISH in settings.flows.configured


def test_both_flows_have_their_turn_at_the_end(tmp_path: Path) -> None:
    assert loaded(tmp_path).flows.configured == (FlowName.PUBLISH, FlowName.SYNDICATE)


def test_plans_rest_on_the_gate(tmp_path: Path) -> None:
    before = configuration_digest(loaded(tmp_path))
    after = configuration_digest(loaded(tmp_path, changed(lambda it: it["gate"].update(must_know=["holder"]))))
    assert before != after


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        (lambda it: outlet(it).update(channel="portl"), "publish.outlets.dealers.channel", "Did you mean `Portal`"),
        (lambda it: outlet(it).update(gallery="Partners/**"), "publish.outlets.dealers.gallery", "this is a pattern"),
        (lambda it: outlet(it).update(territory="Bavaria"), "publish.outlets.dealers.territory", "no territory"),
        (lambda it: outlet(it).update(channel="press"), "publish.outlets.dealers.audience", "journalists"),
        (lambda it: outlet(it).update(account="archive"), "publish.outlets.dealers.account", "one of photoshelter"),
        (lambda it: outlet(it).update(account="agenzy"), "publish.outlets.dealers.account", "no account `agenzy`"),
        (lambda it: outlet(it).update(region="Bavaria"), "publish.outlets.dealers.region", "no region"),
        (
            lambda it: outlet(it).update(answers_for=["Markets/**"]),
            "publish.outlets.dealers.answers_for",
            "own gallery",
        ),
        (lambda it: outlet(it).update(own_fields=["licence_end"]), "dealers.own_fields.0", "the master's to say"),
        (lambda it: outlet(it).update(own_fields=["headlin"]), "dealers.own_fields.0", "Did you mean `headline`"),
        (lambda it: outlet(it).update(naming="picture"), "publish.outlets.dealers.naming", "one name"),
        (lambda it: outlet(it).update(naming="{filename}"), "publish.outlets.dealers.naming", "is no variable"),
        (lambda it: outlet(it).update(languages=["german!"]), "publish.outlets.dealers.languages.0", "cannot be right"),
        (lambda it: outlet(it).update(rendition={"name": "original"}), "rendition.name", "master's own file"),
        (lambda it: outlet(it).update(rendition={"name": "stand-in"}), "rendition.name", "stand_in: true"),
        (
            lambda it: outlet(it).update(stand_in=True, rendition={"name": "w", "longest": 2001}),
            "rendition.longest",
            "small picture",
        ),
        (
            lambda it: outlet(it).update(stand_in=True, rendition={"name": "w", "format": "tiff"}),
            "rendition.format",
            "jpeg or webp",
        ),
        (lambda it: outlet(it).update(stand_in=True, own_file=True), "dealers.stand_in", "never a region's own"),
        (
            lambda it: outlet(it).update(stand_in=True, own_fields=["instructions"]),
            "dealers.stand_in",
            "never a region's own",
        ),
        (
            lambda it: (outlet(it).update(stand_in=True), it.update(maps={"agency": {"instructions": ""}})),
            "dealers.stand_in",
            "no home in `agency`",
        ),
        (lambda it: outlet(it).update(rendition={"name": "w", "watermark": "no.png"}), "watermark", "no file no.png"),
        (lambda it: outlet(it).update(rendition={"name": "w", "profile": "p.icc"}), "profile", "no file p.icc"),
        (lambda it: outlet(it).update(rendition={"name": "w", "quality": 101}), "rendition.quality", ""),
        (lambda it: outlet(it).update(withdraw_to="bin"), "publish.outlets.dealers.withdraw_to", "holding, trash"),
        (lambda it: outlet(it).update(galery="x"), "publish.outlets.dealers.galery", "Did you mean `gallery`"),
        (lambda it: it["flows"]["publish"].update(select={}), "flows.publish.select", "nothing would ever go out"),
        (lambda it: it["flows"]["publish"].pop("select"), "flows.publish.select", "nothing would ever go out"),
        (lambda it: it["flows"]["publish"].update(outlets={}), "flows.publish.outlets", "empty"),
        (lambda it: it["flows"]["publish"].update({"from": "agency"}), "flows.publish.from", "one of netx"),
        (lambda it: it["flows"]["publish"].update(select={"expression": "1 +"}), "select.expression", "cannot be used"),
        (
            lambda it: it["flows"]["publish"].update(select={"expression": "'a' * 100000000 == headline"}),
            "select.expression",
            "cannot be used",
        ),
        (lambda it: it["flows"]["publish"].update(kit="kit"), "flows.publish.kit", "no canonical field `kit`"),
        (
            lambda it: it["flows"]["publish"].update(status="edit_status"),
            "flows.publish.status",
            "no home in `archive`",
        ),
        (lambda it: it["flows"]["publish"].update(fields=["tite"]), "flows.publish.fields.0", "`title`"),
        (lambda it: it["flows"]["syndicate"]["outlets"]["france"].pop("region"), "outlets.france", "which region"),
        (
            lambda it: it["flows"]["syndicate"]["outlets"].update(dealers={**FRENCH, "gallery": "Other"}),
            "syndicate.outlets.dealers",
            "has an outlet `dealers` too",
        ),
        (
            lambda it: it["flows"]["syndicate"]["outlets"]["france"].update(gallery="partners/dealers"),
            "syndicate.outlets.france.gallery",
            "`dealers` shows things in this gallery too",
        ),
        (lambda it: it.pop("gate"), "flows", "what the gate demands"),
        (lambda it: it["gate"].update(channels={}), "gate", "no channel"),
        (lambda it: it["gate"]["channels"].update(portal={}), "gate.channels.portal", "one name"),
        (lambda it: it["gate"].update(zone="Europe/Berln"), "gate.zone", "no zone"),
        (lambda it: it["gate"].update(must_know=["holdr"]), "gate.must_know.0", "Did you mean `holder`"),
        (
            lambda it: it["gate"].update(territories={"ALL": ["dach"], "dach": ["DE"]}),
            "gate.territories.ALL.0",
            "no territory",
        ),
        (lambda it: it["gate"].update(territories={"world": ["DE"]}), "gate.territories.world", "everywhere"),
    ],
)
def test_each_mistake_is_named_with_its_remedy(tmp_path: Path, change: Change, where: str, said: str) -> None:
    found = mistakes(tmp_path, change)
    assert len(found) == 1, found
    ((place, told),) = found.items()
    assert place.endswith(where)
    assert said in told


def test_the_same_name_twice_in_one_flow_is_said_by_the_file_itself(tmp_path: Path) -> None:
    text = yaml.safe_dump(SOUND, sort_keys=False)
    twice = text.replace("    outlets:\n      dealers:", "    outlets:\n      dealers: {}\n      dealers:", 1)
    (tmp_path / "dambridge.yaml").write_text(twice, encoding="utf-8")
    with pytest.raises(ConfigurationWrong) as wrong:
        load_settings(tmp_path / "dambridge.yaml")
    assert "`dealers` is given twice" in wrong.value.mistakes[0].what


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    def change(it: Any) -> None:
        outlet(it).update(channel="portl", gallery="**")
        it["flows"]["syndicate"]["outlets"]["france"].update(withdraw_to="bin")
        it["flows"]["publish"]["kit"] = "kit"

    assert len(mistakes(tmp_path, change)) == 4


# what `check` says ----------------------------------------------------------------------------------------------------

HOMES = {"licence_kind": "Kind", "licence_end": "End", "territories": "Territories", "channels": "Channels"}
SEEN = AgreedAudience(
    outlet="dealers",
    account=AccountId("agency"),
    gallery=RemoteId("G1"),
    own="permission",
    effective="permission",
    grants=(),
    by="Ada",
    at=datetime(2026, 11, 1, tzinfo=UTC),
)


def told(folder: Path, given: Any, agreed: bool = True) -> dict[str, tuple[bool, str, str]]:
    settings = loaded(folder, given)
    found = told_of_outlets(settings, known_accounts(settings), {"dealers": SEEN} if agreed else {})
    return {what: (bad, said, remedy) for what, bad, said, remedy in found}


def proven(*cells: str) -> Any:
    return changed(lambda it: it["accounts"]["agency"].update(proven=[*cells]) or it.update(maps={"archive": HOMES}))


def test_nothing_goes_out_where_no_way_back_is_proven(tmp_path: Path) -> None:
    bad, said, remedy = told(tmp_path, proven("upload_v4", "folders"))["outlet dealers"]
    assert not bad
    assert "waits" in said
    assert "archive.take_out" in said
    assert remedy == "dambridge probe --account agency --write"


@pytest.mark.parametrize(("to", "needs"), [("holding", "folders"), ("trash", "discard")])
def test_the_way_back_leads_somewhere(tmp_path: Path, to: str, needs: str) -> None:
    both = {"folders", "discard"}
    for cells, waits in (({"upload_v4", "places", *(both - {needs})}, True), ({"upload_v4", "places", needs}, False)):
        given = proven(*cells)
        outlet(given)["withdraw_to"] = to
        assert told(tmp_path, given)["outlet dealers"][1].startswith("waits") is waits


def test_an_outlet_that_nobody_agreed_on_waits_and_one_agreed_on_names_who(tmp_path: Path) -> None:
    ready = proven("upload_v4", "places", "folders", "versions")
    _, said, remedy = told(tmp_path, ready, agreed=False)["outlet dealers"]
    assert "nobody has agreed" in said
    assert "dambridge outlets agree dealers" in remedy
    bad, said, remedy = told(tmp_path, ready)["outlet dealers"]
    assert (bad, remedy) == (False, "")
    assert "withdrawal is proven" in said
    assert "Ada" in said


def test_a_fact_without_a_home_is_said_to_shut_the_gate_for_ever(tmp_path: Path) -> None:
    bad, said, remedy = told(tmp_path, SOUND)["gate publish"]
    assert bad
    assert "kind, window, territories, channels" in said
    assert "licence_kind: …" in remedy
    assert "gate publish" not in told(tmp_path, proven())


@pytest.mark.parametrize(
    ("rule", "minds"), [("Markets", True), ({"to": "Markets", "many": True}, False)], ids=["first value", "list"]
)
def test_a_field_that_names_outlets_and_is_read_as_one_value_is_said(tmp_path: Path, rule: Any, minds: bool) -> None:
    given = proven("upload_v4")
    given["maps"]["archive"] = {**HOMES, "custom:markets": rule}
    flow = given["flows"]["syndicate"]
    flow["select"]["outlets"] = "custom:markets"
    flow["outlets"]["germany"] = {**FRENCH, "gallery": "Markets/Germany", "territory": "DE", "region": "DACH"}
    found = told(tmp_path, given)
    assert ("selection syndicate" in found) is minds
    if minds:
        bad, said, remedy = found["selection syndicate"]
        assert not bad
        assert "the first of them alone" in said
        assert "many: true" in remedy
