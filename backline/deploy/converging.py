"""The roles of one host on their way to it: what their plan leaves behind is sent first, where it is needed."""

from __future__ import annotations

from backline.agent.steps.apply import Apply
from backline.agent.steps.require_contents import DropContents, RequireContents
from backline.deploy.lightening import LightPlan, lightened
from backline.deploy.order import Order
from backline.deploy.role import role_plan
from backline.fleet.requests import Pending
from backline.fleet.target import Target
from backline.resources.dataclass import dataclass
from backline.resources.left_behind import ContentNeeded
from backline.settings.settings import HostSettings


@dataclass(frozen=True)
class RolesAsked:
    """Requests that were sent ahead. `contents` fails where something is needed; then nothing of `apply` is done."""

    light: LightPlan
    contents: Pending | None
    apply: Pending


def begin_roles(target: Target, order: Order, settings: HostSettings, lock: Pending | None) -> RolesAsked:
    """Ask for the plan of these roles, after the lock, where that was not taken before."""
    light = lightened(role_plan(settings, order.roles), _incoming(target))
    contents = target.session.begin(RequireContents(light.resources), after=lock) if light.resources else lock
    owed = f"{settings.app.state_directory}/owed.json"
    return RolesAsked(light, contents, target.session.begin(Apply(light.plan, owed), after=contents))


def sent_what_they_need(target: Target, asked: RolesAsked) -> bool:
    """True if the host needed contents: they are sent now, and the roles are to be asked for once more."""
    if asked.contents is None or not asked.light.resources:
        return False
    try:
        asked.contents.result()
    except ContentNeeded as needed:
        contents = {blob: asked.light.contents[blob] for blob in needed.blobs}
        target.session.begin_upload(len(contents), sum(len(content) for content in contents.values()))
        for blob, content in contents.items():
            target.session.put_blob(blob, content, _incoming(target), asked.light.paths(blob))
        return True
    return False


def await_roles(target: Target, asked: RolesAsked) -> None:
    """Wait for them, count them, and have what was sent for them removed."""
    applied = target.counted(asked.apply)
    if asked.light.resources and applied.changed:
        target.session.begin(DropContents(_incoming(target)), after=asked.apply)
    target.tally.converged = applied.changed
    target.session.remark(f"{applied.changed} changed, {applied.unchanged} unchanged")


def _incoming(target: Target) -> str:
    """The host's folder for what is sent to it."""
    return f"{target.settings.app.state_directory}/incoming"
