"""Reading what has another shape than expected: real OONI data hold lists for objects and text for numbers.

msgspec stops at the first value of a wrong type. That is the fast path; only a record that fails it comes here, where
each value that does not fit becomes null and is counted.
"""

from typing import Any, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")


def fit(value: Any, kind: type[T]) -> tuple[T, int]:
    """`value` (plain JSON data) as the struct `kind`, and how many values in it did not fit."""
    misfits = [0]
    result = _fit(value, _info(kind), misfits)
    return (kind() if result is None else result), misfits[0]


_INFO: dict[type[Any], inspect.Type] = {}  # `inspect` walks the type each time it is asked


def _info(kind: type[Any]) -> inspect.Type:
    if kind not in _INFO:
        _INFO[kind] = inspect.type_info(kind)
    return _INFO[kind]


def _fit(value: Any, kind: inspect.Type, misfits: list[int]) -> Any:
    if isinstance(kind, inspect.UnionType):
        if value is None:
            return None
        kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    result = _convert(value, kind, misfits)
    if result is None and value is not None:
        misfits[0] += 1
    return result


def _convert(value: Any, kind: inspect.Type, misfits: list[int]) -> Any:
    if isinstance(kind, inspect.AnyType):
        return value
    if isinstance(kind, inspect.RawType):
        return msgspec.Raw(msgspec.json.encode(value))
    if isinstance(kind, inspect.StructType):
        return _struct(value, kind, misfits) if isinstance(value, dict) else None
    if isinstance(kind, inspect.ListType):
        items = [_fit(each, kind.item_type, misfits) for each in value] if isinstance(value, list) else None
        return items and [each for each in items if each is not None]
    if isinstance(kind, inspect.DictType):
        if not isinstance(value, dict):
            return None
        return {key: _fit(each, kind.value_type, misfits) for key, each in value.items()}
    return _scalar(value, kind)


def _struct(value: dict[str, Any], kind: inspect.StructType, misfits: list[int]) -> Any:
    given = {
        f.name: _fit(value[f.encode_name], f.type, misfits) for f in kind.fields if f.encode_name in value
    }
    return kind.cls(**{name: each for name, each in given.items() if each is not None})


def _scalar(value: Any, kind: inspect.Type) -> Any:
    try:
        if isinstance(kind, inspect.StrType):
            return (
                str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
            )
        if isinstance(kind, inspect.BoolType):
            return value if isinstance(value, bool) else None
        if isinstance(kind, inspect.IntType):
            return int(float(value)) if isinstance(value, str | int | float) else None
        if isinstance(kind, inspect.FloatType):
            return float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return None
