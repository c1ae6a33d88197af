"""Pairing: what is the only one of its kind is paired, whatever else is left to a person, and what settles it is asked."""

from __future__ import annotations

import pytest

from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.pairing import Bucket, Evidence, Fact, Pair, Pairing, Subject
from dambridge.model.records import MediaType
from dambridge.planning import open_questions, pair_up, scene_of
from support.subjects import ONE, OTHER, certain, review, shown, subject

BITS = 0x5A5A_0F0F_3C3C_9999 << 96
MOMENT = "2025-03-01T12:00:00"


def paired(ones: list[Subject], others: list[Subject]) -> Pairing:
    return pair_up(scene_of(ones, others))


def there(name: str, **said: object) -> Subject:
    return subject(name, account=OTHER, **said)  # type: ignore[arg-type]


def near(bits: int, *flips: int) -> int:
    for it in flips:
        bits ^= 1 << it
    return bits


def test_our_own_mark_pairs() -> None:
    found = paired([subject("a"), subject("b")], [there("1", claims=("a",)), there("2")])
    assert certain(found) == {("a", "1")}
    (pair,) = found.certain
    assert (pair.confidence, pair.evidence) == (100, (Evidence.MARK,))
    assert {it.remote_id for it in found.unpaired} == {"b", "2"}


def test_two_that_carry_one_mark_wait() -> None:
    found = paired([subject("a")], [there("1", claims=("a",)), there("2", claims=("a",))])
    assert certain(found) == set()
    assert review(found) == {("a", "1"): ("several",), ("a", "2"): ("several",)}


def test_one_that_carries_two_marks_waits() -> None:
    found = paired([subject("a"), subject("b")], [there("1", claims=("a", "b"))])
    assert certain(found) == set()
    assert set(review(found)) == {("a", "1"), ("b", "1")}


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_the_same_bytes_pair_under_any_name_and_type(kind: str) -> None:
    one = subject("a", digests={kind: "aa"}, size=9, file_name="DSC_1.JPG")
    found = paired([one], [there("1", digests={kind: "aa"}, size=9, file_name="boat.jpeg")])
    assert certain(found) == {("a", "1")}


def test_hashes_of_different_kinds_are_not_compared() -> None:
    one, other = subject("a", digests={"sha1": "aa"}, size=9), there("1", digests={"md5": "aa"}, size=9)
    assert certain(paired([one], [other])) == set()


def test_empty_files_are_no_evidence() -> None:
    one, other = subject("a", digests={"md5": "d4"}, size=0), there("1", digests={"md5": "d4"}, size=0)
    found = paired([one], [other])
    assert certain(found) == set()
    assert review(found) == {}


@pytest.mark.hazard("P25")
@pytest.mark.parametrize("side", ["one", "other"])
def test_duplicates_on_either_side_wait(side: str) -> None:
    first = subject("a", digests={"md5": "d"}, size=5)
    second = there("1", digests={"md5": "d"}, size=5)
    twin = (subject if side == "one" else there)("t", digests={"md5": "d"}, size=5)
    ones = [first, twin] if side == "one" else [first]
    others = [second] if side == "one" else [second, twin]
    found = paired(ones, others)
    assert certain(found) == set()
    assert len(review(found)) == 2


def test_a_crowd_of_duplicates_makes_few_pairs_of_each() -> None:
    ones = [subject(f"a{it:03d}", digests={"md5": "d"}, size=5) for it in range(300)]
    others = [there(f"1{it:03d}", digests={"md5": "d"}, size=5) for it in range(300)]
    scene = scene_of(ones, others)
    assert len(scene.edges) <= 300 * 12, "not every one with every other"
    found = pair_up(scene)
    assert certain(found) == set()
    assert found.unpaired == (), "each of them is shown to a person"


def test_mark_and_bytes_that_contradict_each_other_wait_both() -> None:
    one = subject("a", digests={"md5": "d"}, size=5)
    found = paired([one], [there("1", claims=("a",)), there("2", digests={"md5": "d"}, size=5)])
    assert certain(found) == set()
    assert set(review(found)) == {("a", "1"), ("a", "2")}


def test_an_identifying_field_pairs_what_it_names_alone() -> None:
    ones = [
        subject("a", ids=("image_guid=x",)),
        subject("b", ids=("image_guid=y",)),
        subject("c", ids=("image_guid=y",)),
    ]
    others = [there("1", ids=("image_guid=x",)), there("2", ids=("image_guid=y",))]
    found = paired(ones, others)
    assert certain(found) == {("a", "1")}
    assert set(review(found)) == {("b", "2"), ("c", "2")}


