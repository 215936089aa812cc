"""YAML read strictly, with the line of every value: errors in a file written by hand must name the line.

PyYAML's own loader takes the last of two equal keys without a word and forgets where a value stood. Here the node tree
is walked by hand: duplicate keys, anchors and tags are refused, and `Document.lines` maps a path to its line.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import yaml

# A path into the data: mapping keys and list positions from the root.
Path = tuple[str | int, ...]

# A file of every host of seven platforms has some 30 kB; more than this is a mistake or an attack.
MAX_CHARACTERS: Final = 2_000_000

_SCALARS: Final = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:int",
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:null",
}
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"  # stays the text that was written


@dataclass(frozen=True)
class Problem:
    """One mistake: its line (from 1, None if the whole file is meant), its place and what to do about it."""

    line: int | None
    place: str
    text: str

    def show(self, file: str) -> str:
        """`file:line: place: text`, the form that editors turn into a link."""
        parts = [file if self.line is None else f"{file}:{self.line}", self.place, self.text]
        return ": ".join(part for part in parts if part)


@dataclass
class Document:
    """Plain data (dict, list, str, int, float, bool, None) and where each value stands."""

    data: Any
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path, text: str) -> None:
        """Note a mistake at `path`, on the line of the nearest value that has one."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        self.problems.append(Problem(self.lines.get(known), show_path(path), text))


def show_path(path: Path) -> str:
    """`platforms.youtube.endpoints[0].url`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def read(text: str) -> Document:
    """Walk the YAML text. A syntax error leaves `data` None and one problem."""
    document = Document(None)
    if len(text) > MAX_CHARACTERS:
        document.problems.append(
            Problem(None, "", f"more than {MAX_CHARACTERS} characters; is this the file?")
        )
        return document
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document.data = None if root is None else _walk(root, (), document, set())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"not valid YAML: {error.problem or error.context}; check indentation, quotes and brackets"
        document.problems.append(Problem(mark.line + 1 if mark else None, "", what))
    except yaml.YAMLError as error:
        document.problems.append(Problem(None, "", f"not valid YAML: {error}"))
    except RecursionError:
        document.problems.append(Problem(None, "", "nested too deeply"))
    return document


def _walk(node: yaml.Node, path: Path, document: Document, seen: set[int]) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        document.add(path, "anchors and aliases (& and *) are not allowed; write the value out")
        return None
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_walk(item, (*path, index), document, seen) for index, item in enumerate(node.value)]
    if node.tag == _TIMESTAMP:
        return node.value
    if node.tag not in _SCALARS:
        document.add(
            path,
            f"the tag {node.tag.removeprefix('tag:yaml.org,2002:')!r} is not allowed; write plain values",
        )
        return None
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except ValueError as error:  # such as 0b or 1__ that look like a number to the resolver
        document.add(path, f"not a value: {error}; put it in quotes if it is text")
        return None


def _mapping(node: yaml.MappingNode, path: Path, document: Document, seen: set[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        line = key.start_mark.line + 1
        if name is None:
            document.problems.append(Problem(line, show_path(path), "a key must be a plain word"))
            continue
        if name in result:
            first = document.lines[(*path, name)]
            text = f"the key {name!r} stands here twice (first on line {first}); remove one"
            document.problems.append(Problem(line, show_path(path), text))
            continue
        document.lines[(*path, name)] = line
        result[name] = _walk(value, (*path, name), document, seen)
    return result
