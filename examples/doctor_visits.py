"""Visits to a doctor in the RAND experiment: Poisson regression of counts."""

from pathlib import Path

import steepest

fit = steepest.fit(Path(__file__).with_name("doctor_visits.csv"), "mdvis", loss="poisson")
print(fit.summary())
