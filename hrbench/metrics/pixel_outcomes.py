"""What each image adds to the figures of `pixel_errors`.

Letters: R replicates, O objects with a pose, K keypoints, S normalisers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats
from hrbench.metrics.outcomes import Counts, Outcomes
from hrbench.metrics.pixel_errors import LEVELS, NEAR, PixelErrors, within
from hrbench.metrics.weighted import Owners, means, means_of_each, medians, owners_of, ratio


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PixelOutcomes(Outcomes):
    """Of each object its image, its sizes, and how far its keypoints are off."""

    objects: Owners  # (O,) the image of each
    pixels: Floats  # (O, K) distance from the truth; NaN where not labelled
    sizes: Floats  # (S, O) by each normaliser, the protocol's first; NaN where there is none
    normalisers: NDArray[np.str_]  # (S,) names
    swapped: Floats  # (O, K) 1 where the partner's place was predicted, else 0; NaN without one
    keypoints: NDArray[np.str_]  # (K,) names

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return the figures of `score_pixels`, and those of each keypoint."""
        shares = self.pixels / self.sizes[0][:, None]
        return {
            **in_sizes(self.pixels, self.sizes, self.normalisers, self.objects, counts),
            "median_error_px": medians(self.pixels, self.objects, counts),
            "median_error_share": 100 * medians(shares, self.objects, counts),
            **self._by_keypoint(shares, counts),
        }

    def each(self, name: str) -> Floats:
        """Return a figure of the objects of every image by itself; one PCK is the quickest."""
        if name != f"PCK@{NEAR:g}":
            return Outcomes.each(self, name)
        hits = 100 * within(self.pixels / self.sizes[0][:, None], NEAR)
        return means_of_each(hits, self.objects, len(self.units))

    def _by_keypoint(self, shares: Floats, counts: Counts) -> dict[str, Floats]:
        figures, weights = dict[str, Floats](), counts.astype(np.float64)
        for index, name in enumerate(self.keypoints.tolist()):
            pixels, share, swapped = (
                values[:, index] for values in (self.pixels, shares, self.swapped)
            )
            row = {
                f"PCK@{NEAR:g}": 100 * means(within(share, NEAR), self.objects, weights),
                "median_error_px": medians(pixels, self.objects, counts),
                "median_error_share": 100 * medians(share, self.objects, counts),
                "swapped": 100 * means(swapped, self.objects, weights),
            }
            figures |= {f"keypoint/{name}/{figure}": values for figure, values in row.items()}
        return figures


def in_sizes(
    pixels: Floats, sizes: Floats, normalisers: NDArray[np.str_], objects: Owners, counts: Counts
) -> dict[str, Floats]:
    """Return PCK by the first normaliser and NME by each; nothing where there is none.

    Shapes as those of `PixelOutcomes`.
    """
    if not len(normalisers):
        return {}
    shares = [pixels / size[:, None] for size in sizes]
    names = ["NME", *(f"NME ({name})" for name in normalisers.tolist()[1:])]
    return {
        **{
            f"PCK@{level:g}": 100 * means(within(shares[0], level), objects, counts)
            for level in LEVELS
        },
        **{
            name: 100 * means(_over_keypoints(share), objects, counts)
            for name, share in zip(names, shares, strict=True)
        },
    }


def _over_keypoints(shares: Floats) -> Floats:
    """Return (O,) the mean of what is not NaN of each object's (O, K); NaN if nothing is."""
    return ratio(np.nansum(shares, axis=1), np.isfinite(shares).sum(axis=1))


def pixel_outcomes(
    errors: PixelErrors,
    object_images: NDArray[np.int64],
    images: NDArray[np.int64],
    keypoint_names: Sequence[str],
) -> PixelOutcomes:
    """Return what each of (U,) images, in rising order, adds to the figures of `score_pixels`.

    `object_images` are those of all objects of the truth.
    """
    return PixelOutcomes(
        units=images,
        objects=owners_of(object_images[errors.objects], images),
        pixels=errors.pixels,
        sizes=np.stack([size[:, 0] for size in errors.sizes.values()]),
        normalisers=np.array([*errors.sizes], np.str_),
        swapped=errors.swapped,
        keypoints=np.array(keypoint_names, np.str_),
    )
