"""What a template in a host's variables may name: defaults of roles, the inventory, facts, magic variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backline.agent.facts import Facts
from backline.inventory.inventory import Inventory, InventoryHost
from backline.inventory.variable import Variable
from backline.resources.origin import Origin
from backline.settings.declaration import RoleDeclaration, declared_variables
from backline.settings.expressions import Scope

MEGABYTE = 1024 * 1024


def host_scope(
    host: InventoryHost, inventory: Inventory, declarations: Sequence[RoleDeclaration], facts: Facts | None = None
) -> Scope:
    """The later win: as in Ansible, nobody overrides a fact or a magic variable."""
    variables: dict[str, Variable] = {}
    for declaration in declarations:
        for declared in declared_variables(declaration.settings):
            if not declared.required:
                origin = Origin(f"default of role {declaration.name}")
                variables.setdefault(declared.name, Variable(declared.name, declared.default, origin))
    variables.update(host.variables)
    if facts:
        variables.update(_named(facts_by_name(facts), Origin("facts of the host")))
    variables.update(_named(inventory.magic_variables(host), Origin("the inventory itself")))
    return Scope(variables)


def facts_by_name(facts: Facts) -> dict[str, object]:
    """Facts by the names that Ansible gives them."""
    return {
        "ansible_user_dir": facts.home,
        "ansible_user_id": facts.user,
        "ansible_user_uid": facts.uid,
        "ansible_hostname": facts.hostname.partition(".")[0],
        "ansible_nodename": facts.hostname,
        "ansible_system": facts.system,
        "ansible_distribution": facts.distribution,
        "ansible_distribution_version": facts.distribution_version,
        "ansible_architecture": facts.architecture,
        "ansible_service_mgr": facts.init,
        "ansible_python_version": facts.python_version,
        "ansible_processor_vcpus": facts.cores,
        "ansible_memtotal_mb": facts.memory // MEGABYTE,
    }


def _named(values: Mapping[str, object], origin: Origin) -> dict[str, Variable]:
    return {name: Variable(name, value, origin) for name, value in values.items()}
