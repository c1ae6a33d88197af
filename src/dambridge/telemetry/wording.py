"""Reasons in words: a sentence that a librarian would say aloud, and the next move where a person has one."""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.model.reasons import Code, Reason

WORDS: Mapping[Code, str] = {
    Code.CREATED: "Archived in {folder}.",
    Code.FIELDS_UPDATED: "Changed fields carried over: {fields}.",
    Code.VERSION_ADDED: "The new file became a version of the same asset.",
    Code.ADOPTED_TWIN: "An earlier delivery was found and taken over.",
    Code.SAME_BYTES_EXIST: "The same file is in the archive already as {existing} ({name}); it was linked, not changed.",
    Code.BYTES_CONFIRMED: "The file was read again: it is the same.",
    Code.AGREED: "The copies agree on {groups}.",
    Code.RETIRED: "Taken out of sight: {how}.",
    Code.LET_GO: "The copy {copy} left the link ({absence}).",
    Code.PAIRED: "It is the same asset as {other}: {evidence}.",
    Code.DERIVED: "{field} by the rule `{rule}`: {before} → {after}.",
    Code.PAPER_ATTACHED: "The paper {paper} hangs on {picture} as a restricted view.",
    Code.IN_STEP: "Nothing changed.",
    Code.NOT_SELECTED: "It stands in {galleries}, which is not among the selected galleries.",
    Code.NOT_APPROVED: "Not approved yet: its status is {status}.",
    Code.REJECTED_AT_SOURCE: "Rejected: its status is {status}.",
    Code.MEDIA_TYPE_EXCLUDED: "Files of the type {media_type} are left out.",
    Code.EXPRESSION_FALSE: "The selecting rule says no: {expression}",
    Code.GONE_AT_SOURCE: "It is no longer at its source ({absence}); what was archived stays.",
    Code.OBSERVE_ONLY: "The link is only watched until a person activates it.",
    Code.TAKEN_DOWN: "It was taken down before ({copy}, {at}) and is not delivered again.",
    Code.SIDE_CAR: "It is the side-car of {files}, and its words are read with that file.",
    Code.UNKNOWN_SINCE_LOSS: "The store was lost ({rebuilt}): nobody knows whether it was taken down or not yet delivered.",
    Code.REQUIRED_FIELD_MISSING: "Something that every asset needs is missing: {fields}.",
    Code.UNKNOWN_TERM: "{field} has no term {term}.",
    Code.LOOKUP_FAILED: "The table {table} cannot say what it is: {text}.",
    Code.CAPABILITY_UNPROVEN: "Nobody has shown that this account can {what} for the type {media_type} ({proof}).",
    Code.FIELDS_WAIT: "It is in the archive, and nobody has shown that this account takes these fields: {fields}.",
    Code.FILE_UNTOUCHED: "Nothing is written into this file, because {why} No other way is known in which this account "
    "takes: {fields}.",
    Code.FOLDER_MISSING: "There is no folder {folder} in the archive, and this account makes none.",
    Code.TWO_COPIES: "{copies} in the archive carry the name of one delivery, {name}.",
    Code.MOVED_ON: "It was changed while the work was under way: {text}",
    Code.SOURCE_UNREAD: "It could not be read at its source: {text}",
    Code.TARGET_UNREAD: "Its copy in the archive could not be read: {text}",
    Code.TARGET_EDITED: "People changed it in the archive, so it was left as they set it: {fields}.",
    Code.TARGET_GONE: "Its copy is no longer in the archive ({absence}).",
    Code.WRITE_DEFERRED: "{field} was handed over and the system has not taken it in yet.",
    Code.TRY_LATER: "It could not be done now: {text}",
    Code.UNCLEAR_OUTCOME: "It is not known whether it happened: {text}",
    Code.GUARD_TRIPPED: "The guard {guard} stopped it: {found} changes, at most {limit} are allowed.",
    Code.PAUSED: "The flow {flow} is held by a person.",
    Code.NOT_IN_WAVE: "Its wave of plan {plan} has not come yet.",
    Code.DISK_FULL: "The disk is full: {text}",
    Code.CONFLICT: "{groups} were edited in several places, and the rule `{rule}` cannot decide: {text}",
    Code.COPY_GONE: "The copy {copy} is no longer there ({absence}: {evidence}).",
    Code.EDITED_AND_GONE: "The copy {copy} is gone ({absence}), and another was edited since: {groups}.",
    Code.COPY_UNREAD: "The copy {copy} could not be read: {text}",
    Code.STALE_ANSWER: "The copy {copy} was shown as it was before our last write; it is read again.",
    Code.PAIR_IN_REVIEW: "It may be the same asset as {other}: {evidence}; {doubts}.",
    Code.PAPER_WAITS: "The paper {paper} waits: {text}",
    Code.SIDE_CAR_ALONE: "No camera raw file is found beside {name} in its gallery, and a side-car is no asset of its own.",
    Code.SIDE_CAR_UNREAD: "Its side-car {name} cannot be read, and it does not travel without: {why}",
    Code.BROKEN_FILE: "The file is broken: {why}",
    Code.NOT_EMBEDDED: "Its fields could not be written into a copy of the file: {why}",
    Code.EMPTY_FILE: "The file is empty: {why}",
    Code.VALUE_REFUSED: "The archive refused the value of {field}: {text}",
    Code.VALUE_ALTERED: "The archive altered {field}: {wanted} was written, {found} came back.",
    Code.VALUE_CUT: "The archive cut {field}: {kept} of {wanted} characters were kept.",
    Code.EXPRESSION_ERROR: "The rule {expression} failed on it: {text}",
    Code.PATH_INVALID: "No folder can be named by {template}: {variable} has no value.",
    Code.NAME_INVALID: "The file name {name} cannot be used.",
    Code.NAME_COLLISION: "Another asset has the name {name} there already.",
    Code.BYTES_DIFFER: "What arrived is not what was sent: SHA-256 {sent} was sent, {found} was found in {existing}.",
    Code.BERTH_DIRTY: "The arrival folder {folder} holds something that is not ours.",
    Code.TOO_MANY_ATTEMPTS: "It was tried {attempts} times without success: {text}",
    Code.REFUSED_BY_SYSTEM: "The system said no: {text} ({said})",
    Code.BUG: "A fault in dambridge itself: {text}",
    Code.LISTING_UNPROVEN: "The listing of {what} is not proven complete: {text}",
    Code.MARKS_COPIED: "{copy} carries the marks of {first}: people copied it.",
    Code.MARKS_CONTRADICT: "{copy} carries marks that do not belong together: its source is said to be {source}.",
    Code.COPY_NOT_SEEN: "Its link was found by the marks of one copy, and {copies} could not be read.",
    Code.BYTES_UNPROVEN: "Its link was found by our marks, and its copies were not proven to hold the same file.",
    Code.FIELDS_UNREAD: "Nothing is known of {fields}: they were not read.",
    Code.VALUE_UNREADABLE: "{native} holds what {field} cannot take over: {text}.",
    Code.UPLOADER_WORD: "The uploader's own word, {word}, was taken out of the keywords.",
    Code.ATTRIBUTE_MISSING: "{field} has no home: the archive has no attribute {attribute}.",
    Code.ATTRIBUTE_WRONG_TYPE: "{field} does not fit the attribute {attribute}, which is {kind}; it needs {wanted}.",
}

