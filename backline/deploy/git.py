"""What the controller's git says of a project: a commit or the working tree, its files by blob id, their contents."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from backline.resources.failure import ConfigurationError
from backline.resources.tree import TreeFile

SUBMODULE = "160000"
OF_A_REPOSITORY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)
"""Variables by which git tells its hooks and aliases of their repository; ours is that of the project's folder."""


class UnknownRef(ConfigurationError):
    """No commit has this name, `ref`; `nearest` is the branch or tag that may have been meant, or empty."""

    def __init__(self, ref: str, repository: str, nearest: str) -> None:
        suggestion = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(f"there is no commit called {ref!r} in {repository}{suggestion}")
        self.ref = ref
        self.nearest = nearest


class NoProject(ConfigurationError):
    """The project's folder is not there, or git does not know it."""


class Repository:
    """The git work tree around a folder; every method runs git and reads what it prints."""

    def __init__(self, folder: Path) -> None:
        """Raises ConfigurationError where the folder is not there or not in a git work tree."""
        self.folder = folder
        if not folder.is_dir():
            raise NoProject(f"the project folder {folder} is not there")
        self.top = self.folder
        found = self._run("rev-parse", "--show-toplevel", check=False)
        if found.returncode:
            lines = tuple(found.stderr.decode(errors="replace").rstrip().splitlines()[-4:])
            raise NoProject(f"{folder} is not in a git work tree", lines=lines)
        self.top = Path(os.fsdecode(found.stdout.rstrip(b"\n")))
        self.prefix = self._told("rev-parse", "--show-prefix").rstrip("/")

    def commit_of(self, ref: str) -> str:
        """The full id of the commit that a branch, tag or abbreviated id names. Raises ConfigurationError."""
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", check=False)
        if found.returncode == 0:
            return found.stdout.decode().strip()
        raise UnknownRef(ref, str(self.top), self._nearest_ref(ref))

    def tree_of(self, treeish: str) -> str:
        """The id of the project folder's tree in a commit."""
        path = f"{treeish}:{self.prefix}" if self.prefix else f"{treeish}^{{tree}}"
        return self._told("rev-parse", "--verify", "--quiet", path, why=f"{self.prefix} is not in {treeish}")

    def working_tree(self) -> str:
        """The id of a tree of the work tree as it is now, ignored files left out; the index is not touched."""
        with tempfile.TemporaryDirectory(prefix="backline-index-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._run("read-tree", "HEAD", environment=index)
            self._run("add", "--all", str(self.top), environment=index)
            return self._run("write-tree", environment=index).stdout.decode().strip()

    def changed_files(self) -> tuple[str, ...]:
        """What is in the project folder otherwise than in the last commit, named from that folder on."""
        told = self._run("status", "--porcelain", "--no-renames", "--untracked-files=normal", "-z", "--", ".").stdout
        paths = (os.fsdecode(entry[3:]) for entry in told.split(b"\0") if entry)
        return tuple(path[len(self.prefix) + 1 :] if self.prefix else path for path in paths)

    def files(self, tree: str) -> tuple[TreeFile, ...]:
        """Every file of a tree. Raises ConfigurationError for a submodule, whose objects are not here."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", tree).stdout
        files = tuple(map(_tree_file, filter(None, listed.split(b"\0"))))
        submodules = [file.path for file in files if file.mode == SUBMODULE]
        if submodules:
            raise ConfigurationError(f"{submodules[0]} is a submodule, and its files are not in this repository")
        return files

    def contents(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each blob's id and content, one at a time. Raises ConfigurationError where git has one no more."""
        wanted = list(blobs)
        if not wanted:
            return
        with subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # else Ctrl-C ends it, before whoever reads it is told to stop
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for blob in wanted:
                process.stdin.write(blob.encode() + b"\n")
                process.stdin.flush()
                told = process.stdout.readline().split()
                if len(told) != 3:
                    raise ConfigurationError(
                        f"git has not the content of {blob}", hint=f"what is missing:  git -C {self.top} fsck"
                    )
                yield blob, process.stdout.read(int(told[2]))
                process.stdout.read(1)

    def small_contents(self, blobs: Iterable[str], largest: int) -> Iterator[tuple[str, bytes]]:
        """Of those blobs that are in this repository, the contents of at most so many bytes."""
        asked = "".join(f"{blob}\n" for blob in dict.fromkeys(blobs))
        told = self._run("cat-file", "--batch-check=%(objectname) %(objectsize)", words=asked.encode()).stdout.decode()
        sizes = (line.split() for line in told.splitlines())
        return self.contents(blob for blob, size in sizes if size.isdecimal() and int(size) <= largest)

    def sizes(self, blobs: Iterable[str]) -> tuple[int, ...]:
        """The size of each blob's content in bytes; the contents are not read."""
        wanted = list(blobs)
        if not wanted:
            return ()
        asked = "".join(f"{blob}\n" for blob in wanted).encode()
        told = self._run("cat-file", "--batch-check=%(objectsize)", words=asked).stdout
        return tuple(map(int, told.split()))

    def _nearest_ref(self, ref: str) -> str:
        from difflib import get_close_matches

        known = self._run("for-each-ref", "--format=%(refname:short)", check=False).stdout.decode().split()
        return next(iter(get_close_matches(ref, known, n=1)), "")

    def _told(self, *arguments: str, why: str = "git refused") -> str:
        done = self._run(*arguments, check=False)
        if done.returncode:
            lines = tuple(done.stderr.decode(errors="replace").rstrip().splitlines()[-4:])
            raise ConfigurationError(why, lines=lines)
        return done.stdout.decode().strip()

    def _run(
        self, *arguments: str, check: bool = True, environment: dict[str, str] | None = None, words: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self.folder,
                env=_environment(environment),
                capture_output=True,
                check=check,
                input=words,
            )
        except FileNotFoundError:
            raise ConfigurationError("git is not installed here", hint="install git, then try again") from None
        except subprocess.CalledProcessError as error:
            lines = tuple(error.stderr.decode(errors="replace").rstrip().splitlines()[-4:])
            raise ConfigurationError(f"git {arguments[0]} failed", lines=lines) from error


def _environment(besides: Mapping[str, str] | None = None) -> dict[str, str]:
    """That of git: ours, without what is about another repository."""
    ours = {name: value for name, value in os.environ.items() if name not in OF_A_REPOSITORY}
    return {**ours, **(besides or {})}


def _tree_file(line: bytes) -> TreeFile:
    """`100644 blob <id>\\t<path>`, as ls-tree -z prints it."""
    facts, _, path = line.partition(b"\t")
    mode, _, blob = facts.decode().split(" ")
    return TreeFile(path=os.fsdecode(path), blob=blob, mode=mode)
