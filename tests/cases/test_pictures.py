"""Pictures of people's own: turned by their EXIF tag, of another size, in odd files."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from cli.command import called
from dots import ANNOTATIONS, BRIEF, DATASET, NAMES, TASK, edit_json, edit_toml, write_dots
from PIL import Image
from worlds import small_weights, small_world

from hrbench import catalog, network
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.data.headers import SEVERAL, TAG
from hrbench.data.images import NEARLY_BLACK, NO_END
from hrbench.data.orientation import BACK
from hrbench.errors import DataError
from hrbench.report.record import RunRecord
from hrbench.spec import LandmarkTask

WIDTH = 56  # of the dots' pictures, which are 64 pixels high


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """A dataset as a viewer shows it: pictures higher than wide."""
    folder = write_dots(tmp_path / "dots")
    for path in (folder / "images").iterdir():
        Image.open(path).crop((0, 0, WIDTH, 64)).save(path)
    edit_json(folder / ANNOTATIONS, lambda said: [i.update(width=WIDTH) for i in said["images"]])
    return folder


def as_a_phone_stores(folder: Path, tag: int, kind: str = "PNG") -> None:
    """Store the pictures another way up, with the tag that lets a viewer turn them back."""
    exif = Image.Exif()
    exif[TAG] = tag
    options = {"tiffinfo": {TAG: tag}} if kind == "TIFF" else {"exif": exif.tobytes()}
    for path in (folder / "images").iterdir():
        with Image.open(path) as image:
            stored = image.transpose(BACK[tag])
        stored.save(path, kind, **options)


def weights(folder: Path) -> str:
    spec = catalog.load_task(f"{folder / TASK}@tiny", BRIEF)
    assert isinstance(spec, LandmarkTask)
    built = network.build(spec.model, len(NAMES), seed=3, initial=spec.recipe.initial)
    torch.save({"network": built.state_dict()}, folder / "weights.pt")
    return str(folder / "weights.pt")


def measured(folder: Path, *overrides: str, **options: Any) -> RunRecord:
    given: dict[str, Any] = {"data": str(folder), "workers": 0, "device": "cpu", **options}
    done = running.run(
        f"{folder / TASK}@tiny",
        Options(
            out=str(folder / "out"),
            weights=weights(folder),
            overrides=(*BRIEF, *overrides),
            pictures=2,
            **given,
        ),
    )
    assert done is not None
    return done[0]


def figures(record: RunRecord) -> dict[str, Any]:
    return {name: metric.value for name, metric in record.metrics.items()}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("tag", [3, 6, 5])
def test_pictures_annotated_upright_give_the_figures_of_their_upright_twins(
    shown: Path, tag: int, kind: str
) -> None:
    plain = figures(measured(shown))
    as_a_phone_stores(shown, tag, kind)
    assert figures(measured(shown)) == plain
    with pytest.raises(DataError, match=r"EXIF|annotated"):
        measured(shown, "protocol.orientation=ignored") if tag > 4 else undecided(shown)


def undecided(folder: Path) -> RunRecord:
    edit_toml(folder / TASK, lambda said: said["protocol"].pop("orientation"))
    return measured(folder)


def test_a_training_follows_the_tags_too(shown: Path) -> None:
    options = Options(
        data=str(shown), overrides=BRIEF, workers=0, device="cpu", out=str(shown / "o")
    )
    plain = running.run(f"{shown / TASK}@tiny", options)
    as_a_phone_stores(shown, 6)
    turned = running.run(f"{shown / TASK}@tiny", options)
    assert plain is not None
    assert turned is not None
    assert figures(plain[0]) == figures(turned[0])


def test_what_nobody_decided_is_refused_before_training_with_the_way_out(shown: Path) -> None:
    edit_toml(shown / TASK, lambda said: said["protocol"].pop("orientation"))
    measured(shown)  # no tags, nothing to decide
    as_a_phone_stores(shown, 3)
    with pytest.raises(DataError, match=r'protocol\.orientation = "followed" if .*: 2 \('):
        measured(shown)
    assert measured(shown, "protocol.orientation=followed").metrics
    assert measured(shown, "protocol.orientation=ignored").metrics


def test_annotations_of_the_stored_pixels_are_told_from_those_of_a_viewer(shown: Path) -> None:
    plain = figures(measured(shown))
    exif = Image.Exif()
    exif[TAG] = 6
    for path in (shown / "images").iterdir():
        with Image.open(path) as image:
            image.save(path, "PNG", exif=exif.tobytes())
    with pytest.raises(
        DataError, match=r'as they are stored, .* = "ignored" .* reads them so\): 2 \('
    ):
        measured(shown)
    assert figures(measured(shown, "protocol.orientation=ignored")) == plain
    edit_toml(shown / TASK, lambda said: said["protocol"].pop("orientation"))
    assert figures(measured(shown)) == plain  # the annotated sizes have told


def test_check_says_what_a_task_has_to_say_and_decodes_nothing(shown: Path) -> None:
    as_a_phone_stores(shown, 6)
    report = check(str(shown / DATASET), str(shown), images=False)
    assert report.ok
    for split in report.splits:
        assert "all headers read" in split.text().replace("\n", " ").replace("  ", "")
        (note,) = (str(n) for n in split.notes if "EXIF" in str(n))
        assert note.startswith("images annotated as a viewer shows them, turned by their EXIF tag")


def test_pictures_of_another_size_are_refused_unless_that_is_allowed(shown: Path) -> None:
    for path in (shown / "images").iterdir():
        Image.open(path).resize((WIDTH // 2, 32)).save(path)
    words = r"images of another size than annotated: 2 \(\d\.png is 28 x 32, not 56 x 64"
    with pytest.raises(DataError, match=words + r".*`--allow image-sizes` goes on all the same"):
        measured(shown)
    assert not (shown / "out").exists()
    record = measured(shown, allow=("image-sizes",))
    assert any("--allow image-sizes" in note for note in record.notes)
    report = check(str(shown / DATASET), str(shown), images=False)
    assert not report.ok
    assert check(str(shown / DATASET), str(shown), images=False, allow=("image-sizes",)).ok


def test_a_published_dataset_is_compared_when_a_picture_is_opened(tmp_path: Path) -> None:
    """As COCO's pictures at half their size would be, which nothing but their size tells."""
    shutil.copytree(small_world() / "coco", tmp_path / "coco")
    for path in (tmp_path / "coco" / "images" / "val2017").iterdir():
        Image.open(path).resize((64, 64)).save(path)
    task = "coco-pose@tiny"
    options = Options(
        data=str(tmp_path), weights=str(small_weights(task)), workers=0, out=str(tmp_path / "out")
    )
    with pytest.raises(DataError, match=r"has 64 x 64 pixels and is annotated as 128 x 128; is it"):
        running.run(task, options)


