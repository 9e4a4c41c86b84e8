"""The networks: one file each, layers and shapes only; no data, no training."""
