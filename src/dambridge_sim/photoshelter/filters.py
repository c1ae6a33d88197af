"""The filters of the media search (PS E17): separate parameters, ANDed; each becomes one test of a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from dambridge_sim.photoshelter.errors import bad_request
from dambridge_sim.photoshelter.iptc import FIELDS
from dambridge_sim.photoshelter.parameters import Parameters

Doc = Mapping[str, Any]
Test = Callable[[Doc], bool]

REQUIRED_ONE_OF: Final = [
    "terms",
    "custom_metadata",
    "date_start",
    "date_end",
    "user_id",
    "org_id",
    "photographer_id",
    "virtual_agency_id",
    "orientation",
    "state",
    "country",
    "country_iso",
]
"""At least one must be there (PS E17, CONFIRMED-2019)."""

_KINDS: Final = {"image": "image", "video": "video", "audio": "audio", "doc": "document", "document": "document"}
_TEXTS: Final = tuple(name for name in FIELDS if not name.startswith("ci_"))
_EMPTINESS: Final = frozenset(FIELDS) - {"country_iso"}
_RELEASES: Final = {"model_release": "model_released", "property_release": "property_released"}
_SALES: Final = ("rights_managed", "royalty_free", "personal_use", "priced", "print")
_WORDS: Final = re.compile(r"\w+")


def require_one(parameters: Parameters, names: Iterable[str] = REQUIRED_ONE_OF) -> None:
    """Refuse a search without any of the parameters that narrow it."""
    names = list(names)
    if not any(parameters.text(name).strip() for name in names):
        raise bad_request(f"At least one of these parameters is required: {', '.join(names)}.")


def tests(parameters: Parameters, galleries_below: Callable[[str], frozenset[str]]) -> list[Test]:
    """Return one test per filter that was sent. Unknown parameters are ignored (section 9 point 8).

    `galleries_below(id)` gives the galleries under a collection. Times are compared in whole seconds, inclusively, as
    the parameters are spelled.
    """
    found: list[Test] = []
    found += _scope(parameters, galleries_below)
    found += _words(parameters)
    found += _times(parameters)
    found += _marks(parameters)
    found += _iptc(parameters)
    found += _emptiness(parameters)
    return found


def _scope(parameters: Parameters, galleries_below: Callable[[str], frozenset[str]]) -> Iterable[Test]:
    for name, member in (("user_id", "owner_id"), ("photographer_id", "photographer_id"), ("media_id", "id")):
        if value := parameters.text(name).strip():
            yield _equals(member, value)
    if parameters.text("virtual_agency_id").strip():
        yield lambda _doc: False  # nobody here belongs to a virtual agency
    if galleries := frozenset(parameters.words("galleries")):
        yield in_galleries(galleries)
    if collections := parameters.words("collections"):
        yield in_galleries(frozenset[str]().union(*map(galleries_below, collections)))
    if kinds := parameters.words("media_type"):
        unknown = [kind for kind in kinds if kind not in _KINDS]
        if unknown:
            raise bad_request("The parameter media_type must be a list of image, video, audio, doc.")
        wanted = frozenset(_KINDS[kind] for kind in kinds)
        yield lambda doc: doc["media"] in wanted


def _equals(member: str, value: str) -> Test:
    return lambda doc: doc.get(member) == value


def in_galleries(galleries: frozenset[str]) -> Test:
    """Return the test for files in one of the galleries."""
    return lambda doc: any(place["id"] in galleries for place in doc["galleries"])


def searched_text(doc: Doc) -> str:
    """Return all the text of a file that `terms` looks into."""
    parts = [doc["file_name"]]
    parts.extend(value if isinstance(value, str) else " ".join(value) for value in doc["iptc"].values())
    return "\n".join(parts).casefold()


def _words(parameters: Parameters) -> Iterable[Test]:
    words = _WORDS.findall(parameters.text("terms").casefold())
    if words:
        every = parameters.flag("match_all_terms", default=True)
        join = all if every else any
        yield lambda doc: join(word in searched_text(doc) for word in words)
    elif parameters.text("terms").strip():
        yield lambda _doc: False
    if name := parameters.text("file_name").strip().casefold():
        yield lambda doc: name in doc["file_name"].casefold()


def _times(parameters: Parameters) -> Iterable[Test]:
    for prefix, member in (("modify", "modified_ms"), ("create", "uploaded_ms"), ("date", "taken_ms")):
        start, end = parameters.time(f"{prefix}_start"), parameters.time(f"{prefix}_end")
        if start is not None or end is not None:
            yield _between(member, start, end)


def _between(member: str, start: int | None, end: int | None) -> Test:
    def test(doc: Doc) -> bool:
        at = doc.get(member)
        if at is None:
            return False
        second = at // 1000 * 1000
        return (start is None or second >= start) and (end is None or second <= end)

    return test


def _marks(parameters: Parameters) -> Iterable[Test]:
    for name, member in _RELEASES.items():
        flag = parameters.flag(name)
        if flag is not None:
            yield _flagged(member, wanted=flag)
    searchable = parameters.flag("searchble", default=parameters.flag("searchable"))  # sic (PS E17)
    if searchable is not None:
        yield _flagged("searchable", wanted=searchable)
    for name in _SALES:  # nothing here is for sale
        if parameters.flag(name):
            yield lambda _doc: False
    yield from _ratings(parameters)
    if orientation := parameters.choice("orientation", ("horizontal", "vertical", "panoramic", "square"), ""):
        yield lambda doc: _orientation(doc) == orientation
    if (custom := parameters.mapping("custom_metadata")) is not None:
        if not parameters.text("org_id").strip():
            raise bad_request("The parameter custom_metadata needs org_id.")
        pairs = {str(field): str(option) for field, option in custom.items()}.items()
        yield lambda doc: pairs <= doc["custom"].items()


def _flagged(member: str, *, wanted: bool) -> Test:
    return lambda doc: bool(doc.get(member)) is wanted


def _ratings(parameters: Parameters) -> Iterable[Test]:
    exact, low, high = (parameters.number(name) for name in ("rating", "rating_min", "rating_max"))
    for value in (exact, low, high):
        if value is not None and not -1 <= value <= 254:
            raise bad_request("A rating must be between -1 and 254.")
    if exact is not None:
        yield lambda doc: doc.get("rating") == exact
    if low is not None:
        yield lambda doc: doc.get("rating") is not None and doc["rating"] >= low
    if high is not None:
        yield lambda doc: doc.get("rating") is not None and doc["rating"] <= high


def _orientation(doc: Doc) -> str:
    width, height = doc.get("width") or 0, doc.get("height") or 0
    if not width or not height:
        return ""
    if width == height:
        return "square"
    if width >= 2 * height:
        return "panoramic"
    return "horizontal" if width > height else "vertical"


def _iptc(parameters: Parameters) -> Iterable[Test]:
    for name in _TEXTS:
        if wanted := parameters.text(name).strip().casefold():
            yield _contains(name, wanted)
    parts = [part.strip() for part in parameters.text("contact_info").split(",")]
    if parts != [""]:
        if len(parts) % 2:
            raise bad_request("The parameter contact_info must be pairs such as city,Leeds,country,UK.")
        for name, wanted in zip(parts[::2], parts[1::2], strict=True):
            yield _contains(f"ci_{name}", wanted.casefold())


def _contains(name: str, wanted: str) -> Test:
    def test(doc: Doc) -> bool:
        value = doc["iptc"].get(name)
        if value is None:
            return False
        texts = [value] if isinstance(value, str) else value
        return any(wanted in text.casefold() for text in texts)

    return test


def _emptiness(parameters: Parameters) -> Iterable[Test]:
    for parameter, wanted in (("is_empty", True), ("not_empty", False)):
        for name in parameters.words(parameter):
            if name not in _EMPTINESS:
                raise bad_request(f"The parameter {parameter} does not know the field {name}.")
            yield _empty(name, wanted=wanted)


def _empty(name: str, *, wanted: bool) -> Test:
    return lambda doc: (not doc["iptc"].get(name)) is wanted
