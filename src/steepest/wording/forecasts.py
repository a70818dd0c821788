"""What is expected of a run: sentences of forecasts."""
