"""The console listens on this machine alone until told otherwise, and beyond it never without a certificate before it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dambridge.bootstrap.console_options import ConsoleOptions, OidcOptions


def test_this_machine_alone_needs_nothing() -> None:
    it = ConsoleOptions()
    assert (it.host, it.is_local, it.is_secure) == ("127.0.0.1", True, False)
    assert all(ConsoleOptions(host=host).is_local for host in ("localhost", "::1", "127.0.0.2"))


@pytest.mark.parametrize("address", ["", "http://dam.example", "https://dam.example/path", "dam.example"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "dam.example"])  # noqa: S104 - what is refused
def test_beyond_this_machine_it_needs_an_address_with_a_certificate(host: str, address: str) -> None:
    with pytest.raises(ValidationError):
        ConsoleOptions(host=host, address=address)
    assert ConsoleOptions(host=host, address="https://dam.example").is_secure


@pytest.mark.parametrize("issuer", ["http://login.example", "ftp://login.example", "login.example"])
def test_a_provider_is_asked_over_a_line_that_nobody_reads(issuer: str) -> None:
    with pytest.raises(ValidationError):
        OidcOptions.model_validate({"issuer": issuer, "client_id": "c", "client_secret": "s"})
    good = {"issuer": "https://login.example/realm", "client_id": "c", "client_secret": "s"}
    assert "s" not in repr(OidcOptions.model_validate(good).client_secret)
