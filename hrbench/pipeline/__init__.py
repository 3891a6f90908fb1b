"""Where a spec meets files, a network and a metric: one module per step of the road."""
