"""Small trees of data for the tests of the whole road."""

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from shared import need_shared

from hrbench import world

SMALL = ("recipe.epochs=1", "recipe.batch_size=8", "protocol.flip_test=false")


@cache
def small_world(images: int = 16) -> Path:
    """A synthetic COCO tree, made once for all tests."""
    root = Path(mkdtemp(prefix="hrbench-test-"))
    world.make("coco", root, images=images, size=(128, 128))
    return root


def real_tree(root: Path, split: str = "val2017") -> Path:
    """A copy of the real slice's files as another split, below `root`."""
    real = need_shared() / "real" / "coco"
    annotations = root / "coco" / "annotations"
    annotations.mkdir(parents=True, exist_ok=True)
    shutil.copy(
        real / "annotations/person_keypoints_val2017.json",
        annotations / f"person_keypoints_{split}.json",
    )
    shutil.copytree(real / "images" / "val2017", root / "coco" / "images" / split)
    return root


def write_json(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path
