"""The report: what the sales were, how good the forecasts are, and tomorrow, on one page."""
