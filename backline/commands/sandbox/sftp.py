"""Files over the sandbox's SSH server: what the user may, below / , with the root of the sandbox where paths begin."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import paramiko
from paramiko.sftp import SFTP_OK

if TYPE_CHECKING:
    from typing_extensions import Buffer

Method = TypeVar("Method", bound=Callable[..., Any])

NO_MODE_GIVEN = 0o666


def _codes(method: Method) -> Method:
    """SFTP reports what the system refuses by its own codes."""

    @functools.wraps(method)
    def reporting(*arguments: Any) -> Any:
        try:
            return method(*arguments)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    return cast(Method, reporting)


class OpenFile(paramiko.SFTPHandle):
    """An open file, read and written where the client says."""

    def __init__(self, descriptor: int, flags: int) -> None:
        super().__init__(flags)
        self._descriptor = descriptor
        self._appends = bool(flags & os.O_APPEND)

    def close(self) -> None:
        os.close(self._descriptor)

    @_codes
    def read(self, offset: int, length: int) -> bytes | int:
        return os.pread(self._descriptor, length, offset)

    @_codes
    def write(self, offset: int, data: Buffer) -> int:
        rest = memoryview(data)
        while rest:
            count = os.write(self._descriptor, rest) if self._appends else os.pwrite(self._descriptor, rest, offset)
            rest, offset = rest[count:], offset + count
        return SFTP_OK

    @_codes
    def stat(self) -> paramiko.SFTPAttributes | int:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self._descriptor))

    @_codes
    def chattr(self, attr: paramiko.SFTPAttributes) -> int:
        set_attributes(self._descriptor, attr)
        return SFTP_OK


class FileServer(paramiko.SFTPServer):
    """Paramiko's, which ends without an exit status; OpenSSH's scp takes that for a failure."""

    def start_subsystem(self, name: str, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        super().start_subsystem(name, transport, channel)
        if not channel.closed:
            channel.send_exit_status(0)


class Files(paramiko.SFTPServerInterface):
    """The file system, as one channel sees it."""

    def __init__(self, server: paramiko.ServerInterface, root: Path, *arguments: Any) -> None:
        super().__init__(server, *arguments)
        self._root = str(root)

    def canonicalize(self, path: str) -> str:
        return os.path.realpath(self._full(path))

    @_codes
    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        with os.scandir(self._full(path)) as entries:
            return [
                paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False), entry.name) for entry in entries
            ]

    @_codes
    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return paramiko.SFTPAttributes.from_stat(os.stat(self._full(path)))

    @_codes
    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        return paramiko.SFTPAttributes.from_stat(os.lstat(self._full(path)))

    @_codes
    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        mode = NO_MODE_GIVEN if attr.st_mode is None else attr.st_mode & 0o7777
        return OpenFile(os.open(self._full(path), flags | os.O_CLOEXEC, mode), flags)

    @_codes
    def remove(self, path: str) -> int:
        os.unlink(self._full(path))
        return SFTP_OK

    @_codes
    def rename(self, oldpath: str, newpath: str) -> int:
        """The protocol's rename refuses an existing target; clients that want it replaced ask for posix_rename."""
        if os.path.lexists(self._full(newpath)):
            return paramiko.sftp.SFTP_FAILURE
        os.rename(self._full(oldpath), self._full(newpath))
        return SFTP_OK

    @_codes
    def posix_rename(self, oldpath: str, newpath: str) -> int:
        os.rename(self._full(oldpath), self._full(newpath))
        return SFTP_OK

    @_codes
    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        os.mkdir(self._full(path), 0o777 if attr.st_mode is None else attr.st_mode & 0o7777)
        return SFTP_OK

    @_codes
    def rmdir(self, path: str) -> int:
        os.rmdir(self._full(path))
        return SFTP_OK

    @_codes
    def chattr(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        set_attributes(self._full(path), attr)
        return SFTP_OK

    @_codes
    def readlink(self, path: str) -> str | int:
        return os.readlink(self._full(path))

    @_codes
    def symlink(self, target_path: str, path: str) -> int:
        os.symlink(target_path, self._full(path))
        return SFTP_OK

    def _full(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._root, path))


def set_attributes(file: str | int, attributes: paramiko.SFTPAttributes) -> None:
    """Set what the client named. Paramiko's set_file_attr empties a file whose size it is told, and scp tells it."""
    flags = attributes._flags  # type: ignore[attr-defined]
    if flags & attributes.FLAG_SIZE and attributes.st_size is not None:
        os.truncate(file, attributes.st_size)
    if flags & attributes.FLAG_UIDGID and attributes.st_uid is not None and attributes.st_gid is not None:
        os.chown(file, attributes.st_uid, attributes.st_gid)
    if flags & attributes.FLAG_PERMISSIONS and attributes.st_mode is not None:
        os.chmod(file, attributes.st_mode & 0o7777)
    if flags & attributes.FLAG_AMTIME and attributes.st_atime is not None and attributes.st_mtime is not None:
        os.utime(file, (attributes.st_atime, attributes.st_mtime))
