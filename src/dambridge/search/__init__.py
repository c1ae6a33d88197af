"""One question over both systems: its language, the index as last observed, the systems' own search, and who may see what."""
