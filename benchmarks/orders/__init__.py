"""The sample shop run by rules of ordering."""
