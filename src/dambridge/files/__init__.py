"""Files on this machine: the spool for originals on their way, and the reader of what stands inside them."""

from dambridge.files.config import ExifToolOptions
from dambridge.files.finding import Found, find_exiftool
from dambridge.files.inspector import FileInspector
from dambridge.files.spool import FileSpool

__all__ = ["ExifToolOptions", "FileInspector", "FileSpool", "Found", "find_exiftool"]
