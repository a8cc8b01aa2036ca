"""An app, its Supervisor and its releases, as roles are given them."""

from __future__ import annotations

from dataclasses import replace

from backline.settings.app import App, Generation, Release, SupervisorPaths

HOME = "/home/anna"
SUPERVISOR = SupervisorPaths(
    socket=f"{HOME}/.backline/supervisor.sock",
    include_directory=f"{HOME}/.backline/supervisor.d",
    configuration=f"{HOME}/.backline/supervisord.conf",
    python=f"{HOME}/.backline/tools/supervisor-python",
)


def shop(root: str = f"{HOME}/shop", *, rootless: bool = True, host: str = "web1", home: str = HOME) -> App:
    return App(
        name="shop", root=root, home=home, rootless=rootless, host=host, settings_module="shop.settings", hostname="vm"
    )


def system_shop() -> App:
    """The same app on a host that root sets up."""
    return replace(shop("/srv/shop", rootless=False, home="/srv/shop"), user="shop", group="shop")


def shop_release(number: int, root: str = f"{HOME}/shop") -> Release:
    return Release(app=shop(root), number=number, virtualenv=f"{root}/venvs/3.12-9f3c")


def shop_generation(number: int = 43, attempt: int = 1) -> Generation:
    return Generation(shop_release(number), attempt)
