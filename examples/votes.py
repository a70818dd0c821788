"""Clinton or Dole, 1996: logistic regression of two classes whose labels are text."""

from pathlib import Path

import steepest

fit = steepest.fit(Path(__file__).with_name("votes.csv"), "vote", loss="logistic")
print(fit.summary())
