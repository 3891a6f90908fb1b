"""Time a training step of HRNet-W32 by the path that hrbench takes, beside the official fp32.

    python benchmarks/training_step.py [--batch 4] [--rounds 3] [--threads 1] [--device cuda]

Both start from what their loader gives: the official from float32 crops and maps, ours from uint8
crops and keypoints. On a CPU one step is timed, in fp32 and, where the processor has it, in bf16.
On a card it is ten, in bf16 and in full fp32; there the official has what its settings and torch
have by default, cudnn.benchmark and TF32 in convolutions, and reads the loss of every step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import peer
import torch
from sidebyside import agree, figure, race
from workload import Workload, arguments, crops, workload

from hrbench import network
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.begun.options import Options
from hrbench.data.loader import Batch
from hrbench.engine.graphs import WARM_UPS
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Plan, Step
from hrbench.formats.location import DataRoot
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.network import ImageNetwork

TOLERANCES = {"fp32": 1e-4, "bf16": 2e-2}  # of the first loss
TF32 = 1e-3  # on a card the official fp32 convolves so
ON_CARD = 10  # steps that are timed together


@dataclass(frozen=True, slots=True)
class Trained:
    """What is trained, on which samples, and in how many steps."""

    load: Workload
    batch: Batch
    drawn: ImageNetwork  # as both sides begin
    device: torch.device
    steps: int


def main() -> None:
    """Race every precision that the device has."""
    chosen = arguments(__doc__, devices=True, batch=4, rounds=3)
    on_card = chosen.device.type == "cuda"
    trained = made(chosen.batch, chosen.seed, chosen.device, ON_CARD if on_card else 1)
    precisions = ("bf16", "fp32") if on_card else ("fp32", "bf16")
    for precision in precisions:
        if precision == "bf16" and not on_card and not bf16():
            print("this processor does not multiply bf16; it is not timed")
            continue
        raced(trained, precision, chosen.rounds)


def bf16() -> bool:
    """Whether the processor multiplies bf16, as far as torch tells."""
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in names)


def made(count: int, seed: int, device: torch.device, steps: int) -> Trained:
    """Return the network of the recipe, and samples of noise."""
    load = workload()
    keypoints, model = len(load.dataset.keypoints), load.spec.model
    points = torch.rand((count, keypoints, 2), dtype=torch.float64) * model.input[1]
    parts = (crops(load, count), points, torch.rand((count, keypoints)) < 0.7)
    batch = Batch(*(part.pin_memory() if device.type == "cuda" else part for part in parts))
    return Trained(load, batch, network.build(model, keypoints, seed), device, steps)


def raced(trained: Trained, precision: str, rounds: int) -> None:
    """Race one precision beside the official fp32."""
    theirs, count = peer.load(), len(trained.batch.images)
    official, (ours, path) = official_steps(trained, theirs), our_steps(trained, precision)
    on_card = trained.device.type == "cuda"
    tolerance = TF32 if on_card and precision == "fp32" else TOLERANCES[precision]
    agree(f"loss of the first step, {precision}", ours(1), official(1), tolerance)
    if on_card:
        ours(WARM_UPS)
    print(f"path: {path()}")
    name = f"{trained.load.spec.model.backbone} training, batch {count}, {precision}"
    what = f"{trained.steps} steps of {name}" if on_card else f"a step of {name}"
    who = peer.who(theirs.mse)
    found = race(what, lambda: official(trained.steps), lambda: ours(trained.steps), rounds, who)
    if on_card:
        images = count * trained.steps
        figure(name, "images/s", images / found.ours, images / found.official, who)


def official_steps(trained: Trained, theirs: peer.Peer) -> Callable[[int], float]:
    """Return what takes so many official steps."""
    load, batch, device = trained.load, trained.batch, trained.device
    targets = load.codec.encode(batch.keypoints, batch.visible, torch.device("cpu"))
    kept = Normalisation(IMAGENET)(batch.images), targets.maps, targets.weights[..., None]
    made = theirs.network(trained.drawn, load.spec.model.backbone).to(device).train()
    adam = torch.optim.Adam(made.parameters(), lr=load.spec.recipe.lr)
    pinned = [part.pin_memory() if device.type == "cuda" else part for part in kept]

    def steps(count: int) -> float:
        torch.backends.cudnn.benchmark = True
        value = 0.0
        for _ in range(count):
            inputs, maps, weights = (part.to(device, non_blocking=True) for part in pinned)
            loss = theirs.mse(made(inputs), maps, weights)
            adam.zero_grad()
            loss.backward()
            adam.step()
            value = loss.item()
        torch.backends.cudnn.benchmark = False
        return value

    return steps


def our_steps(trained: Trained, precision: str) -> tuple[Callable[[int], float], Callable[[], str]]:
    """Return what takes so many steps as `hrbench run` does, and what says by which path."""
    load, device = trained.load, trained.device
    keys = {"precision": precision, "batch_size": len(trained.batch.images)}
    spec = load.spec.model_copy(update={"recipe": load.spec.recipe.model_copy(update=keys)})
    task = Landmarks(spec, load.dataset, DataRoot(Path(), synthetic=True), Options())
    built = network.build(spec.model, len(load.dataset.keypoints), 0)
    built.load_state_dict(trained.drawn.state_dict())
    built.to(device).train()
    runtime, plan = Runtime(device), Plan(spec.recipe, seed=0, workers=0)
    step = Step(built, task.cost(built, device), plan, runtime)

    def steps(count: int) -> float:
        loss = torch.zeros(())
        for _ in range(count):
            loss = step(step.prepared(trained.batch))
        return loss.item()

    def path() -> str:
        return "; ".join((step.execution.path, step.format, *step.reasons))

    return steps, path


if __name__ == "__main__":
    main()
