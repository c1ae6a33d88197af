"""The main paths of people through the console, each driven in headless Chromium to its end: fifteen on a desk in the quick
profile, all of them on a desk and on a phone in the long one. Wherever a path ends, axe-core
finds nothing serious, nothing was fetched from elsewhere, and no script complained."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from dambridge.model.commands import CommandKind
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import CommandId
from support.browser import serious
from support.browsing import SIZES, chromium, listened_to, served, signed_in
from support.console import Stand

PathOf = Callable[[Page, str, Stand], Awaitable[None]]
QUICK = 15
TABLE: dict[str, PathOf] = {}


def path(made: PathOf) -> PathOf:
    TABLE[made.__name__] = made
    return made


async def press(page: Page, name: str, *, within: str = "main") -> None:
    await page.locator(within).get_by_role("button", name=name).first.click()


async def ordered(page: Page, stand: Stand, kind: CommandKind) -> Mapping[str, Any]:
    """What the page tells of is an order of that kind, under her name; gives what it asks for."""
    await page.locator("#notice .notice").wait_for()
    (order,) = parse_qs(urlsplit(page.url).query)["order"]
    command = await stand.ledger.command(CommandId(order))
    assert command is not None
    assert (command.kind, command.actor, command.via) == (kind, "ada", "console")
    return command.scope


# the first fifteen: what people do every day ---------------------------------------------------------------------------


@path
async def a_number_opens_the_list_that_it_counts(page: Page, url: str, stand: Stand) -> None:
    await page.goto(url)
    await page.get_by_role("link", name="3 conflicts between copies").click()
    await expect(page.locator("[data-entry]")).to_have_count(3)


@path
async def a_flow_is_held_and_goes_on(page: Page, url: str, stand: Stand) -> None:
    await page.goto(url)
    await press(page, "Hold")
    await page.get_by_text("by ada").first.wait_for()
    await press(page, "Resume")
    await expect(page.get_by_text("by ada")).to_have_count(0)


@path
async def a_run_leads_to_an_item_and_to_its_story(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/runs")
    await page.get_by_role("link", name="1 quarantined").click()
    await page.get_by_role("link", name="broken-upload.jpg").click()
    await page.get_by_role("heading", name="How it stands").wait_for()
    await page.get_by_text("the JPEG ends in the middle of its picture").first.wait_for()


@path
async def an_asset_is_found_by_its_id(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/assets")
    await page.get_by_label("An id of either system").fill("4101")
    await press(page, "Show its story")
    await page.get_by_role("heading", name="ferry-tomorrow.jpg").wait_for()
    await page.get_by_role("heading", name="Rights through time").wait_for()


@path
async def a_conflict_is_settled(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/conflicts")
    await press(page, "Keep archive's")
    await page.get_by_text("Settled 1 conflict; the next run carries it out.").wait_for()
    (ruled,) = await stand.ledger.conflicts(states=[ConflictState.RULED], limit=5)
    assert ruled.ruling is not None
    assert ruled.ruling.by == "ada"


@path
async def a_word_is_given_its_meaning(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/terms")
    await page.get_by_role("link", name="Zodiac").click()
    await page.get_by_label("Another term").fill("Inflatable boat")
    await press(page, "It means this")
    await page.get_by_text(re.compile("the next run repairs 1 asset")).wait_for()


@path
async def what_waits_is_narrowed_to_its_reason(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/quarantine?outcome=all")
    await page.get_by_role("link", name="required field missing").click()
    await page.get_by_role("link", name="no-credit.jpg").wait_for()
    await expect(page.locator("tbody tr")).to_have_count(1)


@path
async def a_file_is_approved(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/review")
    await page.get_by_role("link", name="regatta-000.jpg").click()
    await page.get_by_role("button", name="Approve").wait_for()
    await page.wait_for_load_state("load")
    await page.keyboard.press("1")
    assert (await ordered(page, stand, CommandKind.REVIEW))["verdict"] == "approve"


@path
async def a_contributor_is_asked_for_changes(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/review/agency:I0000hand0001")
    await page.get_by_label("What the contributor hears").fill("Straighten the horizon")
    await press(page, "Ask for changes")
    scope = await ordered(page, stand, CommandKind.REVIEW)
    assert (scope["verdict"], scope["note"]) == ("ask", "Straighten the horizon")


@path
async def a_plan_is_approved_by_name(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/plans")
    await page.locator("main").get_by_role("link", name="intake").first.click()
    await page.get_by_label("Your name, as you sign in with it").fill("ada")
    await press(page, "Have it carried out")
    await ordered(page, stand, CommandKind.APPLY)


@path
async def reports_about_rights_follow_each_other(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/rights")
    await page.get_by_role("link", name="nagasaki-boats.jpg").wait_for()
    for name in ("What opens", "Shown without clear rights", "People shown", "Contracts", "Who has what"):
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
    await page.get_by_text("not agreed").wait_for()


@path
async def a_withdrawal_is_proven_by_its_record(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/withdrawals")
    await page.get_by_role("link", name="harbour-film.mp4").click()
    async with page.expect_download() as begun:
        await page.get_by_role("link", name="Signed record").click()
    assert "signature" in (await (await begun.value).path()).read_text(encoding="utf-8")


@path
async def a_question_is_asked_narrowed_and_kept(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/search")
    await page.get_by_label("What to look for").fill("ferry OR quay")
    await page.keyboard.press("Enter")
    await page.get_by_text("2 assets").wait_for()
    if not await page.locator(".facets nav").first.is_visible():
        await page.get_by_text("Narrow it down").click()
    await page.get_by_role("link", name="Jonas Blum").click()
    await page.get_by_text("1 asset", exact=True).wait_for()
    await page.get_by_label("Keep this question as").fill("Quays")
    await press(page, "Keep")
    await page.get_by_role("link", name="Quays", exact=True).wait_for()
    assert "photographer=Jonas" in page.url


@path
async def somebody_is_let_in_and_kept_out(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/people")
    await page.get_by_label("The name they sign in with").fill("bea")
    await page.get_by_label("viewer").last.check()
    await press(page, "Add them")
    await page.get_by_text("The password of bea, shown this once").wait_for()
    await page.goto(f"{url}/people")
    row = page.locator("tr", has_text="bea")
    await row.get_by_text("Change").click()
    await row.get_by_role("button", name="Keep them out").click()
    person = await stand.desk.people.store.person("bea")
    assert person is not None
    await page.goto(f"{url}/people")
    await page.locator("tr", has_text="bea").get_by_text("Change").click()
    await page.get_by_role("button", name="Let them in again").wait_for()


@path
async def the_chain_of_the_audit_is_walked(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/audit")
    await press(page, "Verify the chain")
    await page.get_by_text(re.compile(r"The chain of \d+ entries holds")).wait_for()


# the others -----------------------------------------------------------------------------------------------------------


@path
async def a_settled_conflict_is_taken_back(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/conflicts")
    await page.locator("summary").get_by_text("Say it yourself").first.click()
    await page.locator("textarea").first.fill("Words of her own")
    await press(page, "Let this stand")
    await page.get_by_text("Settled 1 conflict").wait_for()
    await page.get_by_role("link", name="to be carried out").click()
    await press(page, "Take it back")
    await page.get_by_text("Taken back.", exact=True).wait_for()


@path
async def a_decision_about_a_word_is_taken_back(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/terms")
    await page.get_by_role("link", name="Skiff").click()
    await page.get_by_label("It is left out, because").fill("nobody says so")
    await press(page, "Leave it out")
    await page.locator("#notice .notice").wait_for()
    await page.goto(f"{url}/terms?everything=1")
    await page.get_by_role("link", name="Skiff").click()
    await press(page, "Take it back")
    await page.locator("#notice .notice").wait_for()


@path
async def a_flow_runs_and_is_planned(page: Page, url: str, stand: Stand) -> None:
    await page.goto(url)
    await press(page, "Run")
    await ordered(page, stand, CommandKind.RUN)
    await page.goto(f"{url}/plans")
    await press(page, "Make a plan")
    await ordered(page, stand, CommandKind.PLAN)


@path
async def whoever_sees_an_outlet_is_agreed_on(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/rights?report=who")
    await page.get_by_text("Agree, adopt").first.click()
    await press(page, "Agree who sees it now")
    await ordered(page, stand, CommandKind.AGREE_AUDIENCE)


@path
async def an_asset_comes_under_legal_hold(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/assets/agency:I0000boat0002")
    await page.get_by_label("Why").last.fill("A case at court")
    await press(page, "Put under legal hold")
    await ordered(page, stand, CommandKind.HOLD)


@path
async def somebody_asks_whether_it_may_be_shown(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/rights/may")
    await page.get_by_label("The asset").fill("nothing-of-that-name")
    await press(page, "Ask")
    await page.get_by_role("alert").wait_for()


@path
async def a_mistake_in_a_question_is_shown_at_its_place(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/search")
    await page.keyboard.press("/")
    await page.keyboard.type("fog date:never")
    await page.keyboard.press("Enter")
    await page.locator("mark").wait_for()
    await page.goto(f"{url}/search")
    await page.get_by_role("link", name="Whatever its rights").click()
    await page.get_by_text("13 assets").wait_for()
    await page.get_by_text("not yet").first.wait_for()


@path
async def a_find_is_asked_for(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/search?q=boats")
    await press(page, "Bring it here")
    await page.locator("#notice .notice").wait_for()


@path
async def a_token_is_made_and_revoked(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/me")
    await page.get_by_label("What it is for").fill("nightly")
    await page.get_by_label("librarian").check()
    await press(page, "Make a token")
    await page.get_by_text("The token, shown this once").wait_for()
    await press(page, "Revoke nightly")
    await page.get_by_text("revoked").wait_for()


@path
async def set_up_is_read(page: Page, url: str, stand: Stand) -> None:
    for name, says in (("capabilities", "never probed"), ("map", "as it is saved"), ("settings", "api_key")):
        await page.goto(f"{url}/{name}")
        await page.get_by_text(says).first.wait_for()
    await page.goto(f"{url}/pairing")
    await page.get_by_text("Nothing was compared yet").wait_for()


@path
async def somebody_signs_out_and_in_again_where_they_were(page: Page, url: str, stand: Stand) -> None:
    await page.goto(f"{url}/me")
    menu = page.get_by_text("Menu")
    if await menu.is_visible():
        await menu.click()
    await page.get_by_role("button", name="Sign out").locator("visible=true").click()
    await page.goto(f"{url}/audit")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill("wrong")
    await press(page, "Sign in", within="body")
    await page.get_by_role("alert").wait_for()
    await page.get_by_label("Password").fill(stand.passwords["ada"])
    await press(page, "Sign in", within="body")
    await page.wait_for_url(f"{url}/audit")


# driving them ---------------------------------------------------------------------------------------------------------


async def driven(browser: Browser, folder: Path, size: str, names: list[str]) -> dict[str, str]:
    """What went wrong on any of these paths, which are gone one after the other over one library."""
    wrong: dict[str, str] = {}
    across, down = SIZES[size]
    async with served(folder) as (stand, url):
        context = await signed_in(browser, stand, url, viewport={"width": across, "height": down})
        for name in names:
            page = await context.new_page()
            complaints = listened_to(page, url)
            page.set_default_timeout(10_000)
            try:
                await TABLE[name](page, url, stand)
                complaints += await serious(page)
            except Exception as error:  # noqa: BLE001 - each is told, and the next is gone all the same
                complaints.append(f"{type(error).__name__}: {error}")
            complaints = [it for it in complaints if "status of 401" not in it]  # a wrong password, on purpose
            if complaints:
                wrong[name] = "; ".join(complaints)
            await page.close()
        await context.close()
    return wrong


async def test_fifteen_main_paths_on_a_desk(tmp_path: Path) -> None:
    async with chromium() as browser:
        assert await driven(browser, tmp_path, "desk", list(TABLE)[:QUICK]) == {}


@pytest.mark.long
@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_every_main_path_on_desk_and_phone(tmp_path: Path, size: str) -> None:
    assert len(TABLE) >= 25
    async with chromium() as browser:
        assert await driven(browser, tmp_path, size, list(TABLE)) == {}
