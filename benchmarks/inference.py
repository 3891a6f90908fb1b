"""Time HRNet-W32 with the flip test, beside the official order with its detours by NumPy.

python benchmarks/inference.py [--batch 4] [--rounds 5] [--threads 1]
"""

import official
import torch
from sidebyside import agree, race
from workload import arguments, crops, workload

from hrbench import network
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.kinds.landmarks import predicting
from hrbench.kinds.landmarks.pixels import pixels

CPU = torch.device("cpu")
TOLERANCE = 1e-5  # of network outputs, as the golden numbers have it


@torch.inference_mode()
def main() -> None:
    """Race both ways over one batch."""
    chosen = arguments(__doc__, batch=4, rounds=5)
    load = workload()
    built = network.build(load.spec.model, len(load.dataset.keypoints), chosen.seed).eval()
    plain = network.build(load.spec.model, len(load.dataset.keypoints), chosen.seed).eval()
    images = crops(load, chosen.batch)
    inputs, plain.normalise = Normalisation(IMAGENET)(images), torch.nn.Identity()
    heatmaps = predicting.heatmaps(load.spec, pixels(load.spec, load.dataset), built, CPU)

    def officially() -> torch.Tensor:
        return official.flip_tested(plain, inputs, load.cutting.flip_pairs)

    agree("heatmaps", heatmaps(images), officially(), TOLERANCE)
    race(
        f"{load.spec.model.backbone} with flip test, batch {chosen.batch}",
        officially,
        lambda: heatmaps(images),
        chosen.rounds,
    )


if __name__ == "__main__":
    main()
