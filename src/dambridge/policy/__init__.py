"""Flows as data: what is selected, what counts as approved, where things go. Pure; a policy is a value."""
