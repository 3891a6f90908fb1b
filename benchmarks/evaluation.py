"""Time a whole evaluation of HRNet-W32, from JPEG files to COCO's ten figures.

    python benchmarks/evaluation.py [--images 4] [--boxes 6] [--workers 1]
    python benchmarks/evaluation.py --device cuda --images 200 --boxes 20 --workers 8

Officially: the loader, which reads an image for each of its boxes; the flip test by way of NumPy;
decoding batch by batch; a results file and pycocotools. Ours: what `hrbench run --weights` does.
The network is in full fp32 on both sides, its weights random. On a card the time of val2017's
104,125 boxes is told in proportion.
"""

import argparse
import contextlib
import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import official
import peer
import scoring
import torch
from numpy.typing import NDArray
from pycocotools.coco import COCO
from sidebyside import agree, figure, race
from torch import Tensor, nn
from torch.utils.data import DataLoader
from workload import IMAGE_SIZE, Workload, arguments, with_boxes, workload

from hrbench import network, world
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.engine.execution import Execution
from hrbench.engine.runtime import Runtime
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of
from hrbench.kinds.landmarks import predicting
from hrbench.kinds.landmarks.pixels import pixels
from hrbench.kinds.landmarks.scoring import measurable, setting
from hrbench.metrics.named.oks import OKS
from hrbench.metrics.people import Poses
from hrbench.network import ImageNetwork
from hrbench.report.predictions import Predictions

BATCH = 32  # of the official test, on each card
VAL2017 = 104_125  # boxes of its detections file
PARTS = 4  # of a synthetic set, one of which is measured
MOVED = 1e-3  # share of keypoints that rounding may put elsewhere: two cells tie
NEAR = 0.01  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """Boxes in images of a synthetic COCO, and one network."""

    load: Workload
    evaluation: LandmarkEvaluation
    annotations: COCO
    network: ImageNetwork
    theirs: nn.Module
    runtime: Runtime
    workers: int

    def hrbench(self) -> tuple[Predictions, list[float], list[Execution]]:
        """Predict and score as a run does."""
        spec, dataset, computed = self.load.spec, self.load.dataset, list[Execution]()
        found = predicting.predictions(
            spec,
            pixels(spec, dataset),
            self.network,
            self.evaluation,
            self.runtime,
            workers=self.workers,
            told=computed.append,
        )
        compared = OKS.compare(self.evaluation.truth, measurable(found), setting(spec, dataset))
        figures = OKS.score(compared).figures
        without_people = -1.0  # as pycocotools has it
        ten = [figures[name] / 100 for name in scoring.TEN]
        return found, [without_people if np.isnan(value) else value for value in ten], computed

    @torch.no_grad()
    def officially(self, functions: peer.Peer) -> tuple[Poses, NDArray[np.float64]]:
        """Predict and score by the steps of the official test."""
        people, cutting, device = self.evaluation.people, self.load.cutting, self.runtime.device
        cuda, size = device.type == "cuda", (self.load.codec.width, self.load.codec.height)
        loader: DataLoader[Tensor] = DataLoader(
            functions.evaluation_samples(people, cutting.size),
            BATCH,
            num_workers=self.workers,
            pin_memory=cuda,
        )
        found = []
        with self.runtime.autocast("fp32"):
            for number, crops in enumerate(loader):
                rows = slice(number * BATCH, number * BATCH + len(crops))
                inputs = crops.to(device, non_blocking=True)
                maps = official.flip_tested(self.theirs, inputs, cutting.flip_pairs).cpu().numpy()
                centers, scales = people.centers[rows], people.scales[rows]
                found.append(functions.final_predictions(maps, centers, scales, size))
        keypoints, scores = (np.concatenate(column) for column in zip(*found, strict=True))
        poses = Poses(
            image_ids=people.image_ids[people.image],
            keypoints=keypoints,
            keypoint_scores=scores,
            box_scores=people.scores,
            box_areas=np.prod(people.scales * 200.0, axis=1).astype(np.float64),
        )
        if functions.coco_figures is not None:
            ten = functions.coco_figures(poses, self.annotations)
            return poses, np.asarray(ten, np.float64)
        written = scoring.official_selection(poses)
        return poses, scoring.official_figures(self.annotations, written, {})


def prepared(chosen: argparse.Namespace, functions: peer.Peer) -> Evaluated:
    """Return boxes of images that are made at the first call, and the network."""
    load = workload()
    spec = load.spec.model_copy(
        update={"protocol": load.spec.protocol.model_copy(update={"precision": "fp32"})}
    )
    root = world.cached("coco", images=PARTS * chosen.images, seed=chosen.seed, size=IMAGE_SIZE)
    read = format_of(load.dataset, PeopleFormat).evaluation(
        spec, load.dataset, DataRoot(root, synthetic=True), boxes="gt", limit=None
    )
    boxes = with_boxes(read.people, chosen.boxes, np.random.default_rng(chosen.seed))
    with contextlib.redirect_stdout(io.StringIO()):
        annotations = COCO(str(_annotations(root, load)))
    built = network.build(spec.model, len(load.dataset.keypoints), chosen.seed).eval()
    theirs = functions.network(built, spec.model.backbone).eval()
    return Evaluated(
        replace(load, spec=spec),
        replace(read, people=boxes),
        annotations,
        built.to(chosen.device),
        theirs.to(chosen.device),
        Runtime(chosen.device),
        chosen.workers,
    )


def _annotations(root: Path, load: Workload) -> Path:
    split = load.dataset.splits[load.spec.protocol.split]
    return root / load.dataset.folder / str(split.annotations)


def main() -> None:
    """Race both ways over the same files."""
    chosen = arguments(__doc__, devices=True, images=4, boxes=6, workers=1, rounds=1)
    functions = peer.load()
    both = prepared(chosen, functions)
    found, figures, computed = both.hrbench()
    poses, theirs = both.officially(functions)
    for execution in computed:
        print(f"hrbench: {execution.words}")
    _require_same(found.keypoints, poses.keypoints)
    agree("the ten figures", figures, theirs, MOVED)
    count, who = len(poses.image_ids), peer.who(functions.network)
    result = race(
        f"evaluation of {count} boxes in {chosen.images} images with flip test, JPEG to figures",
        lambda: both.officially(functions),
        both.hrbench,
        chosen.rounds,
        who,
    )
    if chosen.device.type == "cuda":
        each = VAL2017 / count
        what = f"evaluation of {VAL2017:,} boxes, in proportion to {count:,}"
        figure(what, "s", result.ours * each, result.official * each, who)


def _require_same(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> None:
    moved = float((np.abs(ours - theirs).max(axis=2) > NEAR).mean())
    print(f"check: keypoints {ours.shape}: {moved:.2%} more than {NEAR} px apart")
    if not moved <= MOVED:
        raise SystemExit("keypoints: the two ways disagree")


if __name__ == "__main__":
    main()
