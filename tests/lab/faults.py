"""What can go wrong with a lab."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what it was asked for; its text is for the person who asked."""


class NoLabHere(LabError):
    """This machine lacks something for a lab; the text names it."""
