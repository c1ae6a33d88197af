"""Files on this machine: the spool for originals on their way, and reader and writer of what stands inside them."""

from dambridge.files.config import ExifToolOptions
from dambridge.files.embedding import FileEmbedder
from dambridge.files.finding import Found, find_exiftool
from dambridge.files.inspector import FileInspector
from dambridge.files.likeness import FileEye
from dambridge.files.spool import FileSpool

__all__ = ["ExifToolOptions", "FileEmbedder", "FileEye", "FileInspector", "FileSpool", "Found", "find_exiftool"]
