"""Visibility: inheritance, several parents, contexts, and what exposure means."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dambridge_sim.photoshelter.visibility import MODES, effective_mode, widest_mode

modes = st.sampled_from([*MODES, None])


def container(name: str, mode: str | None, *parents: str, inherit: bool = True) -> dict[str, Any]:
    return {"id": name, "mode": mode, "parents": list(parents), "access_inherit": inherit}


def world(*containers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in containers}


def test_the_most_restrictive_parent_wins_without_a_context() -> None:
    found = world(container("open", "everyone"), container("shut", "private"), container("g", None, "open", "shut"))
    assert effective_mode(found["g"], found.get, "private") == "private"
    assert effective_mode(found["g"], found.get, "private", "open") == "everyone"
    assert effective_mode(found["g"], found.get, "private", "nobody") == "private"
    assert widest_mode(found["g"], found.get, "private") == "everyone"


def test_an_own_mode_narrows_and_never_widens_what_is_inherited() -> None:
    found = world(container("top", "permission"), container("g", "everyone", "top"), container("h", "private", "top"))
    assert effective_mode(found["g"], found.get, "private") == "permission"
    assert effective_mode(found["h"], found.get, "private") == "private"


def test_without_inheritance_the_own_mode_stands_alone() -> None:
    found = world(container("top", "private"), container("g", "everyone", "top", inherit=False))
    assert effective_mode(found["g"], found.get, "private") == "everyone"
    bare = container("g", None, "top", inherit=False)
    assert effective_mode(bare, found.get, "permission") == "permission"


def test_a_root_without_a_mode_has_the_default_of_the_account() -> None:
    for mode in MODES:
        assert effective_mode(container("g", None), world().get, mode) == mode


@given(st.lists(modes, min_size=1, max_size=4), modes, st.booleans())
def test_exposure_is_never_narrower_than_any_context(parents: list[str | None], own: str | None, inherit: bool) -> None:
    names = [f"p{place}" for place in range(len(parents))]
    found = world(
        *(container(name, mode) for name, mode in zip(names, parents, strict=True)),
        container("g", own, *names, inherit=inherit),
    )
    rank = MODES.index
    widest = rank(widest_mode(found["g"], found.get, "private"))
    contexts = [rank(effective_mode(found["g"], found.get, "private", name)) for name in names]
    assert widest <= min(contexts)
    assert rank(effective_mode(found["g"], found.get, "private")) >= max(contexts)
