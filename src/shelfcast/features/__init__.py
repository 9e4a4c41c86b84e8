"""What the network is told of each day: one file a family of features, each causal, each over arrays."""
