"""What the engine asks of the world: systems, ledger, files, pace, clock, durable runtime. Protocols and their errors."""
