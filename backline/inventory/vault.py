"""Ansible's vault: what it encrypted is opened, and text is encrypted as it does. Format 1.1 and 1.2, AES256."""

from __future__ import annotations

import hashlib
import hmac
import os
from binascii import Error as NotHexadecimal
from binascii import hexlify, unhexlify
from collections.abc import Callable, Sequence

from backline.resources.dataclass import dataclass, field
from backline.resources.failure import ConfigurationError
from backline.resources.secret import MASK, Secret

MAGIC = "$ANSIBLE_VAULT"
VERSIONS = ("1.1", "1.2")
CIPHER = "AES256"
HEADER = f"{MAGIC};{VERSIONS[0]};{CIPHER}"
ROUNDS = 10_000
KEY, BLOCK = 32, 16
"""Bytes of a key, and of a block of the cipher."""
SALT = 32
COLUMNS = 80
STEP = "open the vault"


@dataclass(frozen=True)
class _Keys:
    """What a password and a salt give: the cipher's key and counter, and the key of the proof that nothing changed."""

    cipher: bytes
    proof: bytes
    counter: bytes

    @staticmethod
    def of(password: Secret, salt: bytes) -> _Keys:
        whole = hashlib.pbkdf2_hmac("sha256", password.reveal().encode(), salt, ROUNDS, 2 * KEY + BLOCK)
        return _Keys(whole[:KEY], whole[KEY : 2 * KEY], whole[2 * KEY :])

    def crypted(self, data: bytes) -> bytes:
        """The cipher in counter mode, which is the same there and back."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        cipher = Cipher(algorithms.AES(self.cipher), modes.CTR(self.counter)).encryptor()
        return cipher.update(data) + cipher.finalize()

    def proof_of(self, encrypted: bytes) -> bytes:
        return hmac.digest(self.proof, encrypted, "sha256")


@dataclass(frozen=True)
class Sealed:
    """What one encrypted text holds."""

    salt: bytes
    proof: bytes
    encrypted: bytes

    @staticmethod
    def read(text: str) -> Sealed:
        """Raises ValueError, in words for a person, for what is no such text."""
        head, *lines = text.strip().splitlines()
        magic, version, cipher = (*head.strip().split(";"), "", "")[:3]
        if magic != MAGIC or version not in VERSIONS or cipher != CIPHER:
            raise ValueError(f"{head.strip()} is no vault that Backline reads; {HEADER} is")
        try:
            parts = unhexlify("".join(line.strip() for line in lines)).split(b"\n", 2)
            salt, proof, encrypted = map(unhexlify, parts)
        except (NotHexadecimal, ValueError) as error:
            raise ValueError("what stands below the vault's first line is not whole") from error
        return Sealed(salt, proof, encrypted)

    def opened(self, password: Secret) -> str | None:
        """The text; None where the password is another. Raises ValueError where it is no text."""
        keys = _Keys.of(password, self.salt)
        if not hmac.compare_digest(keys.proof_of(self.encrypted), self.proof):
            return None
        padded = keys.crypted(self.encrypted)
        return padded[: len(padded) - padded[-1]].decode("utf-8")


def encrypted(text: str, password: Secret) -> str:
    """The lines that ansible-vault and Backline read."""
    salt = os.urandom(SALT)
    keys = _Keys.of(password, salt)
    plain = text.encode("utf-8", "surrogateescape")
    missing = BLOCK - len(plain) % BLOCK
    sealed = keys.crypted(plain + bytes([missing]) * missing)
    body = hexlify(b"\n".join(map(hexlify, (salt, keys.proof_of(sealed), sealed)))).decode()
    lines = (body[begin : begin + COLUMNS] for begin in range(0, len(body), COLUMNS))
    return "".join(f"{line}\n" for line in (HEADER, *lines))


def is_vault(text: str) -> bool:
    """Whether a whole file is one."""
    return text.startswith(MAGIC)


@dataclass(frozen=True)
class VaultPassword:
    """A password, and where it is from, as a person says it."""

    password: Secret
    source: str


def nobody() -> Sequence[VaultPassword]:
    """Where no password is to be had."""
    return ()


class Closed(ConfigurationError):
    """A vault that cannot be opened: nothing else that is wrong matters before."""


@dataclass
class Vault:
    """Opens what is encrypted. Passwords are got when the first is needed; each text is opened once."""

    passwords: Callable[[], Sequence[VaultPassword]] = nobody
    _known: Sequence[VaultPassword] | None = None
    _opened: dict[str, str] = field(default_factory=dict)
    _revealed: dict[str, None] = field(default_factory=dict)

    def opened(self, text: str, subject: str) -> str:
        """What the text hides. `subject` names it in errors. Raises Closed."""
        if text not in self._opened:
            self._opened[text] = self._open(text, subject)
        return self._opened[text]

    def secret(self, value: str) -> Secret:
        """A value that was encrypted, by itself or with its file."""
        self._revealed[value] = None
        return Secret(value)

    @property
    def revealed(self) -> tuple[str, ...]:
        """All such values so far, which nobody is to be shown."""
        return tuple(self._revealed)

    def _open(self, text: str, subject: str) -> str:
        try:
            sealed = Sealed.read(text)
        except ValueError as error:
            raise Closed(f"{subject}: {error}", step=STEP) from error
        if self._known is None:
            self._known = self.passwords()
        if not self._known:
            raise Closed(
                f"{subject} is encrypted, and nobody said the vault's password",
                step=STEP,
                hint="add --vault-password-file FILE, or set ANSIBLE_VAULT_PASSWORD_FILE; at a terminal you are asked",
            )
        for known in self._known:
            try:
                found = sealed.opened(known.password)
            except ValueError as error:
                raise Closed(f"{subject} is no UTF-8 text when decrypted", step=STEP) from error
            if found is not None:
                return found
        sources = ", ".join(known.source for known in self._known)
        raise Closed(
            f"{subject} cannot be opened: this is not the vault's password, or the text was changed",
            lines=(f"tried the password of {sources}",),
            step=STEP,
            hint="add --vault-password-file FILE with the right one",
        )


@dataclass(frozen=True)
class Vaulted:
    """An encrypted value in a file of variables, opened when something asks for it."""

    text: str
    vault: Vault
    subject: str

    def opened(self) -> Secret:
        """Raises Closed."""
        return self.vault.secret(self.vault.opened(self.text, self.subject))

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__
