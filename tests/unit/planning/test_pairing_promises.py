"""What pairing promises of any two libraries: never a wrong pair by itself, one partner each, the same in any order."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.pairing import Subject
from dambridge.planning import pair_up, scene_of
from dambridge.planning.likeness import RADIUS, LikenessIndex, neighbours
from support.subjects import ONE, OTHER, certain, shown, subject

Made = tuple[list[Subject], list[Subject], set[tuple[str, str]]]


@st.composite
def libraries(draw: st.DrawFn) -> Made:
    """Assets that exist once or several times on either side, as the same bytes or saved anew, with frames beside them; and
    the pairs that are true. A frame looks exactly like its neighbour where its moment, or a copy beside it, gives it away."""
    ones: list[Subject] = []
    others: list[Subject] = []
    true: set[tuple[str, str]] = set()
    random = Random(draw(st.integers(0, 2**32)))
    for number in range(draw(st.integers(1, 12))):
        bits, look = random.getrandbits(256), shown(random.randrange(40))
        moment = f"2025-01-{number % 28 + 1:02d}T10:00:{random.randrange(60):02d}" if draw(st.booleans()) else ""
        copies = []
        for side, account in ((ones, ONE), (others, OTHER)):
            for copy in range(draw(st.sampled_from((0, 1, 1, 1, 2, 3)))):
                name = f"{number}-{account}-{copy}"
                saved = draw(st.booleans())
                made = subject(
                    name,
                    account=account,
                    size=100 + number,
                    digests={"md5": f"{number}-{name if saved else ''}"},
                    bits=_flipped(bits, random, 8) if saved else bits,
                    captured=moment,
                    look=look,
                    claims=draw(st.sampled_from(((), (), (f"{number}-agency-0",)))) if account == OTHER else (),
                )
                side.append(made)
                copies.append((account, name))
        for frame in range(draw(st.sampled_from((0, 0, 1, 2)))):
            account, side = draw(st.sampled_from(((ONE, ones), (OTHER, others))))
            rival = any(it == account for it, _ in copies)
            taken = f"{moment[:-2]}{(int(moment[-2:]) + frame + 1) % 60:02d}" if moment else ""
            side.append(
                subject(
                    f"f{number}-{account}-{frame}",
                    account=account,
                    digests={"md5": f"f{number}-{account}-{frame}"},
                    bits=_flipped(bits, random, 10),
                    captured=taken,
                    look=look if taken or rival else shown(100 + number * 3 + frame),
                )
            )
        true |= {(one, other) for a, one in copies for b, other in copies if a == ONE and b == OTHER}
    return ones, others, true


def _flipped(bits: int, random: Random, most: int) -> int:
    for at in random.sample(range(256), random.randint(0, most)):
        bits ^= 1 << at
    return bits


@settings(max_examples=150, deadline=None)
@given(libraries())
def test_no_pair_that_is_made_without_a_person_is_wrong(made: Made) -> None:
    ones, others, true = made
    assert certain(pair_up(scene_of(ones, others))) - true == set()


@settings(max_examples=60, deadline=None)
@given(libraries(), st.randoms(use_true_random=False))
def test_the_order_of_the_assets_does_not_matter(made: Made, random: Random) -> None:
    ones, others, _ = made
    before = pair_up(scene_of(ones, others))
    random.shuffle(ones)
    random.shuffle(others)
    assert pair_up(scene_of(ones, others)) == before


@settings(max_examples=60, deadline=None)
@given(libraries())
def test_each_asset_has_one_partner_or_waits_or_is_unpaired(made: Made) -> None:
    ones, others, _ = made
    found = pair_up(scene_of(ones, others))
    paired = [key for it in found.certain for key in (it.one, it.other)]
    assert len(paired) == len(set(paired)), "one to one"
    waiting = {key for it in found.review for key in (it.one, it.other)}
    everybody = {it.key for it in (*ones, *others)}
    assert set(paired) | waiting | set(found.unpaired) == everybody
    assert not set(found.unpaired) & (set(paired) | waiting)


def test_single_copies_are_always_paired() -> None:
    """Beside the never an always: without twins and frames every true pair is found."""
    random = Random(11)
    ones, others = [], []
    for number in range(400):
        bits, look = random.getrandbits(256), shown(number % 40)
        same = number % 2
        ones.append(subject(f"{number}", digests={"md5": f"{number}"}, bits=bits, look=look))
        digest = f"{number}" if same else f"saved {number}"
        others.append(
            subject(f"{number}", account=OTHER, digests={"md5": digest}, bits=_flipped(bits, random, 12), look=look)
        )
    assert certain(pair_up(scene_of(ones, others))) == {(f"{it}", f"{it}") for it in range(400)}


def test_the_index_finds_exactly_what_comparing_each_with_each_finds() -> None:
    random = Random(5)
    base = [random.getrandbits(256) for _ in range(60)]
    many = base + [_flipped(random.choice(base), random, 45) for _ in range(400)]
    keys = [AssetKey(ONE, RemoteId(f"{at}")) for at in range(len(many))]
    index = LikenessIndex(zip(keys, many, strict=True))
    hits = 0
    for bits in many[::7]:
        truly = {
            (key, (bits ^ it).bit_count())
            for key, it in zip(keys, many, strict=True)
            if (bits ^ it).bit_count() <= RADIUS
        }
        assert set(index.near(bits)) == truly
        hits += len(truly)
    assert hits > 150


class _Counted(list[tuple[AssetKey, int]]):
    """A list that counts how often one of its members was looked at."""

    looks = 0

    def __getitem__(self, place: object) -> tuple[AssetKey, int]:  # type: ignore[override]
        self.looks += 1
        return super().__getitem__(place)  # type: ignore[call-overload, no-any-return]


def test_who_looks_alike_is_found_without_comparing_each_with_each() -> None:
    random = Random(3)
    many = [(AssetKey(ONE, RemoteId(f"{at}")), random.getrandbits(256)) for at in range(2000)]
    index = LikenessIndex(many)
    index._entries = counted = _Counted(index._entries)
    found = [next(iter(index.near(bits ^ 7))) for _, bits in many]
    assert found == [(key, 3) for key, _ in many]
    assert counted.looks < len(many) ** 2 / 100


def test_lookalikes_are_found_across_both_libraries_and_within_each() -> None:
    base = Random(4).getrandbits(256)
    ones = [subject("a", bits=base), subject("b", bits=base ^ 3), subject("z", bits=~base & (1 << 256) - 1)]
    found = neighbours([*ones, subject("t", account=OTHER, bits=base ^ 7)])
    assert [(key.remote_id, distance) for key, distance in found[ones[0].key]] == [("b", 2), ("t", 3)]
    assert found[ones[2].key] == ()