def test_published_files_with_width_and_height_swapped_run_as_they_are(tmp_path: Path) -> None:
    """As CrowdPose's first files of 2018: jeffffffli/CrowdPose#12."""
    shutil.copytree(small_world(dataset="crowdpose") / "crowdpose", tmp_path / "crowdpose")
    for path in (tmp_path / "crowdpose" / "images").iterdir():
        Image.open(path).crop((0, 0, 128, 120)).save(path)
    for file in (tmp_path / "crowdpose" / "json").glob("crowdpose_*.json"):
        content = json.loads(file.read_text("utf-8"))
        for image in content["images"]:
            image |= {"width": 120, "height": 128}
        file.write_text(json.dumps(content), "utf-8")
    task = "crowdpose@tiny"
    options = Options(
        data=str(tmp_path),
        weights=str(small_weights(task)),
        boxes="gt",
        workers=0,
        out=str(tmp_path / "out"),
    )
    done = running.run(task, options)
    assert done is not None
    assert any("width and height are swapped" in note for note in done[0].notes)
    assert check("crowdpose", str(tmp_path), images=True).splits[0].usable


def predicted(folder: Path, picture: Path) -> tuple[list[Any], str]:
    """What `predict` finds in a picture, and says."""
    task, out = "coco-pose@tiny", folder / f"of-{picture.name}"
    named = ["--weights", str(small_weights(task)), "-o", str(out), "--no-drawn"]
    ended = called(folder, "predict", str(picture), "--task", task, *named, "--device", "cpu")
    assert ended.status == 0, ended.err
    return [row["keypoints"] for row in json.loads((out / "keypoints.json").read_text())], ended.err


