"""Measurements: `python -m bench.proof` prints the figures of the promises, `python -m bench` the ratios of speed."""
