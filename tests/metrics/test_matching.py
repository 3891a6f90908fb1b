import numpy as np
import pytest
from metrics.examples import results, sigmas, truth

from hrbench.metrics import matching
from hrbench.metrics.matching import AREA_RANGES, Matches, match
from hrbench.metrics.people import Results, Truth

ALL, MEDIUM, LARGE = range(3)
HALF = 0  # the OKS threshold 0.5


def found(people: Truth, poses: Results, area: int = ALL, threshold: int = HALF) -> list[int]:
    return [int(person) for person in matches(people, poses).found[area, threshold]]


def matches(people: Truth, poses: Results) -> Matches:
    return match(people, poses, sigmas(people.visibility.shape[1]))


def test_the_better_scored_pose_chooses_first_and_the_other_finds_nobody() -> None:
    people = truth([[[0, 0]]])
    poses = results([[[0, 0]], [[1, 0]]], [0.5, 0.9])
    made = matches(people, poses)
    assert made.rows.tolist() == [1, 0]
    assert made.found[ALL, HALF].tolist() == [0, -1]


def test_a_pose_takes_whom_it_fits_best() -> None:
    people = truth([[[9, 0]], [[1, 0]], [[5, 0]]])
    assert found(people, results([[[0, 0]]], [1])) == [1]


def test_of_two_people_whom_it_fits_alike_a_pose_takes_the_later() -> None:
    people = truth([[[3, 0]], [[-3, 0]]])
    assert found(people, results([[[0, 0]]], [1])) == [1]


def test_a_pose_fits_at_the_thresholds_up_to_its_oks() -> None:
    people = truth([[[0, 0]]], areas=50)
    poses = results([[[np.sqrt(-100 * np.log(0.72)), 0]]], [1])
    assert [found(people, poses, threshold=t) for t in range(10)] == [[0]] * 5 + [[-1]] * 5


def test_poses_find_nobody_in_other_images() -> None:
    people = truth([[[0, 0]], [[0, 0]]], images=[5, 9])
    assert found(people, results([[[0, 0]]] * 2, [1, 1], images=[7, 9])) == [-1, 1]


def test_a_crowd_is_found_again_and_again_and_counts_for_nothing() -> None:
    people = truth([[[0, 0]]], crowd=True)
    made = matches(people, results([[[0, 0]]] * 3, [1, 1, 1]))
    assert made.found[ALL, HALF].tolist() == [0, 0, 0]
    assert made.ignored[ALL].all()
    assert made.optional[ALL].tolist() == [True]


def test_a_person_without_keypoints_takes_one_pose_only() -> None:
    people = truth([[[0, 0]]], visibility=[[0]])
    made = matches(people, results([[[0, 0]]] * 2, [1, 1]))
    assert made.found[ALL, HALF].tolist() == [0, -1]
    assert made.ignored[ALL, HALF].tolist() == [True, False]


def test_someone_to_be_found_goes_before_a_crowd_that_fits_better() -> None:
    people = truth([[[0, 0]], [[5, 0]]], crowd=[True, False])
    assert found(people, results([[[0, 0]]], [1])) == [1]


def test_an_annotation_with_id_zero_can_be_found() -> None:
    people = truth([[[0, 0]]], ids=[0])
    assert found(people, results([[[0, 0]]] * 2, [0.9, 0.8])) == [0, -1]


def test_only_the_best_twenty_poses_of_an_image_count() -> None:
    people = truth([[[0, 0]]])
    poses = results([[[900, 900]]] * 20 + [[[0, 0]]], [0.9] * 20 + [0.1])
    assert max(found(people, poses)) == -1
    assert len(found(people, poses)) == 20


@pytest.mark.parametrize(
    ("area", "sizes"),
    [
        (1023.9, []),
        (1024, ["medium"]),
        (9216, ["medium", "large"]),
        (9216.1, ["large"]),
    ],
)
def test_both_ends_of_an_area_range_belong_to_it(area: float, sizes: list[str]) -> None:
    optional = matches(truth([[[0, 0]]], areas=area), results([[[0, 0]]], [1])).optional[:, 0]
    assert [size for size, skip in zip(AREA_RANGES, optional, strict=True) if not skip] == [
        "all",
        *sizes,
    ]


def test_a_pose_that_finds_nobody_is_wrong_only_in_the_range_of_its_own_extent() -> None:
    people = truth([[[900, 900], [900, 900]]])
    poses = results([[[0, 0], [40, 50]]], [1])  # 2000 square pixels: medium
    assert matches(people, poses).ignored[:, HALF, 0].tolist() == [False, False, True]


def test_blocks_of_pairs_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    people = truth(rng.random((30, 2, 2)) * 40, images=list(rng.integers(4, size=30)))
    places, scores = rng.random((60, 2, 2)) * 40, rng.random(60)
    poses = results(places, scores, images=list(rng.integers(4, size=60)))
    whole = matches(people, poses)
    monkeypatch.setattr(matching, "PAIRS_AT_ONCE", 7)
    assert np.array_equal(matches(people, poses).found, whole.found)
    assert (whole.found >= 0).any()
