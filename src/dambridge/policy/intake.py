"""Flow `intake`: which assets of the source travel, when they count as approved, and what they must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from dambridge.expressions import ExpressionFault, Program, record_values
from dambridge.model.actions import Leave
from dambridge.model.identity import AccountId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, EmbeddedMetadata, MediaType
from dambridge.model.stand_ins import is_stand_in
from dambridge.model.values import DateValue, FieldName, LangAlt, Value
from dambridge.policy.carriers import INSIDE, PLACES, CarrierKind
from dambridge.policy.patterns import matches_any
from dambridge.policy.places import PlaceRule
from dambridge.policy.placing import needs_galleries

SELECT = "select"
"""The name under which the selecting expression stands among the compiled programs."""
NO_STATUS = "(empty)"
"""What people are told of a status where the source shows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How approval is read: by values or gallery patterns, by a custom field's id, by a least rating.

    It reads what the system itself shows. A system fills fields from the uploaded file, and whoever uploads a file must not be
    able to approve it: so `stands_inside` says whether the file does, and `planning.approving` when that matters."""

    carrier: CarrierKind = CarrierKind.EDIT_STATUS
    approved: tuple[str, ...] = ("approved",)
    rejected: tuple[str, ...] = ("rejected",)
    field: FieldName | None = None
    minimum: int | None = None

    def judge(self, record: AssetRecord) -> tuple[Literal["approved", "rejected", "open"], str]:
        """The verdict and the value that it rests on."""
        match self.carrier:
            case CarrierKind.GALLERY | CarrierKind.FOLDER:
                paths = [it.path for it in record.containers]
                return _verdict_of_paths(paths, self.approved, self.rejected)
            case CarrierKind.RATING:
                rating = record.fields.get(FieldName("rating"))
                good = isinstance(rating, int) and rating >= (self.minimum if self.minimum is not None else 1)
                bad = isinstance(rating, int) and rating < 0
                return ("rejected" if bad else "approved" if good else "open"), str(
                    rating if rating is not None else ""
                )
            case CarrierKind.EDIT_STATUS:
                return self._by_value(record.fields.get(FieldName("edit_status")))
        return self._by_value(record.fields.get(self.field) if self.field else None)

    @property
    def by_value(self) -> bool:
        """Whether it is shown by a value, which a file may bring with it; no file puts itself into a gallery."""
        return self.carrier not in PLACES

    def stands_inside(self, inside: EmbeddedMetadata) -> str:
        """The word inside the file that would approve it, empty where there is none. Where any of its fields may have become
        the carrier, any value of it counts."""
        if not self.by_value:
            return ""
        names = INSIDE.get(self.carrier)
        for name, tag in sorted(inside.tags.items()):
            if names is None or name in names:
                for word in (tag,) if isinstance(tag, str) else tag if isinstance(tag, tuple) else tag.values():
                    if self._approves(word):
                        return word.strip()
        return ""

    def _approves(self, word: str) -> bool:
        if self.carrier is not CarrierKind.RATING:
            return self._by_value(word)[0] == "approved"
        try:
            return float(word) >= (self.minimum if self.minimum is not None else 1)
        except ValueError:
            return False

    def _by_value(self, value: Value | None) -> tuple[Literal["approved", "rejected", "open"], str]:
        text = plain(value).strip()
        folded = text.casefold()
        if folded in {it.casefold() for it in self.rejected}:
            return "rejected", text
        return ("approved" if folded in {it.casefold() for it in self.approved} else "open"), text


def _verdict_of_paths(
    paths: Sequence[str], approved: Sequence[str], rejected: Sequence[str]
) -> tuple[Literal["approved", "rejected", "open"], str]:
    for path in paths:
        if matches_any(path, rejected):
            return "rejected", path
    for path in paths:
        if matches_any(path, approved):
            return "approved", path
    return "open", ", ".join(paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePolicy:
    """Everything that decides about intake, as data. `managed` None means every field that the map writes. `mirrored` are
    those that another flow keeps in step between the same accounts: a new copy is made with them, and then left to it.

    `places` are rules for folder and name that come before `folder`; `groups_for_rules` are groups of the source's record
    that they and the map speak of. `arrival` says where deliveries arrive: in a berth of ours, from which they are filed,
    or straight in their folder, which a person has made; `auto` is the berth wherever the target lets us have one.
    `unproven_fields` says what becomes of an asset with fields that the target is not known to take: it waits whole, or is
    delivered and those fields wait. `side_cars` says that an XMP file beside a camera's raw file is read with it, and is no
    asset of its own."""

    source: AccountId
    target: AccountId
    mode: Literal["new", "approved"] = "approved"
    galleries: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    approval: Approval = Approval()
    media_types: Mapping[MediaType, Literal["take", "skip"]] = field(default_factory=dict)
    expression: str | None = None
    folder: str = "PhotoShelter/{year}/{gallery}"
    places: tuple[PlaceRule, ...] = ()
    groups_for_rules: frozenset[str] = frozenset()
    arrival: Literal["auto", "berth", "folder"] = "auto"
    unproven_fields: Literal["wait", "deliver"] = "wait"
    side_cars: bool = True
    orders: bool = False
    """Whether people may order single assets that the selection does not name."""
    required: tuple[FieldName, ...] = ()
    managed: frozenset[FieldName] | None = None
    mirrored: frozenset[FieldName] = frozenset()
    rehash: Literal["unexplained", "always", "never"] = "unexplained"
    verify_bytes: Literal["always", "sampled", "never"] = "always"
    sample_rate: float = 0.05
    target_edits: Literal["keep_target", "source_wins"] = "keep_target"
    max_changes: int | None = None
    max_share: float | None = None
    plan_ttl: timedelta = timedelta(days=2)

    def selects_container(self, path: str) -> bool:
        """Whether assets of this gallery are meant; without patterns every gallery is."""
        return (not self.galleries or matches_any(path, self.galleries)) and not matches_any(path, self.exclude)

    def names(self, record: AssetRecord) -> Callable[[str], bool]:
        """Which of its galleries give folders their names: those that are selected; of what came by an order all."""
        selected = any(self.selects_container(it.path) for it in record.containers)
        return (lambda _: True) if self.orders and not selected else self.selects_container

    @property
    def groups(self) -> frozenset[str]:
        """The groups of a source record that this policy needs to read, so that no call is made for nothing."""
        wanted = {"base", "iptc", *self.groups_for_rules}
        by_gallery = self.mode == "approved" and self.approval.carrier is CarrierKind.GALLERY
        if self.galleries or self.exclude or by_gallery or needs_galleries(self.folder):
            wanted.add("containers")
        custom = self.mode == "approved" and self.approval.carrier is CarrierKind.CUSTOM
        if custom or (self.expression and "custom" in self.expression) or "{custom:" in self.folder:
            wanted.add("custom")
        return frozenset(wanted)


def assess(
    record: AssetRecord, policy: IntakePolicy, programs: Mapping[str, Program], now: datetime, *, ordered: bool = False
) -> AssetRecord | Leave:
    """The record itself when the asset may travel, else why it is left. The first reason met is the one given. What somebody
    `ordered` is selected by that, and has to be approved and to have what is required like any other."""
    if is_stand_in(record.fields):
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.STAND_IN))
    selected = _excluded(record, policy) if ordered else _selected(record, policy, programs, now)
    if selected is not None:
        return selected
    if policy.mode == "approved":
        verdict, value = policy.approval.judge(record)
        shown = value or NO_STATUS
        if verdict == "rejected":
            return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.REJECTED_AT_SOURCE, status=shown))
        if verdict == "open":
            return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.NOT_APPROVED, status=shown))
    missing = [name for name in policy.required if name not in record.fields]
    if missing:
        reason = Reason.of(Code.REQUIRED_FIELD_MISSING, fields=tuple(missing))
        return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="contributor")
    return record


def _selected(
    record: AssetRecord, policy: IntakePolicy, programs: Mapping[str, Program], now: datetime
) -> Leave | None:
    if (policy.galleries or policy.exclude) and not any(policy.selects_container(it.path) for it in record.containers):
        where = ", ".join(it.path for it in record.containers) or "(no gallery)"
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.NOT_SELECTED, galleries=where))
    if (excluded := _excluded(record, policy)) is not None:
        return excluded
    program = programs.get(SELECT)
    if program is None:
        return None
    answer = program.evaluate(record_values(record, now))
    if isinstance(answer, ExpressionFault):
        reason = Reason.of(Code.EXPRESSION_ERROR, expression=policy.expression or "", text=answer.why)
        return Leave(outcome=Outcome.QUARANTINED, reason=reason, waits_for="administrator")
    if answer is not True:
        return Leave(
            outcome=Outcome.SKIPPED, reason=Reason.of(Code.EXPRESSION_FALSE, expression=policy.expression or "")
        )
    return None


def _excluded(record: AssetRecord, policy: IntakePolicy) -> Leave | None:
    """What no order brings over either."""
    if policy.media_types.get(record.media_type, "take") != "skip":
        return None
    told = Reason.of(Code.MEDIA_TYPE_EXCLUDED, media_type=str(record.media_type))
    return Leave(outcome=Outcome.SKIPPED, reason=told)


def plain(value: Value | None) -> str:
    """A value as the text that a person would read."""
    match value:
        case None:
            return ""
        case LangAlt():
            return value.default
        case DateValue():
            return value.iso
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)
