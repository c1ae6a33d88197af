"""An examination asks in order, is stopped by no single trouble, and puts away whatever it made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dambridge.engine.probe_report import Account, report
from dambridge.engine.probing import Examination, examine, mutations_of, suggestions
from dambridge.model.identity import AccountId, System
from dambridge.planning.routes import Taken, Why
from dambridge.policy.needs import NEEDS
from dambridge.ports.capabilities import Cells, Proof
from dambridge.ports.errors import CannotGoOn, Refused, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Mutation, Question, Standing
from dambridge.testing.prober_contract import Record, probing_of

WRITES = (Mutation("makes a file", "a mail", "it is deleted"),)
LASTING = (Mutation("makes a term", "nothing", ""),)
Ask = Callable[[], Finding]


def question(name: str, *needs: str, mutations: tuple[Mutation, ...] = ()) -> Question:
    return Question(id=name, asks=f"{name}?", reference="X 1", needs=needs, mutations=mutations)


def answer(name: str, **more: Any) -> Finding:
    return Finding(**{"question": name, "standing": Standing.ANSWERED, "value": True, "told": "Yes.", **more})


@dataclass
class FakeProber:
    """Answers every question with yes unless told otherwise, and keeps the order of what was done."""

    asked: Sequence[Question]
    instead: dict[str, Callable[[], Any]] = field(default_factory=dict)
    scratch: Callable[[], Any] = lambda: "scratch/1"
    left: Callable[[], Any] = list
    done: list[str] = field(default_factory=list)

    def questions(self) -> Sequence[Question]:
        return self.asked

    async def ask(self, question: Question, found: Mapping[str, Finding], *, lane: Lane) -> Finding:
        self.done.append(question.id)
        found_now = self.instead.get(question.id, lambda: answer(question.id))()
        finding: Finding = await found_now if asyncio.iscoroutine(found_now) else found_now
        return finding

    async def open_scratch(self, *, lane: Lane) -> str:
        self.done.append("open")
        path: str = self.scratch()
        return path

    async def clean_up(self, *, lane: Lane) -> Sequence[str]:
        self.done.append("clean")
        left = self.left()
        return list(await left if asyncio.iscoroutine(left) else left)


def throwing(error: BaseException) -> Callable[[], Any]:
    def throw() -> Any:
        raise error

    return throw


READ, OTHER = question("read"), question("other")
WRITE, AFTER = question("write", mutations=WRITES), question("after", "write", mutations=LASTING)


async def test_without_leave_only_what_changes_nothing_is_asked_and_the_rest_says_what_it_would_do() -> None:
    prober = FakeProber([READ, WRITE, AFTER, OTHER])
    found = await examine(probing_of(prober), write=False)
    assert prober.done == ["read", "other"]
    assert found.findings["write"].standing is Standing.NOT_ASKED
    assert "makes a file" in found.findings["write"].told
    assert found.findings["other"].value is True


async def test_with_leave_leftovers_go_first_then_the_container_then_the_questions_then_all_is_put_away() -> None:
    prober = FakeProber([READ, WRITE, AFTER])
    found = await examine(probing_of(prober), write=True)
    assert prober.done == ["clean", "open", "read", "write", "after", "clean"]
    assert found.scratch == "scratch/1"
    assert {it.standing for it in found.findings.values()} == {Standing.ANSWERED}


def test_each_mutation_is_named_once() -> None:
    prober = FakeProber([READ, WRITE, question("again", mutations=WRITES), AFTER])
    assert mutations_of(prober) == [*WRITES, *LASTING]


async def test_a_container_that_is_refused_leaves_everything_that_writes_unasked() -> None:
    prober = FakeProber([READ, WRITE], scratch=throwing(Refused("Everyone sees it.")))
    found = await examine(probing_of(prober), write=True)
    assert prober.done == ["clean", "open", "read", "clean"]
    assert found.findings["read"].standing is Standing.ANSWERED
    assert "Everyone sees it." in found.findings["write"].told


async def test_what_rests_on_an_open_question_is_not_asked() -> None:
    prober = FakeProber([WRITE, AFTER], {"write": lambda: answer("write", standing=Standing.UNANSWERED, value=None)})
    found = await examine(probing_of(prober), write=True)
    assert found.findings["after"].standing is Standing.NOT_ASKED
    assert "`write`" in found.findings["after"].told
    assert "after" not in prober.done


@pytest.mark.parametrize("error", [TryLater("Busy."), ValueError("secret-in-a-bug"), KeyError("x")])
async def test_one_trouble_stops_no_other_question(error: Exception) -> None:
    prober = FakeProber([READ, OTHER], {"read": throwing(error)})
    found = await examine(probing_of(prober), write=False)
    assert found.findings["read"].standing is Standing.UNANSWERED
    assert found.findings["other"].standing is Standing.ANSWERED
    assert "secret-in-a-bug" not in found.findings["read"].told


async def test_a_question_has_a_deadline() -> None:
    prober = FakeProber([READ, OTHER], {"read": lambda: asyncio.sleep(60)})
    found = await examine(probing_of(prober, patience=timedelta(seconds=0.05)), write=False)
    assert "0.05 seconds" in found.findings["read"].told
    assert found.findings["other"].standing is Standing.ANSWERED


async def test_an_account_that_refuses_us_is_asked_no_further_and_cleaned_all_the_same() -> None:
    prober = FakeProber([READ, OTHER, WRITE], {"read": throwing(CannotGoOn("The token is void."))})
    found = await examine(probing_of(prober), write=True)
    assert found.stopped == "The token is void."
    assert prober.done == ["clean", "open", "read", "clean"]
    assert found.findings["other"].standing is Standing.NOT_ASKED


async def test_what_found_nothing_to_try_is_asked_again_while_there_is_something() -> None:
    empty = iter([answer("read", standing=Standing.UNANSWERED, value=None), answer("read")])
    prober = FakeProber([READ, WRITE], {"read": lambda: next(empty)})
    found = await examine(probing_of(prober), write=True)
    assert prober.done == ["clean", "open", "read", "write", "read", "clean"]
    assert found.findings["read"].standing is Standing.ANSWERED


async def test_stopped_in_the_middle_it_is_put_away_and_what_stays_is_said() -> None:
    reached, said = asyncio.Event(), list[str]()

    async def long() -> Finding:
        reached.set()
        await asyncio.sleep(60)
        return answer("write")

    cleaned = 0

    async def slowly() -> list[str]:
        nonlocal cleaned
        await asyncio.sleep(0.05)
        cleaned += 1
        return ["asset 7"] if cleaned == 2 else []

    prober, record = FakeProber([WRITE], {"write": long}, left=slowly), Record()
    task = asyncio.create_task(examine(probing_of(prober, record, leaves=said.append), write=True))
    await reached.wait()
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()  # impatience does not stop the cleaning
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == 2
    assert said == ["asset 7"]


async def test_a_cleaning_that_fails_is_said_and_hides_no_answer() -> None:
    cleanings = iter([list, throwing(TryLater("The site is away."))])

    def next_cleaning() -> Any:
        return next(cleanings)()

    prober = FakeProber([WRITE], left=next_cleaning)
    found = await examine(probing_of(prober), write=True)
    assert found.findings["write"].standing is Standing.ANSWERED
    assert len(found.left) == 1
    assert "The site is away." in found.left[0]


async def test_secrets_are_hidden_in_every_text_of_a_finding() -> None:
    told = answer(
        "read",
        value={"a canary": ["canary", {"b": "canary"}]},
        told="canary",
        evidence=("canary",),
        suggests={"x": "canary"},
        warning="canary",
        ask_vendor="canary",
        administrator="canary",
    )
    prober = FakeProber([READ, OTHER], {"read": lambda: told, "other": throwing(TryLater("canary"))})
    found = await examine(probing_of(prober, mask=lambda text: text.replace("canary", "***")), write=False)
    assert "canary" not in repr(found)
    assert repr(found).count("***") >= 9


async def test_it_is_on_record_who_probed_with_leave_to_write() -> None:
    record = Record()
    await examine(probing_of(FakeProber([READ, WRITE]), record), write=True)
    assert [(it.event, it.actor, it.subject) for it in record.entries] == [
        ("probe.begun", "a test", "account"),
        ("probe.ended", "a test", "account"),
    ]
    assert record.entries[0].detail == {"write": True}
    assert record.entries[1].detail["answered"] == 2


# the report -------------------------------------------------------------------------------------------------------


def account_of(*findings: Finding, derived: Cells | None = None, routes: Sequence[Taken] = (), **more: Any) -> Account:
    found = Examination(account=AccountId("archive"), findings={it.question: it for it in findings}, **more)
    return Account(
        system=System.NETX,
        host="dam.example.org",
        wrote=True,
        questions=[READ, WRITE, AFTER],
        examination=found,
        takes=frozenset({"write_encoding"}),
        derived=derived or {},
        routes=routes,
    )


def shown(*findings: Finding, **more: Any) -> str:
    return report([account_of(*findings, **more)], made_at=datetime(2026, 11, 28, 9, 30, tzinfo=UTC), version="1.2.3")


def test_the_report_says_what_waits_what_works_and_whom_to_ask() -> None:
    text = shown(
        answer("read", cells={"archive.deliver.image": Proof.PROVEN}, ask_vendor="Which header?"),
        answer(
            "write",
            told="A | b",
            cells={"route.rpc.any": Proof.PROVEN, "encoding.write_encoding.update_asset": Proof.ABSENT},
            suggests={"write_encoding": "separate_method", "custom_fields": {"f": {}}},
            warning="Mind this.",
            administrator="Raise the level.",
        ),
        left=["Asset 7 stays."],
        derived={"archive.fields.My.Field": Proof.ABSENT},
        routes=[Taken("rpc", Proof.PROVEN, Why.SHOWN, ["Credit"]), Taken("", Proof.ABSENT, Why.NO_WAY, ["My.Field"])],
    )
    for part in (
        "2026-11-28 09:30 UTC",
        "- **Mind this.**",
        "- Asset 7 stays.",
        "`archive.fields.My.Field`: intake, handoff: assets with fields to write wait",
        "- rpc (proven), because it was shown to work: Credit",
        "- no way (absent), because no way was shown to work: My.Field",
        "### Taken where the configuration does not say otherwise",
        "### Options to set",
        "- `archive.deliver.image`",
        '    write_encoding: "separate_method"',
        "- Raise the level.",
        "> 1. Which header?",
        "| A \\| b |",
    ):
        assert part in text, part
    assert "archive.deliver.image`: " not in text
    assert "encoding" not in text.split("### Every question")[0].replace("write_encoding", "")


def test_a_cell_that_works_in_one_finding_and_not_in_another_does_not_work() -> None:
    one, other = (
        answer("a", cells={"archive.rename": Proof.PROVEN}),
        answer("b", cells={"archive.rename": Proof.ABSENT}),
    )
    assert list(account_of(one, other).waiting()) == list(account_of(other, one).waiting()) == ["archive.rename"]
    assert account_of(one).waiting() == {}
    lesser = answer("c", cells={"reader.byte_ranges": Proof.ABSENT, "audience.public": Proof.ABSENT})
    assert list(account_of(lesser).waiting()) == ["audience.public"]
    assert account_of(lesser).otherwise() == {"reader.byte_ranges": "a download that is cut begins anew"}


def test_a_way_that_does_not_work_is_no_lack_where_another_is_taken() -> None:
    refused = answer("a", cells={"route.rpc.any": Proof.ABSENT, "encoding.write_method.x": Proof.ABSENT})
    assert account_of(refused).lacks() == {}
    assert list(account_of(refused, derived={"archive.write_attributes": Proof.ABSENT}).waiting()) == [
        "archive.write_attributes"
    ]


def test_every_absent_cell_is_told_of_once() -> None:
    cells = [f"{facet}.{it}" for facet in ("reader", "archive", "audience", "finder", "strange") for it in "abc"]
    needed = [it.cell for rows in NEEDS.values() for it in rows]
    account = account_of(answer("a", cells=dict.fromkeys([*cells, *needed], Proof.ABSENT)))
    waits, other = account.waiting(), account.otherwise()
    assert waits.keys().isdisjoint(other)
    assert waits.keys() | other.keys() == {*cells, *needed}
    assert all({**waits, **other}.values())


def test_suggestions_of_all_findings_stand_together() -> None:
    assert suggestions([answer("a", suggests={"x": 1}), answer("b", suggests={"y": 2})]) == {"x": 1, "y": 2}
