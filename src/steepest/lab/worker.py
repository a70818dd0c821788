"""A process that makes the runs of one page: a line of JSON in, a line out. It can be killed."""

import sys

from steepest.lab.messages import Answer, answer_of, encode, read_request


def main() -> None:
    """Answer every line of standard input on standard output, until it ends."""
    import torch  # noqa: F401  # takes seconds, which are better spent before the first question

    for line in sys.stdin.buffer:
        request = read_request(line)
        answer = request if isinstance(request, Answer) else answer_of(request)
        sys.stdout.buffer.write(encode(answer) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
