"""The metrics, by the names that `protocol.metric` takes."""

from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.named.accuracy import ACCURACY
from hrbench.metrics.named.crowdpose import CROWDPOSE
from hrbench.metrics.named.mpjpe import MPJPE
from hrbench.metrics.named.nme import NME
from hrbench.metrics.named.oks import OKS
from hrbench.metrics.named.pckh import PCKH
from hrbench.metrics.named.pixels import PIXELS

METRICS: dict[str, AnyMetric] = {
    metric.name: metric for metric in (OKS, CROWDPOSE, PCKH, NME, PIXELS, MPJPE, ACCURACY)
}


def names_of(*, predictions: type | None = None, truth: type | None = None) -> list[str]:
    """Return the metrics that take such predictions, or such truth."""
    return [
        name
        for name, metric in METRICS.items()
        if predictions in {None, metric.predictions} and truth in {None, metric.truth}
    ]


def by_sigmas(*, known: bool) -> str:
    """Return the metric of keypoints that are measured by what their dataset has."""
    return OKS.name if known else PIXELS.name
