"""Throw-away Debian servers on one Linux machine: real sshd, Supervisor and cron in namespaces of their own.

The standard library alone, and nothing of Backline: what it is made of does not depend on what it tests.
"""
