"""Files going out (section 8): `/api/file/...` with the token, `/file/...` as the older File Retrieval API has it."""

from __future__ import annotations

from urllib.parse import quote

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.netx import constituents
from dambridge_sim.netx.access import ANONYMOUS, require
from dambridge_sim.netx.auth import Tokens, header_token, invalid_token, session_key
from dambridge_sim.netx.digits import number_of
from dambridge_sim.netx.embedding import with_metadata
from dambridge_sim.netx.errors import Refusal, no_access
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.metadata_map import exported
from dambridge_sim.netx.records import Asset, StoredFile
from dambridge_sim.netx.site import User

PIXELS = {"thumbnail": 150, "thumb": 150, "preview": 500, "zoom": 2000}  # longer side, NX 8.2
NOT_FOUND = 404


class Files:
    """Handlers of both families of file URLs."""

    def __init__(self, library: Library, tokens: Tokens) -> None:
        self._library = library
        self._tokens = tokens

    # /api/file

    async def api_original(self, call: Call) -> Reply:
        """`/api/file/asset/{id}`."""
        return self._original(call, self._api_user(call))

    async def api_named(self, call: Call) -> Reply:
        """`/api/file/asset/{id}/{name}`: a rendition by its word, else the original under that name."""
        user = self._api_user(call)
        word = call.params["name"]
        stem = word.removesuffix(".jpg")
        if stem in {"thumbnail", "preview"}:
            return self._rendition(call, user, stem)
        return self._original(call, user, word)

    async def api_view(self, call: Call) -> Reply:
        """`/api/file/asset/{id}/view/{viewId}`."""
        user = self._api_user(call)
        require(user, Level.CONSUMER, "Downloading")
        asset = self._asset(call, user)
        wanted = call.params["viewId"]
        view = next((one for one in asset.views if str(one.id) == wanted), None)
        if view is None:
            raise _missing(f"view {wanted} of asset {asset.id}")
        return self._sent(call, view.file, view.file.name)

    def _api_user(self, call: Call) -> User:
        if (token := header_token(call)) is not None:
            return self._tokens.user(token, "api", "access")
        if (key := session_key(call)) is not None:
            return self._tokens.user(key, "session")
        raise invalid_token()

    # /file

    async def retrieve(self, call: Call) -> Reply:
        """`/file/asset/{id}/{what}...`: every kind of file, by wish under a name or as an attachment, or both (NX 8.2)."""
        user = self._retrieval_user(call)
        what, *rest = call.params["rest"].split("/")
        attachment = "attachment" in rest[-2:]
        if attachment:
            del rest[-1 if rest[-1] == "attachment" else -2]
        chosen = rest.pop(0) if what in {"view", "constituent"} and rest else ""
        if len(rest) > 1:
            raise _missing(call.path)
        name = rest[0] if rest else None
        if what == "view" and chosen:
            return self._view_by_name(call, user, chosen, name, attachment=attachment)
        if what == "constituent" and chosen:
            return self._constituent(call, user, chosen, name, attachment=attachment)
        if what == "original":
            return self._original(call, user, name, attachment=attachment)
        if what == "flv":
            return self._video(call, user, name, attachment=attachment)
        if what in PIXELS:
            return self._rendition(call, user, what, name, attachment=attachment)
        raise _missing(call.path)

    def _retrieval_user(self, call: Call) -> User:
        if (key := session_key(call)) is not None:
            return self._tokens.user(key, "session")
        token = header_token(call)
        if token is not None and self._library.switch("token_on_file_urls"):
            return self._tokens.user(token, "api", "access")
        if self._library.switch("public_files"):
            return ANONYMOUS
        raise invalid_token()

    def _view_by_name(self, call: Call, user: User, wanted: str, name: str | None, *, attachment: bool) -> Reply:
        require(user, Level.CONSUMER, "Downloading")
        asset = self._asset(call, user)
        view = next((one for one in asset.views if one.name == wanted), None)
        if view is None:
            raise _missing(f'view "{wanted}" of asset {asset.id}')
        return self._sent(call, view.file, name or view.file.name, attachment=attachment)

    def _constituent(self, call: Call, user: User, word: str, name: str | None, *, attachment: bool) -> Reply:
        """A page or key frame, as a picture like a preview."""
        asset = self._asset(call, user)
        require(user, Level.BROWSER, "Looking")
        wanted = constituents.named(word)
        made = None
        if wanted is not None:
            data = self._library.world.blobs.read(asset.file.blob)
            made = constituents.picture(data, asset.file.media_type, *wanted)
        if made is None:
            raise _missing(f"{word} of asset {asset.id}")
        return _picture(made, name or f"{asset.id}-{word}.jpg", attachment=attachment)

    def _video(self, call: Call, user: User, name: str | None, *, attachment: bool) -> Reply:
        """The proxy of a video: the file itself, as nothing here transcodes."""
        asset = self._asset(call, user)
        require(user, Level.BROWSER, "Looking")
        if not asset.file.media_type.startswith("video/") or self._library.stamp() < asset.proxies_ms:
            raise _missing(f"flv of asset {asset.id}")
        return self._sent(call, asset.file, name or asset.file.name, attachment=attachment)

    # Both

    def shown(self, call: Call) -> tuple[User, Asset]:
        """The caller of a URL outside `/api/`, and the asset in its path, if he may look at it."""
        user = self._retrieval_user(call)
        require(user, Level.BROWSER, "Looking")
        return user, self._asset(call, user)

    def _asset(self, call: Call, user: User) -> Asset:
        raw = call.params["id"]
        number = number_of(raw)
        document = None if number is None else call.read("asset", str(number))
        asset = None if document is None else Asset.from_json(document)
        try:
            return self._library.seen_by(user, asset, f"asset {raw}")
        except Refusal as refusal:
            status = 401 if user is ANONYMOUS else 404 if asset is None else 403
            raise Refusal(refusal.code, refusal.message, http_status=status) from refusal

    def _original(self, call: Call, user: User, name: str | None = None, *, attachment: bool = False) -> Reply:
        asset = self._asset(call, user)
        require(user, Level.CONSUMER, "Downloading")
        if asset.checked_out or asset.offline(self._library.stamp()):
            raise no_access(f"asset {asset.id} is {'checked out' if asset.checked_out else 'archived'}")
        if self._library.switch("download_approval") and user.level < Level.ADMINISTRATOR:
            raise no_access(f"the original of asset {asset.id} needs approval")
        if self._library.switch("export_on_download"):
            fields = exported(self._library.site.metadata_map, asset.attributes)
            if fields:
                data = with_metadata(self._library.world.blobs.read(asset.file.blob), fields)
                headers = {"content-disposition": _disposition(name or asset.file.name, attachment=attachment)}
                return Reply.raw(data, asset.file.media_type, headers=headers)
        return self._sent(call, asset.file, name or asset.file.name, attachment=attachment)

    def _rendition(
        self, call: Call, user: User, word: str, name: str | None = None, *, attachment: bool = False
    ) -> Reply:
        asset = self._asset(call, user)
        require(user, Level.BROWSER, "Looking")
        picture = None
        if self._library.stamp() >= asset.proxies_ms:
            picture = self._library.world.blobs.thumbnail(asset.file.blob, PIXELS[word])
        if picture is None:
            raise _missing(f"{word} of asset {asset.id}")
        return _picture(picture, name or f"{asset.id}-{word}.jpg", attachment=attachment)

    def _sent(self, call: Call, file: StoredFile, name: str, *, attachment: bool = False) -> Reply:
        if self._library.switch("file_redirects"):
            key = f"{self._library.next_id('download', 1):08d}"
            kept = {"file": file.to_json(), "name": name, "attachment": attachment}
            self._library.world.documents.put("download", key, kept)
            return Reply(302, {"location": f"{self._library.world.url}/session/{key}/{quote(name)}"})
        return self._whole(call, file, name, attachment=attachment)

    def _whole(self, call: Call, file: StoredFile, name: str, *, attachment: bool) -> Reply:
        reply = Reply.of_blob(
            call, file.blob, file.media_type, filename=name, ranges=self._library.switch("range_requests")
        )
        reply.headers["content-disposition"] = _disposition(name, attachment=attachment)
        return reply

    async def session(self, call: Call) -> Reply:
        """`/session/{key}/{name}`, where a file URL may lead (SINGLE): the address alone opens it."""
        kept = self._library.world.documents.get("download", call.params["key"])
        if kept is None or kept["name"] != call.params["name"]:
            raise _missing(call.path)
        return self._whole(call, StoredFile.from_json(kept["file"]), kept["name"], attachment=kept["attachment"])


def _plain_name(name: str) -> str:
    """A file name as a header can hold it; what it cannot becomes `_`."""
    return "".join(one if one.isascii() and one.isprintable() and one not in '"\\' else "_" for one in name)


def _disposition(name: str, *, attachment: bool) -> str:
    """As an attachment the reference's own form (NX 8.2); else the name alone, whatever letters it has."""
    return (
        f'attachment; filename="{_plain_name(name)}"'
        if attachment
        else f"inline; filename*=UTF-8''{quote(name, safe='')}"
    )


def _picture(data: bytes, name: str, *, attachment: bool) -> Reply:
    headers = {"content-disposition": _disposition(name, attachment=True)} if attachment else {}
    return Reply.raw(data, "image/jpeg", headers=headers)


def _missing(what: str) -> Refusal:
    return Refusal(1000, f"Not found: {what}", http_status=NOT_FOUND)
