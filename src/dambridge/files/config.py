"""What can be set about files on this machine. Bootstrap fills these in from the one configuration file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ExifToolOptions:
    """How embedded metadata is read.

    `program` None means: look for it (`finding.find_exiftool`). `workers` is the number of processes, by default one for
    each core; `batch` the number of waiting files that one call may take; `patience` the time limit of a call before the
    time that its bytes are given; `memory_bytes` the address space of a process where the machine can bound it.
    """

    program: Path | None = None
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    batch: int = 20
    patience: timedelta = timedelta(seconds=30)
    memory_bytes: int = 4 * GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingOptions:
    """How renditions are made.

    `workers` is the number of processes, `patience` the time limit of a rendition before the time that its bytes are given,
    `memory_bytes` the address space of a process where the machine can bound it. `most_pixels` is the largest picture that
    is decoded; four bytes for each, three to four times over, must find room in that memory. After
    `renditions_per_process` a process is replaced.
    """

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    patience: timedelta = timedelta(seconds=90)
    memory_bytes: int = 4 * GIB
    most_pixels: int = 250_000_000
    renditions_per_process: int = 200
