"""NetX without any IO: requests built, replies classified, listings kept honest.

Every fact about the API names its place in the reference and how well it is known. Parameters are positional and one call
is one request: the service has neither named parameters nor batches (NX 3, CONFIRMED).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.netx.config import NetxOptions, VersionRoute, WriteEncoding
from dambridge.connectors.netx.wire import BadReply
from dambridge.model.records import MediaType
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater, Unclear

RPC_PATH: Final = "/api/rpc"
TOKEN_PATH: Final = "/a/t"  # noqa: S105 - an address, not a secret (NX 2.2, SINGLE)
IMPORT_PATH: Final = "/api/import/asset"

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


def exactly(attribute: str, value: str) -> Json:
    """A query for assets whose attribute has this value (NX 6, CONFIRMED)."""
    return {"query": [{"operator": "and", "exact": {"attribute": attribute, "value": value}}]}


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


# listings ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Scan:
    """One pass over a listing by start index, kept honest while the set changes (hazard P08).

    Pages overlap: a page that does not begin among what was met before, unmoved since, shows that more than the overlap
    went away meanwhile, and the pass is torn. An id that was met and has changed proves nothing of the kind: it stands
    at the end now. A pass is proven when it is not torn and as many ids were met as the service counts.
    """

    page_size: int
    start: int = 0
    torn: bool = False
    ended: bool = False
    total: int = 0
    met: dict[str, int | None] = field(default_factory=dict)
    overlap: int = 0

    def take(self, items: Sequence[tuple[str, int | None]], total: int) -> None:
        """Note a page that was asked for at `start`, ids with their modified times, and where the next one begins. An id
        twice on it counts once."""
        page = dict(items)
        shared = list(page.items())[: self.overlap]
        if self.start and not any(it in self.met and self.met[it] == stamp for it, stamp in shared):
            self.torn = True
        self.total = total
        self.met |= page
        reached = self.start + len(page)
        if not page or reached >= total:
            self.ended = True
            return
        self.overlap = min(max(1, self.page_size // 10), 20, len(page) - 1)
        self.start = reached - self.overlap

    @property
    def proven(self) -> bool:
        return self.ended and not self.torn and len(self.met) == self.total


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
