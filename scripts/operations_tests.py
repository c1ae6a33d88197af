"""Which tests of the simulators speak of which operation, read from their files; nothing is imported but golden examples."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import yaml

from contract.sim.netx.golden import EXAMPLES
from dambridge_sim.kit.routing import Routes

ROOT: Final = Path(__file__).resolve().parent.parent
TESTS: Final = ROOT / "tests"
GOLDEN: Final = {"netx": "test_netx_sim_golden.py", "photoshelter": "test_ps_sim_golden.py"}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SOME: Final = "X0000some"
_BASES: Final = {"netx": ("",), "photoshelter": ("", "/psapi/v4.0", "/psapi/v3")}
_NAMED: Final = frozenset({"switch", "site", "meta", "data", "button", "control"})


@dataclass(frozen=True, slots=True, order=True)
class Test:
    """A test function: its file below the root, and its name with the class that it stands in."""

    file: str
    name: str


@dataclass
class SimTests:
    """The tests of one simulator by the words of the inventories (`METHOD /path`, `rpc NAME`, `switch NAME`, ...)."""

    system: str
    routes: Routes

    def of(self, words: Iterable[str]) -> set[Test]:
        """The tests that speak of any of the words, golden ones included."""
        return {test for word in words for test in self._by_word.get(word, ())}

    def named(self, name: str) -> Test:
        """The one test of this name. Raises `KeyError` where there is none."""
        return self._by_name[name]

    @cached_property
    def _by_word(self) -> Mapping[str, set[Test]]:
        found: dict[str, set[Test]] = {}
        for test, words in [*self._read, *self._golden()]:
            for word in words:
                found.setdefault(word, set()).add(test)
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, Test]:
        return {test.name.rpartition("::")[2]: test for test, _ in self._read}

    @cached_property
    def _read(self) -> list[tuple[Test, set[str]]]:
        places = (TESTS / "contract" / "sim" / self.system, TESTS / "unit" / f"sim_{self.system}")
        files = [file for place in places for file in sorted(place.glob("test_*.py"))]
        return [
            it for file in [*files, *sorted((TESTS / "unit" / "sim_kit").glob("test_*.py"))] for it in self._in(file)
        ]

    def _golden(self) -> Iterator[tuple[Test, set[str]]]:
        """Each example of the reference is a test of its own, named by its section."""
        place = TESTS / "contract" / "sim" / self.system
        file = (place / GOLDEN[self.system]).relative_to(ROOT).as_posix()
        if self.system == "netx":
            yield from ((Test(file, it.section), {f"rpc {it.method}"}) for it in EXAMPLES)
            return
        for number, it in enumerate(yaml.safe_load((place / "golden.yaml").read_text(encoding="utf-8"))):
            method, _, path = it["call"].partition(" ")
            called = re.sub(r"\$\w+", _SOME, path)
            yield Test(file, f"{it['section']} no. {number}"), set(self._operations([method], called))

    def _in(self, file: Path) -> Iterator[tuple[Test, set[str]]]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        known = {**_module(file.with_name("conftest.py")), **_module(file)}
        place = file.relative_to(ROOT).as_posix()
        for outer, node in _test_functions(tree):
            used = {it.id for it in ast.walk(node) if isinstance(it, ast.Name)}
            roots = [node, *outer, *(known[name] for name in used if name in known)]
            words = {word for root in roots for word in self._words(root, known, legacy="legacy" in file.name)}
            classes = [it.name for it in ast.walk(tree) if isinstance(it, ast.ClassDef) and node in it.body]
            yield Test(place, "::".join([*classes, node.name])), words

    def _words(self, root: ast.AST, known: Mapping[str, ast.AST], *, legacy: bool) -> Iterator[str]:
        everything = list(ast.walk(root))
        methods = {it for node in everything for it in _methods_of(node, known)}
        if self.system == "netx":
            methods = {"GET", "POST", "PUT"}  # no path of NetX takes two of them for different things
        sent = {id(it) for node in everything if _methods_of(node, known) for it in ast.iter_child_nodes(node)}
        for node in everything:
            if isinstance(node, ast.keyword) and node.arg:
                yield from (f"{kind} {node.arg.replace('__', '.')}" for kind in _NAMED)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from (f"{kind} {node.value}" for kind in (*_NAMED, "x7" if legacy else "rpc"))
            for text in [it for one in ast.iter_child_nodes(node) if (it := _text(one, known)) is not None]:
                yield from self._operations(_methods_of(node, known), text)
            if id(node) not in sent and (alone := _text(node, known)) is not None:
                yield from self._operations(methods, alone)  # a path in a loop or a variable: by any method sent here

    def _operations(self, methods: Iterable[str], path: str) -> Iterator[str]:
        """The operations that answer; PhotoShelter's tests leave the base out."""
        if not path.startswith("/"):
            return
        bare = path.partition("?")[0].partition("#")[0]
        for method in methods:
            for base in _BASES[self.system]:
                found = self.routes.find(method, base + bare)
                if found is not None:
                    yield f"{method} {_as_documented(found.operation.path)}"


def _as_documented(path: str) -> str:
    """The one spelling of the reference: v4 takes underscores for hyphens, and a shorter base."""
    if not path.startswith("/psapi/v4"):
        return path.replace("/psapi/v3.0/", "/psapi/v3/")
    parts = path.replace("/psapi/v4/", "/psapi/v4.0/").split("/")
    return "/".join(it if it.startswith("{") else it.replace("_", "-") for it in parts)


def _methods_of(node: ast.AST, known: Mapping[str, ast.AST]) -> set[str]:
    """The HTTP methods that stand in a call, or in a row of a table, beside its path."""
    if not isinstance(node, ast.Call | ast.Tuple | ast.List):
        return set()
    found = {text for it in ast.iter_child_nodes(node) if (text := _text(it, known)) in _METHODS}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        found |= {"upload": {"POST"}, "get": {"GET"}}.get(node.func.attr, set())
    return {it for it in found if it}


def _test_functions(tree: ast.Module) -> Iterator[tuple[list[ast.expr], ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [it for it in node.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((node.decorator_list, it) for it in methods if it.name.startswith("test_"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield [], node


def _module(file: Path) -> dict[str, ast.AST]:
    """Constants and helpers of a file by name, fixtures and tests left out."""
    if not file.exists():
        return {}
    found: dict[str, ast.AST] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            found |= _assigned(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
        elif isinstance(node, ast.FunctionDef) and not node.decorator_list and not node.name.startswith("test_"):
            found[node.name] = node
    return found


def _assigned(target: ast.expr, value: ast.expr) -> dict[str, ast.AST]:
    match target, value:
        case ast.Name(id=name), _:
            return {name: value}
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            return {
                name: it
                for one, other in zip(targets, values, strict=True)
                for name, it in _assigned(one, other).items()
            }
    return {}


def _text(node: ast.AST, known: Mapping[str, ast.AST]) -> str | None:
    """The text of a literal, with something in the place of what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(it, known) or _SOME for it in parts)
        case ast.FormattedValue(value=ast.Name(id=name)) | ast.Name(id=name) if name in known:
            inner = known[name]
            return _text(inner, {}) if isinstance(inner, ast.Constant) else None
    return None
