"""The commands of Backline, for the bench's project."""

from backline.commands.collection import commands

namespace = commands(__file__)
