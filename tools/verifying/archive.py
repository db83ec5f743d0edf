"""The archive that a bundle is, and what is written in it: JSON, arrays, Merkle proofs; read for `verify_report.py`.

Sources: PKWARE's APPNOTE 6.3 (ZIP), RFC 8785 (JSON canonicalisation), NumPy's format 1.0, RFC 9162 (Merkle trees).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import zlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from verifying.bounds import Array, Bad

ARRAY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(\|[iu]1|<[iu][248]|<f8)', 'fortran_order': False, 'shape': "
    rb"\((\d{1,15}), ?(\d{1,15})?\), \} *\n",
    re.DOTALL,
)


def members_of(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive in the one form there is: stored, in order, with nothing beside."""
    _, _, _, count, _, length, start, _ = struct.unpack("<4s4H2LH", data[-22:])
    if data[-22:] != struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, start, 0):
        raise Bad("it does not end as an archive does")
    found: dict[str, bytes] = {}
    local, central = 0, start
    for _ in range(count):
        size, named = struct.unpack("<LH", data[local + 22 : local + 28])
        name, body = data[local + 30 : local + 30 + named], data[local + 30 + named : local + 30 + named + size]
        said = (0, 0, 0, 33, zlib.crc32(body), size, size, named, 0)
        head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, *said)
        entry = struct.pack("<4sBB5H3L5H2L", b"PK\1\2", 20, 3, 20, *said, 0, 0, 0, 0o644 << 16, local)
        if data[local : local + 30] != head or data[central : central + 46 + named] != entry + name:
            raise Bad(f"the entry {name!r} is not written as it should be")
        if not re.fullmatch(rb"[a-z0-9][a-z0-9_-]*([./][a-z0-9][a-z0-9_-]*)*", name) or name.decode() <= max(
            found, default=""
        ):
            raise Bad(f"{name!r} cannot be a member, or stands in the wrong place")
        found[name.decode()] = body
        local, central = local + 30 + named + size, central + 46 + named
    if (local, central) != (start, len(data) - 22) or central != start + length:
        raise Bad("there are bytes that belong to no member")
    return found


def read_json(data: bytes) -> Any:
    """Return what JSON says, refusing what two readers could understand in two ways."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise Bad("a key stands in an object twice")
        return dict(pairs)

    def never(constant: str) -> Any:
        raise Bad(f"{constant} is no number")

    def finite(digits: str) -> float:
        return float(digits) if math.isfinite(float(digits)) else never(digits)

    found = json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=never, parse_float=finite)
    if re.search(rb"\\u[dD][89a-fA-F]", data):
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    return found


def canonical(value: Any) -> bytes:
    """Return RFC 8785's JSON of a value."""
    return _written(value).encode()


def _written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_written(key)}:{_written(item)}" for key, item in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) >= 2**53):
        raise Bad(f"{value} cannot be written")
    return _number(value)


def _number(value: float) -> str:
    """Return a number as ECMAScript prints it: the fewest digits that tell it from every other one."""
    if value == 0:
        return "0"
    _, figures, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, figures)).lstrip("0")
    point = len(digits) + int(exponent)
    digits = digits.rstrip("0")
    if not -6 < point <= 21:
        text = f"{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{point - 1:+d}"
    elif point <= 0:
        text = "0." + "0" * -point + digits
    else:
        whole, part = digits[:point].ljust(point, "0"), digits[point:]
        text = f"{whole}.{part}" if part else whole
    return "-" * (value < 0) + text


def sha256(data: bytes) -> str:
    """Return the digest of bytes as bundles name it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def seed_of(seed: int, purpose: str, name: str) -> bytes:
    """Return what a sample or cluster is sorted by when it is drawn."""
    return hashlib.sha256(canonical([seed, purpose, name])).digest()[:8]


def log_seed(plan: Mapping[str, Any], root: str) -> int:
    """Return the seed that follows from a plan and from the root of the log before it: 53 bits."""
    idle = {"batch", "batch_bytes", "limits", "isolation", "product_card", "format"}
    follows = {"seed", "log", "samples", "sequential", "trained_apart"}
    said = {name: value for name, value in plan.items() if name not in idle | follows}
    known = plan["product"]["digest"]
    product = plan["product"] if known is None else {"digest": known}
    named = sha256(canonical({**said, "product": product, "sequential": plan["sequential"] is not None}))
    return int.from_bytes(hashlib.sha256(canonical([named, root])).digest()[:8], "big") >> 11


def array(data: bytes, dimensions: int, below: int | None) -> Array:
    """Return an array of NumPy's format 1.0: whole numbers from 0 to below a bound, or without one finite numbers."""
    head = ARRAY.match(data)
    if head is None or head.end() % 64 or (head[1] == b"<f8") != (below is None):
        raise Bad("it is no array as bundles hold them")
    kind, first, second = head[1].decode(), int(head[2]), head[3]
    shape = (first,) if second is None else (first, int(second))
    if len(shape) != dimensions or math.prod(shape) * np.dtype(kind).itemsize != len(data) - head.end():
        raise Bad("an array is of another shape")
    found: Array = np.frombuffer(data, kind, offset=head.end()).reshape(shape)
    if below is None:
        if not np.isfinite(found).all():
            raise Bad("an array holds what is no number")
        return found
    if found.size and not 0 <= int(found.min()) <= int(found.max()) < below:
        raise Bad("an array holds numbers that lead nowhere")
    return found.astype(np.uint8 if below == 256 else np.int64, copy=False)


def root_of(places: Sequence[int], leaves: Sequence[bytes], nodes: Sequence[bytes], size: int) -> bytes:
    """Return the root that leaves lead to with the subtrees that hold none of them (RFC 9162, section 2.1)."""
    left = iter(nodes)

    def above(start: int, end: int) -> bytes:
        first = bisect_left(places, start)
        if first == len(places) or places[first] >= end:
            node = next(left, None)
            if node is None:
                raise Bad("the proof is too short")
            return node
        if end - start == 1:
            return leaves[first]
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        return hashlib.sha256(b"\1" + above(start, middle) + above(middle, end)).digest()

    found = above(0, size)
    if next(left, None) is not None:
        raise Bad("the proof is too long")
    return found
