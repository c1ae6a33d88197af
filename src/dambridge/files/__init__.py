"""Files on this machine: the spool for originals on their way, and the reader of what stands inside them."""

from dambridge.files.config import ExifToolOptions, SpoolOptions
from dambridge.files.finding import Found, find_exiftool
from dambridge.files.inspector import FileInspector
from dambridge.files.spool import DiskSpool

__all__ = ["DiskSpool", "ExifToolOptions", "FileInspector", "Found", "SpoolOptions", "find_exiftool"]
