"""NetX without any IO: requests built, replies classified, listings kept honest.

Every fact about the API names its place in the reference and how well it is known. Parameters are positional and one call
is one request: the service has neither named parameters nor batches (NX 3, CONFIRMED).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.netx.config import NetxOptions, VersionRoute, WriteEncoding
from dambridge.connectors.netx.wire import BadReply
from dambridge.model.records import MediaType
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater, Unclear

RPC_PATH: Final = "/api/rpc"
TOKEN_PATH: Final = "/a/t"  # noqa: S105 - an address, not a secret (NX 2.2, SINGLE)
IMPORT_PATH: Final = "/api/import/asset"
OLDER_FILES: Final = "/file/"
"""The File Retrieval API, of which nobody knows whether it takes a token (NX 8.2): a refusal there says nothing of ours."""

ROOT_FOLDER: Final = "1"  # NX 4.2, CONFIRMED
WHOLE_ASSET: Final = ("asset.id", "asset.base", "asset.file", "asset.attributes", "asset.folders")

UPKEEP: Final = (
    "NetX's hosted sites are maintained on the second and fourth Wednesday, 18:00 to 21:00 US Pacific."  # NX 9
)

TOKEN_REJECTED: Final = 10000  # NX 3.1, SINGLE
NO_ACCESS: Final = 3004  # NX 3.1, SINGLE
FAILURE: Final = 1000  # NX 3.1, SINGLE: generic; seen when an asset is taken out of a folder that it is not in
UNKNOWN_METHOD: Final = -32601  # NX 3.1, INFERRED from JSON-RPC 2.0
INTERNAL: Final = -32603  # likewise

Json = dict[str, Any]


class SaidNo(Exception):
    """The site answered with an error of its own: `code` as in NX 3.1, `text` in its words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


# requests ---------------------------------------------------------------------------------------------------------


def authorization(token: str) -> dict[str, str]:
    """The header for an API token and for an OAuth access token alike (NX 2.1 CONFIRMED, 2.2 SINGLE)."""
    return {"Authorization": f"apiToken {token}"}


def refresh_form(client_id: str, client_secret: str, refresh_token: str) -> dict[str, str]:
    """The form that trades a refresh token for an access token (NX 2.2, SINGLE)."""
    return {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }


def envelope(call_id: int, method: str, params: Sequence[Any]) -> Json:
    """One JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}


def options(data: Sequence[str], *, size: int, start: int = 0, sort: str | None = None) -> Json:
    """The last parameter. `page` is always sent, because nobody knows the default size (NX 3.2)."""
    found: Json = {"page": {"startIndex": start, "size": size}, "data": list(data)}
    if sort is not None:
        found["sort"] = {"field": sort, "order": "asc"}
    return found


def number(remote_id: str) -> int:
    """An id as the service wants it. Raises `Refused` for text that is no NetX id."""
    if not remote_id.isascii() or not remote_id.isdigit():
        raise Refused(f"NetX ids are numbers, and {remote_id!r} is none. Check the link that holds it.")
    return int(remote_id)


def write_call(
    setup: NetxOptions,
    remote_id: str,
    *,
    attributes: Mapping[str, tuple[str, ...]],
    name: str | None,
    file_name: str | None,
) -> list[tuple[str, list[Any]]]:
    """The calls, method and parameters, that write these values: one, unless the site needs attributes apart.

    Name and file name by `updateAsset` are CONFIRMED, both encodings of attributes INFERRED (NX 5.1, 5.1.1): so this is the
    only place that knows them, and every write is read back by whoever asked for it.
    """
    asset = number(remote_id)
    values = {it: list(value) for it, value in attributes.items()}
    base = {key: value for key, value in (("name", name), ("fileName", file_name)) if value is not None}
    answer = options(("asset.id",), size=1)
    if not values:
        return [("updateAsset", [{"id": asset, **base}, answer])] if base else []
    if setup.write_encoding is WriteEncoding.UPDATE_ASSET:
        return [("updateAsset", [{"id": asset, **base, "attributes": values}, answer])]
    calls = [(setup.write_method, [asset, values, answer])]
    return [*([("updateAsset", [{"id": asset, **base}, answer])] if base else []), *calls]


def version_call(setup: NetxOptions, remote_id: str) -> tuple[str, str]:
    """HTTP method and path that make new bytes the asset's file (NX 7, both SINGLE*)."""
    path = f"{IMPORT_PATH}/{number(remote_id)}"
    return ("POST", f"{path}/version") if setup.version_route is VersionRoute.VERSION else ("PUT", path)


