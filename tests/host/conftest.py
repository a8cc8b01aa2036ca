"""The hosts that these tests drive."""

from __future__ import annotations

from tests.host.openssh import openssh_server

__all__ = ["openssh_server"]