def a_photo() -> Image.Image:
    return Image.open(next((small_world() / "coco" / "images" / "val2017").iterdir()))


def test_a_jpeg_without_its_last_two_bytes_is_read_as_the_whole_one_and_said(
    tmp_path: Path,
) -> None:
    a_photo().save(tmp_path / "whole.jpg", quality=95)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:-2])
    whole, said = predicted(tmp_path, tmp_path / "whole.jpg")
    assert "JPEG" not in said
    cut, said = predicted(tmp_path, tmp_path / "cut.jpg")
    assert cut == whole
    assert f"{NO_END}: 1 (cut.jpg)\n" in said


def test_pages_and_few_of_16_bits_are_said(tmp_path: Path) -> None:
    photo = a_photo()
    photo.save(tmp_path / "pages.tif", save_all=True, append_images=[photo, photo])
    photo.save(tmp_path / "page.tif")
    of_pages, said = predicted(tmp_path, tmp_path / "pages.tif")
    assert f"{SEVERAL}: 1 (pages.tif: 3 of them)\n" in said
    assert of_pages == predicted(tmp_path, tmp_path / "page.tif")[0]
    cv2.imwrite(str(tmp_path / "deep.png"), np.asarray(photo).astype(np.uint16) * 16)
    assert (
        f"{NEARLY_BLACK}: 1 (deep.png: values up to "
        in predicted(tmp_path, tmp_path / "deep.png")[1]
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_says_what_was_odd_in_its_pictures_once_and_keeps_it(
    shown: Path, workers: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (shown / "images").iterdir():
        with Image.open(path) as image:
            deep = np.asarray(image)[..., ::-1].astype(np.uint16) * 16
        cv2.imwrite(str(path), deep)
    record = measured(shown, workers=workers)
    said = f"{NEARLY_BLACK}: 2 ("
    assert capsys.readouterr().err.count(said) == 1
    assert [note for note in record.notes if note.startswith(said)]


@pytest.mark.parametrize("broken", ["cut", "text"])
def test_broken_pictures_are_all_named_before_a_training_starts(shown: Path, broken: str) -> None:
    for path in sorted((shown / "images").iterdir())[:4]:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if broken == "cut" else b"<html>not found</html>")
    options = Options(data=str(shown), overrides=BRIEF, workers=0, device="cpu")
    words = r"image files that cannot be decoded: [1-4] \(\d\.png"
    with pytest.raises(DataError, match=words):
        running.run(f"{shown / TASK}@tiny", options)
    report = check(str(shown / DATASET), str(shown), images=False)
    assert sum(f.count for s in report.splits for f in s.faults if "decoded" in f.kind) == 4


@pytest.mark.parametrize(("kind", "tag"), [("PNG", 6), ("WEBP", 3), ("TIFF", 6), ("TIFF", 3)])
def test_predict_turns_a_picture_once_in_every_format(kind: str, tag: int, tmp_path: Path) -> None:
    photo = a_photo().crop((0, 0, 100, 128))
    photo.save(tmp_path / "plain.png")
    exif = Image.Exif()
    exif[TAG] = tag
    options: dict[str, Any] = {"tiffinfo": {TAG: tag}} if kind == "TIFF" else {"exif": exif}
    options |= {"lossless": True} if kind == "WEBP" else {}
    name = tmp_path / f"turned.{kind.lower()}"
    photo.transpose(BACK[tag]).save(name, kind, **options)
    turned, said = predicted(tmp_path, name)
    assert turned == predicted(tmp_path, tmp_path / "plain.png")[0]
    assert "1 of 1 pictures were turned as their EXIF tag says" in said
