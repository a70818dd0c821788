"""What each command of the command line does, in the line that `--help` has for it; and what stands
there for a value.
"""

WORDS = {
    "compare": "Run several descents on a table or a formula side by side.",
    "fit": "Fit a linear model to a table.",
    "graph": "Show a formula's graph: values forward, gradients backward.",
    "help": "Show what a command takes, or what a word of a result means.",
    "lab": "Open the lab: type a formula, drag its start, play the steps.",
    "lesson": "Take a lesson: your own code beside steepest's.",
    "minimize": "Run gradient descent on a formula.",
    "predict": "Predict the rows of a table with a saved model.",
    "search": "Try every point of a grid over a formula, or a table's loss.",
    "show": "Show a saved fit or run.",
}

NAMES = (
    *("ARGS", "COMMAND", "EXERCISE", "FILE", "FLOAT", "FORMULA", "INTEGER", "MODEL", "NUMBER"),
    *("OPTIONS", "PATH", "SOURCE", "TEXT", "VALUE", "WORD"),
)
