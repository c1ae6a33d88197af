"""The smallest vendor: an example to read before writing a real one, and what the kit's own tests run against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Refused, Reply, Upload
from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup, Value
from dambridge_sim.kit.switches import Switch
from dambridge_sim.kit.synthetic import fields_of
from dambridge_sim.kit.vendor import BadMetaError, Card, Operation, Vendor
from dambridge_sim.kit.visibility import Audience

TOKEN = "toy-token"  # noqa: S105 - the toy's well-known token, valid nowhere else
_KNOWN = {"file_name", "containers", "metadata", "visibility", "dates"}


class Toy(Vendor):
    """Items with a name, fields, a file and a shelf that is open or not."""

    name = "toy"
    title = "Toy shelf"
    kinds = (
        Kind(
            "asset",
            {
                "modified": Index(lambda item: [item["modified_ms"]], lagged=True),
                "name": Index(lambda item: [item["file_name"]]),
                "shelf": Index(lambda item: item["shelves"]),
            },
        ),
        Kind("shelf"),
        Kind("token", counts=False),
    )
    switches = (
        Switch("index_lag_s", 0.0, "seconds until a search sees a write"),
        Switch("mood", "mild", "how the toy feels", ("mild", "wild")),
    )

    def operations(self) -> Sequence[Operation]:
        """Return the toy's operations."""
        return (
            Operation("GET", "/items", self.items, Confidence.CONFIRMED, "toy 1"),
            Operation("POST", "/items", self.create, Confidence.CONFIRMED, "toy 2"),
            Operation("GET", "/items/{id}", self.item, Confidence.CONFIRMED_2019, "toy 3"),
            Operation("PATCH", "/items/{id}", self.change, Confidence.SINGLE, "toy 4"),
            Operation("DELETE", "/items/{id}", self.remove, Confidence.INFERRED, "toy 5"),
            Operation("GET", "/items/{id}/file", self.file, Confidence.CONFIRMED, "toy 6"),
            Operation("POST", "/rpc", self.rpc, Confidence.CONFIRMED, "toy 7"),
        )

    def credentials(self) -> Mapping[str, Any]:
        """Return the one token."""
        return {"token": TOKEN}

    def populate(self) -> None:
        """Put one closed shelf and the token there."""
        self.world.documents.put("shelf", "front", {"open": False})
        self.world.documents.put("token", TOKEN, {"expires_ms": None})

    # The course of a call

    async def identify(self, call: Call) -> None:
        """Read the method of an RPC call."""
        if call.path == "/rpc":
            call.rpc_method = (await call.json()).get("method")

    async def before(self, call: Call) -> Reply | None:
        """Check the token."""
        token = self.world.documents.get("token", call.headers.get("x-token", ""))
        if token is None or (token["expires_ms"] is not None and token["expires_ms"] <= self.world.clock.now_ms()):
            return Reply.json({"error": "token"}, status=401)
        call.caller = "robot"
        return None

    def unknown(self, call: Call) -> Reply:
        """Answer what is not served."""
        return Reply.json({"error": "unknown"}, status=404)

    def too_many(self, call: Call, retry_after_s: float) -> Reply:
        """Answer a call over the rate."""
        return Reply.json({"error": "slow down"}, status=429, headers={"retry-after": f"{retry_after_s:.3f}"})

    def expire_token(self, call: Call) -> None:
        """End the token now."""
        self.world.documents.put("token", TOKEN, {"expires_ms": self.world.clock.now_ms()})

    # Operations

    async def items(self, call: Call) -> Reply:
        """List items: `offset`, `limit`, `modified_from` in milliseconds, `shelf`."""
        query = call.query
        lookup = Lookup()
        if "modified_from" in query:
            lookup = Lookup("modified", low=int(query["modified_from"]))
        elif "shelf" in query:
            lookup = Lookup("shelf", equal=query["shelf"])
        documents = self.world.documents

        def fetch(offset: int, limit: int) -> list[str]:
            return documents.page("asset", lookup, offset, limit)

        view = call.faults.listing(documents.total("asset", lookup), fetch)
        ids = view.page(int(query.get("offset", "0")), int(query.get("limit", "10")))
        call.touch(*ids)
        return Reply.json({"total": view.total, "items": ids})

    async def item(self, call: Call) -> Reply:
        """Answer one item."""
        return Reply.json(self._found(call))

    async def create(self, call: Call) -> Reply:
        """Take a new item: multipart `file` and `name`."""
        form = await call.form()
        upload = form.files.get("file")
        identifier = self.person_adds(upload, {"file_name": form.first("name")})
        call.touch(identifier)
        self.world.webhooks.emit("item.create", identifier, {"id": identifier})
        return Reply.json({"id": identifier})

    async def change(self, call: Call) -> Reply:
        """Change an item's fields."""
        body = await call.json()
        item = self._found(call)
        self.person_edits(call.params["id"], None, {"metadata": body})
        return Reply.json({**item, "fields": {**item["fields"], **body}})

    async def remove(self, call: Call) -> Reply:
        """Remove an item."""
        self._found(call)
        self.person_deletes(call.params["id"])
        return Reply.json({})

    async def file(self, call: Call) -> Reply:
        """Answer the original."""
        return Reply.of_blob(call, Blob.from_json(self._found(call)["blob"]))

    async def rpc(self, call: Call) -> Reply:
        """Answer `ping`; `poke` is inferred, so strict mode does not know it."""
        inferred = Confidence.INFERRED if call.rpc_method == "poke" else Confidence.CONFIRMED
        if not call.served(inferred):
            return Reply.json({"error": "no such method"})
        return Reply.json({"result": call.rpc_method})

    def _found(self, call: Call) -> Document:
        item = call.read("asset", call.params["id"])
        if item is None:
            raise Refused(self.unknown(call))
        return item

    # As a person

    def person_adds(self, upload: Upload | None, meta: Mapping[str, Any]) -> str:
        """Put an item there."""
        if odd := sorted(set(meta) - _KNOWN):
            raise BadMetaError(f"unknown {', '.join(odd)}; there are {', '.join(sorted(_KNOWN))}")
        now = self.world.clock.now_ms()
        identifier = f"T{self.world.documents.next_number('item'):07d}"
        item = {
            "file_name": meta.get("file_name") or (upload.filename if upload else identifier),
            "fields": dict(meta.get("metadata") or {}),
            "shelves": list(meta.get("containers") or []),
            "open": meta.get("visibility") == "everyone",
            "closes_ms": None,
            "created": iso(now),
            "modified_ms": now,
            "blob": upload.blob.to_json() if upload else None,
        }
        self.world.documents.put("asset", identifier, item)
        return identifier

    def person_edits(self, identifier: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Change an item."""
        item = self.world.documents.get("asset", identifier) or {}
        item["fields"] = {**item["fields"], **(meta.get("metadata") or {})}
        item["modified_ms"] = self.world.clock.now_ms()
        if "visibility" in meta:
            item["open"] = meta["visibility"] == "everyone"
        if "closes_ms" in (meta.get("dates") or {}):
            item["closes_ms"] = int(meta["dates"]["closes_ms"])
        if "containers" in meta:
            item["shelves"] = list(meta["containers"])
        if upload is not None:
            item["blob"] = upload.blob.to_json()
        self.world.documents.put("asset", identifier, item)

    def person_deletes(self, identifier: str) -> None:
        """Delete an item."""
        self.world.documents.delete("asset", identifier)

    # Looking

    def state_line(self, identifier: str, document: Document) -> dict[str, Any]:
        """Return what the state says of an item."""
        return {
            "file_name": document["file_name"],
            "containers": document["shelves"],
            "metadata": document["fields"],
            "versions": 1,
            "trash": False,
        }

    def who_can_see(self, document: Document, at_ms: int) -> Audience:
        """Everybody while it is open and not closed by date; the visitors of an open shelf."""
        closes = document.get("closes_ms")
        if closes is not None and closes <= at_ms:
            return Audience()
        shelves = (self.world.documents.get("shelf", name) for name in document["shelves"])
        groups = ("visitors",) if any(shelf and shelf["open"] for shelf in shelves) else ()
        return Audience(public=document["open"], groups=groups, changes_at_ms=closes)

    def affected_assets(self, kind: str, identifier: str) -> list[str]:
        """Return the items on a shelf."""
        return list(self.world.documents.every("asset", Lookup("shelf", equal=identifier))) if kind == "shelf" else []

    def card(self, identifier: str, document: Document) -> Card:
        """Return the item for people."""
        fields = document["fields"]
        sections = {"Fields": fields}
        return Card(
            id=identifier, file_name=document["file_name"], title=str(fields.get("title", "")), sections=sections
        )

    # A computed library

    def synthetic_begin(self, count: int) -> None:
        """Nothing to prepare: computed items stand on no shelf."""

    def synthetic_id(self, number: int) -> str:
        """Return `S` and eight digits."""
        return f"S{number:08d}"

    def synthetic_number(self, identifier: str) -> int | None:
        """Read that form."""
        digits = identifier[1:]
        return int(digits) if identifier[:1] == "S" and len(digits) == 8 and digits.isdecimal() else None

    def synthetic_document(self, number: int) -> Document:
        """Compute an item."""
        fields = fields_of(number)
        return {
            "file_name": fields.file_name,
            "fields": {"title": fields.title},
            "shelves": [],
            "open": False,
            "closes_ms": None,
            "created": iso(fields.taken_ms),
            "modified_ms": fields.taken_ms,
            "blob": self.world.blobs.synthetic(number).to_json(),
        }

    def synthetic_value(self, index: str, number: int) -> Value:
        """Return the values of the three indexes."""
        fields = fields_of(number)
        values: dict[str, Value] = {"modified": fields.taken_ms, "name": fields.file_name}
        return values.get(index, self.synthetic_id(number))

    def synthetic_span(self, lookup: Lookup, count: int) -> range:
        """Return the numbers of a lookup: all indexes grow with the number; nothing stands on a shelf."""
        return range(0) if lookup.index == "shelf" else self.span_by_value(lookup, count)
