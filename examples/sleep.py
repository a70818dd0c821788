"""How long mammals sleep: least squares with text columns and missing values."""

from pathlib import Path

import steepest

table = steepest.read(Path(__file__).with_name("sleep.csv"), missing="drop")
fit = steepest.fit(table, "sleep_total", features=["vore", "brainwt", "bodywt"])
print(fit.summary())
