"""Whoever guesses passwords is braked by name and by address, by the clock that is passed in; who knows theirs is not."""

from __future__ import annotations

from datetime import timedelta

from dambridge.console.braking import MOST, OF_ADDRESS, OF_NAME, Brake
from support.console import START


def test_a_name_waits_after_five_failures_until_the_first_is_old() -> None:
    brake = Brake()
    assert [brake.attempt("ada", f"10.0.0.{it}", START) for it in range(OF_NAME.failures)] == [None] * 5
    assert brake.attempt("ada", "10.0.0.9", START + timedelta(minutes=5)) == timedelta(minutes=10)
    assert brake.attempt("bea", "10.0.0.9", START) is None, "another name goes on"
    assert brake.attempt("ada", "10.0.0.9", START + OF_NAME.within) is None


def test_an_address_waits_whatever_names_it_tries() -> None:
    brake = Brake()
    tried = [brake.attempt(f"name{it}", "10.0.0.1", START) for it in range(OF_ADDRESS.failures)]
    assert tried == [None] * OF_ADDRESS.failures
    assert brake.attempt("another", "10.0.0.1", START) is not None
    assert brake.attempt("another", "10.0.0.2", START) is None


def test_who_signs_in_well_is_never_braked() -> None:
    brake = Brake()
    for _ in range(200):
        assert brake.attempt("ada", "10.0.0.1", START) is None
        brake.succeeded("ada", "10.0.0.1")


def test_what_is_remembered_is_bounded() -> None:
    brake = Brake()
    for it in range(MOST + 100):
        brake.attempt(f"name{it}", f"address{it}", START)
    assert len(brake._tries) <= MOST
