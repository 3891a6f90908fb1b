import numpy as np
import pytest

from hrbench.world.people.detections import Box, detect, overlap

SIZE = (256, 320)
PERSON: Box = (100.0, 50.0, 60.0, 150.0)


def hits_of(people: list[Box], times: int) -> list[list[tuple[Box, float]]]:
    rng = np.random.default_rng(0)
    return [detect(rng, people, SIZE) for _ in range(times)]


def test_boxes_that_share_half_of_each_overlap_by_a_third() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (20, 0, 10, 10)) == 0


def test_most_people_are_found_and_some_are_overlooked() -> None:
    best = [
        max([overlap(PERSON, box) for box, _ in hits], default=0) for hits in hits_of([PERSON], 500)
    ]
    assert 0.8 < np.mean(np.array(best) > 0.6) < 0.97


def test_small_people_are_overlooked_more_often() -> None:
    small: Box = (100.0, 50.0, 8.0, 20.0)
    rates = [
        np.mean(
            [any(overlap(person, box) > 0.5 for box, _ in hits) for hits in hits_of([person], 500)]
        )
        for person in (small, PERSON)
    ]
    assert rates[0] < rates[1] - 0.1


def test_some_people_are_found_twice() -> None:
    near = [sum(overlap(PERSON, box) > 0.4 for box, _ in hits) for hits in hits_of([PERSON], 500)]
    assert 0.1 < np.mean(np.array(near) >= 2) < 0.4


def test_an_empty_street_raises_some_false_alarms_of_low_score() -> None:
    alarms = [hit for hits in hits_of([], 500) for hit in hits]
    assert 0.5 < len(alarms) / 500 < 0.9
    assert np.median([score for _, score in alarms]) < 0.3


def test_scores_go_with_the_overlap_and_come_best_first() -> None:
    hits = hits_of([PERSON, (200.0, 20.0, 50.0, 180.0)], 300)
    pairs = [(overlap(PERSON, box), score) for group in hits for box, score in group]
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.3
    assert all(group == sorted(group, key=lambda hit: -hit[1]) for group in hits)


def test_boxes_lie_in_the_picture_and_scores_between_zero_and_one() -> None:
    for hits in hits_of([(0.0, 0.0, 40.0, 100.0), (290.0, 200.0, 30.0, 56.0)], 300):
        for (x, y, width, height), score in hits:
            assert min(x, y) >= 0
            assert min(width, height) >= 1
            assert x + width <= 320
            assert y + height <= 256
            assert 0 < score < 1
