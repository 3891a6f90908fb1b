"""Exported files: what is in them, what they answer, what a check sees."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from cli.command import cache_folder, scratch
from numpy.typing import NDArray
from worlds import small_classifier, small_lifter, small_weights, small_world

import hrbench
from hrbench.begun.options import Options
from hrbench.commands.export import checking
from hrbench.commands.export.checking import Split
from hrbench.commands.export.export import (
    Exported,
    Trial,
    deployable,
    description,
    export,
    tried,
)
from hrbench.data.sample import People
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError
from hrbench.formats.location import DataRoot
from hrbench.geometry import UNIT, CropMatrix, cells_to_image, crop_matrix, transform, udp_matrix
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.deployable import CPU, Deployable
from hrbench.kinds.landmarks.exporting import DeployableLandmarks
from hrbench.kinds.lifting.exporting import DeployableLifter
from hrbench.road.loading import load

pytestmark = pytest.mark.usefixtures("one_thread")
DOC = Path(__file__).parents[2] / "docs" / "export.md"
POSE, FACE, LIFT, CLASSES = "coco-pose@tiny", "300w@tiny", "h36m-lift@tiny", "imagenet@tiny"
UDP = ("model.codec=udp", "protocol.flip_shift=0")
OFFICIAL = ("protocol.pixels=official",)
LINEAR = ("model.width=16", "model.stages=1")


@pytest.fixture(autouse=True)
def world_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRBENCH_CACHE", str(cache_folder()))


@cache
def weights_of(task: str, *overrides: str) -> str:
    makers = {"h36m-lift": small_lifter, "imagenet": small_classifier}
    return str(makers.get(task.partition("@")[0], small_weights)(task, *overrides))


def options(task: str, *overrides: str, **more: Any) -> Options:
    return Options(weights=weights_of(task, *overrides), overrides=overrides, **more)


def of(task: str, *overrides: str, **more: Any) -> Deployable[Any, Any]:
    return deployable(load(task, options(task, *overrides, **more)))


def looking(
    dataset: str, name: str, *overrides: str, **more: Any
) -> tuple[Deployable[Any, Any], Split]:
    """What is exported of a task, and a small world that it looks at."""
    loaded = load(name, options(name, *overrides, **more))
    root = DataRoot(small_world(16, dataset), synthetic=True)
    task = replace(loaded.task, data_root=root)
    return deployable(loaded), Split(task, loaded.network, task.evaluation())


def by_torch(split: Split) -> Any:
    """The predictions of a run in plain torch."""
    plain = Runtime(CPU, eager=True)
    return split.task.predictions(split.network, split.evaluation, plain, workers=0, title="")


def answers(deployed: Deployable[Any, Any], inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """What PyTorch says."""
    with torch.no_grad():
        found = deployed.graph(torch.from_numpy(inputs))
    return {name: values.numpy() for name, values in found.items()}


def all_crops(deployed: DeployableLandmarks, people: People) -> NDArray[np.uint8]:
    """The crops of all people, in their order."""
    cutting = deployed.task.pixels.cutting
    return np.concatenate([cutting.plain(people, np.array([i]))[:, 0] for i in range(len(people))])


@pytest.mark.parametrize(
    ("overrides", "grid", "apart"),
    [
        (("protocol.flip_test=true",), crop_matrix, 0.0),
        (("protocol.decoder=dark",), crop_matrix, 0.0),
        (("model.codec=dark",), crop_matrix, 0.0),
        ((*UDP, "protocol.flip_test=true"), udp_matrix, 1e-4),  # its pitch is no power of two
    ],
)
def test_the_crops_inverse_matrix_brings_keypoints_to_where_a_run_stores_them(
    overrides: tuple[str, ...], grid: CropMatrix, apart: float
) -> None:
    deployed, split = looking("coco", POSE, *overrides)
    assert isinstance(deployed, DeployableLandmarks)
    stored = by_torch(split)
    found = answers(deployed, all_crops(deployed, split.evaluation.people))
    size = (deployed.width, deployed.height)
    placed = cells_to_image(found["keypoints"], stored.centers, stored.scales, size, grid)
    np.testing.assert_allclose(placed.astype(np.float32), stored.keypoints, rtol=0, atol=apart)
    np.testing.assert_array_equal(found["scores"], stored.scores)


@pytest.mark.parametrize(
    ("dataset", "task", "overrides"),
    [("300w", FACE, OFFICIAL), ("300w", FACE, ()), ("coco", POSE, ()), ("imagenet", CLASSES, ())],
)
def test_a_graph_answers_for_a_split_as_a_run_does(
    dataset: str, task: str, overrides: tuple[str, ...]
) -> None:
    deployed, split = looking(dataset, task, *overrides)
    stored = by_torch(split)
    run = partial(answers, deployed)
    again = deployed.predictions(split.evaluation, stored, run, 0)
    name = "labels" if isinstance(deployed.task, Classification) else "keypoints"
    np.testing.assert_array_equal(getattr(again, name), getattr(stored, name))
    np.testing.assert_allclose(again.scores, stored.scores, rtol=1e-6)


@pytest.mark.parametrize(("overrides", "grid"), [((), crop_matrix), (UDP, udp_matrix)])
def test_the_formula_of_the_page_is_the_inverse_crop_matrix(
    overrides: tuple[str, ...], grid: CropMatrix
) -> None:
    deployed = of(POSE, *overrides)
    assert isinstance(deployed, DeployableLandmarks)
    center, extent = np.array([50.0, 60.0]), np.array([48.0, 64.0])  # 3 : 4, as the input
    matrix = grid(center, extent / UNIT, (deployed.width, deployed.height), inverse=True)
    crop = np.array([[0.0, 0.0], [10.5, 99.0]])
    by_formula = center + (crop / deployed.about()["crop_steps"] - 0.5) * extent
    np.testing.assert_allclose(by_formula, transform(crop, matrix), atol=1e-4)
    assert "picture = center + (crop / crop_steps - 0.5) * extent" in DOC.read_text("utf-8")


@cache
def exported(suffix: str, task: str, *overrides: str) -> Exported:
    """A file that was checked, made once."""
    folder = scratch()
    dataset = load(task, Options(overrides=overrides)).task.dataset.folder
    chosen = options(task, *overrides, data=str(small_world(16, dataset)), limit=4, workers=0)
    return export(task, chosen, folder / f"model{suffix}", check=True)


def test_an_onnx_file_says_what_it_is() -> None:
    done = exported(".onnx", POSE)
    about = onnxruntime.InferenceSession(done.path).get_modelmeta().custom_metadata_map
    assert about["task"] == "coco-pose"
    assert about["variant"] == "tiny"
    assert about["hrbench_version"] == hrbench.__version__
    assert json.loads(about["keypoint_names"])[:2] == ["nose", "left_eye"]
    assert [0, 1] in json.loads(about["edges"])  # the nose and the left eye
    assert json.loads(about["input_size"]) == [128, 96]
    assert json.loads(about["crop_steps"]) == [96, 128]
    assert (about["decoder"], about["flip_test"]) == ("quarter", "false")
    assert re.fullmatch(r"[0-9a-f]{64}", about["weights_sha256"])


@pytest.mark.parametrize("task", [POSE, LIFT, CLASSES])
def test_the_page_explains_every_name_that_a_file_has(task: str) -> None:
    documented = DOC.read_text("utf-8")
    for name in description(of(task), None):
        assert f"`{name}`" in documented, name


def test_a_checked_file_answers_as_pytorch_and_takes_any_number_of_crops() -> None:
    done = exported(".onnx", POSE)
    assert done.check is not None
    assert done.check.figure is not None
    found, figure = done.check.parity, done.check.figure
    assert found.compared + found.tied == 16 * 17
    assert found.compared > 200
    assert found.largest <= 1e-3
    assert (figure.name, figure.split, figure.samples) == ("AP", "val2017", 4)
    assert figure.difference <= 0.05
    session = onnxruntime.InferenceSession(done.path)
    for count in (1, 3):
        crops = np.zeros((count, 128, 96, 3), np.uint8)
        keypoints, scores = session.run(["keypoints", "scores"], {"crops": crops})
        assert (keypoints.shape, scores.shape) == ((count, 17, 2), (count, 17))
    assert list(done.path.parent.iterdir()) == [done.path]


def test_the_program_of_the_page_runs_without_hrbench_and_torch(tmp_path: Path) -> None:
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", DOC.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len([line for line in code.splitlines() if line]) <= 10
    (tmp_path / "model.onnx").write_bytes(exported(".onnx", POSE).path.read_bytes())
    crops = np.random.default_rng(0).integers(0, 256, (2, 128, 96, 3), np.uint8)
    np.save(tmp_path / "crops.npy", crops)
    code += "import sys\nassert not {'torch', 'hrbench'} & set(sys.modules)\n"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) == 17
    found = answers(of(POSE), crops)["keypoints"][0]
    name, x, y, _ = lines[0].split()
    assert name == "nose"
    assert (float(x), float(y)) == pytest.approx(found[0].tolist(), abs=0.051)  # one decimal


def test_a_pt2_file_says_the_same_and_answers_the_same() -> None:
    done = exported(".pt2", LIFT)
    said = {"hrbench.json": ""}
    program = torch.export.load(done.path, extra_files=said)
    about = json.loads(said["hrbench.json"])
    assert about == json.loads(json.dumps(done.about))
    assert about["receptive_field"] == 27
    assert (about["frames_before"], about["frames_after"]) == (13, 13)
    for batch, frames in ((1, 27), (2, 28), (3, 40)):  # one window, and more
        lifted = program.module()(torch.zeros(batch, frames, 17, 2))["joints"]
        assert lifted.shape == (batch, frames - 26, 17, 3)
        assert not lifted.requires_grad
    assert done.check is not None
    assert done.check.parity.ok
    assert done.check.parity.tied == 0


@pytest.mark.parametrize(
    ("task", "overrides"),
    [
        (LIFT, ()),
        (LIFT, ("protocol.flip_test=false",)),
        (LIFT, ("model.causal=true",)),
        ("h36m-lift@linear", LINEAR),
    ],
)
def test_a_lifting_graph_answers_as_a_run_does(task: str, overrides: tuple[str, ...]) -> None:
    deployed, split = looking("h36m", task, *overrides, limit=2)
    assert isinstance(deployed, DeployableLifter)
    stored = by_torch(split)
    again = deployed.predictions(split.evaluation, stored, partial(answers, deployed), 0)
    np.testing.assert_allclose(again.joints, stored.joints, atol=1e-2)  # mm
    about = deployed.about()
    assert about["frames_before"] + about["frames_after"] == about["receptive_field"] - 1


def test_a_causal_lifter_wants_all_its_frames_before() -> None:
    about = of(LIFT, "model.causal=true").about()
    assert (about["frames_before"], about["frames_after"]) == (26, 0)


def test_a_classifier_says_its_classes_in_the_networks_order() -> None:
    deployed = of(CLASSES)
    about = deployed.about()
    assert about["class_ids"][0] == "n01440764"  # tench
    assert len(about["class_names"]) == 1000
    found = answers(deployed, np.zeros((2, 64, 64, 3), np.uint8))
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-5)


def trial(deployed: Deployable[Any, Any]) -> Trial:
    rng = np.random.default_rng(0)
    edges = [5 if isinstance(edge, str) else edge for edge in deployed.takes.shape]
    return Trial(rng.integers(0, 256, edges, np.uint8), split=None)


@pytest.mark.parametrize("spoilt", [2e-3, np.nan])
def test_a_file_that_is_off_in_one_place_is_refused(spoilt: float) -> None:
    deployed = of(POSE)
    given = trial(deployed)
    free = np.argwhere(~np.concatenate([deployed.tied(torch.from_numpy(given.inputs))]))
    crop, keypoint = free[-1]  # of the second batch
    assert crop > 0

    def run(inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        found = answers(deployed, inputs)
        if len(inputs) > 1:
            found["keypoints"][crop - 1, keypoint, 1] += spoilt
        return found

    with pytest.raises(RunError, match=r"not what PyTorch computes.*limit 0\.001"):
        tried(deployed, run, given)
    assert checking.parity(deployed, lambda x: answers(deployed, x), given.inputs).largest == 0


def test_places_that_hang_on_rounding_are_counted_and_not_held_to_the_limit() -> None:
    deployed = of(POSE)
    given = trial(deployed)
    assert isinstance(deployed, DeployableLandmarks)
    flat = given.inputs.copy()
    torch.nn.init.zeros_(deployed.graph.network.head.score.weight)  # type: ignore[arg-type, union-attr]

    def run(inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        found = answers(deployed, inputs)
        return {**found, "keypoints": found["keypoints"] + 40}

    found = checking.parity(deployed, run, flat)
    assert (found.compared, found.tied) == (0, 5 * 17)
    assert found.largest_tied == 40
    assert found.ok
    assert "85 more hang on rounding (up to 40)" in found.words


def test_a_figure_further_apart_than_the_limit_is_refused() -> None:
    deployed, split = looking("300w", FACE, limit=2)

    def run(inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        found = answers(deployed, inputs)
        return {**found, "keypoints": found["keypoints"] + 1}

    figure = checking.figure(deployed, run, split)
    assert figure is not None
    assert figure.name == "NME"
    assert figure.difference > 0.05
    assert not figure.ok
    same = checking.figure(deployed, partial(answers, deployed), split)
    assert same is not None
    assert same.ok


def test_pictures_are_taken_whole(tmp_path: Path) -> None:
    import cv2

    picture = np.zeros((128, 96, 3), np.uint8)
    picture[100, 20] = (0, 0, 255)  # red, in OpenCV's order
    cv2.imwrite(str(tmp_path / "dot.png"), picture)
    (crop,) = of(POSE).of_images([tmp_path / "dot.png"])
    assert crop.shape == (128, 96, 3)
    assert crop[100, 20].tolist() == [255, 0, 0]
    assert crop.sum() == 255


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "overrides"),
    [
        (POSE, ("protocol.flip_test=true",)),
        (POSE, ("model.codec=dark",)),
        (POSE, (*UDP, "protocol.flip_test=true")),
        (FACE, ()),
        (FACE, OFFICIAL),
        (LIFT, ()),
        (LIFT, ("model.causal=true",)),
        ("h36m-lift@linear", LINEAR),
        (CLASSES, ()),
    ],
)
@pytest.mark.parametrize("suffix", [".onnx", ".pt2"])
def test_every_graph_is_exported_and_checked(
    suffix: str, task: str, overrides: tuple[str, ...]
) -> None:
    require_checked(exported(suffix, task, *overrides))


@pytest.mark.slow
@pytest.mark.parametrize("task", ["mpii-pose@tiny", "crowdpose@tiny", "h36m-pose@tiny"])
def test_so_is_the_graph_of_poses_by_the_figures_of_other_datasets(task: str) -> None:
    require_checked(exported(".pt2", task))


def require_checked(done: Exported) -> None:
    assert done.check is not None
    assert done.check.parity.ok
    assert done.check.figure is not None
    assert done.check.figure.ok
