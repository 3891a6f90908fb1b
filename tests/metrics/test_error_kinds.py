"""The kind of each keypoint's error, by hand and as the published code counts."""

import math

import numpy as np
import pytest
from metrics import crowds
from metrics.examples import Nested, results, sigmas, truth

from hrbench.metrics.error_kinds import FOUND, KINDS, NOT_LABELLED, Located, locate
from hrbench.metrics.matching import Candidates
from hrbench.metrics.people import Truth

# Area 2000 and a sigma of 0.5: the similarity is exp(-d^2 / 4000), 0.85 at 25.5 px, 0.5 at 52.7 px.
NOSE, LEFT, RIGHT = [0, 0], [1000, 0], [2000, 0]
PERSON = [NOSE, LEFT, RIGHT]
OTHER = [[0, 5000], [1000, 5000], [2000, 5000]]
PAIRS = [(1, 2)]

# Of each of COCO's keypoints, what github.com/matteorr/coco-analyze counts at commit 9eb8a0a of
# crowds.crowd(), its range of areas [0, 1e10]; changed was only what Python and NumPy now refuse.
PUBLISHED = {
    "good": [71, 57, 67, 64, 70, 62, 77, 57, 60, 65, 57, 66, 65, 63, 55, 74, 62],
    "jitter": [9, 23, 18, 16, 20, 25, 16, 20, 20, 22, 20, 22, 23, 23, 22, 17, 16],
    "inversion": [0, 10, 7, 7, 5, 5, 6, 7, 4, 7, 7, 8, 9, 13, 8, 6, 6],
    "swap": [8, 8, 10, 6, 7, 11, 9, 18, 13, 11, 12, 16, 13, 17, 18, 10, 16],
    "miss": [32, 39, 32, 38, 26, 28, 37, 25, 25, 24, 25, 28, 22, 23, 27, 29, 35],
}


def located(people: Truth, pose: Nested) -> Located:
    return locate(Candidates.of(people, results(pose, [1]), sigmas(3), FOUND), PAIRS)


def words(found: Located) -> list[list[str]]:
    return [["" if k == NOT_LABELLED else KINDS[k] for k in row] for row in found.kinds.tolist()]


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ([1025, 0], "good"),
        ([1026, 0], "jitter"),
        ([1052, 0], "jitter"),
        ([1053, 0], "miss"),
        ([2052, 0], "inversion"),
        ([1000, 5052], "swap"),
        ([2000, 5052], "swap"),
        ([0, 0], "miss"),  # where the nose is: another part of the body
    ],
)
def test_a_keypoint_is_of_the_kind_of_the_place_that_it_is_near(
    place: list[float], kind: str
) -> None:
    found = located(truth([PERSON, OTHER]), [[NOSE, place, RIGHT]])
    assert words(found) == [["good", kind, "good"]]


def test_the_nearest_place_decides_even_where_the_own_is_near() -> None:
    close = truth([PERSON, [OTHER[0], [1030, 0], OTHER[2]]])
    pose = [[NOSE, [1018, 0], RIGHT]]  # 18 px from its own place, 12 from the other's
    assert words(located(close, pose))[0] == ["good", "swap", "good"]
    pair = truth([[NOSE, LEFT, [1030, 0]]])
    assert words(located(pair, [[NOSE, [1018, 0], [1030, 0]]]))[0] == ["good", "inversion", "good"]


def test_of_equally_near_places_the_own_is_taken() -> None:
    one_place = truth([[NOSE, LEFT, LEFT], [NOSE, LEFT, LEFT]])
    assert words(located(one_place, [[NOSE, LEFT, LEFT]])) == [["good"] * 3]


def test_what_is_not_labelled_has_no_kind_and_nothing_can_be_near_it() -> None:
    people = truth([PERSON, OTHER], visibility=[[2, 1, 0], [2, 0, 2]])
    pose = [[NOSE, RIGHT, LEFT]]
    assert words(located(people, pose)) == [["good", "miss", ""]]
    assert words(located(people, [[NOSE, OTHER[1], LEFT]])) == [["good", "miss", ""]]


def test_only_people_who_are_found_count_from_an_oks_of_a_tenth() -> None:
    third = math.sqrt(-4000 * math.log(0.3))  # the similarity of one of three is 0.3: an OKS of 0.1
    far = [9000, 9000]
    for distance, rows in ((third - 0.1, 1), (third + 0.1, 0)):
        found = located(truth([PERSON]), [[[distance, 0], far, far]])
        assert len(found.rows) == rows
    group = truth([PERSON], crowd=True)
    assert len(located(group, [PERSON]).rows) == 0


def test_an_error_that_is_put_right_lies_where_the_published_code_puts_it() -> None:
    pose = [[[9000, 0], [1040, 0], [1000, 20]]]  # a miss, jitter, an inversion
    found = located(truth([PERSON]), pose)
    assert words(found) == [["miss", "jitter", "inversion"]]
    beside = [0.5 * math.sqrt(-2 * 2000 * math.log(left)) for left in (0.5, 0.85, math.exp(-0.1))]
    moved = [[x + right, y] for (x, y), right in zip(PERSON, beside, strict=True)]
    np.testing.assert_allclose(found.mended, [moved])
    terms = np.exp(-np.square(np.array(beside)) / 4000)
    np.testing.assert_allclose(terms, [0.5**0.25, 0.85**0.25, math.exp(-0.1) ** 0.25])


def test_only_the_kinds_that_are_asked_for_are_put_right() -> None:
    pose = results([[[9000, 0], [1040, 0], RIGHT], PERSON], [1, 0.5], images=[1, 2])
    found = locate(Candidates.of(truth([PERSON]), pose, sigmas(3), FOUND), PAIRS)
    without = found.corrected(pose, [KINDS.index("miss")]).keypoints
    assert without[0, 1:].tolist() == [[1040, 0], RIGHT]
    assert without[0, 0] == pytest.approx(found.mended[0, 0])
    assert without[1].tolist() == PERSON  # in an image without people


def test_every_kind_is_counted_as_the_published_code_does() -> None:
    people, poses = crowds.crowd()
    found = locate(Candidates.of(people, poses, crowds.SIGMAS, FOUND), crowds.PAIRS)
    counts = {k: (found.kinds == n).sum(axis=0).tolist() for n, k in enumerate(KINDS)}
    assert counts == PUBLISHED
