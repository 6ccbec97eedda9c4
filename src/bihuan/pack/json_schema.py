"""JSON Schema of packs, for completion and red underlines in editors."""

import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from bihuan.model.times import span_text
from bihuan.pack.schema import Content, Limit, Manifest, Span

_SPAN = Annotated[
    str,
    msgspec.Meta(pattern=r"^([0-9]+(ms|s|m|h|d|w))+$", description="A span of time: 90s, 10m, 1h30m or 2d.", examples=["10m"]),
]


_LIMIT = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(([0-9]+(ms|s|m|h|d|w))+|[0-9]+w[hd])$",
        description="A limit: 10m, 4h or 2d running on; 4wh or 7wd counting working time.",
        examples=["4wh"],
    ),
]


def content_schema() -> dict[str, Any]:
    """Schema of every YAML file of a pack besides `pack.yaml` and `tests/`."""
    return _schema(Content, "A file of a Bihuan pack")


def manifest_schema() -> dict[str, Any]:
    """Schema of `pack.yaml`."""
    return _schema(Manifest, "The manifest of a Bihuan pack")


def _schema(kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **msgspec.json.schema(_as_written(kind))}


@cache
def _as_written(kind: Any) -> Any:
    """`kind` as an author writes it: spans are text such as `10m`, also where they are defaults."""
    if kind is Span:
        return _SPAN
    if kind is Limit:
        return _LIMIT
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind)
    if args := get_args(kind):
        origin = get_origin(kind)
        parts = tuple(arg if arg is ... else _as_written(arg) for arg in args)
        if origin in (Union, types.UnionType):
            return Union[parts]  # noqa: UP007 - the parts are known only here
        return origin[parts] if origin in (tuple, dict) else kind
    return kind


def _struct(kind: type[msgspec.Struct]) -> Any:
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        if field.required:
            fields.append((field.name, _as_written(field.type)))
        else:
            default = span_text(field.default) if isinstance(field.default, Span) else field.default
            default = str(default) if isinstance(default, Limit) else default
            fields.append((field.name, _as_written(field.type), default))
    rename = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    return msgspec.defstruct(
        kind.__name__,
        fields,
        kw_only=True,
        frozen=True,
        forbid_unknown_fields=True,
        rename=rename,
        namespace={"__doc__": kind.__doc__},
    )
