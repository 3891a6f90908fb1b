"""The AP of the mean pose on the built-in set: what there is to be had without looking.

python benchmarks/mean_pose.py
"""

import sys
from pathlib import Path

from hrbench import catalog, world
from hrbench.pipeline import measuring, sources

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pipeline.mean_pose import mean_pose


def main() -> None:
    """Print it for the boxes and images that `hrbench run coco-pose` measures without data."""
    spec, dataset = catalog.load_task("coco-pose@tiny"), catalog.load_dataset("coco")
    assert spec.builtin is not None
    root = world.cached("coco", images=spec.builtin.images, seed=spec.builtin.seed)
    source = sources.Source(root, synthetic=True)
    training = sources.training_people(spec, dataset, source)
    looked_at = sources.evaluation(spec, dataset, source, boxes=spec.protocol.boxes, limit=None)
    found = mean_pose(training, looked_at)
    figures = measuring.measure(spec, dataset, found, looked_at.truth).metrics
    images = len(looked_at.image_ids)
    print(f"mean pose on {images} synthetic validation images: AP {figures['AP'].value:.1f}")


if __name__ == "__main__":
    main()
