"""What a fit leaves behind: coefficients, how sure they are, predictions, a file."""
