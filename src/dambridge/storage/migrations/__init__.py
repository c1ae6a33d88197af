"""How a ledger of each release becomes one of the next."""
