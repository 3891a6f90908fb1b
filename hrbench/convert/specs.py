"""The two TOML files that keypoints of one's own need: what they are, and how to train on them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hrbench.convert.labels import TEST, TRAIN, VAL

NamePairs = Sequence[tuple[str, str]]
Files = tuple[str, str]  # of annotations, and the folder of their images; seen from the TOML

DATASET = """\
name = {name}
title = {title}
format = "coco"              # COCO keypoints; boxes that are missing are derived from them
folder = "."                 # --data names the folder of the files

keypoints = [
{keypoints}]
{field}flip_pairs = [               # left and right, which change places in a mirror
{flip_pairs}]
edges = [                    # drawn as limbs
{edges}]
# Without sigmas there is no AP: PCK, NME and errors in pixels are scored. `hrbench sigmas`
# estimates them from repeated annotations of the same images.
# sigmas = []

{divided}{splits}"""

BY_IMAGE = """\
validation_share = 0.2       # of the images
split_seed = 0               # that chooses them; recorded with every run
"""

SPLIT = """\
[splits.{name}]
annotations = {annotations}
images = [{images}]
"""
PARTS = {TRAIN: "training", VAL: "validation"}  # of a file that is not divided

OFF = "# and flip_test is false: not every keypoint has a partner in flip_pairs"

TASK = """\
name = {name}
title = {title}
version = 1                  # count it up when the protocol changes
dataset = {dataset}          # beside this file
reference = {reference}
{hint}default = "w32-256x256"      # or "tiny", to try it out without a GPU

[model]
backbone = "hrnet-w32"
head = "heatmap"
input = [256, 256]           # height, width in pixels; heatmaps are a quarter of it
sigma = 2                    # in heatmap cells

[recipe]
optimizer = "adam"
lr = 1e-3
milestones = [170, 200]      # lr is divided by ten after these epochs
epochs = 210
batch_size = 32              # per optimiser step, over all processes
loss = "mse"
target_weights = true        # keypoints without a label do not count
init = "imagenet"            # give the file with --init; or "random"
validate_every = 10          # epochs; best.pt is the best of those

[augment]
scale = 0.25                 # deviation and limit of the factor
rotation = 30                # degrees; the limit is twice that
rotation_probability = 0.6
flip = {flip}{why}
half_body = 0.0
half_body_above = 8

[protocol]
split = "val"
train_split = "train"
boxes = "gt"                 # annotated, or derived from the keypoints
padding = 1.25
orientation = "followed"     # EXIF turns, as viewers show a picture; or "ignored"
flip_test = {flip_test}
flip_shift = 1               # cells the mirrored map is moved to the right
decoder = "quarter"
# With sigmas in the dataset's file there is AP besides, of the poses that these choose.
box_threshold = 0.0
keypoint_threshold = 0.2     # keypoints above it make up a pose's score
nms = "oks"
nms_threshold = 0.9

[variants.w32-256x256]

[variants.tiny.model]
backbone = "hrnet-w8"
input = [128, 128]
sigma = 1
activation = "softmax"

[variants.tiny.recipe]
lr = 5e-3
epochs = 8
milestones = [6]
loss = "cross-entropy"
init = "random"
initial = "kaiming"
validate_every = 0
"""


def dataset_toml(
    name: str,
    made_from: str,
    keypoints: Sequence[str],
    flip_pairs: NamePairs,
    edges: NamePairs,
    *,
    files: Mapping[str, Files],
    field: str = "",
) -> str:
    """Return the dataset's file; what its files do not divide is split by image.

    Args:
        name: of the folder of the files.
        made_from: what they come from, in words.
        keypoints: their names.
        flip_pairs: left and right ones.
        edges: ends of limbs.
        files: of the splits by their names; of "" where there is one that nobody has divided.
        field: what the annotations call their keypoints, if not so.
    """
    return DATASET.format(
        title=_text(f"{name}, from {made_from}"),
        name=_text(name),
        keypoints=_lines(map(_text, keypoints)),
        flip_pairs=_lines(map(_pair, flip_pairs)),
        edges=_lines(map(_pair, edges)),
        divided="" if {TRAIN, VAL} <= files.keys() else f"{BY_IMAGE}\n",
        splits="\n".join(_splits(files)),
        field=f"keypoints_field = {_text(field)}  # of the annotations\n" if field else "",
    )


def _splits(files: Mapping[str, Files]) -> Iterator[str]:
    """Yield the tables of the splits: one to train on and one to validate, whatever there is."""
    whole = {TRAIN, VAL} <= files.keys()
    divided = files[next((name for name in ("", TRAIN, VAL) if name in files), TEST)]
    for name in (TRAIN, VAL):
        of_split = files[name] if whole else divided
        yield _split(name, of_split) + ("" if whole else f'part = "{PARTS[name]}"\n')
    if TEST in files:
        yield _split(TEST, files[TEST])


def _split(name: str, files: Files) -> str:
    annotations, images = map(_text, files)
    return SPLIT.format(name=name, annotations=annotations, images=images)


def task_toml(
    name: str, made_from: str, *, dataset: str, mirrored: bool = True, hint: str = ""
) -> str:
    """Return the task's file, for the dataset's file beside it.

    Args:
        name: of the task.
        made_from: what the annotations come from, in words.
        dataset: the dataset's file.
        mirrored: whether it is known where a mirror shows each keypoint.
        hint: which variant to train on this machine, in words.
    """
    return TASK.format(
        flip="0.5" if mirrored else "0.0",
        why="" if mirrored else f"                   {OFF}",
        flip_test="true" if mirrored else "false",
        hint=f"# On this machine train {hint}.\n" if hint else "",
        name=_text(name),
        title=_text(f"Keypoints of {name}"),
        dataset=_text(dataset),
        reference=_text(made_from),
    )


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")  # a string of TOML


def _pair(names: tuple[str, str]) -> str:
    return f"[{_text(names[0])}, {_text(names[1])}]"


def _lines(values: Iterable[str]) -> str:
    return "".join(f"  {value},\n" for value in values)
