"""How good the forecasts are, beside what anybody could have said without a model."""
