"""The classic network: convolution over the days of a window, LSTM, one dense layer to all products."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassicNetwork(nn.Module):
    """One forward pass, `N` forecasts.

    The shape of the CNN-LSTM of Kim and Cho, "Predicting residential energy consumption using CNN-LSTM
    neural networks", Energy 182 (2019), without pooling, since a window has few days.

    Args:
        features: `F`, columns of a window.
        products: `N`, outputs.
        filters: channels of each convolution.
        kernel_size: days a convolution sees, odd; the length of the window is kept.
        conv_layers: convolutions, each followed by ReLU.
        hidden: units of the LSTM.
    """

    def __init__(
        self, features: int, products: int, filters: int, kernel_size: int, conv_layers: int, hidden: int
    ) -> None:
        super().__init__()
        widths = [features] + [filters] * conv_layers
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, filters, kernel_size, padding=kernel_size // 2) for width in widths[:-1]
        )
        self.lstm = nn.LSTM(filters, hidden, batch_first=True)
        self.dense = nn.Linear(hidden, products)

    def forward(self, windows: Tensor) -> Tensor:
        """Scaled windows `[B, L, F]` to scaled demand of the day that each window asks for, `[B, N]`."""
        x = windows.transpose(1, 2)  # [B, L, F] -> [B, F, L]: features are channels, the kernel runs over days
        for convolution in self.convolutions:
            x = torch.relu(convolution(x))  # [B, F, L] -> [B, filters, L]
        states, _ = self.lstm(x.transpose(1, 2))  # [B, L, filters] -> [B, L, hidden]
        demand: Tensor = self.dense(states[:, -1])  # [B, hidden] of the last day -> [B, N]
        return demand
