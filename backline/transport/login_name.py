"""The name of whoever sits here: the login's, else the account's, else the number of one whom no account has."""

from __future__ import annotations

import getpass
import os


def login_name() -> str:
    """As a container may run us with any number, and ssh then knows no name either."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a KeyError until Python 3.13
        return str(os.geteuid())
