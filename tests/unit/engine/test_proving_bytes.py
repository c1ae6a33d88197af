"""Proof of bytes: what is stored is what was sent, told by checksum or by reading back, never by length alone."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Literal, cast

import pytest

from dambridge.engine.delivery.proving import prove_bytes
from dambridge.engine.parts import Parts
from dambridge.model.identity import AccountId
from dambridge.model.records import Digest, NativeRecord
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of
from dambridge.testing.fake_archive import FakeArchive

SENT, ALTERED = b"as it was sent", b"as it was kept"
POLICY = IntakePolicy(source=AccountId("agency"), target=AccountId("archive"))


def digest_of(data: bytes) -> Digest:
    return Digest(
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )


async def evidence(archive: FakeArchive, kept: bytes, verify: Literal["always", "never"] = "always") -> str | None:
    """What is known of `SENT` when the archive holds `kept`."""
    folder = await archive.ensure_folder("proof", lane=Lane.NORMAL)
    asset = await archive.deliver(folder, body_of(kept), file_name="a.jpg", lane=Lane.NORMAL)
    native = (await archive.read([asset], lane=Lane.NORMAL))[asset]
    assert isinstance(native, NativeRecord)
    policy = IntakePolicy(source=POLICY.source, target=POLICY.target, verify_bytes=verify)
    parts = cast("Parts", SimpleNamespace(archive=archive, policy=policy, lane=Lane.NORMAL))
    return await prove_bytes(parts, native, digest_of(SENT))


@pytest.mark.hazard("P35")
@pytest.mark.parametrize(("checksums", "by"), [(True, "md5"), (False, "read_back")], ids=["checksums", "read back"])
async def test_a_file_that_was_altered_and_kept_its_length_is_told_apart(checksums: bool, by: str) -> None:
    assert len(SENT) == len(ALTERED)
    assert await evidence(FakeArchive(checksums=checksums), ALTERED) is None
    assert await evidence(FakeArchive(checksums=checksums), SENT) == by


@pytest.mark.hazard("P35")
async def test_without_reading_back_the_length_decides_and_the_evidence_says_so() -> None:
    assert await evidence(FakeArchive(checksums=False), ALTERED, "never") == "size_only"
    assert await evidence(FakeArchive(checksums=False), SENT + b".", "never") is None
