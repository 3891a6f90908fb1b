"""The rotations that lay many sets of points upon others, without a decomposition of each.

Letters: N pairs of sets of points.

Source: Markley 1993, Attitude determination using vector observations: a fast optimal matrix
algorithm; decompositions as in Gower 1975, with Umeyama's correction (1991).
"""

import numpy as np

from hrbench.arrays import Floats

STEPS = 30
ENOUGH = 1e-9  # of a step towards the fit: the next one is its square
SURE = 1e-4  # of what is divided by: above it rounding stays below 1e-12
ROUND = [0, 1, 2, 0, 1]  # in which a row has the next two behind it
NEXT, AFTER = slice(1, 4), slice(2, 5)


def best_rotations(products: Floats) -> tuple[Floats, Floats]:
    """Return (N, 3, 3) rotations, never reflections, and (N,) how well each fits.

    A rotation brings its source, times it from the right, as near to the target as can be.
    `products` (N, 3, 3) are sums over points of target (rows) times source (columns), whose squared
    distances to their middles add up to 1 in each. The fit is the same sum of products after it: 1
    where source and target are alike.
    """
    planes = np.ascontiguousarray(products.transpose(2, 1, 0))  # source, target, N
    round_again = planes[np.ix_(ROUND, ROUND)]
    cofactors = round_again[NEXT, NEXT] * round_again[AFTER, AFTER]
    cofactors -= round_again[NEXT, AFTER] * round_again[AFTER, NEXT]
    determinant = np.einsum("cn,cn->n", planes[0], cofactors[0])
    square, of_cofactors = (np.einsum("cdn,cdn->n", part, part) for part in (planes, cofactors))
    fit, step = _fits(square, determinant, of_cofactors)
    slack = (fit * fit - square) / 2
    divisor = slack * fit - determinant
    squared = np.einsum("cdn,edn->cen", planes, planes)
    cubed = np.einsum("cen,efn->cfn", squared, planes)
    sure = (divisor > SURE) & (np.abs(step) < ENOUGH)
    rotations = (slack + square) * planes + fit * cofactors - cubed
    rotations /= np.where(sure, divisor, 1)
    found = rotations.transpose(2, 0, 1)
    if not sure.all():
        found[~sure], fit[~sure] = decomposed(products[~sure])
    return found, fit


def decomposed(products: Floats) -> tuple[Floats, Floats]:
    """Return the same by singular values: slow, and right where nearly any rotation is as good."""
    left, strengths, right = np.linalg.svd(products)
    turn = np.sign(np.linalg.det(left @ right))
    right[:, -1] *= turn[:, None]
    strengths[:, -1] *= turn
    return (left @ right).swapaxes(1, 2), strengths.sum(axis=1)


def _fits(square: Floats, determinant: Floats, of_cofactors: Floats) -> tuple[Floats, Floats]:
    """Return (N,) fits, and the last step towards each.

    A fit is the largest root of (x^2 - square)^2 - 8 x determinant - 4 of_cofactors: the sum of
    the singular values, the last of them negative where the determinant is. Newton's steps from 1,
    which no fit exceeds, come down to it.
    """
    fit = np.ones(len(square))
    step = fit
    for _ in range(STEPS):
        rest = fit * fit - square
        value = rest * rest - 8 * fit * determinant - 4 * of_cofactors
        slope = 4 * fit * rest - 8 * determinant
        step = value / np.where(slope > 0, slope, 1)
        fit = fit - step
        if (np.abs(step) < ENOUGH).all():
            break
    return fit, step
