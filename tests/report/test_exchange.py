"""Runs in the shapes of others, read back by the code of those."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData
from huggingface_hub.repocard_data import (
    eval_results_to_model_index,
    model_index_to_eval_results,
)
from report.records import record, with_interval

from hrbench.errors import RunError
from hrbench.metrics.topk import class_outcomes
from hrbench.report import outcomes
from hrbench.report.exchange import as_lm_eval, as_model_index
from hrbench.report.record import MetricValue, RunRecord, Uncertainty, measured
from hrbench.report.runs import Runs

SURE = Uncertainty(
    method="bootstrap", level=0.95, unit="image", units=5000, replicates=1000, seed=0
)


def content(form: Any, *records: RunRecord, folder: Path = Path("run")) -> dict[str, Any]:
    runs = Runs((folder,) * len(records), records)
    made: dict[str, Any] = json.loads(form(runs, [], everything=False))
    return made


def test_a_model_index_goes_through_hugging_faces_code_and_comes_out_the_same() -> None:
    ours = record(metrics=with_interval(74.4, 73.4, 75.5), uncertainty=SURE)
    (model,) = content(as_model_index, ours)["model-index"]
    name, results = model_index_to_eval_results([model])
    assert name == f"coco-pose@w32-256x192 {ours.id[:8]}"
    (result,) = results
    assert (result.task_type, result.task_name) == ("keypoint-detection", "coco-pose")
    assert (result.dataset_type, result.dataset_split) == ("coco", "val2017")
    assert (result.metric_type, result.metric_value) == ("AP", 74.4)
    assert result.metric_args == {
        "unit": "%",
        "higher_is_better": True,
        "low": 73.4,
        "high": 75.5,
        "level": 0.95,
    }
    assert result.dataset_args is not None
    assert result.dataset_args["boxes"] == "det"
    assert eval_results_to_model_index(name, results) == [model]


def test_the_text_is_the_metadata_of_a_model_card() -> None:
    text = as_model_index(Runs((Path("run"),), (record(),)), [], everything=False)
    card = ModelCard(f"---\n{text}\n---\n# A model\n")
    assert isinstance(card.data, ModelCardData)
    assert card.data.eval_results is not None
    assert [one.metric_value for one in card.data.eval_results] == [74.3]
    assert yaml.safe_load(text) == json.loads(text)


def test_a_figure_without_a_value_and_what_papers_do_not_measure_are_told() -> None:
    none = measured(math.nan, "%", higher_is_better=True)
    metrics = {"AP": measured(50.0, "%", higher_is_better=True), "APL": none}
    (model,) = content(as_model_index, record(metrics=metrics, synthetic=True))["model-index"]
    (results,) = model["results"]
    assert [metric["type"] for metric in results["metrics"]] == ["AP"]
    assert results["dataset"]["args"]["synthetic"] is True
    assert "APL,none" not in content(as_lm_eval, record(metrics=metrics))["results"]


@pytest.mark.parametrize(
    ("figure", "card"),
    [
        *(("top-1", "image-classification"), ("NME", "keypoint-detection"), ("MPJPE", "other")),
    ],
)
def test_a_task_is_of_the_type_that_cards_have_for_it(figure: str, card: str) -> None:
    metrics = {figure: measured(50.0, "%", higher_is_better=True)}
    (model,) = content(as_model_index, record(metrics=metrics))["model-index"]
    assert model["results"][0]["task"]["type"] == card


def test_lm_evals_file_has_the_standard_error_that_pictures_drawn_anew_give(tmp_path: Path) -> None:
    right = np.arange(200) < 120  # 60 %: a standard error of sqrt(0.6 x 0.4 / 199) = 3.47 %
    answers = np.where(right, 0, 1)[:, None]
    kept = class_outcomes(np.zeros(200, np.int64), answers, ["cat", "dog"])
    outcomes.write(tmp_path, kept)
    top = MetricValue(value=60.0, unit="%", higher_is_better=True, low=53.0, high=66.6)
    ours = record(
        task="imagenet",
        variant="w18",
        metrics={"top-1": top},
        protocol={"metric": "accuracy"},
        uncertainty=SURE,
    )
    made = content(as_lm_eval, ours, folder=tmp_path)
    figures = made["results"]["imagenet@w18"]
    assert figures["top-1,none"] == 60.0
    assert figures["top-1_stderr,none"] == pytest.approx(3.47, rel=0.1)
    assert made["versions"] == {"imagenet@w18": 1}
    assert made["n-samples"] == {"imagenet@w18": {"original": 5000, "effective": 5000}}
    assert made["higher_is_better"] == {"imagenet@w18": {"top-1": True}}
    assert made["configs"]["imagenet@w18"]["metadata"]["units"] == {"top-1": "%"}


def test_an_older_run_has_no_standard_error_and_several_runs_no_file() -> None:
    made = content(as_lm_eval, record())
    assert made["results"]["coco-pose@w32-256x192"]["AP_stderr,none"] == "N/A"
    with pytest.raises(RunError, match="has one run, not 2; name one RUN"):
        content(as_lm_eval, record(), record(seed=1))
