"""The fixture of `map_files`, for the tests of this folder."""

from map_files import load

__all__ = ["load"]
