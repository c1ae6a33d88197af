"""A file as the control calls and the page for people show it."""

from __future__ import annotations

from typing import Any

from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.vendor import Card
from dambridge_sim.photoshelter.site import Site


def state_of(site: Site, doc: Document) -> dict[str, Any]:
    """Return what `/__sim__/state` says beyond the kit's own members."""
    return {
        "file_name": doc["file_name"],
        "containers": paths_of(site, doc),
        "gallery_ids": [place["id"] for place in doc["galleries"]] if not doc["trashed"] else [],
        "org_id": doc["org_id"],
        "type": doc["media"],
        "metadata": doc["iptc"],
        "custom": custom_of(site, doc),
        "rating": doc.get("rating"),
        "model_released": doc.get("model_released"),
        "property_released": doc.get("property_released"),
        "searchable": doc.get("searchable", False),
        "ml_tags": doc.get("ml_tags", []),
        "reviews": reviews_of(site, doc),
        "license_expires": _time(doc.get("license_ms")),
        "uploaded_at": _time(doc["uploaded_ms"]),
        "updated_at": _time(doc["modified_ms"]),
        "versions": len(doc.get("versions") or [None]),
        "status": "trash" if doc["trashed"] else (doc["iptc"].get("edit_status") or ""),
        "trash": doc["trashed"],
    }


def card_of(site: Site, doc: Document) -> Card:
    """Return a file as the page shows it."""
    state = state_of(site, doc)
    record = {name: ", ".join(value) if isinstance(value, list) else value for name, value in doc["iptc"].items()}
    rights = {
        "model released": doc.get("model_released"),
        "property released": doc.get("property_released"),
        "searchable": doc.get("searchable", False),
        "rating": doc.get("rating"),
        "licence ends": state["license_expires"],
    }
    dates = {"uploaded": state["uploaded_at"], "updated": state["updated_at"], "taken": _time(doc.get("taken_ms"))}
    sections = {"IPTC": record, "Custom metadata": state["custom"], "Rights": rights, "Dates": dates}
    return Card(
        id=doc["id"],
        file_name=doc["file_name"],
        title=doc["iptc"].get("title") or doc["iptc"].get("headline") or "",
        containers=state["containers"],
        status=state["status"],
        sections={**sections, "Reviews": state["reviews"]},
    )


def paths_of(site: Site, doc: Document) -> list[str]:
    """Return the paths of the galleries that a file is in; none while it is in the trash."""
    if doc["trashed"]:
        return []
    return [path for place in doc["galleries"] for path in site.containers.paths_text(place["id"])]


def custom_of(site: Site, doc: Document) -> dict[str, str]:
    """Return custom metadata as people read them: field id to the option's value."""
    found: dict[str, str] = {}
    for field_id, option_id in doc["custom"].items():
        field = site.assets.field(doc["org_id"], field_id)
        found[field_id] = field["options"].get(option_id, option_id) if field else option_id
    return found


def reviews_of(site: Site, doc: Document) -> dict[str, str | None]:
    """Return the workspaces that a file is in, by name, with the thumb that people gave."""
    found: dict[str, str | None] = {}
    for place in doc.get("workspaces", []):
        workspace = site.workspaces.get(doc["org_id"], place["id"])
        if workspace is not None:
            found[workspace["name"]] = place.get("thumb")
    return found


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else iso(milliseconds)
