import math
from dataclasses import replace

import numpy as np
import pytest
from metrics.examples import poses, results, truth


def test_a_nan_among_predicted_keypoints_is_refused_with_its_row() -> None:
    with pytest.raises(ValueError, match=r"pose 1 has a value that is not a number"):
        poses([[[1, 1]], [[1, math.nan]]], [1, 1])


def test_a_nan_among_results_is_refused() -> None:
    with pytest.raises(ValueError, match=r"result 0 has a value that is not a number: nan"):
        results([[[1, 1]]], [math.nan])


def test_an_annotated_keypoint_may_be_nan_only_where_it_is_not_labelled() -> None:
    truth([[[math.nan, math.nan]]], visibility=[[0]])
    with pytest.raises(ValueError, match="annotated person 0 has a value that is not a number"):
        truth([[[math.nan, math.nan]]], visibility=[[1]])


def test_arrays_of_different_length_are_refused_with_both_shapes() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\) should have shape \(1,\)"):
        replace(poses([[[1, 1]]], [1]), box_scores=np.ones(2))
