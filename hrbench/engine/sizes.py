"""How many boxes or pictures go through the network together."""

import torch

from hrbench.engine.inference import See
from hrbench.engine.runtime import Runtime

IMAGES = 16  # through the network at once, where no card is asked
FEW, MORE = 8, 16  # boxes, whose difference tells what one takes
LEAST, MOST = 32, 512  # boxes on a card, which gains little above
BATCHES = 8  # at least, so that a graph of one is worth its capture
SHARE = 0.4  # of the free memory: a graph's is taken beside that of the calls before it


@torch.inference_mode()
def at_once(see: See, shape: tuple[int, ...], passes: int, count: int, runtime: Runtime) -> int:
    """Return how many boxes of `count` go through together; it moves results by rounding only.

    On a card it is a power of two that the memory holds, and hangs on the network, on `count`
    and on the memory that is free; elsewhere the images of as many boxes as are fastest on CPUs.

    Args:
        see: what is computed of images.
        shape: of the images of a box, (S, H, W, 3).
        passes: images that go through the network of each box.
        count: the boxes of this process.
        runtime: where it is computed, and whether in the plain way.
    """
    if runtime.device.type != "cuda" or runtime.eager:
        return max(1, IMAGES // passes)
    torch.cuda.empty_cache()
    taken = [_peak(see, shape, boxes, runtime.device) for boxes in (FEW, FEW, MORE)]
    free, _ = torch.cuda.mem_get_info(runtime.device.index)  # torch 2.4 takes no "cuda" alone
    return held((taken[2] - taken[1]) / (MORE - FEW), SHARE * free, count)


def held(each: float, room: float, count: int) -> int:
    """Return the batch for `count` boxes of `each` bytes where there is so much `room`."""
    most = min(MOST, max(count // BATCHES, LEAST), room / max(each, 1))
    return 1 << max(int(most), 1).bit_length() - 1


def _peak(see: See, shape: tuple[int, ...], boxes: int, device: torch.device) -> int:
    """Return the bytes that boxes take at most."""
    torch.cuda.reset_peak_memory_stats(device)
    # Black ones: nothing is drawn of the card's random numbers, which a training goes on with.
    see(torch.zeros((boxes * shape[0], *shape[1:]), dtype=torch.uint8, device=device))
    return torch.cuda.max_memory_allocated(device)
