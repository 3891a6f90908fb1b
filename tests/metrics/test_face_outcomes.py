"""Faces of two points whose size is 100 pixels, so that an error of 3 pixels is 3 %."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap as scipys

from hrbench.metrics.bootstrap import intervals, replicated
from hrbench.metrics.face_groups import Parts
from hrbench.metrics.face_outcomes import FaceOutcomes, observed
from hrbench.metrics.nme import FaceTruth


def outcomes(
    *pixels: tuple[float, float],
    images: NDArray[np.int64] | None = None,
    sizes: tuple[float, ...] = (),
    parts: Parts | None = None,
) -> FaceOutcomes:
    """Faces whose two points are so far off, each in an image of its own unless said."""
    count = len(pixels)
    places = np.tile([[0.0, 0.0], [50.0, 0.0]], (count, 1, 1))
    found = places.copy()
    found[:, :, 1] += np.reshape(pixels, (-1, 2))
    normalisers = {"box": np.full(count, 400.0), "eyes": np.array(sizes or (100.0,) * count)}
    return observed(
        FaceTruth(np.arange(count), places, normalisers),
        found,
        np.arange(count) if images is None else images,
        normaliser="eyes",
        keypoint_names=("chin", "nose"),
        parts={} if parts is None else parts,
    )


def test_a_face_counts_as_often_as_its_image_is_drawn() -> None:
    figures = outcomes((1, 3), (4, 8), (20, 20)).figures(np.array([[2, 1, 0], [0, 0, 3]]))
    assert figures["NME"] == pytest.approx([(2 + 2 + 6) / 3, 20])
    assert figures["NME (box)"] == pytest.approx([(0.5 + 0.5 + 1.5) / 3, 5])
    assert figures["FR@0.08"].tolist() == [0, 100]
    assert figures["AUC@0.10"] == pytest.approx([(80 + 80 + 40) / 3, 0])
    assert figures["median_error_px"].tolist() == [3, 20]  # of 1, 1, 3, 3, 4, 8
    assert figures["keypoint/nose/NME"] == pytest.approx([(3 + 3 + 8) / 3, 20])
    assert figures["keypoint/chin/median_error_px"].tolist() == [1, 20]


def test_the_faces_of_an_image_are_drawn_together() -> None:
    pair = outcomes((1, 3), (4, 8), (20, 20), images=np.array([7, 7, 5]))
    assert pair.units.tolist() == [5, 7]
    assert pair.figures(np.array([[0, 1]]))["NME"] == pytest.approx([4])


def test_a_face_without_a_size_leaves_no_figure_that_needs_it() -> None:
    figures = outcomes((1, 3), (4, 8), sizes=(100, 0)).figures(np.array([[1, 1], [1, 0]]))
    assert np.isnan(figures["NME"]).all()
    assert figures["NME (box)"] == pytest.approx([1, 0.5])
    assert figures["keypoint/chin/median_error_px"].tolist() == [2.5, 1]


def test_a_part_is_the_mean_of_its_own_points_in_the_images_that_are_drawn() -> None:
    parts = {
        "region": {"jaw": np.array([[True, False]] * 3)},
        "subset": {"blur": np.array([True, False, True])},
        "point_occlusion": {"occluded": np.array([[False, True], [True, True], [False, False]])},
    }
    counts = np.array([[2, 1, 0], [0, 0, 1], [0, 1, 0]])
    figures = outcomes((1, 3), (4, 8), (20, 26), parts=parts).figures(counts)
    assert figures["region/jaw/NME"] == pytest.approx([(1 + 1 + 4) / 3, 20, 4])
    assert figures["subset/blur/NME"] == pytest.approx([2, 23, math.nan], nan_ok=True)
    assert figures["point_occlusion/occluded/NME"] == pytest.approx(
        [(3 + 3 + 4 + 8) / 4, math.nan, 6], nan_ok=True
    )


def test_only_a_part_with_a_face_without_a_size_has_no_figure() -> None:
    parts = {"subset": {"blur": np.array([True, False]), "makeup": np.array([False, True])}}
    figures = outcomes((1, 3), (4, 8), sizes=(100, 0), parts=parts).once()
    assert figures["subset/blur/NME"] == pytest.approx(2)
    assert math.isnan(figures["subset/makeup/NME"])


def test_the_spread_of_the_nme_is_scipys() -> None:
    pixels = np.exp(np.random.default_rng(0).normal(1, 0.6, (200, 2)))
    made = outcomes(*map(tuple, pixels.tolist()))
    theirs = scipys(
        (pixels.mean(axis=1),), np.mean, n_resamples=5_000, method="basic", random_state=1
    )
    assert replicated(made, 5_000)["NME"].std() == pytest.approx(theirs.standard_error, rel=0.05)


def test_faces_of_one_image_that_are_off_alike_widen_the_interval() -> None:
    hard = np.repeat(np.exp(np.random.default_rng(0).normal(1, 0.6, 50)), 4)
    pixels = [(off, off) for off in hard.tolist()]
    apart, together = (
        intervals(outcomes(*pixels, images=images), 5_000)["NME"]
        for images in (np.arange(200), np.arange(200) // 4)
    )
    # Four that are alike tell no more than one: errors are the root of 4 as large.
    assert math.log(together[1] / together[0]) / math.log(apart[1] / apart[0]) == pytest.approx(
        2, rel=0.1
    )


def test_of_less_than_300_images_some_intervals_are_said_to_hold_less_often() -> None:
    (said,) = outcomes(*[(1.0, 2.0)] * 299).caveats
    assert said.startswith("Of 299 images: below 300, intervals of shares near 0 or 100 %")
    assert outcomes(*[(1.0, 2.0)] * 300).caveats == ()
