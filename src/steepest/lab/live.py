"""A process that serves the page of a run that another program makes: a state a line comes in.

It ends when no more lines can come and nobody looks at the page any more.
"""

import sys


def main() -> None:
    """Print the address, then show each line of standard input."""
    from steepest.lab.feed import Feed
    from steepest.lab.server import serve

    def ready(address: str) -> None:
        print(address, flush=True)
        sys.stdout.close()

    serve(0, "room=runs", ready, Feed())


if __name__ == "__main__":
    main()
