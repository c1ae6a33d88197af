"""Write the reference pages that come from the code: commands, configuration and its schema, fields, reasons.

python scripts/generate_reference.py            writes docs/reference/
python scripts/generate_reference.py --check    says what is stale, exit status 1
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from typer.main import get_command

from dambridge.bootstrap import capability_schema, map_schema, settings_schema
from dambridge.cli.app import app
from dambridge.files.disagreement import DATE_HOMES, HOMES
from dambridge.files.formats import TABLE, Place
from dambridge.files.iim import LIMITS
from dambridge.mapping import FIELDS
from dambridge.mapping.faults import MINDS, Fault
from dambridge.model.lifecycle import Move, Role, Status
from dambridge.model.reasons import Code
from dambridge.policy.carriers import STRONGEST
from dambridge.policy.lifecycle import BACK, ON
from dambridge.telemetry.lint_words import WORDS as LINT_WORDS
from dambridge.telemetry.wording import MOVES, WORDS

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
SPEEDS = REFERENCE.parent / "evidence" / "bench_files.json"
NOTE = "<!-- Written by scripts/generate_reference.py; change the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """File name below `docs/reference/` to content."""
    schema = settings_schema()
    return {
        "commands.md": commands(),
        "configuration.md": configuration(schema),
        "schemas/configuration.json": json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n",
        "schemas/capabilities.json": json.dumps(capability_schema(), indent=2, ensure_ascii=False, sort_keys=True)
        + "\n",
        "map.md": map_file(map_schema()),
        "schemas/map.json": json.dumps(map_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n",
        "fields.md": fields(),
        "file-formats.md": formats(),
        "reasons.md": reasons(),
        "lifecycle.md": lifecycle(),
    }


def configuration(schema: Mapping[str, Any]) -> str:
    """Every group of options as a table."""
    lines = [
        "# Configuration",
        "",
        NOTE,
        "One YAML file. A text `env:NAME` is read from the environment, `file:PATH` from a file.",
    ]
    lines += ["", "`dambridge init` writes one to start from; `dambridge check` finds every mistake in it at once.", ""]
    lines += group("The file", schema)
    for name, definition in sorted(schema.get("$defs", {}).items()):
        if definition.get("type") == "object":
            lines += group(name, definition)
    return "\n".join(lines) + "\n"


STATUSES = """Every command knows `--json`: one JSON document on standard output, also for an error, which has `error` and
`exit_code`. `--config`, `--log-json` and `--verbose` may stand before the command or after it.

| exit status | meaning |
| --- | --- |
| 0 | all well |
| 1 | failed |
| 2 | wrong usage or configuration |
| 3 | done, but something waits for a person |
| 130 | stopped by Ctrl-C; nothing is lost |
"""


def commands() -> str:
    """Every command with its arguments and options, as `--help` says it."""
    lines = ["# Commands", "", NOTE, STATUSES, "## dambridge", ""]
    root = get_command(app)
    lines += [*options(root), ""]
    for path, command in sorted(leaves(root)):
        given = "".join(f" {str(it.name).upper()}" for it in command.params if not is_option(it))
        told = " ".join((command.help or "").split())
        lines += [f"## {' '.join(path)}", "", told, "", f"`dambridge {' '.join(path)}{given} [options]`", ""]
        lines += [*options(command), ""]
    return "\n".join(lines).rstrip() + "\n"


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Everything that can be called, with the words that call it."""
    inside = getattr(command, "commands", {})
    if path and (not inside or command.invoke_without_command):
        yield path, command
    for name, it in inside.items():
        yield from leaves(it, (*path, name))


def is_option(it: Any) -> bool:
    return str(it.param_type_name) == "option"


def options(command: Any) -> Iterator[str]:
    """The table of a command's arguments and options; without `--json`, which all have."""
    shown = [
        it for it in command.params if not it.hidden and "--json" not in it.opts and "completion" not in str(it.name)
    ]
    if not shown:
        return
    yield "| option | meaning |"
    yield "| --- | --- |"
    for it in shown:
        name = (
            ", ".join(f"`{one}`" for one in (*it.opts, *it.secondary_opts)) if is_option(it) else str(it.name).upper()
        )
        needed = " Must be given." if it.required else ""
        yield f"| {name} | {' '.join((it.help or '').split())}{needed} |".replace("[", "\\[")


