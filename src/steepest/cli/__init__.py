"""The command line: translates arguments, calls the API, prints what comes back."""
