"""A video of two persons who walk past each other, and where each of them is in every frame."""

import json
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from hrbench.world.background import add_grain, paint_background
from hrbench.world.camera import look_at
from hrbench.world.canvas import Canvas, Light
from hrbench.world.people.figure import Person, draw_people
from hrbench.world.people.outfit import sample_outfit
from hrbench.world.people.pose import sample_angles
from hrbench.world.people.skeleton import joint_positions, sample_body

SIZE = 160, 288  # pixels: height, width
RATE, LENGTH = 25, 50  # frames a second, frames
PATHS = (((900.0, -1600.0), (900.0, 1600.0)), ((-900.0, 1600.0), (-900.0, -1600.0)))  # mm
FLESH = 6.0  # pixels around the outermost joints


@dataclass(frozen=True)
class Crossing:
    """The video, and the truth."""

    video: Path
    boxes: Path  # a file for `--boxes`, each frame's in another order
    joints: NDArray[np.float64]  # (T, 2, J, 2) px

    def person_of(self, frame: int, box: NDArray[np.float64]) -> int:
        """Return whose box it is: that in which the person's middle lies nearest."""
        middle = box[:2] + box[2:] / 2
        low, high = self.joints[frame].min(axis=1), self.joints[frame].max(axis=1)
        return int(np.linalg.norm((low + high) / 2 - middle, axis=1).argmin())


def crossing(folder: Path) -> Crossing:
    """Draw the world's people on two straight paths, one before the other; none is hidden."""
    rng = np.random.default_rng(7)
    camera = look_at(np.array([-7000.0, 0.0, 5000.0]), np.array([0.0, 0.0, 700.0]), SIZE)
    bodies = [sample_body(rng) for _ in PATHS]
    posed = [joint_positions(body.offsets, sample_angles(rng)) for body in bodies]
    outfits = [sample_outfit(rng) for _ in PATHS]
    ground, light = paint_background(rng, SIZE, camera), Light((-0.3, -0.8, -0.5), 0.5)
    shown, joints, rows = [], [], []
    for frame in range(LENGTH):
        people = []
        for body, pose, outfit, (start, end) in zip(bodies, posed, outfits, PATHS, strict=True):
            place = np.array(start) + frame / (LENGTH - 1) * (np.array(end) - start)
            moved = pose + np.append(place, -pose[:, 2].min())
            people.append(Person(moved, body.stature, body.girth, outfit))
        canvas = Canvas(ground.copy(), camera.focal, light)
        draw_people(canvas, camera, people)
        shown.append(add_grain(rng, canvas.image))
        seen = [camera.project(person.joints)[0] for person in people]
        joints.append(seen)
        for points in rng.permutation(np.array(seen)):
            low, high = points.min(axis=0) - FLESH, points.max(axis=0) + FLESH
            box = np.concatenate([low, high - low]) + rng.normal(0, 1, 4)  # as a detector has it
            rows.append({"file_name": "walk.mp4", "frame": frame, "bbox": box.tolist()})
    boxes = folder / "boxes.json"
    boxes.write_text(json.dumps(rows), "utf-8")
    return Crossing(_written(folder / "walk.mp4", shown), boxes, np.array(joints))


def _written(place: Path, shown: list[NDArray[np.uint8]]) -> Path:
    with av.open(str(place), "w") as file:
        stream = file.add_stream("libx264", rate=RATE, options={"crf": "16"})
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv420p"
        for frame in shown:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        file.mux(stream.encode(None))
    return place
