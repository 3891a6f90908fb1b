"""The card of a network that is published: its figures for the hub, and for who reads of it.

Source: Hugging Face, modelcard.md in hub-docs.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hrbench.report import exchange
from hrbench.report.beside import may_stand_beside_published
from hrbench.report.detail import provenance
from hrbench.report.literature import published_tables
from hrbench.report.protocols import spelled
from hrbench.report.published import Row, rows
from hrbench.report.record import RunRecord
from hrbench.report.repeats import TRAINED
from hrbench.report.summary import figures, standing
from hrbench.report.text_table import Table, markdown
from hrbench.spec import DatasetSpec

LIBRARY = "hrbench"
PLACE = "ORG/REPO"  # of a repository that is not named yet
TOLD = (  # of what a record came out of
    *("run", "started", "dataset", "its SHA-256", "left out", "weights", "their SHA-256"),
    *("fetched from", "trained on", "epochs", "seed", "hrbench"),
)


def card(
    record: RunRecord,
    dataset: DatasetSpec,
    literature: Sequence[Row],
    *,
    network: str,
    files: Mapping[str, str],
    repository: str = "",
    licence: str = "",
) -> str:
    """Return a README.md whose head the hub reads, with what people want to know below.

    Args:
        record: of the run that the figures are of.
        dataset: that it was measured on.
        literature: published results, of which those that may be compared with are told.
        network: in words.
        files: what lies beside the card, and what each is.
        repository: what it will be called on the hub: ORG/REPO.
        licence: of the weights, by the hub's name.
    """
    near = rows(literature, [record.task])
    comparable = [record.task] if may_stand_beside_published(record) else []
    tables = [
        figures(record, standing(record, near)),
        *published_tables(near, comparable),
        _listed("Protocol", {key: spelled(value) for key, value in record.protocol.items()}),
        _listed("Where it comes from", _told(record)),
        _listed("Data", _terms(dataset)),
        _listed("Files", files),
    ]
    head = _head(record, licence)
    use = _use(record, repository or PLACE)
    return f"---\n{head}---\n\n# {record.name}\n\n{network}.\n\n{use}\n{markdown(tables)}\n"


def _head(record: RunRecord, licence: str) -> str:
    """Return the YAML that the hub reads."""
    from huggingface_hub import ModelCardData  # noqa: PLC0415  takes its time
    from huggingface_hub.repocard_data import model_index_to_eval_results  # noqa: PLC0415

    index = json.loads(json.dumps(exchange.model(record)))  # lists, where YAML has no tuples
    name, results = model_index_to_eval_results([index])
    kind, began = exchange.card_type(record), _base(record)
    data = ModelCardData(
        license=licence or None,
        library_name=LIBRARY,
        pipeline_tag=kind if kind != "other" else None,
        base_model=began or None,
        tags=[LIBRARY, record.task, *(["synthetic-data"] if record.synthetic else [])],
        model_name=name,
        eval_results=results,
    )
    text: str = data.to_yaml()
    return text.rstrip("\n") + "\n"


def _base(record: RunRecord) -> str:
    """Return the repository on the hub that weights, or a training's beginning, are from."""
    address = (record.weights.begun_from or record.weights).address or ""
    place, of_hub, _ = urlsplit(address).path.partition("/resolve/")
    return "/".join(place.split("/")[-2:]) if of_hub else ""


def _use(record: RunRecord, repository: str) -> str:
    whose = (
        "The weights are those of the end of the training, which the figures are of."
        if record.weights.origin == TRAINED
        else f"The weights are those of {record.weights.origin}, which the run measured."
    )
    return f"""{whose}

```python
import hrbench

model = hrbench.load("hf:{repository}")
```

```
hrbench predict photos/ --weights hf:{repository}
```
"""


def _told(record: RunRecord) -> dict[str, str]:
    return {key: words for key, words in provenance(record, Path()).items() if key in TOLD}


def _terms(dataset: DatasetSpec) -> dict[str, Any]:
    said = {
        "title": dataset.title,
        "homepage": dataset.homepage,
        "terms": dataset.licence,
        "to cite": dataset.citation,
    }
    return {key: words for key, words in said.items() if words}


def _listed(title: str, said: Mapping[str, str]) -> Table:
    return Table(title, ("", " "), tuple(said.items()))
