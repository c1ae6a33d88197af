"""The book of people, sessions and tokens, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.access import Role, Scope
from dambridge.model.identity import FlowName
from dambridge.model.people import ApiToken, PanelToken, Person, Session, narrowed, scope_from_json, scope_to_json
from dambridge.ports.ledger import AuditEntry
from dambridge.storage import SqlLedger, SqlPeopleStore

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(ledger: SqlLedger) -> SqlPeopleStore:
    return SqlPeopleStore(ledger)


def person(name: str = "ada", **more: object) -> Person:
    values = {"display": "Ada 東京", "roles": frozenset({Role.LIBRARIAN}), "added_at": AT, "password": "$argon2id$x"}
    return Person(name=name, **{**values, **more})  # type: ignore[arg-type]


def session(name: str, of: str = "ada", ends: datetime = AT + HOUR) -> Session:
    return Session(id=name, person=of, begun_at=AT, seen_at=AT, ends_at=ends)


def told(event: str) -> list[AuditEntry]:
    return [AuditEntry(at=AT, actor="ada", event=event, subject="person:ada", detail={})]


async def test_people_come_back_whole_and_a_name_is_taken_once(store: SqlPeopleStore, ledger: SqlLedger) -> None:
    scope = Scope(flows=frozenset({FlowName.PUBLISH}), regions=frozenset(), selections=None)
    ada = person(scope=scope)
    assert await store.add_person(ada, told("person.added"))
    assert not await store.add_person(person(display="another"), told("person.added"))
    assert await store.add_person(person("bea", subject="https://x u1", password=None), [])
    assert not await store.add_person(person("cem", subject="https://x u1", password=None), told("person.added"))
    assert await store.person("ada") == ada
    assert [it.name for it in await store.people()] == ["ada", "bea"]
    found = await store.person_by_subject("https://x u1")
    assert found is not None
    assert found.name == "bea"
    assert len(await ledger.audit_trail(subject="person:ada", after=0, limit=9)) == 1, (
        "what was not written left no word"
    )


async def test_sessions_end_are_replaced_and_go_with_their_person(store: SqlPeopleStore) -> None:
    ada = person()
    await store.add_person(ada, [])
    await store.open_session(session("s1"))
    assert await store.session("s1", now=AT) == (session("s1"), ada)
    assert await store.session("s1", now=AT + HOUR) is None
    await store.touch_session("s1", seen_at=AT + HOUR / 2, ends_at=AT + 2 * HOUR)
    assert await store.session("s1", now=AT + HOUR) is not None
    await store.open_session(session("s2"), instead_of="s1")
    assert await store.session("s1", now=AT) is None
    assert await store.session("s2", now=AT) is not None
    await store.put_person(replace(ada, disabled=True), [], sign_out=False)
    assert await store.session("s2", now=AT) is None, "whoever is disabled has no session, whatever is written of it"
    await store.put_person(ada, [], sign_out=True)
    assert await store.session("s2", now=AT) is None
    await store.open_session(session("s3"))
    await store.end_session("s3")
    assert await store.session("s3", now=AT) is None


async def test_tokens_hold_until_they_end_or_are_revoked(store: SqlPeopleStore) -> None:
    ada = person()
    await store.add_person(ada, [])
    token = ApiToken(
        id="d1",
        key="k1",
        name="nightly",
        person="ada",
        roles=frozenset({Role.VIEWER}),
        made_at=AT,
        ends_at=AT + HOUR,
        scope=Scope(regions=frozenset({"DE"})),
    )
    await store.add_token(token, told("token.made"))
    assert await store.token("d1", now=AT) == (token, ada)
    assert await store.token("d1", now=AT + HOUR) is None
    assert await store.tokens("ada") == [token]
    assert await store.tokens("bea") == []
    assert await store.revoke_token("k1", told("token.revoked"))
    assert not await store.revoke_token("k1", told("token.revoked"))
    assert await store.token("d1", now=AT) is None


async def test_panel_tokens_hold_as_long_as_they_and_the_token_that_made_them(store: SqlPeopleStore) -> None:
    ada = person()
    await store.add_person(ada, [])
    roles, scope = frozenset({Role.VIEWER}), Scope(regions=frozenset({"DE"}))
    parent = ApiToken(id="d1", key="k1", name="n", person="ada", roles=roles, made_at=AT, ends_at=AT + HOUR)
    await store.add_token(parent, [])
    panel = PanelToken(
        id="p1",
        key="q1",
        parent="d1",
        person="ada",
        origins=("https://a.example",),
        orders=True,
        scope=scope,
        audience="dealers",
        channels=frozenset({"web"}),
        made_at=AT,
        ends_at=AT + HOUR / 2,
    )
    await store.add_panel_token(panel, told("panel.token_made"))
    assert await store.panel_token("p1", now=AT) == (panel, parent, ada)
    assert await store.panel_token("p1", now=AT + HOUR / 2) is None
    assert await store.panel_token("d1", now=AT) is None
    later = replace(panel, id="p2", made_at=AT + HOUR / 2, ends_at=AT + 2 * HOUR, channels=None)
    await store.add_panel_token(later, [])
    assert await store.panel_token("p1", now=AT) is None, "what has ended is forgotten when another one is made"
    assert await store.panel_token("p2", now=AT + HOUR / 2) == (later, parent, ada)
    assert await store.panel_token("p2", now=AT + HOUR) is None, "the token that made it has ended"
    await store.revoke_token("k1", [])
    assert await store.panel_token("p2", now=AT) is None


def test_a_scope_is_written_and_read_and_narrows() -> None:
    scope = Scope(flows=frozenset({FlowName.INTAKE, FlowName.PUBLISH}), regions=frozenset())
    assert scope_from_json(scope_to_json(scope)) == scope
    assert narrowed(scope, Scope()) == scope
    other = Scope(flows=frozenset({FlowName.PUBLISH}), selections=frozenset({"a"}))
    assert narrowed(scope, other) == Scope(
        flows=frozenset({FlowName.PUBLISH}), regions=frozenset(), selections=frozenset({"a"})
    )
