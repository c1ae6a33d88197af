"""Damaged files of every format: each is read rightly or put aside with a reason; no worker is lost and no memory runs away.

What is read is held against a second reader that shares no code with ours, wherever that one found the file in order. Every fifth
file is also written into: the copy is proven or refused, and the source stays what it was.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector
from dambridge.files.process import ExifToolProcess
from dambridge.mapping import embedded_fields, own_tags
from dambridge.model.records import Broken, EmbeddedMetadata
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.ports.files import NotEmbedded
from dambridge_sim.kit.embedded import read_embedded
from support.kinds_of_files import BESIDE, MAKERS, sample
from support.mutants import mutant

QUICK, PART, PARTS, TOGETHER = 500, 1000, 20, 40
MEMORY = 1 << 30
GROWTH = 256 << 20
"""What reading may add to our own memory at its peak."""
SAID: dict[FieldName, Value] = {
    FieldName("title"): LangAlt.of({"x-default": "Harbour", "de": "Hafen"}),
    FieldName("description"): LangAlt.plain("Żółć – 港"),
    FieldName("keywords"): ("a, b", "c"),
    FieldName("credit"): "Riverbend",
    FieldName("embargo_until"): DateValue("2027-01-01T00:00:00+01:00"),
    FieldName("licensor"): ("One", "Two"),
}
COMPARED = {
    "XMP-photoshop:Credit": "photoshop:Credit",
    "XMP-dc:Title": "dc:title",
    "XMP-dc:Description": "dc:description",
    "XMP-dc:Subject": "dc:subject",
}
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
OPTIONS = ExifToolOptions(workers=2, memory_bytes=MEMORY, patience=timedelta(seconds=10))


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each kind of file, saying something where it can."""

    async def make() -> dict[str, bytes]:
        folder, embedder = tmp_path_factory.mktemp("originals"), FileEmbedder(OPTIONS)
        found = {name: sample(name) for name in BESIDE}
        for name in MAKERS:
            (folder / "source").write_bytes(sample(name))
            await embedder.embed(folder / "source", folder / "target", own_tags(SAID), file_name=name)
            found[name] = (folder / "target").read_bytes()
        await embedder.close()
        return found

    return asyncio.run(make())