def map_file(schema: Mapping[str, Any]) -> str:
    """Every group of the map's options as a table, and what the linter finds."""
    lines = ["# The map file", "", NOTE]
    lines += [
        "One YAML file, named by `map_file` in the configuration; `dambridge maps schema` prints its JSON Schema.",
        "",
    ]
    lines += ["[How to write one](../howto/maps.md) explains it by examples.", ""]
    lines += group("The file", schema)
    for name, definition in sorted(schema.get("$defs", {}).items()):
        if definition.get("type") == "object":
            lines += group(name, definition)
    lines += ["## What the linter finds", "", "`dambridge maps lint` and `dambridge check`. Codes are stable.", ""]
    lines += ["| code | | in words | what to do |", "| --- | --- | --- | --- |"]
    for it in Fault:
        told, remedy = (text.replace("|", "\\|") for text in LINT_WORDS[it])
        lines.append(f"| `{it}` | {'mind' if it in MINDS else 'wrong'} | {told} | {remedy} |")
    return "\n".join(lines) + "\n"


def group(name: str, definition: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    if told := definition.get("description"):
        yield str(told).replace("\n", " ")
        yield ""
    yield "| option | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = set(definition.get("required", ()))
    for option, it in definition.get("properties", {}).items():
        default = "must be given" if option in required else f"`{json.dumps(it.get('default'), ensure_ascii=False)}`"
        meaning = str(it.get("description", "")).replace("\n", " ").replace("|", "\\|")
        yield f"| `{option}` | {kind(it)} | {default.replace('|', chr(92) + '|')} | {meaning} |"
    yield ""


def kind(it: Mapping[str, Any]) -> str:
    """A JSON Schema type in a word or two."""
    if "$ref" in it:
        return str(it["$ref"]).rsplit("/", 1)[-1]
    if "enum" in it:
        return " or ".join(f"`{value}`" for value in it["enum"])
    if "const" in it:
        return f"`{it['const']}`"
    for many in ("anyOf", "oneOf"):
        if many in it:
            return " or ".join(dict.fromkeys(kind(part) for part in it[many] if part.get("type") != "null"))
    if it.get("type") == "array":
        return f"list of {kind(it.get('items', {}))}"
    return {"string": "text", "integer": "number", "number": "number", "boolean": "yes or no", "object": "group"}.get(
        str(it.get("type", "")), "any"
    )


def fields() -> str:
    lines = [
        "# Canonical fields",
        "",
        NOTE,
        "IPTC Photo Metadata names in snake case, and where each stands by default.",
        "",
    ]
    lines += ["| field | IPTC name | kind | PhotoShelter | NetX attribute (type) |", "| --- | --- | --- | --- | --- |"]
    for name, it in FIELDS.items():
        netx = f"{it.netx} ({it.netx_kind})" if it.netx else ""
        lines.append(f"| `{name}` | {it.iptc} | {it.kind} | {it.photoshelter or ''} | {netx} |")
    return "\n".join(lines) + "\n"


SIDE_CARS = """## Side-cars in the two systems

- **PhotoShelter.** Nothing that could be read says that PhotoShelter ties an XMP file to another file, or reads one:
  to it a side-car is a document with a name. So dambridge pairs them itself, for camera raw (not DNG, which has its
  fields inside): `A.NEF.xmp`, `A.xmp` or `A.XMP` beside `A.NEF` in the same gallery. The flow `intake` reads it with
  the raw file and archives it as no asset of its own (`side_cars: ignore` does). What the record in PhotoShelter says
  counts before it, and it before what the file says. One that comes or changes later is read then: its words are
  written where NetX's people have not written anything themselves, and the raw file is not sent again. A field that
  it does not say any more stays. One that lies alone, or cannot be read, waits and says so. Its raw file is looked
  for with PhotoShelter's search, which may lag.
- **NetX.** Its metadata maps read the file that an asset is made of; nothing says that they, or Data Source Sync,
  read a side-car. A view can hold any file and nothing is read out of it, nor is there a call known to work that
  replaces one: a side-car hung there would fill no attribute, and grow old. So dambridge hangs none. Where fields
  travel inside files (`write_route: embedded`), those of a file that may not be touched (camera raw, a C2PA
  signature, a format that is not written into) go by a call as far as calls are known to work for them. Else the
  asset waits and names the lack; with `unproven_fields: deliver` the file arrives as it is, and those fields wait.
- **Renditions.** What a system derives from an original says nothing about rights that could be relied on. Every
  right that a file has a place for can be written into, or beside, each of the formats above, and is asked for by
  name before a rendition may go out.""".splitlines()


def formats() -> str:
    lines = ["# What is read out of files and written into them", "", NOTE]
    lines += [
        "Fields are read from XMP first, then from the old IPTC block (IIM), then from Exif; of a camera's raw file the side-car",
        "comes before all three. Where they differ the first one",
        "counts, and `dambridge show` names the fields under `disagreements`. A value that is only the longer one cut at its",
        "limit is no difference.",
        "",
        "## By format",
        "",
        "| format | file names | read | fields are written | old IPTC block | what must stay the same | remarks |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for it in TABLE:
        block = "kept in step" if it.old_block else "left alone" if it.place is Place.INSIDE else ""
        names = it.suffixes or it.names
        where = "into the file" if it.place is Place.INSIDE else "into a side-car, NAME.xmp"
        cells = (it.title, ", ".join(names), "yes", where, block, it.essence, it.why)
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Every other kind of file is carried as it is: nothing is read out of it, and nothing is written.",
        "",
        "Refused in words: a file that is cut or broken. Refused, but a side-car can be made: one with a C2PA signature (unless",
        "`break_signatures` says otherwise), one of which no essence can be hashed, one that ExifTool will not write, and any",
        "whose copy does not prove itself. A side-car also says whatever the XMP inside the file says.",
        "",
        "Every write makes a new file, which is read back value by value; the hash of its essence must be the original's.",
        "",
        *SIDE_CARS,
        "",
        *speeds(json.loads(SPEEDS.read_text(encoding="utf-8"))),
        "",
        "## By field",
        "",
        "Bytes are the limit in the old block: what is longer is cut there between two letters, and stays whole in XMP.",
        "",
        "| field | XMP | IIM (bytes) | Exif |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in FIELDS.items():
        if not (field.xmp or field.iim or field.exif):
            continue
        limit = f" ({field.limit})" if field.limit else ""
        block = f"{field.iim.removeprefix('IPTC:')}{limit}" if field.iim else ""
        lines.append(f"| `{name}` | {field.xmp.removeprefix('XMP-')} | {block} | {field.exif} |")
    lines += [
        "",
        f"Disagreement is looked for in {len(HOMES) + len(DATE_HOMES)} fields: {', '.join(sorted({**HOMES, **DATE_HOMES}))}.",
        f"Of the old block {len(LIMITS)} datasets are read; its character set is the declared one, else UTF-8 where it is that,",
        "else Windows-1252, marked as guessed. What is rewritten is UTF-8 and says so. A time without a known offset stays out.",
    ]
    return "\n".join(lines) + "\n"


def speeds(measured: Mapping[str, Any]) -> list[str]:
    """What the last `make bench ARGS="--rows files"` found, by the processor's clock."""
    lines = [
        "## How fast",
        "",
        f"Files a second of one core's time, on {measured['machine']}, {measured['date']}",
        f"([evidence](../evidence/{SPEEDS.name})), beside a single ExifTool over all files at once, which proves nothing.",
        "Reading here includes whether the file is sound; writing, a copy, its reading back value by value, and the hash of its",
        "essence before and after. The files are small, so that it is the work on metadata that shows.",
        "",
        "| file | read | of bare | written | of bare |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, row in measured["rows"].items():
        read, wrote = row["read"]["files_per_cpu_s"], row["write"]["files_per_cpu_s"]
        lines.append(f"| {name} | {read:.0f} | {row['read_ratio']} | {wrote:.0f} | {row['write_ratio']} |")
    return lines


def reasons() -> str:
    lines = ["# Reasons, and what to do about them", "", NOTE, "Codes are stable; scripts may count on them.", ""]
    lines += ["| code | in words | next move |", "| --- | --- | --- |"]
    lines += [f"| `{code}` | {WORDS[code]} | {MOVES.get(code, '')} |" for code in Code]
    return "\n".join(lines) + "\n"


def lifecycle() -> str:
    """The table of legal moves, as people read it."""
    lines = ["# The life of an asset", "", NOTE, *_LIFE, ""]
    lines += ["| from | to | who may | kind |", "| --- | --- | --- | --- |"]
    for kind_, moves in (("on", ON), ("back", BACK)):
        lines += [_move(it, who, kind_) for it, who in sorted(moves.items(), key=lambda it: _place(it[0]))]
    strongest = ", ".join(f"`{it}`" for it in STRONGEST)
    lines += ["", "Where one carrier says several statuses at once, the first of these wins: " + strongest + "."]
    return "\n".join(lines) + "\n"


_LIFE = (
    "What is not in this table is nobody's to do: such an edit changes nothing elsewhere and waits in the inbox.",
    "",
    "One edit may make several moves if each of them is open to whoever made it: what is taken back comes first, what goes on",
    "after it. Of two statuses given at once in different accounts the one that can be reached from the other by moves *on*",
    "is the later one and stands; where neither can, a person decides. The `coordinator` is whoever rules in the inbox,",
    "`rights` are dates that pass, `dambridge` is the program: it archives what is proven to be archived, sends changed files",
    "back to review, and withdraws what was superseded. It never approves.",
)


def _move(it: Move, who: frozenset[Role], kind_: str) -> str:
    roles = ", ".join(f"`{one}`" for one in Role if one in who)
    return f"| `{it.start}` | `{it.end}` | {roles} | {kind_} |"


def _place(it: Move) -> tuple[int, int]:
    order = list(Status)
    return order.index(it.start), order.index(it.end)


def main() -> int:
    stale = []
    for name, content in pages().items():
        path = REFERENCE / name
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
    print("\n".join(stale) or "all fresh")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
