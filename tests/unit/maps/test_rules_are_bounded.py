"""A rule that never ends, eats memory or reaches for the system is refused or stopped; only its asset waits.

Each kind of rule that people write in a map is held to bounds that are measured: transforms, tables, classification,
templates and display texts here, expressions by themselves in `expressions/test_expression_bounds.py`.
"""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from dambridge.bootstrap import ConfigurationWrong
from dambridge.mapping.lookups import LONGEST_PATTERN, key_pattern
from dambridge.mapping.transforms import compile_transform
from dambridge.policy.naming import name_mistakes
from map_files import Load, put, sound

BOMB = "keywords" + ".map(x, x + x + x + x + x + x)" * 8 + ".size() > 0"
LOOPS = " || ".join(["keywords.exists(it, it == 'a')"] * 9)
REACHES = (
    "__import__('os').system('id') == 0",
    "open('/etc/passwd') == ''",
    "now.__class__ == ''",
    "env['HOME'] == ''",
)
MEASURED = """
import resource, time
resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
from datetime import UTC, datetime
from dambridge.expressions import compile_expression
from dambridge.mapping import *
from dambridge.mapping.displays import Display
from dambridge.model.identity import *
from dambridge.model.records import *
from dambridge.policy.places import PlaceRule, place_for
NOW = datetime(2026, 11, 28, tzinfo=UTC)
V = expression_variables()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def record(**fields):
    return AssetRecord(key=AssetKey(AccountId("a"), RemoteId("I")), media_type=MediaType.IMAGE, file_name="a.jpg", name="a",
        size=1, fields=fields, containers=(), version=AssetVersion(modified="", fields="", content=""))
hostile = record(headline="a" * 65000 + "!", job_id="HB-" * 20000, title="x", keywords=tuple("k%d" % i for i in range(5000)),
    instructions="EMBARGO until " * 4000)
many = tuple(Classification(name="c%d" % i, when=compile_expression(
    "keywords.exists(a, a.matches('(k+)+$')) && headline.matches('(a+)+$')", V), sets={"city": "x"}) for i in range(200))
table = tuple(Lookup(name="t%d" % i, reads="job_id", pattern="<*-*-*>-*-*-##", fields=("city",), rows={"x": {"city": "y"}})
    for i in range(50))
account = account_map(System.NETX, {
        "headline": {"transform": {"write": "replace(replace(value, 'a', 'aaaa'), 'a', 'aaaa')", "read": "value"}},
        "credit": {"expression": "headline + headline + headline"}},
    derivations=Derivations(table, many), displays=[Display("instructions", "EMBARGO until {city} and {state} now")])
def within(seconds, work):
    begun = time.monotonic(); made = work(); took = time.monotonic() - begun
    assert took < seconds, (took, work)
    return made
made = within(10, lambda: derive(hostile, account, NOW))
assert any(it.code == "expression_error" and dict(it.params)["field"] == "credit" for it in made.problems), made.problems
wrote = within(5, lambda: to_native({"headline": hostile.fields["headline"]}, (), account))
assert [str(it.code) for it in wrote.problems] == ["value_refused"]
native = NativeRecord(key=hostile.key, media_type=MediaType.IMAGE, file_name="a", name="a", size=1, modified="", modified_at=None,
    content_stamp="", checksum=None, fields={"Instructions": "EMBARGO until " * 200000}, containers=(), groups=frozenset())
within(5, lambda: to_canonical(native, account))
rules = [PlaceRule(when=compile_expression("headline.matches('(a+)+$')", V), folder="{headline}/{headline}") for _ in range(100)]
within(10, lambda: place_for(hostile, rules, "{headline}" * 50, selects=bool, now=NOW))
good = derive(record(headline="fine"), account, NOW)
assert good.problems == () and good.fields["credit"] == "finefinefine"
print("well", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("source", [BOMB, LOOPS, "true" + " " * 2000, *REACHES])
@pytest.mark.parametrize("where", ["classify", "places", "expression", "transform"])
def test_such_a_rule_is_refused_when_the_map_is_read(load: Load, where: str, source: str) -> None:
    documents = {
        "classify": put(sound(), ["classify"], [{"name": "a", "when": source, "set": {"city": "x"}}]),
        "places": put(sound(), ["places"], [{"when": source, "folder": "A"}]),
        "expression": put(sound(), ["accounts", "archive", "fields", "city"], {"expression": source}),
        "transform": put(sound(), ["accounts", "archive", "fields", "city"], {"transform": {"write": source}}),
    }
    begun = time.monotonic()
    with pytest.raises(ConfigurationWrong, match="cannot be used"):
        load(documents[where])
    assert time.monotonic() - begun < 5


def test_key_patterns_cannot_run_away() -> None:
    worst = key_pattern("*-*-*-*-*-##")
    text = "a-" * 32_000
    begun = time.monotonic()
    assert worst.search(text) is None
    assert time.monotonic() - begun < 2
    for source in ("x" * LONGEST_PATTERN + "#", "", "abc", "<#", "<#><#>", ">#<", "a<>#"):
        with pytest.raises(ValueError, match=r"key pattern|in <"):
            key_pattern(source)
    assert key_pattern("(a+)+$#").fullmatch("(a+)+$7"), "what regular expressions mean is text here"


def test_tables_that_are_too_large_are_refused(load: Load, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("tables")
    (place / "many.csv").write_text("code,name\n" + "".join(f"HB-{it},x\n" for it in range(100_001)), encoding="utf-8")
    (place / "wide.csv").write_text(f"code,name\nHB-0001,{'x' * 4001}\n", encoding="utf-8")
    (place / "huge.csv").write_bytes(b"code,name\n" + b" " * (32 * 1024 * 1024))
    (place / "twice.csv").write_text("code,name\nHB-0001,x\nhb-0001,y\n", encoding="utf-8")
    (place / "bytes.csv").write_bytes(b"code,name\n\xff\xfe,x\n")
    table = sound()["lookups"]["campaigns"] | {"fields": {"credit": "name"}}
    for name, said in (
        ("many", "100,000 are the most"),
        ("wide", "more than 4,000 characters"),
        ("huge", "more than 32 MB"),
        ("twice", "line 3: 'hb-0001' stands there twice"),
        ("bytes", "no CSV in UTF-8"),
    ):
        with pytest.raises(ConfigurationWrong, match=said):
            load(put(sound(), ["lookups", "campaigns"], table | {"file": str(place / f"{name}.csv")}))


def test_templates_know_fields_alone() -> None:
    for template in ("{__class__}", "{stem.__init__}", "{stem!r}", "{stem:>999999999}", "{0}", "{env[HOME]}"):
        assert name_mistakes(template, frozenset({"city"}))


def test_a_transform_sees_its_value_alone() -> None:
    for source in ("now", "title", "present['value']"):
        with pytest.raises(ValueError, match="transform"):
            compile_transform({"write": source})
    assert compile_transform({"write": "upper(trim(before(value, '#')))"}).written((" ab #c",)) == ("AB",)
    assert compile_transform({"read": "after(value, ':')"}).as_read(("a:b:c",)) == ("b:c",)


def test_the_costliest_map_that_is_allowed_ends_within_its_bounds_on_the_most_hostile_asset() -> None:
    """In a process of its own that may take 1.5 GiB: 200 classifications, 50 tables, 100 places. The asset's values are
    refused by name; the next asset is none the worse."""
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, timeout=120, check=False)
    word, _, grown = done.stdout.strip().partition(" ")
    assert word == "well", done.stderr[-2000:]
    assert int(grown) < 256 * 1024, "kilobytes that the process grew by"