def kilobytes(process: int | str, name: str) -> int:
    """A figure of /proc: the peak of memory (VmHWM) or of address space (VmPeak); 0 for a process that is just ending."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(it.split()[1]) for it in lines if it.startswith(f"{name}:")), 0)


def agrees(read: EmbeddedMetadata, data: bytes) -> bool | None:
    """Whether the second reader found the same; None where it found the file out of order or found nothing."""
    theirs = read_embedded(data)
    if theirs.problem is not None or not theirs.xmp:
        return None
    return all(
        _texts(theirs.xmp[name]) == _texts(read.tags[ours])
        for ours, name in COMPARED.items()
        if name in theirs.xmp and ours in read.tags
    )


def _texts(value: Any) -> list[str]:
    """The texts alone: damage may fall on the name of a language, and what is none any more names no text."""
    if isinstance(value, Mapping):
        return sorted(text for language, text in value.items() if _LANGUAGE.fullmatch(language))
    return [value] if isinstance(value, str) else sorted(value)


class Accidents:
    """Goes through a range of seeds; counts what became of them."""

    def __init__(self, originals: Mapping[str, bytes], folder: Path) -> None:
        self.originals = list(originals.items())
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.inspector = FileInspector(OPTIONS)
        self.embedder = FileEmbedder(OPTIONS)

    async def go(self, seeds: range) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        before = kilobytes("self", "VmHWM")
        for start in range(seeds.start, seeds.stop, TOGETHER):
            batch = range(start, min(start + TOGETHER, seeds.stop))
            await asyncio.gather(*(self.one(seed) for seed in batch))
        self.counts["grown_kb"] = kilobytes("self", "VmHWM") - before
        await self.end()

    async def one(self, seed: int) -> None:
        name, original = self.originals[seed % len(self.originals)]
        data, path = mutant(seed, original), self.folder / f"{seed:06d}"
        path.write_bytes(data)
        read = await self.inspector.inspect(path, file_name=name)
        if isinstance(read, Broken):
            self.counts["put aside"] += 1
            if not read.why.endswith((".", ")")) or len(read.why) < 20:
                self.wrong.append(f"{seed} {name}: put aside without a reason: {read.why!r}")
        else:
            self.counts["read"] += 1
            embedded_fields(read)
            match agrees(read, data):
                case True:
                    self.counts["read alike"] += 1
                case False:
                    self.wrong.append(f"{seed} {name}: read otherwise by the second reader")
        if seed % 5 == 0:
            await self.written(seed, name, path)
        if path.read_bytes() != data:
            self.wrong.append(f"{seed} {name}: the source was altered")
        path.unlink()

    async def written(self, seed: int, name: str, path: Path) -> None:
        target = path.with_name(f"{path.name}.target")
        try:
            await self.embedder.embed(path, target, {"XMP-photoshop:City": "Basel"}, file_name=name)
        except NotEmbedded as refused:
            self.counts["not written"] += 1
            if target.exists() or len(refused.why) < 20:
                self.wrong.append(f"{seed} {name}: refused and left behind, or without a reason: {refused.why!r}")
            return
        self.counts["written"] += 1
        copy = await self.inspector.inspect(target, file_name=name)
        if isinstance(copy, Broken) or copy.tags["XMP-photoshop:City"] != "Basel":
            self.wrong.append(f"{seed} {name}: the copy does not say what it was to say")
        target.unlink()

    async def end(self) -> None:
        """Whoever is still at work reads a sound file, within the memory that was given."""
        name, original = self.originals[-1]
        (self.folder / "sound").write_bytes(original)
        reads = await asyncio.gather(
            *(self.inspector.inspect(self.folder / "sound", file_name=name) for _ in range(2 * TOGETHER))
        )
        sound = [it for it in reads if isinstance(it, EmbeddedMetadata) and embedded_fields(it) == SAID]
        self.counts["sound at the end"] = len(sound)
        self.counts["workers"] = sum(it.is_alive() for it in self.inspector._pool._threads)
        await self.inspector.close()
        await self.embedder.close()


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The address space of each ExifTool at its end, in kB."""
    found: list[int] = []
    honest = ExifToolProcess.kill

    def kill(self: ExifToolProcess) -> None:
        if self._process.poll() is None:
            found.append(kilobytes(self._process.pid, "VmPeak"))
        honest(self)

    def close(self: ExifToolProcess, *, seconds: float = 2.0) -> None:
        del seconds
        kill(self)

    monkeypatch.setattr(ExifToolProcess, "kill", kill)
    monkeypatch.setattr(ExifToolProcess, "close", close)
    return found


async def hold(originals: Mapping[str, bytes], folder: Path, seeds: range, peaks: list[int]) -> None:
    accidents = Accidents(originals, folder)
    await accidents.go(seeds)
    counts = accidents.counts
    assert accidents.wrong == []
    assert counts["read"] + counts["put aside"] == len(seeds)
    assert counts["read"] > len(seeds) / 5, counts
    assert counts["put aside"] > len(seeds) / 10, counts
    assert counts["read alike"] > len(seeds) / 10, counts
    assert counts["written"] > len(seeds) / 50, counts
    assert counts["sound at the end"] == 2 * TOGETHER
    assert counts["workers"] == OPTIONS.workers
    assert counts["grown_kb"] * 1024 < GROWTH, counts
    assert len(peaks) >= OPTIONS.workers
    assert 0 < max(peaks) * 1024 <= MEMORY
    assert list(folder.iterdir()) == [folder / "sound"]
    print(dict(counts), max(peaks))


pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is measured by Linux's /proc"
)


@pytest.mark.hazard("P05")
async def test_damaged_files_are_read_rightly_or_put_aside_with_a_reason(
    originals: dict[str, bytes], tmp_path: Path, peaks: list[int]
) -> None:
    await hold(originals, tmp_path, range(QUICK), peaks)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
async def test_twenty_thousand_damaged_files(
    originals: dict[str, bytes], tmp_path: Path, peaks: list[int], part: int
) -> None:
    start = QUICK + part * PART
    await hold(originals, tmp_path, range(start, start + PART), peaks)
