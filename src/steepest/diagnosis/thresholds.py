"""What the words of verdicts mean, in numbers: each is defined here, once.

Shares are of an error: of the distance to the minimum, along a direction, against the start's. The
objective's excess goes with its square.
"""

import numpy as np

# Settled: so little of an error is left that a run has ended, whatever ended it. The closed form
# goes on until then. Four digits above float64's rounding: steps of any engine come there.
from steepest.descent.closed_form import SETTLED as SETTLED

# Settled too: a distance below this share of the parameters' size is their rounding.
ROUNDING = 16.0 * float(np.finfo(np.float64).eps)
# Negligible: a run that a tolerance has ended has converged if no more of an error is left, which
# is a hundredth of what the objective had to fall. Whoever gives a tolerance says what is enough;
# beyond this, nothing is. Nor does the curvature at one point speak for more of the way.
NEGLIGIBLE = 0.1
# Certified: no parameter has more of its standard error left to go. No statement about the data
# depends on so little, and Newton's next step is below rounding.
CERTIFIED = 1e-6
# A number of which fewer decimal digits are known says nothing of its size.
NO_DIGIT = 0.5
# Near: so near to a point without slope, the curvature says what kind of point it is.
NEAR = 1e-4
# A gradient places a point without slope to about this share of the parameters' size.
RESOLUTION = 1e-12
# Level: nearer to 1, a factor neither shrinks an error nor lets it grow.
LEVEL = 1e-9
# At rest: a step below this share of the whole way leads nowhere.
AT_REST = 1e-9
# Slow: more epochs for each factor of 1000. Fast: so many at most.
SLOW = 200.0
FAST = 10.0
# One step: a step that leaves no more than this of the error has arrived.
ARRIVED = 1e-6
# Vanished: a gradient below this share of the largest, where nothing else is known of what is left.
VANISHED = 1e-6
# A gradient above this share of the largest has not settled, however coarse its numbers are.
COARSE = 1e-5
# Flat: the slope is below this share of what the objective does nearby.
FLAT = 1e-6
# A course of fewer steps does not show whether a swing dies out, or where an objective stands.
ENOUGH = 16
# A swing dies out if its excess over the lowest objective falls below this share of what it was.
LASTING = 0.8

# In the noise: a mean of some epochs this far above the forecast floor.
IN_NOISE = 2.0

# A change of a loop's objective below so many of its standard errors cannot be told from noise.
NOISY = 3.0
# A rise of a loop's objective below this share of its start needs no advice.
GROWN = 0.1
# A rise by more than so many times the start has run away: another target, harder rows or a policy
# that earns more make losses rise too, seldom by so much.
RUNAWAY = 9.0
# Such a rise of a noisy loss has run away if the parameters' norm has grown so many times too, or
# if it is so large that neither data nor rewards explain it.
SWOLLEN, FAR = 3.0, 1e4
# What the last quarter gains of the whole fall, where an objective without noise stands.
STANDING = 1e-3
# What it can have gained, as far as noise tells, where a noisy one stands.
HELD = 0.1
# What a quarter of the steps gains, relative to the objective, while it falls.
FALLING = 1e-2
# The gradient against its greatest, where an objective that stands has come to rest.
RESTING = 1e-2
# Updates whose cosine with the one before is below this go from side to side.
TURNED = -0.9
