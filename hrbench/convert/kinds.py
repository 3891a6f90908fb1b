"""What files of annotations are that cannot be converted, and what to do with them."""

from pathlib import Path
from typing import Any

KNOWN = (
    "name a DeepLabCut project or its .csv, a SLEAP .slp, NWB's .nwb, a YOLO pose data.yaml, "
    "CVAT's .xml or .zip, a folder of labelme's files, Label Studio's .json, or a .json in COCO's "
    "format"
)
SUFFIXES = {
    ".h5": "a table of DeepLabCut or SLEAP in HDF5: name the CollectedData_*.csv beside it, or "
    "SLEAP's .slp",
    ".hdf5": "HDF5: name SLEAP's .slp, or DeepLabCut's .csv",
    ".txt": "text: labels of YOLO are named by their data.yaml",
}
YAML = (".yaml", ".yml")


def of_json(content: Any) -> str:
    """Return what the content of a JSON file is, in words; nothing for COCO's and unknown ones."""
    if isinstance(content, dict):
        if "_via_img_metadata" in content or "_via_settings" in content:
            return "a project of the VGG Image Annotator: export it as COCO there"
        return ""
    first = content[0] if isinstance(content, list) and content else None
    if isinstance(first, dict) and {"image_id", "score"} <= first.keys():
        return "a list of results, what a model found: name the annotations"
    return ""


def is_alphatracker(content: Any) -> bool:
    """Whether the content of a JSON file is frames of AlphaTracker."""
    frames = content if isinstance(content, list) else []
    return bool(frames) and all(
        isinstance(frame, dict) and {"filename", "class", "annotations"} <= frame.keys()
        for frame in frames
    )


def of_file(path: Path) -> str:
    """Return what a file is by its name, in words after others; nothing where that is not known."""
    words = SUFFIXES.get(path.suffix.lower(), "")
    return f", {words}" if words else ""


def describing_yolo(folder: Path) -> list[Path]:
    """Return the files in a folder that describe keypoints for YOLO."""
    files = [path for suffix in YAML for path in sorted(folder.glob(f"*{suffix}"))]
    return [path for path in files if describes_yolo(path)]


def describes_yolo(file: Path) -> bool:
    """Whether a file describes keypoints for YOLO."""
    return b"kpt_shape" in file.read_bytes()


def of_folder(folder: Path) -> str:
    """Return what lies in a folder without annotations that can be converted, in words."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for suffix in (".slp", ".nwb", ".json"):
        names = [path.name for path in files if path.suffix.lower() == suffix]
        if len(names) == 1:
            return f"name the file in it, {names[0]}"
        if names:
            return f"it has {len(names)} {suffix} files ({names[0]}, …): name one of them"
    return KNOWN
