"""Backline: deploys Django with its background workers to your own servers, over SSH."""

__version__ = "0.1.0"
