"""What can go wrong with a lab, as one exception that says what to do."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what it was asked for; its text is for the person who asked."""
