"""Measure the memory of predicting and scoring COCO val2017's boxes, without a network.

    python benchmarks/memory.py [--images 5000] [--seed 0]

Each way has a process of its own, which makes the maps of a batch, decodes them and forgets them,
then scores what it has kept. The official way keeps a dict of every box and writes a results file
that pycocotools reads back; ours keeps columns and writes `predictions.npz`. Both must give the
same ten figures. What is compared is the most memory that a process ever held.
"""

import argparse
import contextlib
import io
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import peer
import torch
from numpy.typing import NDArray
from pycocotools.cocoeval import COCOeval
from scoring import (
    SETTING,
    TEN,
    TOLERANCE,
    as_coco,
    make_poses,
    make_truth,
    official_selection,
)
from sidebyside import agree, figure
from workload import workload

from hrbench.geometry import PADDING, UNIT, Floats
from hrbench.heads.codec import Codec, gaussian
from hrbench.kinds.landmarks.scoring import measurable
from hrbench.metrics.named.oks import OKS
from hrbench.metrics.people import Poses, Truth
from hrbench.report.predictions import Predictions

BATCH = 32  # crops, of the official test on one card
MEGABYTE = 2**20
STATUS = Path("/proc/self/status")  # proc(5)


def held(name: str) -> float:
    """Return the memory of this process in MB: "VmRSS", what it holds, or "VmHWM", ever held."""
    if not STATUS.exists():  # so the most that was ever held stands for both
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return largest / (MEGABYTE if sys.platform == "darwin" else 1024)
    lines = dict(line.split(":", 1) for line in STATUS.read_text("ascii").splitlines())
    return int(lines[name].split()[0]) / 1024


