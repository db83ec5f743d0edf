"""Operator tests: read as ONNX's own library reads them, and answered by ONNX's own evaluator."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from steelyard.library import recipe


@cache
def contents() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = recipe.contents(recipe.read("onnx-node-tests")).samples.to_pylist()
    return rows


@pytest.fixture
def rows(mirror: object) -> list[dict[str, Any]]:  # noqa: ARG001 - sets the folder that recipes read from
    return contents()


def test_operators_are_those_that_onnx_reads(rows: list[dict[str, Any]]) -> None:
    assert (len(rows), len({row["operator"] for row in rows})) == (1345, 197)
    for row in rows:
        model = onnx.load_model_from_string(row["model"])
        (node,) = model.graph.node
        versions = {each.domain: each.version for each in model.opset_import}
        stated = (node.op_type, node.domain or "ai.onnx", versions[node.domain])
        assert (row["operator"], row["domain"], row["opset"]) == stated
        assert len(row["reference"]) == len(model.graph.output)
        assert len(row["inputs"]) <= len(model.graph.input)
    assert sum(len(row["inputs"]) for row in rows) == 2829
    assert sum(len(row["reference"]) for row in rows) == 1584
    assert Counter(row["domain"] for row in rows)["ai.onnx"] == 1319


def tensor(stored: bytes) -> NDArray[Any]:
    return numpy_helper.to_array(onnx.TensorProto.FromString(stored))


@pytest.mark.parametrize("operator", ["Add", "Conv", "Gemm", "Relu", "Softmax", "Transpose", "TopK", "Where"])
def test_onnx_s_own_evaluator_answers_as_expected(operator: str, rows: list[dict[str, Any]]) -> None:
    chosen = [row for row in rows if row["operator"] == operator]
    assert chosen
    for row in chosen:
        model = onnx.load_model_from_string(row["model"])
        names = [each.name for each in model.graph.input]
        given = dict(zip(names, map(tensor, row["inputs"]), strict=True))
        for got, due in zip(ReferenceEvaluator(model).run(None, given), map(tensor, row["reference"]), strict=True):
            np.testing.assert_allclose(got, due, rtol=1e-3, atol=1e-7, err_msg=row["id"])
