"""Other decoders: of peaks that a run kept, and of runs that were made with them."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from specs import landmark_task
from worlds import SMALL, small_weights, small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.errors import HrbenchError, RunError, SpecError
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of
from hrbench.kinds.landmarks.pixels import pixels
from hrbench.kinds.landmarks.predicting import decoded_again
from hrbench.report import predictions, runs
from hrbench.report.predictions import Predictions
from hrbench.report.record import RunRecord

TASK = "coco-pose@tiny"
SHARPER = 400.0  # times the scores of random weights: each map has one clear peak
CLEAR = 0.5  # of a map's maximum, where a target's is 1


@cache
def sharp_weights() -> str:
    """Random weights whose maps have clear peaks."""
    path = small_weights(TASK).with_name("sharp.pt")
    content = torch.load(small_weights(TASK), weights_only=True)
    content["network"]["head.score.weight"] *= SHARPER
    torch.save(content, path)
    return str(path)


def ran(out: Path, *overrides: str, **options: Any) -> tuple[RunRecord, Path]:
    given = {"data": str(small_world()), "weights": sharp_weights(), **options}
    done = running.run(
        TASK, Options(out=str(out), workers=0, device="cpu", overrides=overrides, **given)
    )
    assert done is not None
    return done


def again(folder: Path, decoder: str) -> Predictions:
    """What another decoder reads in the peaks of a run, as `score` has it."""
    spec = landmark_task(str(folder / "spec.toml"), [f"protocol.decoder={decoder}"])
    dataset = catalog.load_dataset(spec.dataset)
    data_root = DataRoot(small_world(), synthetic=True)
    seen = format_of(dataset, PeopleFormat).evaluation(
        spec, dataset, data_root, boxes="det", limit=None
    )
    found = predictions.read(folder, Predictions)
    return replace(found, **decoded_again(pixels(spec, dataset).codec, seen.people, found))


@pytest.mark.parametrize("sigma", [1, 2, 3])
@pytest.mark.parametrize(("made", "other"), [("quarter", "dark"), ("dark", "quarter")])
def test_peaks_are_scored_by_another_decoder_as_a_run_with_it(
    made: str, other: str, sigma: int, tmp_path: Path
) -> None:
    size = f"model.sigma={sigma}"
    record, folder = ran(tmp_path, size, f"protocol.decoder={made}", keep_peaks=True)
    direct, beside = ran(tmp_path, size, f"protocol.decoder={other}")
    expected, found = predictions.read(beside, Predictions), again(folder, other)
    clear = expected.scores > CLEAR
    assert clear.mean() > 0.5
    gap = np.abs(found.keypoints - expected.keypoints).max(axis=2)
    assert gap[clear].max() < 1e-3
    assert np.array_equal(found.scores, expected.scores)
    before = predictions.read(folder, Predictions).keypoints
    assert np.abs(before - expected.keypoints)[clear].max() > 0.1  # the decoders do differ
    scored = scoring.score(folder, decoder=other)
    assert scored.protocol == direct.protocol
    assert scored.metrics == direct.metrics
    assert runs.read(folder).seal == record.seal  # nothing is written


@pytest.mark.parametrize(("sigma", "edge"), [(1, 9), (2, 15), (3, 21)])
def test_peaks_are_so_large_that_dark_is_exact(sigma: int, edge: int, tmp_path: Path) -> None:
    _, folder = ran(tmp_path, f"model.sigma={sigma}", keep_peaks=True)
    found = predictions.read(folder, Predictions)
    count = len(found.sample_ids)
    assert found.peaks is not None
    assert found.corners is not None
    assert found.peaks.shape == (count, 17, edge, edge)
    assert found.peaks.dtype == np.float32
    assert found.corners.shape == (count, 17, 2)
    assert found.corners.dtype == np.int16
    assert np.array_equal(found.peaks[:, :, edge // 2, edge // 2], found.scores)
    assert np.array_equal(found.peaks.max(axis=(2, 3)), found.scores)


def test_without_peaks_score_says_how_to_keep_them(tmp_path: Path) -> None:
    _, folder = ran(tmp_path)
    assert predictions.read(folder, Predictions).peaks is None
    with pytest.raises(RunError, match=r"kept no heatmaps .* run it with --keep-peaks"):
        scoring.score(folder, decoder="dark")


def test_the_decoder_of_the_run_itself_needs_no_peaks(tmp_path: Path) -> None:
    record, folder = ran(tmp_path)
    assert scoring.score(folder, decoder="quarter").metrics == record.metrics


@pytest.mark.parametrize(
    ("decoder", "words"),
    [
        ("udp", "'udp' counts cells on a grid of its own, so it goes with itself only"),
        ("darkk", "decoder"),
    ],
)
def test_a_decoder_that_does_not_fit_is_refused(decoder: str, words: str, tmp_path: Path) -> None:
    _, folder = ran(tmp_path, keep_peaks=True)
    with pytest.raises(HrbenchError) as refusal:
        scoring.score(folder, decoder=decoder)
    assert words in str(refusal.value)


def test_a_run_of_udp_is_read_by_no_other_decoder(tmp_path: Path) -> None:
    udp = ("model.codec=udp", "protocol.flip_shift=0")
    _, folder = ran(tmp_path, *udp, keep_peaks=True)
    with pytest.raises(SpecError, match="not 'udp' with 'quarter'"):
        scoring.score(folder, decoder="quarter")


@pytest.mark.parametrize("codec", ["dark", "udp"])
def test_a_codec_trains_predicts_and_stands_in_the_record(codec: str, tmp_path: Path) -> None:
    overrides = (*SMALL, f"model.codec={codec}", "protocol.flip_test=true", "protocol.flip_shift=0")
    record, folder = ran(tmp_path, *overrides, weights=None)
    assert record.protocol["decoder"] == codec
    assert record.protocol["flip_shift"] == 0
    assert record.spec["model"]["codec"] == codec  # type: ignore[index,call-overload]
    assert record.metrics["AP"].value is not None
    assert np.isfinite(predictions.read(folder, Predictions).keypoints).all()
    assert scoring.score(folder).seal == record.seal


def test_a_shift_of_udp_s_mirrored_maps_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="a shift would move them apart"):
        ran(tmp_path, "model.codec=udp", "protocol.flip_shift=1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", ["coco-pose", "mpii-pose", "crowdpose"])
def test_every_pose_task_has_variants_of_each_codec(task: str) -> None:
    for name in catalog.variants(task):
        spec = landmark_task(f"{task}@{name}")
        said, published = name.rpartition("-")[2], "udp" if "vitpose" in name else "quarter"
        codec = said if said in {"dark", "udp", "simcc"} else published
        assert spec.model.codec == codec
        assert spec.protocol.decoder == codec
        shift = 0 if codec in {"dark", "udp"} else 1
        assert spec.protocol.flip_shift == shift
    found = {name.rpartition("-")[2] for name in catalog.variants(task)}
    assert {"dark", "udp"} <= found
