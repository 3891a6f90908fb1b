"""Maps whose decoded position hangs on rounding, so that two right answers may lie apart.

Letters: B crops, K keypoints, h x w cells of a map.
"""

import torch
from torch import Tensor

from hrbench.heads.decoding import DECODERS, Decoder
from hrbench.heads.maxima import maxima, sampled

# Of a map's largest magnitude. Networks as deep as these differ by up to 4e-6 of it between
# float32 and float64, so two cells by up to twice that.
ROUNDING = 1e-5


def tied(maps: Tensor, decoder: str, sigma: float, limit: float) -> Tensor:
    """Return for (B, K, h, w) maps which of their (B, K) positions hang on rounding.

    Those are: two cells are the highest within rounding, or the highest is 0 within it; for the
    quarter step, also where the neighbours are as high as each other, so that the sign of their
    difference is not certain; for DARK and UDP, where rounding of the cells moves the Newton
    step by more than `limit` cells.
    """
    highest, second = maps.flatten(2).topk(2).values.unbind(-1)
    rounding = ROUNDING * maps.abs().amax((2, 3))
    undecided = (highest - second <= rounding) | (highest.abs() <= rounding)
    if decoder == "quarter":
        _, x, y = maxima(maps)
        at = sampled(maps, x, y)
        steps = torch.stack((at(1, 0) - at(-1, 0), at(0, 1) - at(0, -1)), dim=-1)
        return undecided | (steps.abs() <= rounding[..., None]).any(dim=-1)
    moved = sensitivity(maps, DECODERS[decoder], sigma) * rounding
    return undecided | ~(moved <= limit)  # NaN, where no Newton step is defined, is tied


def sensitivity(maps: Tensor, decoder: Decoder, sigma: float) -> Tensor:
    """Return (B, K), how many cells a position moves per unit of error in its map's cells.

    The errors of cells are taken to be independent: it is the length of the position's gradient,
    of x or of y, whichever is longer.
    """
    with torch.enable_grad():
        varied = maps.detach().requires_grad_()
        positions, _ = decoder(varied, sigma)
        lengths = []
        for axis in (0, 1):
            total = positions[..., axis].sum()  # each position depends on its own map alone
            (slope,) = torch.autograd.grad(total, varied, retain_graph=True)
            lengths.append(slope.square().sum((2, 3)).sqrt())
    return torch.maximum(*lengths)
