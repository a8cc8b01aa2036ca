"""A key that lets somebody in over SSH as a user of the host."""

from __future__ import annotations

from backline.resources.account import find_user, user_name
from backline.resources.dataclass import dataclass
from backline.resources.failure import ConfigurationError, Conflict, Failure
from backline.resources.resource import Difference, Resource, ownership_differences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from backline.resources.account import Account
    from backline.resources.resource import Host

KEY_TYPES = ("ssh-", "ecdsa-", "sk-")
"""What the name of every kind of public key begins with."""


@dataclass(frozen=True)
class AuthorizedKey(Resource):
    """`key` is the line as it should stand in the user's ~/.ssh/authorized_keys: options, where there are any, kind,
    key, comment; the end of the line, as a `.pub` file has it, may be there. Other keys stay. The folder .ssh and the
    file are the user's own, made where they are missing."""

    user: str
    key: str

    @property
    def subject(self) -> str:
        return f"key {self.key.split()[-1]} of {self.user}"

    def needs(self) -> tuple[str, ...]:
        return (user_name(self.user),)

    def differences(self, host: Host) -> Iterator[Difference]:
        account = self._account(host)
        for path, mode, kind in ((_folder(account), 0o700, "directory"), (_file(account), 0o600, "file")):
            found = host.status(path)
            if found is None:
                yield Difference("key", None, self._line)
                return
            if found.kind != kind:
                raise Conflict(f"{path} is a {found.kind}, and a {kind} should be there", hint="move it away first")
            yield from ownership_differences(found, account.name, account.group, mode)
        if self._line not in _lines(host, account):
            yield Difference("key", next(filter(self._is_same, _lines(host, account)), None), self._line)

    def converge(self, host: Host) -> None:
        account = self._account(host)
        owner = {"owner": account.name, "group": account.group}
        host.make_directory(_folder(account), mode=0o700, **owner)
        lines = _lines(host, account)
        kept = [line for line in lines if line == self._line or not self._is_same(line)]
        content = "".join(f"{line}\n" for line in (kept if self._line in kept else [*kept, self._line]))
        host.write(_file(account), content.encode("utf-8", "surrogateescape"), mode=0o600, **owner)

    @property
    def _line(self) -> str:
        line = self.key.strip()
        if "\n" in line:
            raise ConfigurationError(f"{self.subject}: an AuthorizedKey is one line, and these are several")
        return line

    def _account(self, host: Host) -> Account:
        found = find_user(host, self.user)
        if found is None:
            raise Failure(f"there is no user {self.user} on this host", hint="have it made before its key")
        return found

    def _is_same(self, line: str) -> bool:
        """Whether a line has the same key, with other options or another comment."""
        return _key_in(line) is not None and _key_in(line) == _key_in(self._line)


def _folder(account: Account) -> str:
    return f"{account.home.rstrip('/')}/.ssh"


def _file(account: Account) -> str:
    return f"{_folder(account)}/authorized_keys"


def _lines(host: Host, account: Account) -> list[str]:
    if host.status(_file(account)) is None:
        return []
    return host.read(_file(account)).decode("utf-8", "surrogateescape").splitlines()


def _key_in(line: str) -> tuple[str, str] | None:
    """The kind and the key of a line; None for a comment."""
    words = line.split()
    pairs = zip(words, words[1:])  # noqa: B905 (Python 3.8 knows no strict)
    return next(((kind, key) for kind, key in pairs if kind.startswith(KEY_TYPES) and key.startswith("AAAA")), None)
