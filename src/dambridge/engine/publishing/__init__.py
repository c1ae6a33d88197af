"""Flows publish and syndicate: masters go out to galleries as the gate permits, and come back; everything about it on record."""
