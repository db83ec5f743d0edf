"""Tensors on the wire of the Open Inference Protocol v2: JSON, and its binary tensor data extension.

Sources: Open Inference Protocol, REST, version 2 (github.com/kserve/open-inference-protocol); Binary Tensor Data
Extension (KServe and Triton documentation): little-endian, row-major, an element of ``BYTES`` preceded by its length as
four bytes.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.products._address import clean
from steelyard.products._http import Answer, Failed, json_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATATYPES = {
    "BOOL": ("?", "tensor(bool)"),
    **{f"UINT{bits}": (f"<u{bits // 8}", f"tensor(uint{bits})") for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": (f"<i{bits // 8}", f"tensor(int{bits})") for bits in (8, 16, 32, 64)},
    "FP16": ("<f2", "tensor(float16)"),
    "FP32": ("<f4", "tensor(float)"),
    "FP64": ("<f8", "tensor(double)"),
    "BYTES": ("O", "tensor(string)"),
}
"""The protocol's names of tensors, with NumPy's of their items and ONNX's, in which mappings are written."""
HEADER = "inference-header-content-length"


def datatype(array: NDArray[Any]) -> str:
    """Return the protocol's name of an array's type.

    Examples
    --------
    >>> import numpy as np
    >>> datatype(np.zeros(1, np.float32)), datatype(np.array(["a"], dtype=object))
    ('FP32', 'BYTES')
    """
    import numpy as np

    return next(name for name, (kind, _) in DATATYPES.items() if np.dtype(kind) == array.dtype)


def request(tensors: Mapping[str, NDArray[Any]], *, binary: bool) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a request with these inputs."""
    import orjson

    inputs: list[dict[str, Any]] = []
    blobs: list[bytes] = []
    for name, array in tensors.items():
        said: dict[str, Any] = {"name": name, "shape": list(array.shape), "datatype": datatype(array)}
        if binary:
            blobs.append(_packed(array))
            said["parameters"] = {"binary_data_size": len(blobs[-1])}
        elif array.dtype == object:
            said |= _as_text(array.ravel().tolist())
        else:
            said["data"] = array.ravel().tolist()
        inputs.append(said)
    whole: dict[str, Any] = {"inputs": inputs}
    if not binary:
        return orjson.dumps(whole), {"content-type": "application/json"}
    head = orjson.dumps(whole | {"parameters": {"binary_data_output": True}})
    headers = {"content-type": "application/octet-stream", HEADER: str(len(head))}
    return b"".join([head, *blobs]), headers


def response(answer: Answer) -> tuple[dict[str, NDArray[Any]], JSON]:
    """Return the outputs of an answer, those of ``BYTES`` as arrays of bytes, and the version that it names.

    Raises
    ------
    Failed
        For what the protocol does not allow.
    """
    try:
        size = int(answer.headers.get(HEADER, len(answer.body)))
        said: Any = json_of(answer._replace(body=answer.body[:size]))
        rest = memoryview(answer.body)[size:]
        outputs: dict[str, NDArray[Any]] = {}
        for each in said["outputs"]:
            taken = (each.get("parameters") or {}).get("binary_data_size")
            if taken is None:
                outputs[each["name"]] = _of_json(each)
                continue
            if not 0 <= taken <= len(rest):
                raise ValueError(f"{taken} bytes of binary data are announced, {len(rest)} are left")
            outputs[each["name"]] = _of_bytes(each, bytes(rest[:taken]))
            rest = rest[taken:]
        if len(rest):
            raise ValueError(f"{len(rest)} bytes of binary data belong to no output")
        return outputs, said.get("model_version")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, MemoryError, struct.error) as error:
        what = f"no {error} in it" if isinstance(error, KeyError) else clean(str(error), 160)
        raise Failed(
            Fault.MALFORMED,
            Words(f"not an answer of the Open Inference Protocol: {what}", f"不是开放推理协议的回答：{what}"),
            answer.seconds,
        ) from None


def _packed(array: NDArray[Any]) -> bytes:
    r"""Return the bytes of an array.

    Examples
    --------
    >>> import numpy as np
    >>> _packed(np.array([b"ab", b""], dtype=object))
    b'\x02\x00\x00\x00ab\x00\x00\x00\x00'
    """
    if array.dtype != object:
        return array.tobytes()
    elements = [each.encode() if isinstance(each, str) else bytes(each) for each in array.ravel()]
    return b"".join(struct.pack("<I", len(each)) + each for each in elements)


def _as_text(elements: list[Any]) -> dict[str, Any]:
    """Return elements of ``BYTES`` as JSON can hold them: text as it is, all else in base64, and marked so."""
    if all(isinstance(each, str) for each in elements):
        return {"data": elements}
    data = [base64.b64encode(each.encode() if isinstance(each, str) else each).decode("ascii") for each in elements]
    return {"data": data, "parameters": {"content_type": "base64"}}


def _shape(said: Mapping[str, Any]) -> list[int]:
    shape = said["shape"]
    if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"its shape is {clean(repr(shape), 40)}")
    return shape


def _kind(said: Mapping[str, Any]) -> Any:
    import numpy as np

    if said["datatype"] not in DATATYPES:
        raise ValueError(f"its datatype is {clean(repr(said['datatype']), 40)}")
    return np.dtype(DATATYPES[said["datatype"]][0])


def _of_json(said: Mapping[str, Any]) -> NDArray[Any]:
    import numpy as np

    shape, kind = _shape(said), _kind(said)
    data = list(_flat(said["data"]))
    if len(data) != math.prod(shape):
        raise ValueError(f"{said['name']} has {len(data)} numbers, not those of the shape {shape}")
    if kind.hasobject:
        encoded = (said.get("parameters") or {}).get("content_type") == "base64"
        data = [base64.b64decode(each, validate=True) if encoded else each.encode() for each in data]
        made = np.empty(len(data), dtype=object)
        made[:] = data
        return made.reshape(shape)
    if any(isinstance(each, str) for each in data):
        raise ValueError(f"{said['name']} holds text, not {said['datatype']}")
    return np.array(data, dtype=kind).reshape(shape)


def _flat(data: Any) -> Iterator[Any]:
    """Yield the elements of nested or flat data in order: the protocol allows both."""
    if not isinstance(data, list):
        raise TypeError("its data is not an array")
    for each in data:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def _of_bytes(said: Mapping[str, Any], data: bytes) -> NDArray[np.generic]:
    import numpy as np

    shape, kind = _shape(said), _kind(said)
    count = math.prod(shape)
    if kind.hasobject:
        elements, start = [], 0
        while start < len(data):
            (size,) = struct.unpack_from("<I", data, start)
            start += 4 + size
            if start > len(data):
                raise ValueError(f"an element of {said['name']} is cut off")
            elements.append(data[start - size : start])
        if len(elements) != count:
            raise ValueError(f"{said['name']} has {len(elements)} elements, not those of the shape {shape}")
        made = np.empty(count, dtype=object)
        made[:] = elements
        return made.reshape(shape)
    if len(data) != count * kind.itemsize:
        raise ValueError(f"{said['name']} has {len(data)} bytes, not those of {said['datatype']} {shape}")
    return np.frombuffer(data, dtype=kind).reshape(shape)
