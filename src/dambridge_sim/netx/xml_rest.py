"""The XML REST interface of 2010 to 2018 (section 15, SINGLE): everything by GET, writes too; answers are Java beans in XML."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.netx.auth import SESSION_COOKIE, Tokens, invalid_token, session_key
from dambridge_sim.netx.beans import asset_bean, document, java_array, java_object
from dambridge_sim.netx.context import Context
from dambridge_sim.netx.digits import number_of
from dambridge_sim.netx.editing import check_file_name, touched, written
from dambridge_sim.netx.errors import Refusal, bad_params, failure, no_access
from dambridge_sim.netx.folders import ROOT, Folder
from dambridge_sim.netx.imports import Imports
from dambridge_sim.netx.incoming import imported
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.query import Contains, Exact, Group, InFolder, Target
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.search import Search
from dambridge_sim.netx.site import User

_NO_SUCH = 404
_USER_MEMBERS = (
    "address1", "address2", "city", "country", "organization", "phone1", "phone2", "phone3", "phone4", "state", "zip",
    "name2", "name3", "name4",
)  # fmt: skip


class XmlRest:
    """Handlers of `/xml/...` and of the upload servlet."""

    def __init__(self, library: Library, tokens: Tokens, imports: Imports) -> None:
        self._library = library
        self._tokens = tokens
        self._imports = imports
        self._search = Search(library)

    async def login(self, call: Call) -> Reply:
        """`/xml/login?username=&password=`: the user, and the session in a cookie."""
        self._there(call)
        login = call.query.get("username")
        key = self._tokens.signed_in(login, call.query.get("password"))
        if key is None:
            raise invalid_token()
        user = self._library.site.users[str(login)]
        members = {"userid": user.id, "login": user.login, "name1": user.name, "email": f"{user.login}@example.org"}
        reply = _xml(java_object("user.UserBean", members | dict.fromkeys(_USER_MEMBERS, "")))
        reply.headers["set-cookie"] = f"{SESSION_COOKIE}={key}; Path=/; HttpOnly"
        return reply

    async def asset(self, call: Call) -> Reply:
        """`/xml/asset/{id}`."""
        ctx = self._context(call)
        return self._shown(ctx, ctx.asset(_number(call.params["id"])))

    async def attribute(self, call: Call) -> Reply:
        """`/xml/asset/{id}/attribute/{name}/{value}`: a write by GET; the value replaces."""
        ctx = self._context(call)
        before = ctx.asset_to_change(_number(call.params["id"]))
        ctx.needs(Level.PRODUCER, "Editing attributes")
        values = {call.params["name"]: [call.params["value"]]}
        after = touched(self._library, before, written(self._library, ctx.user, before, values), by="attributes")
        self._library.put(after)
        return self._shown(ctx, after)

    async def add_category(self, call: Call) -> Reply:
        """`/xml/asset/{id}/addCategory/{catId}`: as `addAssetToFolder` does it."""
        asset, folder = _number(call.params["id"]), _number(call.params["catId"])
        ctx = self._context(call, [asset, folder, None])
        TABLE.methods["addAssetToFolder"].handler(ctx)
        return self._shown(ctx, ctx.asset(asset))

    async def listing(self, call: Call) -> Reply:
        """`/xml/list/{by}/..`: by `category/id/..`, `category/path/..`, `keyword/..`, `metadata/../..`; all with `/page/{n}`."""
        ctx = self._context(call)
        words = call.params["rest"].split("/")
        start, size = 0, self._library.switch("max_page_size")
        if len(words) > 2 and words[-2] == "page" and (page := number_of(words[-1])) is not None:
            size = self._library.switch("default_page_size")
            start = max(0, page - 1) * size
            words = words[:-2]
        options = Options(start=start, size=size)
        found = self._search.query(ctx.user, self._listed(ctx, words), options)
        assets = [self._library.find(int(one)) for one in found.ids(start, size)]
        return _xml(java_array("asset.AssetList", [_entry(one) for one in assets if one is not None]))

    def _listed(self, ctx: Context, words: Sequence[str]) -> Group:
        match words:
            case ["category", "id", number]:
                return Group(must=(InFolder(ctx.folder(_number(number)).id, recursive=False),))
            case ["category", "path", *names]:
                folder = self._library.tree.find("/".join(names))
                if folder is None:
                    raise failure("There is no such category")
                return Group(must=(InFolder(ctx.folder(folder.id).id, recursive=False),))
            case ["keyword", *text]:
                return Group(must=(Contains(Target("keywords", is_attribute=False), "/".join(text)),))
            case ["metadata", name, *value]:
                return Group(must=(Exact(Target(name, is_attribute=True), "/".join(value)),))
            case _:
                raise bad_params("The list must be by category, keyword or metadata")

    async def category(self, call: Call) -> Reply:
        """`/xml/category/{id}`: the categories in one (1 is the root), and for 0 the whole tree."""
        ctx = self._context(call)
        number = _number(call.params["id"])
        if number == 0:
            return Reply.raw(f"<tree>{self._branches(ctx, ROOT)}</tree>".encode(), "text/xml")
        return self._categories(ctx, ctx.folder(number))

    async def create_category(self, call: Call) -> Reply:
        """`/xml/category/create/{path}`: as `createFolderFromPath` does it; the siblings are answered (INFERRED)."""
        ctx = self._context(call, [call.params["path"].strip("/"), None])
        TABLE.methods["createFolderFromPath"].handler(ctx)
        made = self._library.tree.find(call.params["path"].strip("/"))
        return self._categories(ctx, self._library.tree.get(made.parent if made and made.parent else ROOT))

    async def uploader(self, call: Call) -> Reply:
        """`POST /servlet/FileUploader`: keeps a file until it is imported."""
        user = self._context(call).user
        form = await call.form()
        upload = form.files.get("file")
        if upload is None:
            raise bad_params('The form has no file part named "file"')
        name = check_file_name(upload.filename)
        self._library.world.documents.put("upload", f"{user.login}/{name}", {"blob": upload.blob.to_json()})
        return Reply.raw(b"OK", "text/plain")

    async def import_file(self, call: Call) -> Reply:
        """`/xml/import/{categoryPath}/{fileName}`: makes an asset of what was uploaded under this name."""
        ctx = self._context(call)
        ctx.needs(Level.IMPORTER, "Uploading")
        path, _, name = call.params["rest"].strip("/").rpartition("/")
        kept = self._library.world.documents.get("upload", f"{ctx.user.login}/{name}")
        folder = self._library.tree.find(path)
        if kept is None or folder is None:
            raise failure(f"There is no {'uploaded file' if kept is None else 'category'} of that name")
        place = self._imports.place(ctx.user, folder.id)
        with self._library.world.documents.transaction():
            asset = imported(self._library, Blob.from_json(kept["blob"]), name, place)
            self._library.world.documents.delete("upload", f"{ctx.user.login}/{name}")
        call.touch(asset.id)
        return self._shown(ctx, asset)

    # Inside

    def _there(self, call: Call) -> None:
        if not self._library.switch("legacy_api"):
            raise Refusal(1000, f"Not found: {call.path}", http_status=_NO_SUCH)

    def _context(self, call: Call, params: Sequence[Any] = ()) -> Context:
        self._there(call)
        user = self._user(call)
        call.caller = user.login
        return Context(call, user, self._library, self._search, params)

    def _user(self, call: Call) -> User:
        if (key := session_key(call)) is not None:
            return self._tokens.user(key, "session")
        scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                login, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise invalid_token() from None
            if (user := self._tokens.known(login, password)) is not None:
                return user
        raise invalid_token()

    def _shown(self, ctx: Context, asset: Asset) -> Reply:
        if not self._library.access.asset(ctx.user, asset):
            raise no_access(f"asset {asset.id}")
        return _xml(java_object("asset.AssetBean", asset_bean(self._library, ctx.user, asset)))

    def _children(self, ctx: Context, parent: int) -> list[Folder]:
        children = self._library.tree.children(parent)
        return [one for one in children if self._library.access.folder_shown(ctx.user, one.id)]

    def _categories(self, ctx: Context, parent: Folder) -> Reply:
        beans = [
            java_object("category.CategoryBean", self._category_members(one)) for one in self._children(ctx, parent.id)
        ]
        return _xml(java_array("category.CategoryBean", beans))

    def _category_members(self, folder: Folder) -> dict[str, Any]:
        tree = self._library.tree
        return {
            "categoryid": folder.id,
            "name": folder.name,
            "parentid": folder.parent or 0,
            "parentCategoryName": tree.get(folder.parent or ROOT).name,
            "path": tree.path(folder.id),
            "repositorydirectory": tree.path(folder.id),
            "contents": len(self._library.in_folder(folder.id)),
            "hasContents": bool(self._library.in_folder(folder.id)),
            "children": [child.id for child in tree.children(folder.id)],
            "creationDate": "",
            "orderby": "name",
            "permissionMatrix": "",
            "visible": True,
        }

    def _branches(self, ctx: Context, parent: int) -> str:
        return "".join(
            f"<node label={quoteattr(one.name)} categoryId={quoteattr(str(one.id))} parentId={quoteattr(str(parent))}"
            f" path={quoteattr(self._library.tree.path(one.id))}>{self._branches(ctx, one.id)}</node>"
            for one in self._children(ctx, parent)
        )


def _entry(asset: Asset) -> str:
    labels = {"label1": asset.name, "label2": asset.file_name, "label3": "", "label4": "", "label5": ""}
    urls = {"preview": f"/file/asset/{asset.id}/preview", "thumb": f"/file/asset/{asset.id}/thumb"}
    return java_object("asset.AssetList", {"assetId": asset.id, **labels, **urls})


def _number(text: str) -> int:
    number = number_of(text)
    if number is None:
        raise bad_params(f"{text!r} is not a number")
    return number


def _xml(body: str) -> Reply:
    return Reply.raw(document(body), "text/xml; charset=utf-8")