MOVES: Mapping[Code, str] = {
    Code.SAME_BYTES_EXIST: "Decide whether the two are one asset.",
    Code.TAKEN_DOWN: "Nothing, unless it shall stand there again: `dambridge store release`.",
    Code.UNKNOWN_SINCE_LOSS: "Run `dambridge store rebuild`; of what is left say whether it may go: `dambridge store release`.",
    Code.MARKS_COPIED: "Decide whether it is an asset of its own, and empty its marks then.",
    Code.MARKS_CONTRADICT: "Look at the asset, and empty its marks where they are not its own.",
    Code.COPY_NOT_SEEN: "Look for the copy, then rebuild again or let the link go: `dambridge store release`.",
    Code.BYTES_UNPROVEN: "Compare the two, then let the link go: `dambridge store release`.",
    Code.NOT_APPROVED: "Approve it at its source; the next run takes it.",
    Code.REQUIRED_FIELD_MISSING: "Fill it in at its source; the next run takes it.",
    Code.UNKNOWN_TERM: "Add the term to the vocabulary, or correct the word at its source.",
    Code.LOOKUP_FAILED: "Add the row to the table, or correct the text at its source.",
    Code.CAPABILITY_UNPROVEN: "Run `dambridge probe --write`; `dambridge check` shows the routes. Or leave it out.",
    Code.FIELDS_WAIT: "Run `dambridge probe --write`; the fields are written once a write route is proven.",
    Code.FILE_UNTOUCHED: "Find another write route (`dambridge probe --write`), or have it delivered without those fields: "
    "`unproven_fields: deliver`. `break_signatures: true` has signed files written into.",
    Code.FOLDER_MISSING: "Make the folder, or name another one in `place.folder`; the next run delivers.",
    Code.TWO_COPIES: "Compare them and delete all but one; set `settle_seconds` longer than searches lag.",
    Code.TARGET_EDITED: "Nothing, unless the source should win: `target_edits: source_wins`.",
    Code.TARGET_GONE: "Find out who removed it; it is not archived again by itself.",
    Code.UNCLEAR_OUTCOME: "The next run looks before it repeats anything.",
    Code.WRITE_DEFERRED: "Nothing: the next run looks again. If it stays so, look at the system's Data Source Sync.",
    Code.TRY_LATER: "The next run tries again.",
    Code.MOVED_ON: "The next run plans it again.",
    Code.SOURCE_UNREAD: "The next run reads it again.",
    Code.TARGET_UNREAD: "The next run reads it again.",
    Code.GUARD_TRIPPED: "Look at the plan (`dambridge plan`), then apply it with `--allow-tripped` or raise the limit.",
    Code.PAUSED: "Let it go on: `dambridge runs resume`.",
    Code.NOT_IN_WAVE: "Apply the plan again for the next wave.",
    Code.DISK_FULL: "Free some room for the spool, then run again.",
    Code.CONFLICT: "Settle it: `dambridge conflicts settle`.",
    Code.COPY_GONE: "Say what shall follow: `dambridge conflicts settle`.",
    Code.EDITED_AND_GONE: "Say which of the two counts: `dambridge conflicts settle`.",
    Code.COPY_UNREAD: "The next run reads it again.",
    Code.STALE_ANSWER: "The next run reads it again.",
    Code.PAIR_IN_REVIEW: "Say whether it is: `dambridge match review`.",
    Code.PAPER_WAITS: "Run `dambridge probe --write`, or look up the pictures that it belongs to; it is published nowhere.",
    Code.SIDE_CAR_ALONE: "Put it into the gallery of its file, or leave it out; `side_cars: ignore` archives it as a file.",
    Code.SIDE_CAR_UNREAD: "Put a sound one in its place, or take it away; the next run looks again.",
    Code.BROKEN_FILE: "Ask for the file again; a new upload is taken by the next run.",
    Code.NOT_EMBEDDED: "Archive it by hand, or have it delivered as another kind of file; `write_route` names other routes.",
    Code.EMPTY_FILE: "Ask for the file again; a new upload is taken by the next run.",
    Code.VALUE_REFUSED: "Correct the value at its source, or the attribute in the archive.",
    Code.VALUE_ALTERED: "Compare the two in the archive; a folder's attribute profile may rewrite values.",
    Code.VALUE_CUT: "Shorten the text at its source, or map it to a longer attribute.",
    Code.EXPRESSION_ERROR: "Correct the rule in the configuration.",
    Code.PATH_INVALID: "Fill in the field, or change `place.folder`.",
    Code.NAME_INVALID: "Rename the file at its source.",
    Code.NAME_COLLISION: "Rename one of the two.",
    Code.BYTES_DIFFER: "Compare both files; the delivered one is in the quarantine folder, or still where it arrived.",
    Code.BERTH_DIRTY: "Empty that folder in the archive, then run again.",
    Code.TOO_MANY_ATTEMPTS: "Read the text, then run again.",
    Code.REFUSED_BY_SYSTEM: "Check the level and the rights of the integration user.",
    Code.BUG: "Please report it with the log.",
    Code.LISTING_UNPROVEN: "Nothing was concluded from it; the next run lists again.",
    Code.VALUE_UNREADABLE: "Correct the value at its source.",
    Code.ATTRIBUTE_MISSING: "Make the attribute, or name another one under `maps` (an empty text leaves the field out).",
    Code.ATTRIBUTE_WRONG_TYPE: "Change the attribute's type, or name another one under `maps`.",
}


class _Gaps(dict[str, str]):
    """Parameters of a reason; one that is missing shows as a gap instead of ending in an error."""

    def __missing__(self, key: str) -> str:
        return "…"


def words(reason: Reason) -> str:
    """The reason as one sentence, parameters put in."""
    values = {name: ", ".join(value) if isinstance(value, tuple) else str(value) for name, value in reason.params}
    return WORDS[reason.code].format_map(_Gaps(values))


def next_move(reason: Reason) -> str:
    """What a person can do about it; empty where there is nothing to do."""
    return MOVES.get(reason.code, "")
