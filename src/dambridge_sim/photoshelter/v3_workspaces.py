"""v3: the media search, and workspaces with their reviews (PS U10 to U12: SINGLE)."""

from __future__ import annotations

from typing import Any

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.times import media_time
from dambridge_sim.photoshelter.v3_records import NAMES, Record, Records, picked
from dambridge_sim.photoshelter.v4_search import Search


class SearchAndWorkspaces:
    """The operations of U10, U11 and U12."""

    def __init__(self, site: Site, records: Records, search: Search) -> None:
        """Work on `site`."""
        self._site, self._records, self._search = site, records, search

    def routes(self) -> list[Route]:
        """Return the operations. Workspaces were seen without `/mem`."""
        single = Confidence.SINGLE
        return [
            route("GET", "/media/search", self.search, single, "PS U10"),
            route("GET", "/workspace/query", self.query, single, "PS U11"),
            route("GET", "/workspace/{workspace_id}/media", self.media, single, "PS U11"),
            route("GET", "/workspace/{workspace_id}/media/{media_id}/review", self.review, single, "PS U12"),
        ]

    async def search(self, call: Call) -> Reply:
        """U10: `terms`, `galleries`, `sort_by`, `sort_dir`; the shape of the answer is INFERRED from U7."""
        parameters = await parameters_of(call)
        wanted, fields = parameters.mapping("extend") or {}, parameters.text("fields")
        found = self._search.matching(call, parameters)

        def show(identifier: str) -> Record:
            doc = self._site.file(call, identifier)
            return {NAMES[doc["media"]]: picked(self._records.media(call, doc), fields)} | self._records.extended(
                call, doc, wanted
            )

        return self._records.page(call, parameters, "Media", found, show)

    async def query(self, call: Call) -> Reply:
        """U11: the workspaces of the organization; `extend={"MediaCount": ...}` counts their files."""
        parameters = await parameters_of(call)
        wanted = parameters.mapping("extend") or {}
        found = self._site.workspaces.of(self._org(call))

        def show(doc: Document) -> Record:
            shown: Record = {"workspace_id": doc["id"], "name": doc["name"]}
            shown["created_at"] = media_time(doc["created_ms"])
            shown = picked(shown, parameters.text("fields"))
            if "MediaCount" in wanted:
                files = self._site.workspaces.files(doc["id"])
                shown["MediaCount"] = {"total": self._site.world.documents.total("asset", files)}
            return shown

        return self._records.page(call, parameters, "Workspace", found, show)

    async def media(self, call: Call) -> Reply:
        """U11: the files of a workspace, each with the records that `extend` names."""
        parameters = await parameters_of(call)
        workspace = self._workspace(call)
        wanted = parameters.mapping("extend") or {}
        found = list(self._site.world.documents.every("asset", self._site.workspaces.files(workspace["id"])))

        def show(identifier: str) -> Record:
            doc = self._site.file(call, identifier)
            tie: Record = {"workspace_id": workspace["id"], "media_id": doc["id"]}
            return {f"Workspace{NAMES[doc['media']]}": tie | self._records.in_workspace(call, doc, workspace, wanted)}

        return self._records.page(call, parameters, "WorkspaceMedia", found, show)

    async def review(self, call: Call) -> Reply:
        """U12: the current review of a file; the body is unknown, this one INFERRED."""
        workspace = self._workspace(call)
        doc = self._site.media(call, name="media_id")
        place = next((each for each in doc.get("workspaces", []) if each["id"] == workspace["id"]), None)
        if place is None:
            raise errors.not_found("media")
        comments = [
            {"user": each["by"], "text": each["text"], "created_at": self._time(each["at_ms"])}
            for each in place["comments"]
        ]
        shown: dict[str, Any] = {"workspace_id": workspace["id"], "media_id": doc["id"], "thumb": place.get("thumb")}
        shown |= {"user": place.get("by"), "reviewed_at": self._time(place.get("reviewed_ms")), "Comment": comments}
        return self._records.ok({"Review": shown})

    def _org(self, call: Call) -> str:
        """Return the organization whose workspaces are meant: members reach them without entering it first (WSX)."""
        session = self._site.signed_in(call)
        orgs = self._site.accounts.user(session.user_id)["orgs"]
        if session.org_id is None and orgs:
            session.org_id, session.role = next(iter(orgs.items()))
        return self._site.org(call)

    def _time(self, at_ms: int | None) -> str | None:
        return None if at_ms is None else media_time(at_ms)

    def _workspace(self, call: Call) -> Document:
        org_id, identifier = self._org(call), call.params["workspace_id"]
        call.touch(identifier)
        found = self._site.workspaces.get(org_id, identifier)
        if found is None:
            raise errors.not_found("workspace")
        return found
