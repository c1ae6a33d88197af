"""Walks that hang on their seed alone, and not on what numbers happen to stand in the source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from hypothesis.internal.conjecture.providers import HypothesisProvider


@contextmanager
def walks_by_seed_alone() -> Iterator[None]:
    """Hypothesis, which likes to draw constants of the code under test, does without them while the block lasts: else each
    change of the source, wherever, would make other walks of the same seeds, and floors under them would be floors of luck."""
    with mock.patch.object(HypothesisProvider, "_maybe_draw_constant", return_value=None):
        yield
