"""Flows that keep fields of several copies in step, whichever of them people edit."""
