"""Where the gradient of a formula vanishes."""
