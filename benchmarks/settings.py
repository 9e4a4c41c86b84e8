"""The settings of all peers, in one place. No straw men.

LightGBM's learning rate, leaves, share of columns, history and rounds were chosen by trials on store_item and m5_items,
on the last 28 days of the data: days that do not count for a claim against it.
"""

from __future__ import annotations

from typing import Any

VALIDATION_DAYS = 28  # the last ones of the history (at most a tenth of it); they choose rounds, as they do for ours
LEAST_DAYS = 57  # a product that was launched later than this has zeros before its launch
WEEK = 7

# LightGBM, one model for all products, through mlforecast
LIGHTGBM_LAGS = [1, 2, 3, 7, 14, 21, 28]
LIGHTGBM_MEANS = [7, 28, 56]  # rolling means, up to yesterday
LIGHTGBM_CALENDAR = ["dayofweek", "day", "dayofyear", "month", "year"]
# How far back: on M5 more than three years costs time and gains nothing, but where rows are few a longer past helps
# (store_item: RMSE -0.5 %). The limit is for 4 GB of memory.
LIGHTGBM_HISTORY_DAYS = 1095
LIGHTGBM_LEAST_ROWS = 1_000_000  # product-days
LIGHTGBM_MOST_ROWS = 12_000_000  # product-days
LIGHTGBM_ROUNDS = 1000  # at most: early stopping chooses
LIGHTGBM_PATIENCE = 30  # rounds without a better validation score
LIGHTGBM: dict[str, Any] = {
    "learning_rate": 0.1,
    "num_leaves": 64,
    "min_child_samples": 100,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "verbosity": -1,
}
# output: objective, and the validation metric that stops it
LIGHTGBM_OBJECTIVES: dict[str, dict[str, Any]] = {
    "mean": {"objective": "tweedie", "tweedie_variance_power": 1.2, "metric": "rmse"},
    "median": {"objective": "regression_l1", "metric": "l1"},
}
# lightgbm_ours: the same settings on the channels of our network
LIGHTGBM_OURS_ROWS = 2_000_000  # at most; half of them of the next day, the others of farther days

# Ridge, one for all products
RIDGE_LAGS = [1, 2, 3, 7, 14, 21, 28]
RIDGE_MEANS = [7, 28, 56]
RIDGE_WEEKDAYS = [4, 8]  # means of the same weekday over so many weeks: the product's own week
RIDGE_HISTORY_DAYS = 1095
RIDGE_PENALTY = 1e-3  # of the mean square of a feature
RIDGE_LEVEL_DAYS = 28  # a product's level is its mean of so many days ...
RIDGE_LEVEL_SHRINKAGE = 14  # ... and of so many days at its mean of the last year
RIDGE_LEAST_LEVEL = 0.02  # units a day

# statsforecast, one model a product
STATISTICAL_HISTORY_DAYS = 730
AUTO_ETS: dict[str, Any] = {"season_length": WEEK, "model": "ZZZ"}
TSB: dict[str, Any] = {"alpha_d": 0.1, "alpha_p": 0.1}

# neuralforecast, one network for all products; calendar as known future, attributes as static covariates
NEURAL_MOST_KINDS = 60  # of an attribute, each a static input; an attribute with more is left out
NEURAL: dict[str, Any] = {
    "input_size": 56,
    "scaler_type": "standard",  # of the window's own past; the MAD of the robust one is 0 for slow products
    "start_padding_enabled": True,  # so that short products are learnt from too
    "max_steps": 500,
    "learning_rate": 1e-3,
    "val_check_steps": 50,
    "early_stop_patience_steps": 3,  # checks without a better score on the validation days
}
NEURAL_MODELS: dict[str, dict[str, Any]] = {
    "nhits": {"batch_size": 64, "windows_batch_size": 512},
    "lstm": {
        "batch_size": 64,
        "windows_batch_size": 256,
        "encoder_hidden_size": 64,
        "decoder_hidden_size": 64,
    },
    "tsmixerx": {"windows_batch_size": 32, "ff_dim": 64, "n_block": 2, "dropout": 0.1},
}
