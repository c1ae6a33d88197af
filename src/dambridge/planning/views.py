"""What a copy says of a group of fields, and when two of them say the same.

File name and content stand among the fields, so that a rename and a replaced file are edits like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from dambridge.mapping import AccountMap, equal, same, unread_fields
from dambridge.model.accords import CONTENT, FILE_NAME
from dambridge.model.identity import CopyId
from dambridge.model.records import AssetRecord
from dambridge.model.values import FieldName, Fields, value_to_json
from dambridge.policy.mirror import FieldGroup

ALWAYS_CARRIED = frozenset({FILE_NAME, CONTENT})


def view_of(copy: CopyId, record: AssetRecord) -> Fields:
    """Everything that a copy shows: its fields, its name, and a token for its bytes."""
    return {**record.fields, FILE_NAME: record.file_name, CONTENT: content_token(copy, record)}


def content_token(copy: CopyId, record: AssetRecord) -> str:
    """The checksum where the account gives one, so that copies can be compared; else a stamp of this copy alone."""
    if record.checksum is not None:
        return f"{record.checksum.algorithm}:{record.checksum.hexdigest}"
    return f"{copy}@{record.version.content}"


def comparable(one: str, other: str) -> bool:
    """Whether two tokens of content can be held against each other: two digests of a kind, or two stamps of a copy."""
    return kind_of(one) == kind_of(other)


def is_stamp(token: str) -> bool:
    return "@" in token


def kind_of(token: str) -> str:
    """What a token can be compared with: others of this kind."""
    stamp = token.rpartition("@")
    return stamp[0] if stamp[1] else token.partition(":")[0]


def carried(group: FieldGroup, account: AccountMap) -> frozenset[FieldName]:
    """The fields of the group that this account shows."""
    return group.fields & (account.reads | ALWAYS_CARRIED)


def takes_part(group: FieldGroup, record: AssetRecord, account: AccountMap) -> bool:
    """Whether this copy says anything about the group: it carries some of it, and all that it carries was read."""
    held = carried(group, account)
    return bool(held) and not held & unread_fields(record)


def part(fields: Fields, names: Iterable[FieldName]) -> Fields:
    """These fields alone, in a fixed order."""
    return {name: fields[name] for name in sorted(names) if name in fields}


def alike(one: Fields, other: Fields, names: Iterable[FieldName]) -> bool:
    """Whether both mean the same in all these fields."""
    return all(same(name, one.get(name), other.get(name)) for name in names)


def echoes(now: Fields, whole: Fields, names: Iterable[FieldName]) -> bool:
    """Whether `now` says what `whole` says, or shows it cut by a limit (hazard P29)."""
    return all(equal(name, now.get(name), whole.get(name)) for name in names)


def richest(several: Iterable[Fields]) -> Fields:
    """Of values that mean the same, the one that says most; which it is does not depend on their order."""
    return min(several, key=rank)


def rank(fields: Fields) -> tuple[int, str]:
    """The more is said the smaller; a total order."""
    spelled = json.dumps({name: value_to_json(fields[name]) for name in sorted(fields)}, sort_keys=True)
    return -len(spelled), spelled
