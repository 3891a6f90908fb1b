"""Time HRNet-W32 as it predicts: alone, in fp32 and in bf16, and with the flip test.

    python benchmarks/inference.py [--batch 8] [--rounds 3] [--threads 1] [--compile 1]
    python benchmarks/inference.py --device cuda --batch 128

The official network is eager torch in fp32; on a card in full where ours is, else in TF32, as
torch has it by default. bf16 is only faster on CPUs that have instructions for
it. `--compile 1` compiles ours, which takes up to a minute for each batch.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

import official
import peer
import torch
from sidebyside import agree, race
from torch import Tensor, nn
from workload import Workload, arguments, crops, workload

from hrbench import network
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.engine.inference import Inference, Pass
from hrbench.engine.runtime import Runtime
from hrbench.kinds.landmarks import predicting
from hrbench.kinds.landmarks.pixels import pixels
from hrbench.network import ImageNetwork

FULL, DEFAULT = "fp32", "tf32"  # of the official network; the second is torch's on a card
TOLERANCES = {"fp32": 1e-5, "bf16": 5e-2}  # of maps; fp32's is that of the golden numbers


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """One network, as both sides have it, and where it is computed."""

    load: Workload
    ours: ImageNetwork
    theirs: nn.Module
    runtime: Runtime
    rounds: int
    peer: str

    def alone(self, batch: int, precision: str) -> None:
        """Race both through the network once."""
        images = crops(self.load, batch)
        inputs = Normalisation(IMAGENET)(images).to(self.runtime.device)
        inference = Inference(self.ours, self.runtime, precision, batch)
        what = f"{self.load.spec.model.backbone}, batch {batch}, {precision}"
        self.raced(what, lambda: self.theirs(inputs), lambda: inference(images), inference)

    def flip_tested(self, batch: int, precision: str) -> None:
        """Race both through the network twice, to the mean of maps and turned maps."""
        load, device = self.load, self.runtime.device
        images = crops(load, batch)
        inputs, pairs = Normalisation(IMAGENET)(images).to(device), load.cutting.flip_pairs
        inference = Inference(self.ours, self.runtime, precision, 2 * batch)
        maps = predicting.heatmaps(load.spec, pixels(load.spec, load.dataset), inference, device)
        seen = Pass(inference, lambda given: (maps(given),), batch)
        self.raced(
            f"{load.spec.model.backbone} with flip test, batch {batch}, {precision}",
            lambda: official.flip_tested(self.theirs, inputs, pairs),
            lambda: seen(images.to(device, non_blocking=True))[0],
            inference,
        )

    def raced(
        self,
        what: str,
        theirs: Callable[[], Tensor],
        ours: Callable[[], Tensor],
        inference: Inference,
    ) -> None:
        """Compare maps and race, each until its maps are on the host."""
        precision = inference.precision

        def officially() -> Tensor:
            with self.runtime.rounding(FULL if on_cpu or precision == FULL else DEFAULT):
                return theirs().cpu()

        on_cpu = self.runtime.device.type == "cpu"
        agree(f"maps, {what}", ours().cpu(), officially(), TOLERANCES[precision])
        for reason in inference.reasons():
            print(reason)
        how = ", compiled" if inference.compiled else ""
        race(
            f"{what}{how}",
            officially,
            lambda: ours().cpu(),
            self.rounds,
            self.peer,
        )


def sides(chosen: argparse.Namespace) -> Sides:
    """Return the network of the published recipe, with random weights."""
    load = workload()
    ours = network.build(load.spec.model, len(load.dataset.keypoints), chosen.seed).eval()
    functions = peer.load()
    theirs = functions.network(ours, load.spec.model.backbone).eval()
    runtime = Runtime(chosen.device, compiles=bool(chosen.compile))
    who = peer.who(functions.network)
    return Sides(
        load, ours.to(chosen.device), theirs.to(chosen.device), runtime, chosen.rounds, who
    )


@torch.inference_mode()
def main() -> None:
    """Race both ways over batches of each sort."""
    chosen = arguments(__doc__, devices=True, batch=8, rounds=3, compile=0)
    both = sides(chosen)
    both.alone(1, "fp32")
    both.alone(chosen.batch, "fp32")
    both.alone(chosen.batch, "bf16")
    eager = replace(both, runtime=replace(both.runtime, compiles=False))
    for precision in TOLERANCES if chosen.device.type == "cuda" else ("fp32",):
        eager.flip_tested(chosen.batch, precision)


if __name__ == "__main__":
    main()
