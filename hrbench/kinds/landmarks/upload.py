"""What is handed in where the truth is hidden: the files that the test servers take."""

import json
from pathlib import Path

from hrbench.formats.mpii import reader
from hrbench.kinds.landmarks.scoring import poses, selected
from hrbench.metrics.selection import coco_results
from hrbench.report.predictions import Predictions
from hrbench.spec import DatasetSpec, LandmarkTask


def write(folder: Path, spec: LandmarkTask, dataset: DatasetSpec, found: Predictions) -> str:
    """Write the file of a split without truth beside its predictions; return what it holds."""
    if spec.protocol.metric == "pckh":
        path = folder / "pred.mat"
        reader.write_predictions(path, found.keypoints)
        return f"{len(found.keypoints)} persons to hand in: {path}"
    results = coco_results(poses(found), selected(spec, dataset, found))
    # The name that COCO's server asks for.
    path = folder / f"person_keypoints_{spec.protocol.split}_hrbench_results.json"
    path.write_text(json.dumps(results), "utf-8")
    return f"{len(results)} results to hand in: {path}"
