"""Reasons in words: a sentence that a librarian would say aloud, and the next move where a person has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from dambridge.model.reasons import Code, Reason
from dambridge.telemetry.gate_words import BLOCKS, FACTS

GATE_CODES: Mapping[str, Mapping[str, str]] = {
    "facts": {str(it): text for it, text in FACTS.items()},
    "blocks": {str(it): text for it, text in BLOCKS.items()},
}
"""Parameters that hold codes of the gate, each code with its words."""
_INSTANTS = frozenset({"until", "opens"})

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
    Code.DELETED: "The copy {copy} was deleted ({how}), as the plan said that a named person applied.",
    Code.RETENTION_ENDED: "It is {status} since {since}, and need not be kept any longer.",
    Code.PAIRED: "It is the same asset as {other}: {evidence}.",
    Code.DERIVED: "{field} by the rule `{rule}`: {before} → {after}.",
    Code.PAPER_ATTACHED: "The paper {paper} hangs on {picture} as a restricted view.",
    Code.STAGED: "Its file stands ready for {outlet}, where nobody sees it yet.",
    Code.PUBLISHED: "Shown in {outlet} until {until}.",
    Code.SHOWN_AGAIN: "Shown in {outlet} again until {until}.",
    Code.FILE_REPLACED: "Another file was brought to {outlet}: {how}.",
    Code.WITHDRAWN: "Taken out of {outlet} and looked for: nobody outside sees it.",
    Code.CORRECTED: "Taken out of places that others put it in: {places}.",
    Code.NOTED: "It may be shown in {outlet} until {until}.",
    Code.IN_STEP: "Nothing changed.",
    Code.NOT_SELECTED: "It stands in {galleries}, which is not among the selected galleries.",
    Code.NOT_APPROVED: "Not approved yet: its status is {status}.",
    Code.REJECTED_AT_SOURCE: "Rejected: its status is {status}.",
    Code.STATUS_FROM_FILE: "The file says of itself that it is {status}; nobody has approved it.",
    Code.MEDIA_TYPE_EXCLUDED: "Files of the type {media_type} are left out.",
    Code.EXPRESSION_FALSE: "The selecting rule says no: {expression}",
    Code.GONE_AT_SOURCE: "It is no longer at its source ({absence}); what was archived stays.",
    Code.OBSERVE_ONLY: "The link is only watched until a person activates it.",
    Code.TAKEN_DOWN: "It was taken down before ({copy}, {at}) and is not delivered again.",
    Code.STAND_IN: "It is a stand-in: a small picture that says where the original is.",
    Code.SIDE_CAR: "It is the side-car of {files}, and its words are read with that file.",
    Code.UNSELECTED: "It is not selected for {outlet}: {why}.",
    Code.ORDER_OVER: "It was in {outlet} by an order of {by}, which is over: {how}.",
    Code.MASTER_GONE: "Its master is no longer there ({absence}: {evidence}).",
    Code.GATE_SHUT: "Its rights do not permit {outlet}: {blocks}.",
    Code.ENDS_SOON: "It may be shown in {outlet} until {until}, and has to be taken out ahead of that.",
    Code.LOOSENING_REFUSED: "{copies} permit more than is agreed ({fields}), which only {owner} may: the stricter word stands.",
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
    Code.CONFLICT: "Edited in several places: {groups}. The rule `{rule}` cannot decide: {text}",
    Code.COPY_GONE: "The copy {copy} is no longer there ({absence}: {evidence}).",
    Code.EDITED_AND_GONE: "The copy {copy} is gone ({absence}), and another was edited since: {groups}.",
    Code.COPY_UNREAD: "The copy {copy} could not be read: {text}",
    Code.STALE_ANSWER: "The copy {copy} was shown as it was before our last write; it is read again.",
    Code.PAIR_IN_REVIEW: "It may be the same asset as {other}: {evidence}; {doubts}.",
    Code.PAPER_WAITS: "The paper {paper} waits: {text}",
    Code.SIDE_CAR_ALONE: "No camera raw file is found beside {name} in its gallery, and a side-car is no asset of its own.",
    Code.SIDE_CAR_UNREAD: "Its side-car {name} cannot be read, and it does not travel without: {why}",
    Code.LICENCE_ENDS: "Its licence ends at {until}.",
    Code.EMBARGOED: "It may be shown in {outlet} from {opens}.",
    Code.STATUS_DISPUTED: "Somebody calls it approved, and its copies agree on {agreed}; it does not go to {outlet} meanwhile.",
    Code.RIGHTS_UNKNOWN: "Unknown rights count as no rights. For {outlet} somebody has to say: {facts}.",
    Code.RIGHTS_EDITED_THERE: "Its rights were edited in {outlet} ({fields}); a new file would lose that. Say it at the master.",
    Code.KIT_INCOMPLETE: "The kit {kit} goes to {outlet} whole or not at all, and this holds it: {lacking}.",
    Code.KIT_UNREAD: "The kit {kit} could not be read whole, so nobody knows whether all of it may go to {outlet}.",
    Code.KIT_NOT_READY: "It stands ready for {outlet} and waits for the rest of the kit {kit}.",
    Code.AUDIENCE_UNAGREED: "Nobody has agreed who sees {outlet} yet: `dambridge outlets agree`.",
    Code.AUDIENCE_DRIFTED: "The gallery of {outlet} is not as it was agreed, so nothing is written into it: {differs}.",
    Code.AUDIENCE_UNREAD: "Who sees {outlet} could not be read.",
    Code.REMOVED_THERE: "People took it out of {outlet}; it is not put back by itself ({how}).",
    Code.IN_REVIEW: "Handed in with {shoot} and waiting for its review, due {due}.",
    Code.BYTES_CHANGED: "The file is another one than was handed in (SHA-256 {hashed}, now {found}), so what was decided ({was}) "
    "does not hold: it is up for review anew.",
    Code.CHANGES_ASKED: "Changes were asked for, and the contributor knows: {note}",
    Code.NOT_TOLD: "It is {status}, and no way is known to tell {contributor}: {note}",
    Code.REVIEW_FORGOTTEN: "The store was lost ({lost}), so nobody knows what was decided about it before: it is reviewed anew.",
    Code.ARCHIVED_FORGOTTEN: "It is in the archive as {copy}, byte for byte; who approved it, and when, went with the store.",
    Code.STILL_PUBLISHED: "It need not be kept any longer, but {outlet} still has a copy.",
    Code.STILL_DISPUTED: "It need not be kept any longer, but something about it waits in the inbox.",
    Code.STATUS_ILLEGAL: "{by} says {shown}, which nobody may make of an asset that is {status}.",
    Code.NO_LONGER_APPROVED: "It was approved and is {status} now; nothing of it was archived.",
    Code.ARCHIVED_BEFORE: "Another file of it is in the archive already ({link}); the approved one is not the same.",
    Code.LEGAL_HOLD: "{by} put it under legal hold, so it stays as it is: {why}",
    Code.REVIEW_REJECTED: "Rejected, and the contributor knows: {note}",
    Code.TAKEN_BACK: "It is {status}: nobody is asked about it.",
    Code.SOURCE_DISPOSED: "It is archived, and its source was seen to: {how}.",
    Code.SOURCE_KEPT: "It is archived, and its source was kept: {why}.",
    Code.REVIEW_OVERDUE: "{files} files wait longer than agreed; {who} was told.",
    Code.REVIEW_UNTOLD: "{files} files wait longer than agreed for {who}, to whom no way is known.",
    Code.EXPOSED: "More people see {outlet} than was agreed: {differs}.",
    Code.LEAVING_UNPROVEN: "It is being taken out of {outlet} and has not been proven gone.",
    Code.OUTLET_GONE: "{shown} files are shown in {outlet}, which is not configured any more; nobody sees to them.",
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
    Code.STATUS_SHOWN: "The status is what {by} shows ({words}); saying something else: {disagreeing}.",
    Code.ATTRIBUTE_MISSING: "{field} has no home: the archive has no attribute {attribute}.",
    Code.ATTRIBUTE_WRONG_TYPE: "{field} does not fit the attribute {attribute}, which is {kind}; it needs {wanted}.",
}

MOVES: Mapping[Code, str] = {
    Code.LICENCE_ENDS: "Renew the licence and write its new end, or find a replacement; at that instant it expires everywhere.",
    Code.STATUS_SHOWN: "Change it at {by}, the first that says anything; the others are brought to say the same.",
    Code.SAME_BYTES_EXIST: "Decide whether the two are one asset.",
    Code.TAKEN_DOWN: "Nothing, unless it shall stand there again: `dambridge store release`.",
    Code.LOOSENING_REFUSED: "Say it where the rights are owned, or let it stand by name: `dambridge rights release`.",
    Code.UNKNOWN_SINCE_LOSS: "Run `dambridge store rebuild`; of what is left say whether it may go: `dambridge store release`.",
    Code.MARKS_COPIED: "Decide whether it is an asset of its own, and empty its marks then.",
    Code.MARKS_CONTRADICT: "Look at the asset, and empty its marks where they are not its own.",
    Code.COPY_NOT_SEEN: "Look for the copy, then rebuild again or let the link go: `dambridge store release`.",
    Code.BYTES_UNPROVEN: "Compare the two, then let the link go: `dambridge store release`.",
    Code.NOT_APPROVED: "Approve it at its source; the next run takes it.",
    Code.STATUS_FROM_FILE: "Take that value away at its source, let one run see it so, then approve it.",
    Code.REQUIRED_FIELD_MISSING: "Fill it in at its source; the next run takes it.",
    Code.UNKNOWN_TERM: "Decide what the word means (`dambridge terms`), or correct it at its source.",
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
    Code.GATE_SHUT: "Nothing, unless its rights are others: then say so at the master.",
    Code.ENDS_SOON: "Nothing, unless its licence was renewed: then say so at the master; what was ordered for longer is ordered "
    "again.",
    Code.ORDER_OVER: "Nothing; order it again where it is wanted again.",
    Code.EMBARGOED: "Nothing: it is shown at that instant by itself.",
    Code.STATUS_DISPUTED: "Settle it: `dambridge conflicts`.",
    Code.RIGHTS_UNKNOWN: "Fill them in at the master; the next run takes it.",
    Code.RIGHTS_EDITED_THERE: "Say the same at the master, or undo it there; the next run goes on.",
    Code.KIT_INCOMPLETE: "Clear what is missing, or take it out of the kit; the next run takes all of it.",
    Code.KIT_UNREAD: "The next run reads it again.",
    Code.KIT_NOT_READY: "The next run goes on with the rest.",
    Code.AUDIENCE_UNAGREED: "Look at the gallery, then agree: `dambridge outlets agree`.",
    Code.AUDIENCE_DRIFTED: "Set the gallery back, or agree to it as it is: `dambridge outlets agree`.",
    Code.AUDIENCE_UNREAD: "The next run reads it again.",
    Code.REMOVED_THERE: "Find out who took it out, and take it out of the selection, or put it back into its gallery.",
    Code.IN_REVIEW: "Look at it and decide: `dambridge review`, or where the account shows a status.",
    Code.BYTES_CHANGED: "Look at the new file and decide again: `dambridge review`.",
    Code.CHANGES_ASKED: "Nothing: a new file is up for review by itself.",
    Code.NOT_TOLD: "Tell the contributor, then say so: `dambridge review told`. Or give an address under `contributors`.",
    Code.REVIEW_UNTOLD: "Give an address under `people`.",
    Code.ARCHIVED_FORGOTTEN: "Set legal holds again that went too: `dambridge hold set`. Its source stays as it is.",
    Code.REVIEW_FORGOTTEN: "Decide about it: `dambridge review`, or with another word at its source.",
    Code.STILL_PUBLISHED: "Let flow publish withdraw it first, then plan again.",
    Code.STILL_DISPUTED: "Rule about it (`dambridge conflicts`), then plan again.",
    Code.STATUS_ILLEGAL: "Set it right where it stands, or decide in dambridge: `dambridge review`.",
    Code.NO_LONGER_APPROVED: "Nothing: it is up for review, or was decided otherwise.",
    Code.ARCHIVED_BEFORE: "Compare the two; bring the new file by hand, or hand it in as an asset of its own.",
    Code.SOURCE_KEPT: "See to it by hand, or run `dambridge probe --write` to show what the account can do.",
    Code.REVIEW_OVERDUE: "Decide about them: `dambridge review list`.",
    Code.LEGAL_HOLD: "Nothing, as long as it stands: `dambridge hold lift` ends it.",
    Code.EXPOSED: "Set the gallery back, or agree to it as it is: `dambridge outlets agree`.",
    Code.LEAVING_UNPROVEN: "The next run looks for it again.",
    Code.OUTLET_GONE: "Configure the outlet again, and take out what it shows before it goes.",
    Code.BROKEN_FILE: "Ask for the file again; a new upload is taken by the next run.",
    Code.NOT_EMBEDDED: "Archive it by hand, or have it delivered as another kind of file; `write_route` names other routes. For "
    "an outlet: leave it out of the selection, or let it go out as it is, without `rendition`.",
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


_OPEN = re.compile(r"\{(?:year|month|day)\|([^{}]*)\}")


class _Gaps(dict[str, str]):
    """Parameters of a reason; one that is missing shows as a gap instead of ending in an error."""

    def __missing__(self, key: str) -> str:
        return "…"


def _in_words(name: str, value: object) -> str:
    texts = tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)
    if name in GATE_CODES:
        texts = tuple(GATE_CODES[name].get(it, it) for it in texts)
    elif name in _INSTANTS:
        texts = tuple(map(_wall_clock, texts))
    return ", ".join(texts)


def _wall_clock(text: str) -> str:
    """An instant with its offset as people read it; whatever is none as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at:%Y-%m-%d %H:%M:%S %z}" if at.tzinfo is not None else text


def words(reason: Reason) -> str:
    """The reason as one sentence, parameters put in: codes of the gate in its words, instants as a wall clock."""
    values = {name: _in_words(name, value) for name, value in reason.params}
    return WORDS[reason.code].format_map(_Gaps(values))


def foretold(reason: Reason) -> str:
    """The same of something that is only planned: a date that the file may correct shows as the one known now."""
    return _OPEN.sub(r"\1", words(reason))


def next_move(reason: Reason) -> str:
    """What a person can do about it; empty where there is nothing to do."""
    return MOVES.get(reason.code, "")