def test_an_identifying_field_is_not_believed_against_what_is_seen() -> None:
    raw = subject("a", ids=("g=x",), media_type=MediaType.RAW)
    assert certain(paired([raw], [there("1", ids=("g=x",))])) == set(), "a RAW file and its JPEG share their id"
    one, other = subject("a", ids=("g=x",), bits=BITS), there("1", ids=("g=x",), bits=~BITS & (1 << 256) - 1)
    assert review(paired([one], [other])) == {("a", "1"): ("contradicted",)}
    one, other = subject("a", ids=("g=x",), captured=MOMENT), there("1", ids=("g=x",), captured="2025-03-01T12:00:01")
    assert review(paired([one], [other])) == {("a", "1"): ("other_time",)}


def test_looking_alike_alone_pairs_where_nothing_else_does() -> None:
    found = paired([subject("a", bits=BITS)], [there("1", bits=near(BITS, 3, 80))])
    assert certain(found) == {("a", "1")}
    (pair,) = found.certain
    assert (pair.confidence, pair.distance) == (95, 2)


@pytest.mark.parametrize("side", ["one", "other"])
def test_a_lookalike_in_either_library_leaves_it_to_a_person(side: str) -> None:
    """Also one that is paired already: what looks like it may be its copy."""
    ones, others = [subject("a", bits=BITS)], [there("1", bits=near(BITS, 3))]
    (ones if side == "one" else others).append(
        (subject if side == "one" else there)("z", bits=near(BITS, 7), digests={"md5": "z"})
    )
    (others if side == "one" else ones).append((there if side == "one" else subject)("y", digests={"md5": "z"}))
    found = paired(ones, others)
    assert certain(found) == {("z", "y") if side == "one" else ("y", "z")}
    assert "lookalikes" in review(found)["a", "1"]


def test_frames_of_a_burst_are_told_apart_by_their_moments() -> None:
    times = [f"2025-03-01T12:00:0{it}" for it in range(3)]
    ones = [subject(f"a{it}", bits=near(BITS, it), captured=times[it]) for it in range(3)]
    found = paired(ones, [there("1", bits=near(BITS, 1, 9), captured=times[1])])
    assert certain(found) == {("a1", "1")}


def test_frames_of_one_second_are_told_apart_by_fractions_or_names_or_not_at_all() -> None:
    def frames(*moments: str, name: str = "") -> Pairing:
        ones = [
            subject(f"a{at}", bits=near(BITS, at), captured=it, file_name=f"F{at}.jpg") for at, it in enumerate(moments)
        ]
        other = there("1", bits=near(BITS, 1, 9), captured=moments[1], file_name=name)
        return paired(ones, [other])

    assert certain(frames(f"{MOMENT}.10", f"{MOMENT}.20")) == {("a1", "1")}
    assert certain(frames(MOMENT, MOMENT, name="f1.JPEG")) == {("a1", "1")}
    assert certain(frames(MOMENT, MOMENT)) == set()


def test_another_moment_speaks_against_a_likeness() -> None:
    found = paired([subject("a", bits=BITS, captured=MOMENT)], [there("1", bits=BITS, captured="2025-03-01T12:00:01")])
    assert certain(found) == set()
    assert review(found)["a", "1"] == ("other_time",)


def test_an_hour_may_be_another_zone_and_proves_nothing_either_way() -> None:
    ones, others = [subject("a", bits=BITS, captured=MOMENT)], [there("1", bits=BITS, captured="2025-03-01T14:00:00")]
    assert certain(paired(ones, others)) == {("a", "1")}, "by its looks alone"


@pytest.mark.parametrize(
    ("made", "doubt"),
    [
        ({"aspect": 1.2}, "other_shape"),
        ({"look": shown(1, colour=180)}, "other_colours"),
        ({"look": shown(5)}, "not_close"),
        ({"bits": near(BITS, *range(0, 200, 8))}, "not_close"),
    ],
    ids=["cut", "grey", "retouched", "too different"],
)
@pytest.mark.parametrize("moment", ["", MOMENT])
def test_what_was_cut_or_changed_waits_even_with_the_moment_of_the_original(
    made: dict[str, object], doubt: str, moment: str
) -> None:
    said = {"bits": BITS, "captured": moment, **made}
    found = paired([subject("a", bits=BITS, captured=moment)], [there("1", **said)])
    assert certain(found) == set()
    assert doubt in review(found)["a", "1"]


