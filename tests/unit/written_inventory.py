"""Inventories written for a test, in the folder in which it runs."""

from __future__ import annotations

import textwrap
from pathlib import Path

from backline.inventory.inventory import Inventory, InventoryHost
from backline.inventory.load import load_inventory
from backline.inventory.variable import Variable
from backline.resources.origin import Origin

ONE_HOST = "all: {hosts: {web1: }}"


def write_inventory(files: dict[str, str]) -> Inventory:
    """Write files below inventory/, and read them all."""
    for name, text in files.items():
        path = Path("inventory") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_inventory(Path("inventory"))


def values(host: InventoryHost) -> dict[str, object]:
    return {name: variable.value for name, variable in host.variables.items()}


def variables(**named: object) -> dict[str, Variable]:
    """Variables that stand one a line in a file `vars.yml`."""
    return {
        name: Variable(name, value, Origin("vars.yml", line))
        for line, (name, value) in enumerate(named.items(), start=1)
    }
