"""A user and a group of a host, as its own database of accounts tells them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """A user: `group` is the name of its own group, `groups` are those that it is in besides, sorted."""

    name: str
    group: str
    groups: tuple[str, ...]
    home: str
    shell: str


def user_name(name: str) -> str:
    """What a resource says that it provides or needs when it means a user."""
    return f"user:{name}"


def group_name(name: str) -> str:
    """What a resource says that it provides or needs when it means a group."""
    return f"group:{name}"


def owner_names(owner: str, group: str) -> tuple[str, ...]:
    """The names of whom a path is to belong to; none for what is left as it is."""
    return (*((user_name(owner),) if owner else ()), *((group_name(group),) if group else ()))
