"""What the resources about one program of Supervisor have in common: its file, and who checks it."""

from __future__ import annotations

from backline.resources.dataclass import dataclass
from backline.resources.failure import Conflict
from backline.resources.program import Program
from backline.resources.program_files import FILE_MODE, program_file
from backline.resources.resource import Resource
from backline.resources.supervisor_check import parser_check
from backline.resources.supervisor_file import file_name, rendered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backline.resources.resource import Host, Status


@dataclass(frozen=True)
class ProgramResource(Resource):
    """`python` is the one that has the supervisor package; its parser checks the file before it is in place."""

    program: Program
    supervisor: str
    """Path of Supervisor's socket."""
    include_directory: str
    python: str

    @property
    def subject(self) -> str:
        return self.program.name

    @property
    def path(self) -> str:
        """The program's file."""
        return program_file(self.include_directory, self.program.name)

    def found_at_path(self, host: Host) -> Status | None:
        """What is there. Raises Conflict for a folder."""
        found = host.status(self.path)
        if found is not None and found.is_directory:
            raise Conflict(f"{self.path} is a directory, and a file should be there", hint="move it away first")
        return found

    def text_at_path(self, host: Host) -> str:
        return host.read(self.path).decode("utf-8", "replace")

    def write_file(self, host: Host) -> None:
        """Put the program's file there, once Supervisor's parser takes it."""
        check = parser_check(self.python, self.include_directory, file_name(self.program.name))
        host.write(self.path, rendered(self.program).encode(), mode=FILE_MODE, validate=check)
