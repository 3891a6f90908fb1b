"""Time the way of a batch of crops to a card: float32 made on the CPU, beside pinned bytes.

    python benchmarks/copies.py [--batch 128] [--rounds 20]

Officially the loader gives normalised float32 crops in pinned memory. Ours gives uint8, and the
card normalises them. Both are waited for.
"""

import torch
from sidebyside import agree, figure, race
from workload import arguments, crops, workload

from hrbench.backbone.input import IMAGENET, Normalisation

TOLERANCE = 1e-6  # of a normalised value: the card may round a division otherwise


def main() -> None:
    """Race both ways, and print what goes over in a second."""
    chosen = arguments(__doc__, batch=128, rounds=20)
    if not torch.cuda.is_available():
        print("needs a CUDA card; nothing measured")
        return
    card, load = torch.device("cuda"), workload()
    pixels = crops(load, chosen.batch).pin_memory()
    inputs = Normalisation(IMAGENET)(pixels).contiguous().pin_memory()
    normalise = Normalisation(IMAGENET).to(card)

    def officially() -> torch.Tensor:
        return over(inputs)

    def hrbench() -> torch.Tensor:
        normalised: torch.Tensor = normalise(pixels.to(card, non_blocking=True))
        torch.cuda.synchronize()
        return normalised

    def over(batch: torch.Tensor) -> torch.Tensor:
        copied = batch.to(card, non_blocking=True)
        torch.cuda.synchronize()
        return copied

    agree("normalised crops", hrbench().cpu(), officially().cpu(), TOLERANCE)
    found = race(f"{chosen.batch} crops to the card", officially, hrbench, chosen.rounds)
    figure("float32 crops to the card", "GB/s", inputs.nbytes / found.official / 1e9)


if __name__ == "__main__":
    main()
