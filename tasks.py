"""The commands that `inv --list` shows."""

from backline.commands.collection import commands

namespace = commands(__file__)