def original_path(remote_id: str) -> str:
    """Where the stored file is given out (NX 8.1, CONFIRMED)."""
    return f"/api/file/asset/{number(remote_id)}"


def picture_path(remote_id: str, rendition: str) -> str:
    """Where a rendition is given out: on `/api/file` (NX 8.1, CONFIRMED), but for `zoom`, which only the File Retrieval API
    has (NX 8.2, CONFIRMED; that it takes a token is not)."""
    if rendition == "zoom":
        return f"/file/asset/{number(remote_id)}/zoom"
    return f"{original_path(remote_id)}/{rendition}"


def view_path(remote_id: str, view_id: str) -> str:
    """Where a view is given out (NX 8.1, SINGLE)."""
    return f"{original_path(remote_id)}/view/{number(view_id)}"


def view_path_by_name(remote_id: str, name: str) -> str:
    """The same by its name (NX 8.2, CONFIRMED; that it takes a token is not)."""
    return f"/file/asset/{number(remote_id)}/view/{quote(name, safe='')}"


def view_import_path(remote_id: str) -> str:
    """Where a view is brought in (NX 7, SINGLE*)."""
    return f"{IMPORT_PATH}/{number(remote_id)}/view"


def page_for_people(setup: NetxOptions, remote_id: str) -> str:
    """The asset's page: in a portal CONFIRMED, in the application INFERRED (NX 8.3)."""
    where = f"portals/{quote(setup.portal)}/" if setup.portal else "app/"
    return f"{setup.base_url}/{where}#asset/{remote_id}"


# replies ----------------------------------------------------------------------------------------------------------


def result_of(reply: object, call_id: int) -> Any:
    """The result in a reply. Raises `SaidNo` for the site's own error (HTTP 200 all the same, NX 3.1 CONFIRMED) and
    `BadReply` where it is no answer to this call."""
    if not isinstance(reply, Mapping):
        raise BadReply("a JSON-RPC reply")
    raise_if_said_no(reply)
    if reply.get("id") != call_id:
        raise BadReply(f"the reply to call {call_id}")
    if "result" not in reply:
        raise BadReply("a `result`")
    return reply["result"]


def raise_if_said_no(reply: object) -> None:
    """Raise `SaidNo` where the reply carries an `error`; imports and RPC spell it alike."""
    error = reply.get("error") if isinstance(reply, Mapping) else None
    if error is None:
        return
    if isinstance(error, Mapping):
        code = error.get("code")
        raise SaidNo(
            code if isinstance(code, int) else 0, str(error.get("message") or error.get("result") or "no reason given")
        )
    raise SaidNo(0, str(error))


def next_move(said: SaidNo, *, tried: str, writing: bool) -> NextMove:
    """What the site's answer means for the caller; `tried` says what was tried, on which asset."""
    text = f"NetX would not {tried}: {said.text} ({said.code})."
    if said.code == TOKEN_REJECTED:
        return CannotGoOn(
            f"{text} The token is not valid any more: make a new one in NetX's user menu under Integrations."
        )
    if said.code == NO_ACCESS:
        return Refused(f"{text} Give the integration user access to it.", code=str(said.code))
    if said.code == UNKNOWN_METHOD:
        return Refused(f"{text} This site does not offer the call; run `dambridge probe`.", code=str(said.code))
    if said.code == INTERNAL:
        return Unclear(f"{text} It may have happened.") if writing else TryLater(text)
    return Refused(text, code=str(said.code))


# kinds of file ----------------------------------------------------------------------------------------------------

_EXTENSIONS: Final[Mapping[MediaType, str]] = {
    MediaType.IMAGE: "jpg jpeg jpe jfif png gif tif tiff webp avif heic heif bmp psd psb svg jp2 jxl eps ai",
    MediaType.RAW: "dng cr2 cr3 crw nef nrw arw srf sr2 raf rw2 orf pef srw 3fr fff iiq mos mef mrw x3f erf kdc dcr rwl gpr",
    MediaType.VIDEO: "mp4 m4v mov avi mkv webm mpg mpeg mts m2ts mxf wmv flv ogv 3gp",
    MediaType.AUDIO: "mp3 wav aif aiff flac m4a aac ogg oga opus wma",
}
_BY_EXTENSION: Final = {extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()}


def media_type_of(file_name: str) -> MediaType:
    """The kind of a file by its extension: NetX tells no other (NX 4.1). What is not known is a document."""
    return _BY_EXTENSION.get(file_name.rpartition(".")[2].lower(), MediaType.DOCUMENT)
