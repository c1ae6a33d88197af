"""The import endpoints (section 7): multipart in, plain JSON out, parts in any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dambridge_sim.kit.call import Call, Form, Reply, Upload
from dambridge_sim.netx.access import require
from dambridge_sim.netx.digits import number_of
from dambridge_sim.netx.editing import check_file_name
from dambridge_sim.netx.errors import FAILURE, Refusal, bad_params, failure, no_access
from dambridge_sim.netx.incoming import imported, new_file, new_view, stored_file
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.options import Options
from dambridge_sim.netx.projection import asset_json, lens_of
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.rpc_people import check_description, check_view_name
from dambridge_sim.netx.site import User

_TOO_LARGE = 413


class Imports:
    """Handlers of `/api/import/...`; the caller stands in `call.state["user"]`."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def asset(self, call: Call) -> Reply:
        """`POST /api/import/asset`: `file`, `folderId`, `fileName`."""
        user = _user(call)
        require(user, Level.IMPORTER, "Uploading")
        form = await call.form()
        upload, file_name = self._file(form)
        folder = self._folder(user, form.first("folderId"))
        with self._library.world.documents.transaction():
            asset = imported(self._library, upload.blob, file_name, folder)
        call.touch(asset.id)
        return Reply.json(self._reply(user, asset))

    async def reimport(self, call: Call) -> Reply:
        """`PUT /api/import/asset/{id}`: another file in the place of the present one."""
        return await self._replace(call, keep_earlier=False)

    async def version(self, call: Call) -> Reply:
        """`POST /api/import/asset/{id}/version`: check-in; earlier versions are kept."""
        return await self._replace(call, keep_earlier=True)

    async def view(self, call: Call) -> Reply:
        """`POST /api/import/asset/{id}/view`: `file`, `fileName`, `viewName`, `description`."""
        asset = self._asset(call)
        require(_user(call), Level.PRODUCER, "Managing views")
        form = await call.form()
        upload, file_name = self._file(form)
        name = check_view_name(form.first("viewName"))
        description = check_description(form.first("description", ""))
        asset = self._asset(call)
        if any(view.name == name for view in asset.views):
            raise failure(f'View "{name}" exists already on asset {asset.id}')
        file = stored_file(self._library, upload.blob, file_name)
        view = new_view(self._library, asset, file, name=name, description=description)
        return Reply.json(
            {"id": view.id} | ({} if self._library.switch("import_reply") == "id" else {"name": view.name})
        )

    async def _replace(self, call: Call, *, keep_earlier: bool) -> Reply:
        self._asset(call)
        require(_user(call), Level.PRODUCER, "Managing versions")
        form = await call.form()
        upload, file_name = self._file(form)
        asset = self._asset(call)
        user = _user(call)
        if asset.checked_out and not (
            keep_earlier and (user.login == asset.holder or user.level >= Level.ADMINISTRATOR)
        ):
            raise failure(f"Asset {asset.id} is checked out")
        if asset.offline(self._library.stamp()):
            raise failure(f"Asset {asset.id} is archived")
        asset = replace(asset, checked_out=False, holder="")  # a check-in ends the check-out
        asset = new_file(self._library, asset, upload.blob, file_name, keep_earlier=keep_earlier)
        return Reply.json(self._reply(user, asset))

    def _file(self, form: Form) -> tuple[Upload, str]:
        upload = form.files.get("file")
        if upload is None:
            raise bad_params('The form has no file part named "file"')
        limit = self._library.switch("upload_limit_bytes")
        if limit and upload.blob.size > limit:
            raise Refusal(
                FAILURE, f"The file has {upload.blob.size} bytes, the limit is {limit}", http_status=_TOO_LARGE
            )
        return upload, check_file_name(form.first("fileName") or upload.filename.rpartition("/")[2])

    def _reply(self, user: User, asset: Asset) -> dict[str, Any]:
        """What is answered, by switch: members other than `id` are INFERRED."""
        form = self._library.switch("import_reply")
        if form == "asset":
            options = Options(size=1, data=frozenset({"asset.base", "asset.file"}))
            return asset_json(asset, options, lens_of(self._library, user))
        return {"id": asset.id} if form == "id" else {"id": asset.id, "name": asset.name}

    def _asset(self, call: Call) -> Asset:
        raw = call.params["id"]
        number = number_of(raw)
        found = None if number is None else self._library.find(number)
        return self._library.seen_by(_user(call), found, f"asset {raw}")

    def _folder(self, user: User, raw: str | None) -> int:
        number = None if raw is None else number_of(raw.strip())
        if number is None:
            raise bad_params("folderId must be a number")
        return self.place(user, number)

    def place(self, user: User, folder: int) -> int:
        """The folder, if the user may upload into it: importers into their own alone (NX 7, 11)."""
        if folder not in self._library.tree:
            raise self._library.unknown(f"folder {folder}")
        path = self._library.tree.path(folder)
        own = f"Users/{user.name}"
        if user.level < Level.PRODUCER and not (path == own or path.startswith(f"{own}/")):
            raise no_access(f"folder {folder}: importers upload into {own} alone")
        if user.level >= Level.PRODUCER and not self._library.access.folder(user, folder):
            raise no_access(f"folder {folder}")
        return folder


def _user(call: Call) -> User:
    user: User = call.state["user"]
    return user
