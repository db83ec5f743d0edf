"""Models for KServe's own server, which speaks the binary tensor data extension: ``python models.py PORT``."""

from __future__ import annotations

import base64
import io
import sys
import wave
from collections.abc import Callable
from typing import Any

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.errors import InvalidInput

Declared = list[tuple[str, str, list[int]]]


class Served(Model):
    """A function of arrays as a model; it notes in its output's name nothing, and in metadata what it takes."""

    def __init__(self, name: str, inputs: Declared, outputs: Declared, function: Callable[..., Any]) -> None:
        super().__init__(name)
        self.inputs, self.outputs, self.function, self.ready = inputs, outputs, function, True

    def get_input_types(self) -> list[dict[str, Any]]:
        return [{"name": name, "datatype": kind, "shape": shape} for name, kind, shape in self.inputs]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [{"name": name, "datatype": kind, "shape": shape} for name, kind, shape in self.outputs]

    def predict(self, payload: InferRequest, headers: Any = None, response_headers: Any = None) -> InferResponse:  # noqa: ARG002
        wanted = {name: kind for name, kind, _ in self.inputs}
        arrays = []
        for each in payload.inputs:
            if wanted and wanted.get(each.name) != each.datatype:
                raise InvalidInput(f"{self.name} takes no {each.datatype} named {each.name}")
            arrays.append(each.as_numpy())
        results = self.function(*arrays)
        made = []
        for (name, kind, _), array in zip(self.outputs or [("output-0", "BYTES", [-1])], results, strict=True):
            output = InferOutput(name, list(array.shape), kind)
            output.set_data_from_numpy(array, binary_data=payload.use_binary_outputs)
            made.append(output)
        return InferResponse("1", self.name, made, use_binary_outputs=payload.use_binary_outputs)


def names(radius: np.ndarray) -> np.ndarray:
    return np.array(["positive" if each > 15 else "negative" for each in radius], dtype=object)


def few(cells: np.ndarray) -> tuple[np.ndarray]:
    if len(cells) > 3:
        raise InvalidInput(f"{len(cells)} samples: at most 3")
    return (names(cells[:, 0]),)


def frames(sounds: np.ndarray) -> tuple[np.ndarray]:
    counts = []
    for sound in sounds.ravel():
        with wave.open(io.BytesIO(base64.b64decode(sound))) as file:
            counts.append(str(file.getnframes()))
    return (np.array(counts, dtype=object),)


ANY, CELLS = -1, [("cells", "FP64", [-1, 30])]
MODELS = [
    Served("cells", CELLS, [("diagnosis", "BYTES", [ANY])], lambda cells: (names(cells[:, 0]),)),
    Served("few", [("cells", "FP64", [ANY, 2])], [("diagnosis", "BYTES", [ANY])], few),
    Served("undeclared", [], [], lambda cells: (names(cells[:, 0]),)),
    Served(
        "probabilities",
        [("cells", "FP32", [ANY, 2])],
        [("probabilities", "FP32", [ANY, 2])],
        lambda cells: (np.stack([1 - cells[:, 0], cells[:, 0]], axis=1),),
    ),
    Served("halves", [("cells", "FP32", [ANY, 2])], [("halves", "FP16", [ANY, 2])], lambda x: (x.astype(np.float16),)),
    Served(
        "pixels",
        [("pixels", "UINT8", [ANY, 4, 4, 3])],
        [("brightness", "FP32", [ANY, 1])],
        lambda pixels: ((pixels.mean(axis=(1, 2, 3)) / 255).astype(np.float32)[:, None],),
    ),
    Served(
        "reversed",
        [("text", "BYTES", [ANY])],
        [("text", "BYTES", [ANY])],
        lambda texts: (
            np.array([(each.decode() if isinstance(each, bytes) else each)[::-1] for each in texts], dtype=object),
        ),
    ),
    Served("frames", [("sound", "BYTES", [ANY])], [("frames", "BYTES", [ANY])], frames),
]

if __name__ == "__main__":
    ModelServer(http_port=int(sys.argv[1]), workers=1, enable_grpc=False, enable_latency_logging=False).start(MODELS)
