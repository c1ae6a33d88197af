"""A file into which nothing may be written, in an account that reads fields out of files: the original goes as it is.

Its fields go by a call as far as the account is known to take them so; the others wait, or the whole asset does, as the
policy says of fields that are not known to be taken (`unproven_fields`).
"""

from __future__ import annotations

from dataclasses import replace

from dambridge.engine.delivery.arriving import WaitsForPeople
from dambridge.engine.delivery.settling import End
from dambridge.engine.parts import Parts
from dambridge.model.actions import Action, ActionKind
from dambridge.model.reasons import Code, Reason
from dambridge.ports.files import NotEmbedded

UNTOUCHED = "untouched"
"""What is kept beside the evidence of such a copy: why nothing was written into it."""


def left_alone(parts: Parts, action: Action, no: NotEmbedded) -> Action:
    """The action for the file as it is, with the fields that only a file could have brought held back.

    Raises `WaitsForPeople` where these hold back the whole asset; `no` itself where nothing but the file could help, and
    the file is wrong rather than sealed."""
    bare = replace(action, untouched=True)
    wanted = [*action.fields, *action.cleared]
    natives = {it: parts.maps[parts.policy.target].by_field[it].native for it in wanted}
    lacking = tuple(it for it in wanted if not parts.takes(bare, natives[it]))
    if lacking and parts.policy.unproven_fields == "wait":
        if not no.sealed:
            raise no
        fields = tuple(sorted(map(str, lacking)))
        raise WaitsForPeople(Reason.of(Code.FILE_UNTOUCHED, why=no.why, fields=fields), "administrator")
    return replace(
        bare,
        fields={name: value for name, value in action.fields.items() if name not in lacking},
        cleared=tuple(it for it in action.cleared if it not in lacking),
        held=tuple(sorted({*action.held, *lacking})),
    )


def can_be_left_alone(parts: Parts, action: Action) -> bool:
    """Whether the action was to write into a file at all."""
    kinds = {ActionKind.CREATE, ActionKind.ADD_VERSION, ActionKind.CONFIRM_BYTES}
    return action.kind in kinds and bool(action.media_type) and parts.embeds(action)


def remembered(end: End, no: NotEmbedded) -> End:
    """The end with what the next plan has to know of the file."""
    return replace(end, proofs={**end.proofs, UNTOUCHED: no.why}) if end.evidence else end
