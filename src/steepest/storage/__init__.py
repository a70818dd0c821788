"""Files of ours: written whole or not at all; arrays with a description."""
