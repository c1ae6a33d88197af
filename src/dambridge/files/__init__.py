"""Files on this machine: the spool for originals on their way, reader and writer of what stands inside them, renditions."""

from dambridge.files.config import ExifToolOptions, RenderingOptions
from dambridge.files.embedding import FileEmbedder
from dambridge.files.finding import Found, find_exiftool
from dambridge.files.inspector import FileInspector
from dambridge.files.likeness import FileEye
from dambridge.files.outfitting import FileOutfitter
from dambridge.files.renditions import FileRenderer
from dambridge.files.spool import FileSpool

__all__ = [
    "ExifToolOptions",
    "FileEmbedder",
    "FileEye",
    "FileInspector",
    "FileOutfitter",
    "FileRenderer",
    "FileSpool",
    "Found",
    "RenderingOptions",
    "find_exiftool",
]
