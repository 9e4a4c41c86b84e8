"""The commands: one file each, `add` for its options and what it does. Heavy imports happen when it runs."""
