"""Facts of a host that nobody asked yet: good enough to check settings before connecting."""

from __future__ import annotations

from backline.agent.facts import Facts


def placeholder_facts() -> Facts:
    """An ordinary host. What is rendered with these is checked and thrown away."""
    return Facts(
        hostname="host",
        system="Linux",
        distribution="debian",
        distribution_version="12",
        architecture="x86_64",
        init="systemd",
        python="/usr/bin/python3",
        python_version="3.11.2",
        user="deploy",
        uid=1000,
        home="/home/deploy",
        cores=2,
        memory=2 * 1024**3,
    )
