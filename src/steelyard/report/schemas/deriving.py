"""Derives a JSON Schema from the types that a document is written by.

Dataclasses, typed dictionaries, enumerations, mappings, sequences and unions become what
`steelyard.core.canonical.plain` makes of them; a class's docstring, and those under its fields, become descriptions. It
is done here and not by a library, for the schemas are published: they change where the types do, and not with a
library's version.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import re
import textwrap
import types
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from steelyard.core.canonical import if_given
from steelyard.core.words import Words

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCALARS: Mapping[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
Schema = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Deriving:
    """How types become schemas.

    Parameters
    ----------
    closed : bool
        Whether objects have no other members than are named.
    optional : mapping of type to collection of str
        Members that need not be there.
    omitted : mapping of type to collection of str
        Fields that are not written.
    replaced : mapping of type to mapping of str to type
        Fields that are written as something else.
    """

    closed: bool = True
    optional: Mapping[type, Collection[str]] = dataclasses.field(default_factory=dict)
    omitted: Mapping[type, Collection[str]] = dataclasses.field(default_factory=dict)
    replaced: Mapping[type, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    defined: dict[str, Schema] = dataclasses.field(default_factory=dict)
    """Of each class its schema, by its name."""

    def document(self, kind: type, identifier: str, title: Words, changes: Mapping[str, Any] | None = None) -> Schema:
        """Return the schema of a document of a type, complete with all that it refers to.

        Parameters
        ----------
        kind : type
            Dataclass or typed dictionary.
        identifier : str
            Its ``$id``.
        title : Words
            What the document is; in Chinese it stands as ``$comment``.
        changes : mapping of str to schema, optional
            Schemas of members that the type does not say so exactly, or does not have.
        """
        body = self._object(kind)
        for name, changed in (changes or {}).items():
            body["properties"][name] = body["properties"].get(name, {}) | changed
            body["required"] = sorted({*body["required"], name})
        definitions = {"$defs": dict(sorted(self.defined.items()))} if self.defined else {}
        return {**head(identifier, title), **body, **definitions}

    def of(self, kind: Any) -> Schema:
        """Return the schema of a type.

        Raises
        ------
        TypeError
            For a type that no document is made of.

        Examples
        --------
        >>> Deriving().of(int | None)
        {'type': ['integer', 'null']}
        >>> Deriving().of(Mapping[str, float])
        {'type': 'object', 'additionalProperties': {'type': 'number'}}
        >>> Deriving().of(tuple[str, ...])
        {'type': 'array', 'items': {'type': 'string'}}
        """
        if kind is Any:
            return {}
        if kind in SCALARS:
            return {"type": SCALARS[kind]}
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (Union, types.UnionType):
            return self._union([self.of(each) for each in arguments])
        if origin is tuple and Ellipsis not in arguments:
            count = len(arguments)
            items = [self.of(each) for each in arguments]
            return {"type": "array", "prefixItems": items, "items": False, "minItems": count}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if isinstance(origin, type) and issubclass(origin, Sequence):
            return {"type": "array", "items": self.of(arguments[0])}
        if isinstance(kind, type) and (
            issubclass(kind, enum.Enum) or dataclasses.is_dataclass(kind) or is_typeddict(kind)
        ):
            return self._named(kind)
        raise TypeError(f"{kind} is no part of a document")

    def _named(self, kind: type) -> Schema:
        name = kind.__name__
        if name not in self.defined:
            self.defined[name] = {}  # a class may hold itself
            made = self._enumeration(kind) if issubclass(kind, enum.Enum) else self._object(kind)
            self.defined[name] = made
        return {"$ref": f"#/$defs/{name}"}

    def _enumeration(self, kind: type[enum.Enum]) -> Schema:
        return {"description": _description(kind), "enum": [each.value for each in kind]}

    def _object(self, kind: type) -> Schema:
        hints, said = get_type_hints(kind), _field_descriptions(kind)
        names = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else list(hints)
        properties = {}
        for name in names:
            if name not in self.omitted.get(kind, ()):
                made = self.of(self.replaced.get(kind, {}).get(name, hints[name]))
                properties[name] = made | ({"description": said[name]} if name in said else {})
        optional = {*self.optional.get(kind, ()), *(if_given(kind) if dataclasses.is_dataclass(kind) else ())}
        return {
            "description": _description(kind),
            "type": "object",
            "properties": properties,
            "required": sorted(name for name in properties if name not in optional),
            **({"additionalProperties": False} if self.closed else {}),
        }

    def _union(self, parts: list[Schema]) -> Schema:
        if all(part.keys() == {"type"} and isinstance(part["type"], str) for part in parts):
            return {"type": [part["type"] for part in parts]}
        return {"anyOf": parts}


def head(identifier: str, title: Words) -> Schema:
    """Return what a published schema begins with."""
    return {"$schema": DIALECT, "$id": identifier, "title": title.en, "$comment": title.zh}


def _description(kind: type) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return _one_line((inspect.getdoc(kind) or "").partition("\n\n")[0])


def _field_descriptions(kind: type) -> dict[str, str]:
    """Return what stands under the fields of a class."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if dataclasses.is_dataclass(each) or is_typeddict(each):
            (body,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
            assert isinstance(body, ast.ClassDef)
            for field, under in zip(body.body, body.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    match under:
                        case ast.Expr(value=ast.Constant(value=str() as words)):
                            found[field.target.id] = _one_line(words)
    return found


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