def test_what_is_turned_is_shown_and_never_paired() -> None:
    other = ~BITS & (1 << 256) - 1
    found = paired([subject("a", bits=BITS, turned=(other,))], [there("1", bits=other)])
    assert certain(found) == set()
    (pair,) = found.review
    assert pair.evidence == (Evidence.TURNED,)


def test_the_same_name_and_second_without_a_picture_waits() -> None:
    said = {"captured": MOMENT, "file_name": "MVI_1.mp4", "media_type": MediaType.VIDEO}
    found = paired([subject("a", **said)], [there("1", **said)])  # type: ignore[arg-type]
    assert certain(found) == set()
    assert review(found) == {("a", "1"): ("thin",)}


def test_a_persons_word_goes_before_everything() -> None:
    ones, others = [subject("a", bits=BITS)], [there("1", bits=BITS), there("2", digests={"md5": "x"})]
    edge = (AssetKey(ONE, RemoteId("a")), AssetKey(OTHER, RemoteId("1")))
    elsewhere = (AssetKey(ONE, RemoteId("a")), AssetKey(OTHER, RemoteId("2")))
    gone = (AssetKey(ONE, RemoteId("gone")), AssetKey(OTHER, RemoteId("2")))
    scene = scene_of(ones, others)
    assert certain(pair_up(scene)) == {("a", "1")}
    refused = pair_up(scene, refused=frozenset({edge}))
    assert (certain(refused), review(refused)) == (set(), {})
    assert certain(pair_up(scene, accepted=frozenset({elsewhere, gone}))) == {("a", "2")}


# what is asked --------------------------------------------------------------------------------------------------------
def asked(ones: list[Subject], others: list[Subject]) -> dict[str, set[str]]:
    found = open_questions(scene_of(ones, others))
    return {str(fact): {it.remote_id for it in keys} for fact, keys in found.items()}


def fresh(make: object, name: str, **said: object) -> Subject:
    assert callable(make)
    made: Subject = make(name, tried=frozenset(), **said)
    return made


def test_bytes_are_read_only_where_sizes_meet_and_no_common_hash_is_shown() -> None:
    ones = [fresh(subject, "a", size=5), fresh(subject, "b", size=6), fresh(subject, "c", size=7, digests={"md5": "c"})]
    others = [fresh(there, "1", size=5, digests={"md5": "x"}), fresh(there, "2", size=7, digests={"md5": "c"})]
    assert asked(ones, others) == {"digest": {"a"}}


def test_pictures_are_looked_at_only_while_both_sides_have_one_unpaired() -> None:
    one, other = fresh(subject, "a", digests={"md5": "a"}), fresh(there, "1", digests={"md5": "a"})
    more = fresh(subject, "b")
    assert asked([one, more], [other]) == {}
    assert asked([one, more], [other, fresh(there, "2")]) == {"likeness": {"a", "b", "1", "2"}}
    sound = fresh(there, "2", media_type=MediaType.AUDIO)
    assert asked([one, more], [other, sound]) == {}


def test_moments_are_read_of_lookalikes_and_then_a_closer_look_is_taken() -> None:
    looked = frozenset({Fact.DIGEST, Fact.LIKENESS})
    one, alone = subject("a", bits=BITS, tried=looked), subject("z", bits=~BITS & (1 << 256) - 1, tried=looked)
    other = there("1", bits=BITS, tried=looked)
    assert asked([one, alone], [other]) == {"captured": {"a", "1"}}
    dated = looked | {Fact.CAPTURED}
    bare = [make(name, bits=BITS, tried=dated) for make, name in ((subject, "a"), (there, "1"))]
    blind = [Subject(record=it.record, likeness=it.likeness, tried=dated) for it in bare]
    assert asked([blind[0]], [blind[1]]) == {"look": {"a", "1"}}
    assert asked([subject("a", bits=BITS)], [there("1", bits=BITS)]) == {}, "what was tried is not asked again"


def test_a_pair_is_the_same_after_it_was_written_down() -> None:
    found = paired([subject("a", bits=BITS)], [there("1", bits=near(BITS, 3), aspect=1.2)])
    (pair,) = found.review
    assert Pair.from_json(pair.to_json()) == pair
    assert pair.bucket is Bucket.REVIEW
