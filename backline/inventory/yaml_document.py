"""A YAML file as plain values, and the line on which each of its keys and items stands."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path

import yaml

from backline.inventory.variable import Place, Unsafe, Variable
from backline.inventory.vault import Vault, Vaulted, is_vault
from backline.resources.dataclass import dataclass, replace
from backline.resources.failure import ConfigurationError
from backline.resources.origin import Origin

VAULT_TAGS = ("!vault", "!vault-encrypted")
MAPPING_TAG = "tag:yaml.org,2002:map"
SEQUENCE_TAG = "tag:yaml.org,2002:seq"


@dataclass(frozen=True)
class Document:
    """What one file holds. An empty file holds None."""

    file: str
    """The file as a person in the current folder would name it."""
    value: object
    places: Mapping[Place, Origin]

    def origin(self, place: Place) -> Origin:
        return self.places.get(place, Origin(self.file))

    def variables(self, place: Place = ()) -> dict[str, Variable]:
        """The mapping at `place` as variables; nothing where there is none."""
        mapping = self.value
        for key in place:
            mapping = mapping[key] if isinstance(mapping, dict) else None
        if mapping is None:
            return {}
        if not isinstance(mapping, dict):
            raise ConfigurationError(f"{self.origin(place)}: variables should be here, `name: value` a line")
        inside = self._places_inside(place)
        return {
            name: Variable(name, value, self.origin((*place, name)), inside.get(name, {}))
            for name, value in self._named(mapping, place).items()
        }

    def _named(self, mapping: dict[object, object], place: Place) -> dict[str, object]:
        for name in mapping:
            if not isinstance(name, str):
                raise ConfigurationError(f"{self.origin((*place, name))}: the name of a variable is text, not {name!r}")
        return {str(name): value for name, value in mapping.items()}

    def _places_inside(self, place: Place) -> dict[object, dict[Place, Origin]]:
        """For each key at `place`: what stands inside its value, by the rest of the way there."""
        depth = len(place)
        inside: dict[object, dict[Place, Origin]] = {}
        for way, origin in self.places.items():
            if len(way) > depth + 1 and way[:depth] == place:
                inside.setdefault(way[depth], {})[way[depth + 1 :]] = origin
        return inside


def read_document(path: Path, vault: Vault) -> Document:
    """Read a file by the rules of Ansible's loader: YAML 1.1, and of two equal keys the last one counts. Of one that is
    encrypted as a whole every value is a Secret, but for yes, no and nothing."""
    file = as_named(path)
    text = text_of(path, file)
    if not is_vault(text):
        return _document(file, text, vault)
    try:
        document = _document(file, vault.opened(text, file), vault)
    except _NotYaml as error:
        raise ConfigurationError(f"{error.origin}, as it is when decrypted: this is not YAML") from None
    return replace(document, value=_hidden(document.value, vault))


def is_encrypted(path: Path) -> bool:
    """Whether the file is encrypted as a whole."""
    return is_vault(text_of(path, as_named(path)))


def _document(file: str, text: str, vault: Vault) -> Document:
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        reader = _Reader(file, loader, vault)
        return Document(file, None if node is None else reader.value(node, ()), reader.places)
    except yaml.MarkedYAMLError as error:
        raise _broken(file, text, error) from error
    except yaml.YAMLError as error:
        raise _NotYaml(Origin(file), str(error)) from error


def as_named(path: Path) -> str:
    """The path as a person in the current folder would name it: relative below it, else absolute."""
    absolute = path if path.is_absolute() else Path.cwd() / path
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)


def text_of(path: Path, file: str) -> str:
    """What stands in the file, called so. Raises ConfigurationError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} is not UTF-8 text (byte {error.start + 1})") from error


class _NotYaml(ConfigurationError):
    """The parser's words quote what they are about."""

    def __init__(self, origin: Origin, said: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(f"{origin}: this is not YAML: {said}", lines=lines)
        self.origin = origin


def _broken(file: str, text: str, error: yaml.MarkedYAMLError) -> _NotYaml:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    shown = text.splitlines()[line - 1 : line] if line else []
    return _NotYaml(Origin(file, line), str(error.problem), tuple(shown))


class _Reader:
    """Walks the nodes of one document; notes the line of each key and item."""

    def __init__(self, file: str, loader: yaml.SafeLoader, vault: Vault) -> None:
        self.file = file
        self.loader = loader
        self.vault = vault
        self.places: dict[Place, Origin] = {}
        self.around: list[yaml.Node] = []

    def value(self, node: yaml.Node, place: Place) -> object:
        self.places[place] = self._origin(node)
        if node.tag in VAULT_TAGS:
            subject = ".".join(str(key) for key in place) or "this value"
            return Vaulted(str(node.value), self.vault, f"{self._origin(node)}: {subject}")
        if node.tag == "!unsafe":
            return _unsafe(node.value if isinstance(node, yaml.ScalarNode) else self._collection(node, place))
        if node.tag in (MAPPING_TAG, SEQUENCE_TAG):
            return self._collection(node, place)
        return self._constructed(node)

    def _constructed(self, node: yaml.Node) -> object:
        """What YAML makes of a node. A text that has the form of a date or a number need not be one: 2026-13-45."""
        try:
            return self.loader.construct_object(node, deep=True)
        except (ValueError, OverflowError):
            cause = f"{self._origin(node)}: YAML takes this for a date or a number, and it is none"
            raise ConfigurationError(cause, hint="if it is text, put it in quotes") from None

    def _collection(self, node: yaml.Node, place: Place) -> object:
        if node in self.around:
            raise ConfigurationError(f"{self._origin(node)}: this contains itself")
        self.around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            return [self.value(item, (*place, at)) for at, item in enumerate(node.value)]
        finally:
            self.around.pop()

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[object, object]:
        self.loader.flatten_mapping(node)
        mapping: dict[object, object] = {}
        for key_node, value_node in node.value:
            key = self._constructed(key_node)
            if not isinstance(key, Hashable):
                raise ConfigurationError(f"{self._origin(key_node)}: a list or a mapping cannot be a key")
            inside = (*place, key)
            mapping[key] = self.value(value_node, inside)
            self.places[inside] = self._origin(key_node)
        return mapping

    def _origin(self, node: yaml.Node) -> Origin:
        return Origin(self.file, node.start_mark.line + 1)


def _unsafe(value: object) -> object:
    if isinstance(value, str):
        return Unsafe(value)
    if isinstance(value, list):
        return [_unsafe(item) for item in value]
    if isinstance(value, dict):
        return {key: _unsafe(item) for key, item in value.items()}
    return value


def _hidden(value: object, vault: Vault) -> object:
    """Yes, no and nothing tell too little to hide."""
    if isinstance(value, list):
        return [_hidden(item, vault) for item in value]
    if isinstance(value, dict):
        return {key: _hidden(item, vault) for key, item in value.items()}
    return value if value is None or isinstance(value, (bool, Vaulted)) else vault.secret(str(value))
