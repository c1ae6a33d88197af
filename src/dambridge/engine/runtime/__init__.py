"""Durable work behind the engine's port: DBOS, and a deterministic runtime in one process."""
