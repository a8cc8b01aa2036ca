"""Packages of the host's distribution: installed, all of them by one command."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.package_manager import install_packages, installed_packages, package_manager
from backline.resources.paths import PATH
from backline.resources.resource import Difference, Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.foresight import Foresight
    from backline.resources.resource import Host


@dataclass(frozen=True)
class Packages(Resource):
    """`names` as the distribution has them. Whichever version it offers; one that is there is not upgraded.

    `brings` is what comes with them that later resources build on: the directories of their configuration, their users,
    services and programs, as resources. Check mode takes these for so where the packages are yet to be installed;
    installing makes them so, or the resource that needs them fails."""

    names: tuple[str, ...]
    brings: tuple[Resource, ...] = ()

    @property
    def subject(self) -> str:
        return f"packages {', '.join(self.names)}"

    def provides(self) -> tuple[str, ...]:
        """The packages, and what they bring; but no path: to have these no more is the package manager's affair."""
        brought = (name for resource in self.brings for name in resource.provides() if not name.startswith(PATH))
        return (*(package_name(name) for name in self.names), *brought)

    def differences(self, host: Host) -> Iterator[Difference]:
        installed = installed_packages(host, package_manager(host))
        for name in self.names:
            if name not in installed and not host.promises(package_name(name)):
                yield Difference(name, None, "installed")

    def converge(self, host: Host) -> None:
        install_packages(host, package_manager(host), [difference.attribute for difference in self.differences(host)])

    def foresee(self, host: Foresight) -> None:
        host.promise(*self.provides())
        for resource in self.brings:
            if any(resource.differences(host)):
                host.imagine(resource)


def package_name(name: str) -> str:
    """What a resource says that it provides or needs when it means a package."""
    return f"package:{name}"
