"""A picture that a fit has no data for."""

from steepest.errors import InputError


class LeftOut(InputError):
    """This picture cannot be drawn; the message is a sentence that says why."""
