"""Real shops, our recipes and their peers, side by side in the same command."""
