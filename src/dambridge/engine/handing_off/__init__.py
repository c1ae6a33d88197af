"""Flow `handoff`: what contributors hand in is reviewed, archived exactly as it was approved, and its source seen to."""
