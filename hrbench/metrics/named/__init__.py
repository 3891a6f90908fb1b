"""The metrics that `protocol.metric` names, one module each."""
