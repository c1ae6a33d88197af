"""The NetX simulator as the kit wants it: operations, people, state, and the computed library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document, Lookup, Value
from dambridge_sim.kit.routing import Routes
from dambridge_sim.kit.vendor import (
    STAFF,
    Audience,
    BadMetaError,
    Card,
    Handler,
    Operation,
    Upload,
    Vendor,
)
from dambridge_sim.kit.vendor import (
    Library as SeedLibrary,
)
from dambridge_sim.kit.world import World
from dambridge_sim.netx import synthetic
from dambridge_sim.netx.auth import Tokens, header_token, invalid_token, session_key
from dambridge_sim.netx.automation import Automation
from dambridge_sim.netx.buttons import Buttons
from dambridge_sim.netx.data_source import DataSource
from dambridge_sim.netx.errors import Refusal, bad_params
from dambridge_sim.netx.files import Files
from dambridge_sim.netx.hooks import Hooks
from dambridge_sim.netx.iiif import Iiif
from dambridge_sim.netx.imports import Imports
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.maintenance import in_window
from dambridge_sim.netx.oauth import OAuth
from dambridge_sim.netx.person import Person
from dambridge_sim.netx.portal import no_such_path, portal
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.rpc import Rpc
from dambridge_sim.netx.site import BadSiteError
from dambridge_sim.netx.switches import SWITCHES
from dambridge_sim.netx.x7 import X7
from dambridge_sim.netx.xml_rest import XmlRest

_RPC_PATHS = frozenset({"/api/rpc", "/external/api/json"})
_PRESENT = ("/api/", "/file/")  # what no switch takes away
_INTEGRATION = "integration"
_IIIF_IMAGE = "/cantaloupe/iiif/2/{image}/{region}/{size}/{rotation}/{file}"


class Netx(Vendor):
    """One NetX site."""

    name = "netx"
    title = "NetX"
    switches = SWITCHES
    page_order = Lookup("number", descending=True)

    def __init__(self) -> None:
        self.library = Library()
        self.kinds = self.library.kinds()
        self.tokens = Tokens(self.library)
        self.rpc = Rpc(self.library, self.tokens)
        self.imports = Imports(self.library)
        self.files = Files(self.library, self.tokens)
        self.iiif = Iiif(self.library, self.files)
        self.x7 = X7(self.library, self.tokens)
        self.xml = XmlRest(self.library, self.tokens, self.imports)
        self.oauth = OAuth(self.library, self.tokens)
        self.person = Person(self.library)
        self.hooks = Hooks(self.library)
        self.data_source = DataSource(self.library)
        self.automation = Automation(self.library, self.data_source)
        self.buttons = Buttons(self.library, self.data_source, self.automation)

    def attach(self, world: World) -> None:
        """Take the world, and the site that it may hold already."""
        super().attach(world)
        self.library.attach(world)
        self.hooks.listen()
        self.automation.listen()
        self.library.described.append(self._look_again)

    def _look_again(self) -> None:
        """Other permissions: other people may see what is there."""
        self.world.exposure.look_again(list(self.world.documents.stored("asset")))

    def started(self) -> None:
        """The list of chores is another one."""
        self.library.chores.forget()

    def clock_moved(self) -> None:
        """Do what has fallen due."""
        self.library.refresh()
        self.library.chores.catch_up()

    def operations(self) -> Sequence[Operation]:
        """Every URL of the reference that is served. The marks of RPC methods stand in their table."""
        confirmed, single = Confidence.CONFIRMED, Confidence.SINGLE
        imports, files, iiif, xml = self.imports, self.files, self.iiif, self.xml
        served: list[tuple[str, str, Handler, Confidence, str]] = [
            ("POST", "/api/rpc", self.rpc.current, confirmed, "NX 1, 3"),
            ("POST", "/external/api/json", self.rpc.beta, single, "NX 1, 2.3"),
            ("POST", "/api/import/asset", _plain(imports.asset), confirmed, "NX 7"),
            ("PUT", "/api/import/asset/{id}", _plain(imports.reimport), single, "NX 7"),
            ("POST", "/api/import/asset/{id}/version", _plain(imports.version), single, "NX 7"),
            ("POST", "/api/import/asset/{id}/view", _plain(imports.view), single, "NX 7"),
            ("GET", "/api/file/asset/{id}", _plain(files.api_original), confirmed, "NX 8.1"),
            ("GET", "/api/file/asset/{id}/{name}", _plain(files.api_named), confirmed, "NX 8.1"),
            ("GET", "/api/file/asset/{id}/view/{viewId}", _plain(files.api_view), single, "NX 8.1"),
            ("POST", "/api/file/asset/{id}", _plain(files.api_original), single, "NX 8.1"),
            ("POST", "/api/file/asset/{id}/{name}", _plain(files.api_named), single, "NX 8.1"),
            ("POST", "/api/file/asset/{id}/view/{viewId}", _plain(files.api_view), single, "NX 8.1"),
            ("GET", "/file/asset/{id}/{rest:path}", _plain(files.retrieve), confirmed, "NX 8.2"),
            ("GET", "/session/{key}/{name}", _plain(files.session), single, "NX 8.2"),
            ("GET", "/portals/{slug}", portal, confirmed, "NX 8.3"),
            ("GET", "/iiif/manifest/asset/{id}", _plain(iiif.manifest), single, "NX 14"),
            ("GET", "/cantaloupe/iiif/2/{image}/info.json", _plain(iiif.info), single, "NX 14"),
            ("GET", _IIIF_IMAGE, _plain(iiif.image), single, "NX 14"),
            ("POST", "/x7/v1.2/json/{method}", self.x7.versioned, confirmed, "NX 1, 15"),
            ("POST", "/x7/json", self.x7.plain, single, "NX 1, 15"),
            ("GET", "/xml/login", _plain(xml.login), single, "NX 15"),
            ("GET", "/xml/asset/{id}", _plain(xml.asset), single, "NX 15"),
            ("GET", "/xml/asset/{id}/attribute/{name}/{value:path}", _plain(xml.attribute), single, "NX 15"),
            ("GET", "/xml/asset/{id}/addCategory/{catId}", _plain(xml.add_category), single, "NX 15"),
            ("GET", "/xml/list/{rest:path}", _plain(xml.listing), single, "NX 15"),
            ("GET", "/xml/category/{id}", _plain(xml.category), single, "NX 15"),
            ("GET", "/xml/category/create/{path:path}", _plain(xml.create_category), single, "NX 15"),
            ("POST", "/servlet/FileUploader", _plain(xml.uploader), single, "NX 15"),
            ("GET", "/xml/import/{rest:path}", _plain(xml.import_file), single, "NX 15"),
            ("GET", "/app", self.oauth.browser, single, "NX 2.2, 8.3"),
            ("POST", "/a/t", self.oauth.token, single, "NX 2.2"),
            ("GET", "/health/{token}", self.health, confirmed, "NX 9"),
        ]
        return tuple(Operation(*one) for one in served)

    def credentials(self) -> Mapping[str, Any]:
        """What a client needs: the integration user's token first, then everybody's."""
        users = self.library.site.users.values()
        clients = self.library.site.oauth_clients.values()
        return {
            "token": next((one.token for one in users if one.login == _INTEGRATION), None),
            "base_url": self.world.url,
            "tokens": {one.login: one.token for one in users if one.token is not None},
            "passwords": {one.login: one.password for one in users if one.password is not None},
            "oauth": [{"client_id": one.client_id, "client_secret": one.client_secret} for one in clients],
        }

    def populate(self) -> None:
        """The default site."""
        self.library.begin()
        self._keep_tokens()

    def _keep_tokens(self) -> None:
        for user in self.library.site.users.values():
            if user.token is not None:
                self.tokens.keep(user.token, user.login, "api")

    # The course of a call

    async def identify(self, call: Call) -> None:
        """RPC calls name their method in the body."""
        self.clock_moved()
        if call.known and _address(call) in _RPC_PATHS:
            await self.rpc.identify(call)

    async def before(self, call: Call) -> Reply | None:
        """Whether the site is up; token and user, where the operation does not see to that itself."""
        if self.library.switch("maintenance_window") and in_window(self.world.clock.now()):
            return Reply.raw(b"<html><body>Scheduled maintenance</body></html>", "text/html", 503)
        if not call.known:
            return None
        address = _address(call)
        if address == "/api/rpc":
            return self.rpc.authorise(call)
        if address.startswith("/api/import") and call.served(call.confidence):
            try:
                token = header_token(call)
                if token is None:
                    raise invalid_token()
                user = self.tokens.user(token, "api", "access")
            except Refusal as refusal:
                return _plain_refusal(refusal)
            call.state["user"] = user
            call.caller = user.login
        return None

    def unknown(self, call: Call) -> Reply:
        """An unknown path is a 404, a verb that a path does not take a 405; an unknown RPC method is an error in the envelope."""
        if "rpc" in call.state and _address(call) == "/api/rpc":
            return self.rpc.unknown(call)
        taken = self._verbs(call.path) if call.path.startswith(_PRESENT) else []
        if taken and call.method not in taken:
            body = {"error": {"code": 405, "message": f"{call.method} is not taken here"}}
            return Reply.json(body, status=405, headers={"allow": ", ".join(taken)})
        return no_such_path()

    def _verbs(self, path: str) -> list[str]:
        """The verbs that a path takes, as far as they are served."""
        found = {verb: self._routes.find(verb, path) for verb in ("GET", "HEAD", "POST", "PUT")}
        strict = self.world.strict
        return [verb for verb, one in found.items() if one and (one.operation.confidence.in_strict or not strict)]

    @cached_property
    def _routes(self) -> Routes:
        return Routes(self.operations())

    def bad_body(self, call: Call, problem: str) -> Reply:
        """A body that cannot be read, in the dialect of the address."""
        refusal = bad_params(problem)
        return self.rpc.refused(call, refusal) if _address(call) in _RPC_PATHS else _plain_refusal(refusal)

    def too_many(self, call: Call, retry_after_s: float) -> Reply:
        """HTTP 429 (INFERRED: one client backs off on it)."""
        headers = {"retry-after": str(max(1, round(retry_after_s + 0.5)))} if self.library.switch("retry_after") else {}
        return Reply.json({"error": {"code": 429, "message": "Too many requests"}}, status=429, headers=headers)

    def expire_token(self, call: Call) -> None:
        """The token of this call is worth nothing from now on; sessions and OAuth clients get a new one, API tokens do not."""
        for token in (header_token(call), session_key(call)):
            if token is not None:
                self.tokens.revoke(token)

    async def health(self, call: Call) -> Reply:
        """`GET /health/{token}`: 200, 401 for a wrong token, 404 when not configured, 500 unhealthy."""
        expected = self.library.switch("health_token")
        if not expected:
            return Reply(404)
        if call.params["token"] != expected:
            return Reply(401)
        return Reply.raw(b"OK", "text/plain") if self.library.switch("healthy") else Reply(500)

    # As a person

    def person_adds(self, upload: Upload | None, meta: Mapping[str, Any]) -> str:
        """Import as the web application does."""
        self.library.refresh()
        return self.person.adds(upload, meta)

    def person_edits(self, identifier: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Edit in the web application."""
        self.library.refresh()
        self.person.edits(identifier, upload, meta)

    def person_deletes(self, identifier: str) -> None:
        """Delete in the web application."""
        self.person.deletes(identifier)

    def person_presses(self, button: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One of `buttons.BUTTONS`."""
        self.library.refresh()
        return self.buttons.press(button, body)

    def load_library(self, library: SeedLibrary) -> None:
        """A seed's `library.yaml`: attributes, vocabularies, users, and the parts that only NetX has."""
        folders = [one["path"] if isinstance(one, dict) else one for one in library.containers]
        described = {
            "attributes": library.attributes,
            "vocabularies": library.vocabularies,
            "users": library.users,
            "folders": folders,
            **library.site,
        }
        try:
            self.library.extend(described)
        except (BadSiteError, Refusal, KeyError, TypeError, AttributeError) as error:
            raise BadMetaError(f"library.yaml: {error}") from error
        self._keep_tokens()

    # Looking

    def state_line(self, identifier: str, document: Document) -> dict[str, Any]:
        """An asset in `state`."""
        asset = Asset.from_json(document)
        return {
            "file_name": asset.file_name,
            "name": asset.name,
            "containers": self._paths(asset),
            "attributes": {name: list(values) for name, values in asset.attributes.items()},
            "metadata": {
                "creationDate": asset.created_ms,
                "importDate": asset.imported_ms,
                "modDate": asset.modified_ms,
            },
            "views": [{"id": view.id, "name": view.name, "file_name": view.file.name} for view in asset.views],
            "versions": asset.version_count,
            "version_count": asset.version_count,
            "status": _status(asset),
            "expires": None if not asset.expires_ms else iso(asset.expires_ms)[:10],
            "trash": False,
        }

    def _paths(self, asset: Asset) -> list[str]:
        return [self.library.tree.path(one) for one in asset.folders if one in self.library.tree]

    def who_can_see(self, document: Document, at_ms: int) -> Audience:
        """Everyone, or groups that are not staff; nobody of them once it is hidden or has expired out of sight."""
        asset = Asset.from_json(document)
        ends = asset.expires_ms if asset.expires_ms and self._expiry_hides() else 0
        if asset.hidden or asset.expired or (ends and ends <= at_ms):
            return STAFF
        audience = self.library.access.audience(asset)
        return replace(audience, changes_at_ms=ends) if ends else audience

    def _expiry_hides(self) -> bool:
        switch = self.library.switch
        return bool(switch("asset.expire.enabled")) and switch("image.expire_assets_action") in {"notVisible", "delete"}

    def affected_assets(self, kind: str, identifier: str) -> Iterable[str]:
        """Whom a permission row lets into a folder hangs on the folder alone; yet a changed one is looked at again."""
        if kind != "folder":
            return ()
        folder = int(identifier)
        if folder not in self.library.tree:
            return ()
        return [one for place in self.library.tree.below(folder) for one in self.library.in_folder(place)]

    def card(self, identifier: str, document: Document) -> Card:
        """An asset on the page for people."""
        asset = Asset.from_json(document)
        line = self.state_line(identifier, document)
        attributes = {name: " · ".join(values) for name, values in asset.attributes.items()}
        file = {"size": asset.file.blob.size, "checksum": asset.file.blob.md5, "type": asset.file.media_type}
        if asset.file.width is not None:
            file["dimensions"] = f"{asset.file.width} × {asset.file.height}"
        return Card(
            id=identifier,
            file_name=asset.file_name,
            title=asset.name,
            containers=line["containers"],
            status=line["status"],
            sections={"Attributes": attributes, "File": file, "Dates": line["metadata"]},
        )

    # The computed library

    def synthetic_begin(self, count: int) -> None:
        """The folder of the computed assets."""
        self.library.folder_at(synthetic.FOLDER_PATH)

    def _synthetic_folder(self) -> int:
        found = self.library.tree.find(synthetic.FOLDER_PATH)
        return found.id if found is not None else 0

    def synthetic_id(self, number: int) -> str:
        """`10000000` and on."""
        return synthetic.id_of(number)

    def synthetic_number(self, identifier: str) -> int | None:
        """Back from the id."""
        return synthetic.number_of(identifier)

    def synthetic_document(self, number: int) -> Document:
        """The asset of a number."""
        return synthetic.document(number, self._synthetic_folder(), self.world.blobs.synthetic(number))

    def synthetic_value(self, index: str, number: int) -> Value:
        """Its place in an index."""
        return synthetic.value(index, number, self._synthetic_folder())

    def synthetic_span(self, lookup: Lookup, count: int) -> range:
        """The numbers of a lookup."""
        return synthetic.span(lookup, count, self._synthetic_folder())


def _status(asset: Asset) -> str:
    states = {
        "archived": asset.archived,
        "checked out": asset.checked_out,
        "hidden": asset.hidden,
        "expired": asset.expired,
    }
    return ", ".join(word for word, holds in states.items() if holds)


def _address(call: Call) -> str:
    """The path of a call as its operation is registered: slashes at either end say nothing."""
    return "/" + call.path.strip("/")


def _plain(handler: Handler) -> Handler:
    """Answer refusals of a file or import URL in plain JSON with an HTTP status (NX 7: no envelope; statuses INFERRED)."""

    async def guarded(call: Call) -> Reply:
        try:
            return await handler(call)
        except Refusal as refusal:
            return _plain_refusal(refusal)

    return guarded


def _plain_refusal(refusal: Refusal) -> Reply:
    return Reply.json({"error": refusal.body()}, status=refusal.http_status)


def make_vendor() -> Netx:
    """A NetX site, for the command line and for tests."""
    return Netx()
