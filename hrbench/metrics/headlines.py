"""The figure by which each metric of a protocol is told: the first of its scores."""

HEADLINES = {  # by `protocol.metric`
    "oks": "AP",
    "crowdpose": "AP",
    "pckh": "PCKh@0.5",
    "nme": "NME",
    "pixels": "PCK@0.1",
    "mpjpe": "MPJPE",
    "accuracy": "top-1",
}
