"""YAML into typed values, strictly: each refusal names file, line and the nearest word that would do.

`Node` is a place in a document, `Builder` makes dataclasses and Structs of places.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lab.units import Kind, UnitError, quantity
from measurements import yaml_lines
from measurements.checked import nearest
from measurements.yaml_lines import Document, Path


class ScenarioError(ValueError):
    """A scenario file cannot be used; the text says where and why."""


@dataclass(frozen=True)
class Node:
    """A place in a YAML document that knows its file and line."""

    document: Document
    file: str
    path: Path = ()

    @classmethod
    def read(cls, text: str, file: str) -> "Node":
        """The document that `text` holds; `file` stands in the messages."""
        document = yaml_lines.read(text)
        if document.problems:
            raise ScenarioError("\n".join(problem.show(file) for problem in document.problems))
        return cls(document, file)

    @property
    def _value(self) -> Any:
        value = self.document.data
        for step in self.path:
            value = value[step]
        return value

    def refuse(self, why: str) -> ScenarioError:
        """The error to raise about this place."""
        return ScenarioError(f"{self.file}:{self.document.lines.get(self.path, 1)}: {why}")

    def unknown(self, what: str, word: str, known: Iterable[str]) -> ScenarioError:
        """The error about a word that is not `known`."""
        return self.refuse(f"unknown {what} {word!r}{nearest(word, sorted(known))}")

    def items(self) -> dict[str, "Node"]:
        """A mapping's keys and values."""
        if not isinstance(self._value, dict):
            raise self.refuse("a mapping (key: value) is needed here")
        return {key: replace(self, path=(*self.path, key)) for key in self._value}

    def list(self) -> list["Node"]:
        """Members of a list; a single value is a list of one."""
        if not isinstance(self._value, list):
            return [self]
        return [replace(self, path=(*self.path, index)) for index in range(len(self._value))]

    def text(self) -> str:
        """A word or text."""
        if not isinstance(self._value, str):
            raise self.refuse("a word or text is needed here")
        return self._value

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self._value, bool):
            raise self.refuse("true or false is needed here")
        return self._value

    def number(self) -> int:
        """A whole number."""
        if not isinstance(self._value, int) or isinstance(self._value, bool):
            raise self.refuse("a whole number is needed here")
        return self._value

    def fraction(self) -> float:
        """A number."""
        if not isinstance(self._value, int | float) or isinstance(self._value, bool):
            raise self.refuse("a number is needed here")
        return float(self._value)

    @property
    def is_text(self) -> bool:
        return isinstance(self._value, str)

    def quantity(self, kind: Kind) -> float:
        """A quantity with its unit."""
        try:
            return quantity(str(self._value), kind)
        except UnitError as error:
            raise self.refuse(str(error)) from error


Convert = Callable[[Node], Any]


class Builder:
    """Makes values of our types. `units` and `own` tell fields that need more than their type says."""

    def __init__(self, units: Mapping[tuple[str, str], Kind], own: Mapping[tuple[str, str], Convert]) -> None:
        self._units = units  # (class, field) -> kind of quantity
        self._own = own  # (class, field) -> how to convert it

    def build(self, node: Node, made: type[Any], what: str, **given: Any) -> Any:
        """`made` (a dataclass or Struct) from a mapping; `given` fields cannot stand in the file."""
        hints = {key: hint for key, hint in get_type_hints(made).items() if key not in given}
        values: dict[str, Any] = {}
        for key, value in node.items().items():
            if key not in hints:
                raise value.unknown(f"key of {what}", key, hints)
            values[key] = self.field(value, made, key, hints[key])
        try:
            return made(**values, **given)
        except TypeError as error:
            raise node.refuse(f"{what}: {error}".replace(f"{made.__name__}.__init__() ", "")) from error

    def field(self, node: Node, made: type[Any], key: str, hint: Any) -> Any:
        """One field's value."""
        own = self._own.get((made.__name__, key))
        if own is not None:
            return own(node)
        kind = self._units.get((made.__name__, key))
        if kind is not None:
            number = node.quantity(kind)
            return round(number) if int in (hint, *get_args(hint)) else number
        return self._typed(node, hint)

    def _typed(self, node: Node, hint: Any) -> Any:
        origin, inner = get_origin(hint), get_args(hint)
        if origin is tuple:
            return tuple(self._typed(one, inner[0]) for one in node.list())
        if origin is Literal:
            return _one_of(node, inner)
        if origin in (Union, UnionType):
            return self._typed(node, next(one for one in inner if one is not NoneType))  # `X | None`
        if hint is bool:
            return node.truth()
        if hint is int:
            return node.number()
        if hint is float:
            return node.fraction()
        if hint is str:
            return node.text()
        return self.build(node, hint, hint.__name__.lower())


def _one_of(node: Node, words: tuple[Any, ...]) -> Any:
    if node.text() not in words:
        raise node.unknown("word", node.text(), words)
    return node.text()