def cut_around(keypoints: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (N, 2) centers and scales of crops, 3 wide and 4 high, around (N, K, 2) keypoints."""
    low, high = keypoints.min(axis=1), keypoints.max(axis=1)
    height = np.maximum((high - low)[:, 1], (high - low)[:, 0] / 0.75) * PADDING
    scales = height[:, None] * np.array([0.75, 1]) / UNIT
    return ((low + high) / 2).astype(np.float32), scales.astype(np.float32)


def batches(codec: Codec, boxes: dict[str, Any]) -> Iterator[tuple[slice, torch.Tensor]]:
    """Yield maps with a bump at each keypoint, as high as its score, and whose they are."""
    steps = [torch.arange(edge) for edge in codec.size]
    for start in range(0, len(boxes["centers"]), BATCH):
        rows = slice(start, start + BATCH)
        centers, scales = boxes["centers"][rows, None], boxes["scales"][rows, None]
        share = (boxes["keypoints"][rows] - centers) / (scales * UNIT) + 0.5
        x, y = torch.from_numpy(share * np.array(codec.size, dtype=np.float32))[..., None].unbind(2)
        across, down = gaussian(steps[0] - x, codec.sigma), gaussian(steps[1] - y, codec.sigma)
        across *= torch.from_numpy(boxes["scores"][rows, :, None])
        yield rows, down[..., :, None] * across[..., None, :]


def officially(codec: Codec, boxes: dict[str, Any], truth: Truth, folder: Path) -> Floats:
    """Return the ten figures; what is kept beside the maps is what the official code keeps."""
    theirs, images = peer.load(), len(boxes["scored_images"])
    count, keypoints = boxes["scores"].shape
    coco = as_coco(truth, images)
    samples = [
        {
            "image": f"images/val2017/{boxes['image_ids'][row]:012d}.jpg",
            "center": boxes["centers"][row].copy(),
            "scale": boxes["scales"][row].copy(),
            "score": float(boxes["box_scores"][row]),
            "joints_3d": np.zeros((keypoints, 3)),
            "joints_3d_vis": np.ones((keypoints, 3)),
        }
        for row in range(count)
    ]
    found, around = np.zeros((count, keypoints, 3), dtype=np.float32), np.zeros((count, 6))
    for rows, maps in batches(codec, boxes):
        centers, scales = (
            np.array([sample[name] for sample in samples[rows]]) for name in ("center", "scale")
        )
        placed = theirs.final_predictions(maps.numpy(), centers, scales, codec.size)
        found[rows, :, :2], found[rows, :, 2] = placed
        around[rows] = np.column_stack(
            (centers, scales, (scales * UNIT).prod(axis=1), [s["score"] for s in samples[rows]])
        )
    poses = Poses(boxes["image_ids"], found[..., :2], found[..., 2], around[:, 5], around[:, 4])
    if theirs.coco_figures is not None:
        return theirs.coco_figures(poses, coco)
    path = folder / "results.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(official_selection(poses), file)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(coco, coco.loadRes(str(path)), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return np.asarray(evaluation.stats)


def hrbench(codec: Codec, boxes: dict[str, Any], truth: Truth, folder: Path) -> Floats:
    """Return the ten figures of predictions, which are kept in a file too."""
    found = np.empty((*boxes["scores"].shape, 2), dtype=np.float32)
    scores = np.empty_like(boxes["scores"])
    for rows, maps in batches(codec, boxes):
        cells, scores[rows] = (part.numpy() for part in codec.decode(maps))
        places = boxes["centers"][rows], boxes["scales"][rows], codec.size
        found[rows] = codec.to_image(cells, *places)
    stored = Predictions(
        sample_ids=np.arange(len(found)),
        image_ids=boxes["image_ids"],
        boxes=np.zeros((len(found), 4)),  # which no figure is made of
        box_scores=boxes["box_scores"],
        centers=boxes["centers"],
        scales=boxes["scales"],
        keypoints=found,
        scores=scores,
        scored_images=boxes["scored_images"],
    )
    stored.write(folder)
    figures = OKS.score(OKS.compare(truth, measurable(stored), SETTING)).figures
    return np.array([figures[name] / 100 for name in TEN])


WAYS = {"official": officially, "hrbench": hrbench}


def one(way: str, folder: Path) -> None:
    """Go one way in this process, and print its figures and its memory as JSON."""
    codec = workload().codec
    before = held("VmRSS")
    with np.load(folder / "truth.npz") as kept, np.load(folder / "boxes.npz") as given:
        truth, boxes = Truth(**kept), dict(given)
    with torch.inference_mode():
        figures = WAYS[way](codec, boxes, truth, folder)
    print(json.dumps({"figures": figures.tolist(), "before": before, "most": held("VmHWM")}))


def both(images: int, seed: int) -> dict[str, dict[str, Any]]:
    """Return what either process prints; both run at the same time, as no time is measured."""
    rng = np.random.default_rng(seed)
    truth = make_truth(images, rng)
    poses = make_poses(images, truth, rng)
    centers, scales = cut_around(poses.keypoints)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "truth.npz", **asdict(truth))
        np.savez(
            folder / "boxes.npz",
            image_ids=poses.image_ids,
            keypoints=poses.keypoints,
            scores=poses.keypoint_scores,
            box_scores=poses.box_scores,
            centers=centers,
            scales=scales,
            scored_images=np.arange(images) + 1,
        )
        command = [sys.executable, __file__, "--folder", name, "--way"]
        started = {
            way: subprocess.Popen([*command, way], stdout=subprocess.PIPE, text=True)
            for way in WAYS
        }
        said = {way: process.communicate()[0] for way, process in started.items()}
    if failed := [way for way, process in started.items() if process.returncode]:
        raise SystemExit(f"failed: {', '.join(failed)}")
    return {way: json.loads(text.splitlines()[-1]) for way, text in said.items()}


def main() -> None:
    """Compare the memory of both ways, of the whole processes and beside their libraries."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.way:
        one(chosen.way, chosen.folder)
        return
    found = both(chosen.images, chosen.seed)
    ours, theirs = found["hrbench"], found["official"]
    agree("ten figures", ours["figures"], theirs["figures"], TOLERANCE)
    who = peer.who(peer.load().final_predictions)
    what = f"most memory, {chosen.images} images"
    figure(f"{what}, whole process", "MB", ours["most"], theirs["most"], who)
    own, others = (way["most"] - way["before"] for way in (ours, theirs))
    figure(f"{what}, beside what the libraries take", "MB", own, others, who)


if __name__ == "__main__":
    main()
