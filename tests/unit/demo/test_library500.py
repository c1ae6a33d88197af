"""The library of five hundred: built once, with truths that an independent reader of the files confirms."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from pathlib import Path

from dambridge.files import FileInspector
from dambridge.model.records import EmbeddedMetadata
from support.library500 import build


def test_a_small_one_is_built_twice_with_the_same_bytes(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one", count=12), build(tmp_path / "two", count=12)
    assert one.truths == two.truths
    assert build(tmp_path / "one", count=12).truths == one.truths


def test_it_is_mixed_and_its_digests_are_those_of_its_files() -> None:
    library = build()
    assert len(library.truths) == len({it.sha256 for it in library.truths}) == 500
    for it in library.truths:
        assert hashlib.sha256((library.folder / it.path).read_bytes()).hexdigest() == it.sha256
    assert {it.media_type for it in library.truths} == {"image", "raw", "video", "audio", "document"}
    statuses = Counter(it.status for it in library.truths)
    assert min(statuses["approved"], statuses["draft"], statuses["rejected"]) >= 40


async def test_the_files_hold_what_the_truths_say() -> None:
    library = build()
    some = library.truths[::9]
    inspector = FileInspector()
    try:
        read = await asyncio.gather(
            *(inspector.inspect(library.folder / it.path, file_name=it.file_name) for it in some)
        )
    finally:
        await inspector.close()
    for truth, it in zip(some, read, strict=True):
        assert isinstance(it, EmbeddedMetadata)
        assert it.media_type == truth.media_type
        assert it.tags["XMP-dc:Description"] == {"x-default": truth.attributes["Caption"]}
        assert list(it.tags["XMP-dc:Subject"]) == truth.attributes["Keywords"]
        assert str(it.tags["XMP-photoshop:DateCreated"]).startswith(str(truth.attributes["Date Created"]))
        assert it.tags["XMP-photoshop:Credit"] == truth.attributes["Credit"]
        assert it.disagreements == ()
