"""Files that come by the API: what is taken, and when it is there (PS E32, U1; section 10 point 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dambridge_sim.kit.call import Call, Upload
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.v4_media import file_name_of


async def uploaded(call: Call, site: Site, part: str) -> Upload:
    """Return the one file of a multipart form that the call must bring as `part`."""
    files = [each for each in await all_uploaded(call, site) if each.field == part]
    if not files:
        raise errors.bad_request(f"The parameter {part} is required, as a part of multipart/form-data.")
    return files[-1]


async def uploaded_array(call: Call, site: Site, part: str) -> Sequence[Upload]:
    """Return the files that come as `part`, or as an array of that name: repeated, or as `part[]` or `part[0]` (PS U1)."""
    named = re.compile(rf"{re.escape(part)}(\[\d*\])?", re.ASCII)
    files = [each for each in await all_uploaded(call, site) if named.fullmatch(each.field)]
    if not files:
        raise errors.bad_request(f"The parameter {part} is required, as a part of multipart/form-data.")
    return files


async def all_uploaded(call: Call, site: Site) -> Sequence[Upload]:
    """Return the files of a multipart form in the order of coming; too large ones are refused."""
    if call.content_type != "multipart/form-data":
        return []
    files = (await call.form()).uploads
    limit = site.world.switches["upload_limit_bytes"]
    if limit and any(each.blob.size > limit for each in files):
        raise errors.RefusalError(errors.TOO_LARGE, f"A file may have {limit} bytes.")
    return files


def check_types(site: Site, files: Sequence[Upload], allowed: str) -> None:
    """Refuse what is no image where images alone are taken."""
    if allowed != "images":
        return
    for upload in files:
        if site.assets.facts(upload.blob, upload.filename)["media"] != "image":
            raise errors.RefusalError(errors.UNSUPPORTED, "Only images can be uploaded here.")


def gallery_parameter(call: Call, site: Site) -> str:
    """Return the name of the parameter that says where a file goes: in v4 a switch, in v3 known (PS E32, U1)."""
    return "gallery_id" if call.path.startswith("/psapi/v3") else str(site.world.switches["v4_upload_gallery"])


def accept(call: Call, site: Site, org_id: str, upload: Upload, parameters: Parameters) -> Document:
    """Take an uploaded file into the gallery that is named; it may be there some time later."""
    gallery_id = parameters.required(gallery_parameter(call, site))
    call.touch(gallery_id)
    if site.containers.in_org(org_id, gallery_id, "gallery") is None:
        raise errors.not_found("gallery")
    name = file_name_of(upload.filename)
    searchable = bool(parameters.flag("f_searchable", default=parameters.flag("searchable", default=False)))
    owner = site.member(call, "upload").user_id
    with site.world.documents.transaction():
        doc = site.assets.arrive(
            upload.blob, name, org_id=org_id, owner_id=owner, galleries=[gallery_id], searchable=searchable
        )
    call.touch(doc["id"])
    return doc
