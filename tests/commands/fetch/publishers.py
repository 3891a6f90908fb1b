"""Publishers of datasets: a server of this machine, whose archives are of synthetic trees."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from cli.command import Ended, called
from fetching.server import Served
from worlds import release_of_wflw, small_world

from hrbench import catalog

BOXES = "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"


class Site(NamedTuple):
    """A publisher's files, what one may fetch from where, and what should come out."""

    served: Served
    toml: str
    raw: dict[str, Any]
    by_hand: dict[str, bytes]  # archives that only a person may get
    tree: Path  # of the dataset


def published(name: str, served: Served, folder: Path) -> Site:
    """The dataset's own TOML with addresses of a server that has such archives."""
    tree = small_world(48, name) / name
    if name == "wflw":
        tree = release_of_wflw(tree.parent, folder / "release") / name
    raw, by_hand = catalog.load_dataset(name).plain(), dict[str, bytes]()
    if name == "imagenet":  # in folders by class, it has no need of the development kit
        raw["downloads"] = [about for about in raw["downloads"] if "devkit" not in about["file"]]
    for about in raw["downloads"]:
        if not about["file"]:
            continue
        files: dict[str, bytes] = {}
        for given in about["gives"]:
            packed = content_of(tree, given["place"], given["entry"])
            given["files"] = len(packed)
            files |= packed
        archive = packed_as(about["file"], files)
        about |= {"bytes": len(archive), "hash": f"sha256:{hashlib.sha256(archive).hexdigest()}"}
        if about["address"]:
            served.files[f"/{name}/{about['file']}"] = archive
            about["address"] = f"{served.address}/{name}/{about['file']}"
        else:
            by_hand[about["file"]] = archive
    (folder / f"{name}.toml").write_text(tomli_w.dumps(raw), "utf-8")
    return Site(served, f"{name}.toml", raw, by_hand, tree)


def content_of(tree: Path, place: str, entry: str) -> dict[str, bytes]:
    """The files of a place, by their names in the archive."""
    source = tree / place if (tree / place).exists() else tree / "images" / place
    if source.is_file():
        return {f"packed/{entry}": source.read_bytes()}
    files = {path.relative_to(source).as_posix(): path for path in sorted(source.rglob("*"))}
    return {
        name if entry == "." else f"{entry}/{name}": path.read_bytes()
        for name, path in files.items()
        if path.is_file()
    }


def packed_as(file: str, files: Mapping[str, bytes]) -> bytes:
    """An archive; ImageNet's training images are one of a tar for each class."""
    if file.endswith("_train.tar"):
        classes = sorted({name.split("/")[0] for name in files})
        inner = {c: {n.split("/")[1]: f for n, f in files.items() if n[:9] == c} for c in classes}
        files = {f"{name}.tar": packed_as("", content) for name, content in inner.items()}
    buffer = io.BytesIO()
    if file.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz" if file.endswith("gz") else "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def fetched(folder: Path, *arguments: str, **variables: str) -> Ended:
    return called(folder, "fetch", *arguments, "--data", "data", **variables)


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
