"""Typed variables, each with its file and line, and the frozen App, Release and Generation that roles are given."""
