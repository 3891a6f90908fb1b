from dataclasses import replace

import numpy as np
import pytest
from metrics.examples import truth

from hrbench.metrics.overlap import iou, overlapping


def test_boxes_have_in_common_what_they_cover_both() -> None:
    one = np.array([[0.0, 0, 10, 10]] * 3)
    other = np.array([[5.0, 0, 10, 10], [0, 0, 10, 10], [20, 0, 5, 5]])
    assert iou(one, other).tolist() == pytest.approx([50 / 150, 1, 0])


def test_a_person_overlaps_others_of_the_image_above_a_tenth() -> None:
    people = truth(np.zeros((5, 1, 2)), images=[1, 1, 1, 1, 2], crowd=[False, True, *3 * [False]])
    boxes = [[0, 0, 10, 10], [5, 0, 10, 10], [8.2, 0, 10, 10], [40, 0, 10, 10], [0, 0, 10, 10]]
    people = replace(people, boxes=np.array(boxes, dtype=np.float64))
    assert overlapping(people).tolist() == [1, 2, 1, 0, 0]  # the third has 1.8 of 18.2
