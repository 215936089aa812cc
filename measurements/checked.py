"""Plain data against msgspec struct types, with a sentence for each mistake.

msgspec itself stops at the first mistake and knows no lines. This walks the type tree that msgspec derives from the
structs, so that the structs stay the only description of a file; numbers in range, forms of addresses and the like are
left to the caller.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from msgspec import NODEFAULT, inspect

from measurements.yaml_lines import Document, Path


def check(document: Document, kind: type) -> None:
    """Add a problem to `document` for each value that does not fit the struct type `kind`."""
    _check(document.data, _tree(kind), (), document)


@cache
def _tree(kind: type) -> inspect.Type:
    return inspect.type_info(kind)  # takes longer than the check of a small document


def nearest(word: str, words: Iterable[str]) -> str:
    """How to mend a wrong word: `; did you mean 'url'?`, or the whole list if nothing is near."""
    known = [str(each) for each in words]
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def _check(value: Any, kind: inspect.Type, path: Path, document: Document) -> None:
    if isinstance(kind, inspect.UnionType):
        fitting = [each for each in kind.types if _fits(value, each)]
        if not fitting:
            document.add(path, f"{_wanted(kind)} is needed here, not {_name(value)}")
            return
        kind = fitting[0]
    elif not _fits(value, kind):
        document.add(path, f"{_wanted(kind)} is needed here, not {_name(value)}")
        return
    if isinstance(kind, inspect.StructType):
        _struct(value, kind, path, document)
    elif isinstance(kind, inspect.DictType):
        for key, item in value.items():
            _check(item, kind.value_type, (*path, key), document)
    elif isinstance(kind, inspect.VarTupleType):
        for index, item in enumerate(value):
            _check(item, kind.item_type, (*path, index), document)
    elif isinstance(kind, inspect.LiteralType) and value not in kind.values:
        document.add(path, f"{value!r} is not known{nearest(str(value), map(str, kind.values))}")


def _struct(value: dict[str, Any], kind: inspect.StructType, path: Path, document: Document) -> None:
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in value.items():
        if key not in fields:
            document.add((*path, key), f"unknown key {key!r}{nearest(key, fields)}")
        else:
            _check(item, fields[key].type, (*path, key), document)
    for name, field in fields.items():
        no_default = field.default is NODEFAULT and field.default_factory is NODEFAULT
        if field.required and no_default and name not in value:
            document.add(path, f"the key {name!r} is missing")


def _fits(value: Any, kind: inspect.Type) -> bool:
    """True if the outer shape of `value` is that of `kind`; True is no number here."""
    if isinstance(kind, inspect.StructType | inspect.DictType):
        return isinstance(value, dict)
    if isinstance(kind, inspect.VarTupleType):
        return isinstance(value, list)
    if isinstance(kind, inspect.LiteralType):
        return isinstance(value, str | int) and not isinstance(value, bool)
    for known, python in ((inspect.IntType, int), (inspect.StrType, str)):
        if isinstance(kind, known):
            return isinstance(value, python) and not isinstance(value, bool)
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    return isinstance(kind, inspect.NoneType) and value is None


def _wanted(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_wanted(each) for each in kind.types if not isinstance(each, inspect.NoneType))
    names = {
        inspect.StructType: "a mapping (key: value)",
        inspect.DictType: "a mapping (name: ...)",
        inspect.VarTupleType: "a list",
        inspect.IntType: "a whole number",
        inspect.StrType: "text",
        inspect.BoolType: "true or false",
    }
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(repr(value) for value in kind.values)
    return names[type(kind)]


def _name(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value)
