"""Hints: somebody says that an asset may have changed. A hint is never believed; the asset is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dambridge.model.identity import AssetKey, FlowName


@dataclass(frozen=True, slots=True)
class Hint:
    """An asset that may have changed. `event` is the sender's own word for why, for the log alone."""

    key: AssetKey
    event: str


def hint_kind(flow: FlowName) -> str:
    """The kind of the rows that fall due for hints to this flow: each flow looks for itself."""
    return f"hint:{flow}"


class HintReader(Protocol):
    """Understands what one account's system sends. No input or output of its own."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        """The hints in a delivery; none where it speaks of nothing that is known here (a test button, another event).

        Header names compare without regard to case. Raises `Refused` where the signature is missing or wrong, or the
        body cannot be read; its text never quotes the body."""
        ...
