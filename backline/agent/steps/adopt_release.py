"""Make a release out of one that is on the host already: its tree, environment, static files and virtualenv."""

from __future__ import annotations

import os
from dataclasses import dataclass

from backline.resources.failure import Failure
from backline.resources.resource import Action, Host


@dataclass(frozen=True)
class AdoptRelease(Action):
    """Copy release directory `origin` to `path`, whole or not at all; links stay links."""

    origin: str
    path: str

    def perform(self, host: Host) -> None:
        import shutil

        if os.path.lexists(self.path):
            raise Failure(f"{self.path} is there already", hint="try again: the next run takes the next number")
        partial = f"{self.path}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            shutil.copytree(self.origin, partial, symlinks=True)
            os.rename(partial, self.path)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise Failure(f"{self.origin} could not be copied: {error.strerror or error}") from error
