"""A server's pages are not held up by a look through everything that its start left behind."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

from dambridge.bootstrap.lasting import settle
from dambridge.cli import orders


def test_what_is_there_is_looked_at_no_more_and_what_comes_after_is() -> None:
    made = [[it] for it in range(1000)]
    before = gc.get_freeze_count()
    settle()
    assert gc.get_freeze_count() >= before + len(made)
    assert not any(it is made for it in gc.get_objects())
    later: list[object] = [[it] for it in range(10)]
    assert any(it is later for it in gc.get_objects()), "what is made later is collected as ever"


def test_a_server_settles_once_everything_is_open() -> None:
    source = ast.parse(Path(orders.__file__).read_text(encoding="utf-8"))
    calls = [ast.unparse(it.func) for it in ast.walk(source) if isinstance(it, ast.Call)]
    serve = next(it for it in source.body if isinstance(it, ast.FunctionDef) and it.name == "serve")
    lines = {ast.unparse(it.func): it.lineno for it in ast.walk(serve) if isinstance(it, ast.Call)}
    assert calls.count("settle") == 1, "no command that ends soon"
    assert lines["_console"] < lines["settle"] < lines["service.run"]
