"""Files replaced whole or not at all, with the plain functions of `os`; what the system refuses becomes a Failure."""

from __future__ import annotations

import errno
import os

from backline.resources.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

HINTS = {
    errno.EACCES: "act as a user who may: ansible_user, ansible_become",
    errno.EPERM: "act as a user who may: ansible_user, ansible_become",
    errno.ENOSPC: "make room on that file system (df -h, df -i) and run this again",
    errno.EDQUOT: "the user's disk quota is used up; make room and run this again",
    errno.EROFS: "mount that file system writable and run this again; it is read-only",
    errno.ENOENT: "a folder on the way is missing; see that it is made earlier",
}


class attempting:  # noqa: N801 (reads as a word: with attempting("write /etc/x"))
    """Turns an OSError inside into a Failure that says what was attempted and what may help."""

    def __init__(self, act: str) -> None:
        self._act = act

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise Failure(f"cannot {self._act}: {reason}", hint=HINTS.get(error.errno or 0, "")) from None


def replace_file(
    path: str, content: bytes, mode: int, owner: tuple[int, int], accept: Callable[[str], None] | None = None
) -> None:
    """Put a new file where `path` is, by one rename. `owner` is uid and gid, -1 for what stays as it is.

    `accept` is given the candidate's path and raises where the candidate must not take effect."""
    candidate = sibling(path, "new")
    try:
        _write_candidate(candidate, content, mode, _kept_owner(path, owner))
        if accept:
            accept(candidate)
        rename(candidate, path)
    except BaseException:
        _discard(candidate)
        raise


def replace_link(path: str, target: str) -> None:
    """Put a symbolic link where `path` is, by one rename."""
    candidate = sibling(path, "link")
    os.symlink(target, candidate)
    try:
        rename(candidate, path)
    except BaseException:
        _discard(candidate)
        raise


def rename(old: str, new: str) -> None:
    """Rename, and have it on disk. The way to `new` may be by what is renamed or replaced, so it is asked before."""
    directory = os.path.realpath(os.path.dirname(new))
    os.rename(old, new)
    sync_directory(directory)


def make_directories(path: str, mode: int, owner: tuple[int, int]) -> None:
    """Make a directory, or set the mode and owner of the one that is there. Missing parents are made 0755."""
    parent = os.path.dirname(path)
    if not os.path.isdir(parent):
        make_directories(parent, 0o755, owner)
    try:
        os.mkdir(path, 0o700)  # nobody looks in before it is whose it should be
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    if owner != (-1, -1):
        os.chown(path, *owner)
    os.chmod(path, mode)
    sync_directory(parent)


def remove_whatever(path: str) -> None:
    """Remove a file, a link or a whole directory; nothing where there is nothing."""
    if not os.path.lexists(path):
        return  # a file system that is read-only would refuse all the same
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        if error.errno not in (errno.EISDIR, errno.EPERM) or os.path.islink(path) or not os.path.isdir(path):
            raise
        import shutil

        shutil.rmtree(path)


def sibling(path: str, purpose: str) -> str:
    """A free name beside `path`: hidden, and with an ending that no include pattern takes for the real thing."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name[:200]}.{os.urandom(4).hex()}.{purpose}")


def sync_directory(path: str) -> None:
    """Have the names in a directory on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_candidate(candidate: str, content: bytes, mode: int, owner: tuple[int, int]) -> None:
    descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if owner != (-1, -1):
            os.fchown(descriptor, *owner)
        os.fchmod(descriptor, mode)  # after chown, which takes set-uid bits away
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _kept_owner(path: str, owner: tuple[int, int]) -> tuple[int, int]:
    """What stays as it is belongs to whom the old file belonged; only root can see to that."""
    if os.geteuid() != 0 or -1 not in owner:
        return owner
    try:
        old = os.lstat(path)
    except FileNotFoundError:
        return owner
    return old.st_uid if owner[0] == -1 else owner[0], old.st_gid if owner[1] == -1 else owner[1]


def _discard(candidate: str) -> None:
    try:
        os.unlink(candidate)
    except (FileNotFoundError, NotADirectoryError):
        pass
