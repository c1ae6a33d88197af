"""Questions that only read: who we are, how the site answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import queries, wire
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer
from dambridge.connectors.netx.probing.lab import ALL, NOT_THERE, Lab, entry
from dambridge.ports.capabilities import Proof, route_cell

NOBODY: Final = "dambridge-probe-token-that-is-none"
NO_SUCH: Final = "dambridge probe no such thing"
_NEEDED_LEVELS: Final[Mapping[str, int]] = {
    "archive.deliver.image": 4,
    "archive.deliver.raw": 4,
    "archive.deliver.video": 4,
    "archive.deliver.audio": 4,
    "archive.deliver.document": 4,
    route_cell("rpc"): 4,
    "archive.versions": 4,
    "archive.folders": 7,
    "archive.rename": 7,
    "archive.take_out": 7,
    "archive.discard": 7,
}
"""The user level that each needs (NX 11, CONFIRMED)."""


async def user_level(lab: Lab) -> Answer:
    me = await lab.ask("getSelf", None)
    if me.said_no:
        raise NoAnswer(f"getSelf was refused: {me.text} ({me.code}).", administrator=_LEVEL)
    who = wire.parse_self(me.result)
    page = {"page": {"startIndex": 0, "size": await lab.page(100)}}
    groups = await lab.ask("getGroupsByUser", nx.number(who.user_id), page)
    names = [] if groups.said_no else [str(it.get("name")) for it in wire.parse_list(groups.result).results]
    if not who.level.isdigit():
        raise NoAnswer(
            "getSelf says no level.", administrator=_LEVEL, ask_vendor="Which call tells the level of a token's user?"
        )
    level = int(who.level)
    cells = {name: Proof.ABSENT for name, needed in _NEEDED_LEVELS.items() if level < needed}
    told = f"The token belongs to {who.name or who.user_id}, level {level}, in {', '.join(names) or 'no group'}."
    warning = f"{told} The flows need level 7 (manager): deleting, moving and folders are refused below." * (level < 7)
    return Answer(value=level, told=told, cells=cells, warning=warning, administrator=_LEVEL if level < 7 else "")


_LEVEL: Final = "Give the integration user level 7 (manager) and a permission on the folders that the flows work in."


async def bad_token(lab: Lab) -> Answer:
    call = nx.envelope(1, "getSelf", [None])
    reply = await lab.raw("POST", nx.RPC_PATH, json=call, authorised=False, headers=nx.authorization(NOBODY))
    try:
        nx.raise_if_said_no(reply.json_or_none())
        code = None
    except nx.SaidNo as said:
        code = said.code
    expected = reply.status == 401 or code == nx.TOKEN_REJECTED
    return Answer(
        value={"status": reply.status, "code": code},
        told=f"A token that is none is answered with HTTP {reply.status} and code {code}.",
        warning=""
        if expected
        else "A revoked token would not be recognised: the answer is neither 401 nor code 10000.",
    )


async def trailing_slash(lab: Lab) -> Answer:
    return await _accepted(
        lab, f"{nx.RPC_PATH}/", nx.envelope(1, "getSelf", [None]), "/api/rpc/ with a slash at its end"
    )


async def method_array(lab: Lab) -> Answer:
    call = {**nx.envelope(1, "getSelf", [None]), "method": ["getSelf"]}
    return await _accepted(lab, nx.RPC_PATH, call, "A method in an array of one")


async def _accepted(lab: Lab, path: str, call: Mapping[str, Any], what: str) -> Answer:
    """Whether a call of an unusual form is answered like any other. The token goes the way it always goes."""
    reply = await lab.raw("POST", path, json=dict(call))
    found = reply.json_or_none()
    works = reply.ok and isinstance(found, Mapping) and found.get("error") is None and "result" in found
    return Answer(value=works, told=f"{what} is {'accepted' if works else 'refused'}.")


async def legacy_api(lab: Lab) -> Answer:
    call = nx.envelope(1, "getSelf", ["dambridge-probe-no-session"])
    reply = await lab.raw("POST", "/external/api/json", json=call, authorised=False)
    found = reply.json_or_none()
    there = (reply.ok or reply.status == 401) and isinstance(found, Mapping) and ("error" in found or "result" in found)
    return Answer(value=there, told=f"The beta endpoint with a session key is {'there' if there else 'not there'}.")


async def three_parameters(lab: Lab) -> Answer:
    heard = await lab.ask("getAssetsByQuery", ALL, None, nx.options(("asset.id",), size=1))
    works = not heard.said_no
    return Answer(value=works, told=f"getAssetsByQuery {'takes' if works else 'does not take'} three parameters.")


async def missing_folder_path(lab: Lab) -> Answer:
    heard = await lab.ask("getFolderByPath", NO_SUCH, nx.options(("folder.id",), size=1))
    if heard.result:
        raise NoAnswer(f"The site has a folder named {NO_SUCH!r}.")
    value = "error" if heard.said_no else "null"
    return Answer(value=value, told=f"A folder path that leads nowhere is answered with {value}.")


async def unknown_object(lab: Lab) -> Answer:
    heard = await lab.ask("getAssetAttributes", NOT_THERE)
    value = {nx.NO_ACCESS: "access", nx.FAILURE: "failure"}.get(heard.code or 0, f"code {heard.code}")
    meaning = "like one that is hidden from us" if value == "access" else "as a failure"
    warning = "A deleted asset cannot be told from a hidden one: both wait for a person." if value == "access" else ""
    return Answer(
        value=value, told=f"An id that does not exist is answered {meaning} ({heard.code}). {warning}".strip()
    )


async def get_assets_missing(lab: Lab) -> Answer:
    options = nx.options(("asset.id",), size=2)
    one = await lab.ask("getAssets", [NOT_THERE], options)
    two = await lab.ask("getAssets", [NOT_THERE, NOT_THERE - 1], options)
    value = {(True, True): "error", (True, False): "error_if_single", (False, False): "omit"}.get(
        (one.said_no, two.said_no), "error_if_several"
    )
    return Answer(value=value, told=f"getAssets for ids that are not there: {value}.")


async def unknown_query_attribute(lab: Lab) -> Answer:
    heard = await lab.ask(
        "getAssetsByQuery", queries.query(queries.exactly(NO_SUCH, "x")), nx.options(("asset.id",), size=1)
    )
    value = "error" if heard.said_no else "empty"
    return Answer(value=value, told=f"A query on an attribute that the site has not is {value}.")


# what nobody can find out by a call ----------------------------------------------------------------------------------


async def webhooks(lab: Lab) -> Answer:
    del lab
    raise NoAnswer(
        "Webhooks are set up by an administrator and cannot be asked for by a call; a hint is never needed, polling is "
        "enough.",
        ask_vendor="Which events does a webhook send, with which payload, in which header is the signature, over what is it "
        "computed, and how often is a delivery that failed repeated?",
        administrator="Where webhooks are wanted: System, Integrations, API, Webhooks; keep the secret that is shown once.",
    )


async def expiry_action(lab: Lab) -> Answer:
    del lab
    raise NoAnswer(
        "What the site does with an expired asset (property image.expire_assets_action) cannot be read by any call.",
        ask_vendor="Is the expiration date of an asset readable or writable by the API?",
        administrator="LOOK BEFORE ANYTHING ELSE: if property image.expire_assets_action is `delete`, an asset whose "
        "expiration date passes is destroyed for good, there is no trash. Set it to `notVisible` or `autoTask`.",
    )


async def rate_limits(lab: Lab) -> Answer:
    raise NoAnswer(
        f"No call tells how many calls a second the site allows; {lab.setup.rate:g} are made at most.",
        ask_vendor="How many API calls a second may one token make, how large may an imported file be, and is there an "
        "upload in parts?",
    )


READS: Final = (
    entry(user_level, "user_level", "Which user level and groups does the token have?", "NX 11, 4.5"),
    entry(bad_token, "bad_token", "How is a bad token answered?", "NX 3.1, 17.8, 19"),
    entry(trailing_slash, "trailing_slash", "Does /api/rpc/ answer like /api/rpc?", "NX 17.2"),
    entry(method_array, "method_array", "Is a method in an array of one accepted?", "NX 3, 17.1"),
    entry(legacy_api, "legacy_api", "Is the beta endpoint there?", "NX 1, 17.17"),
    entry(three_parameters, "three_parameters", "Does getAssetsByQuery take three parameters?", "NX 5.1, 17.3"),
    entry(missing_folder_path, "missing_folder_path", "How is a missing folder path answered?", "NX 5.2, 17.4"),
    entry(unknown_object, "unknown_object", "How is an unknown id answered?", "NX 3.1"),
    entry(get_assets_missing, "get_assets_missing", "How does getAssets answer for ids that are gone?", "NX 5.1"),
    entry(
        unknown_query_attribute, "unknown_query_attribute", "How is a query on an unknown attribute answered?", "NX 6"
    ),
    entry(webhooks, "webhooks", "What does a webhook send, and how is it signed?", "NX 13.1, 16, 19"),
    entry(expiry_action, "expiry_action", "What becomes of an asset that expires?", "NX 12, 16"),
    entry(rate_limits, "rate_limits", "How many calls and how large files are allowed?", "NX 9, 19"),
)
