"""Who runs against our recipes; a file a family, all behind the same methods (`benchmarks.contract.Model`)."""
