"""Models in ONNX form: mapped where types and shapes tell, refused with what to write where they do not."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, MalformedValue
from steelyard.core.product import Ask, Limits, Reply
from steelyard.data.features import Features
from steelyard.data.image import Image
from steelyard.data.label import Label
from steelyard.data.score import Score
from steelyard.data.text import Text
from steelyard.library.store import open_set
from steelyard.products import open_product
from steelyard.products._tensor_mapping import Feeding, Telling, read
from steelyard.products.onnx import DEFAULTS

onnx = pytest.importorskip("onnx", reason="models are made with onnx: pip install 'steelyard[test]'")
pytest.importorskip("onnxruntime", reason="models are run by ONNX Runtime: pip install 'steelyard[onnx]'")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402 - after the check that it is here

CLASSES = Label(("negative", "positive"))
Side = int | str
Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that writes a model, and a mapping beside it, and gives the product's URI."""

    def write(
        nodes: Sequence[Any],
        inputs: Sequence[tuple[str, int, Sequence[Side]]],
        outputs: Sequence[tuple[str, int, Sequence[Side]]],
        weights: dict[str, Any] | None = None,
        mapping: str = "",
        query: str = "#threads=1",
    ) -> str:
        graph = helper.make_graph(
            list(nodes),
            "made",
            [helper.make_tensor_value_info(*each) for each in inputs],
            [helper.make_tensor_value_info(*each) for each in outputs],
            [numpy_helper.from_array(np.asarray(value), name) for name, value in (weights or {}).items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, tmp_path / "model.onnx")
        if mapping:
            (tmp_path / "model.toml").write_text(mapping, "utf-8")
        return f"onnx:{tmp_path}/model.onnx{query}"

    return write


@pytest.fixture
def scores(make: Make) -> Callable[..., str]:
    """Return a function that makes a model whose two scores are the two features themselves."""

    def write(kind: int = TensorProto.FLOAT, sides: Sequence[Side] = ("n", 2), **more: Any) -> str:
        return make([helper.make_node("Identity", ["x"], ["y"])], [("x", kind, sides)], [("y", kind, sides)], **more)

    return write


def ask(uri: str, seen: DataType[Any], said: DataType[Any], values: Sequence[Any]) -> list[Reply]:
    session = open_product(uri).start(seen, said, Limits(answer_seconds=120.0, start_seconds=300.0))
    try:
        asks = [Ask(f"s{place}", seen.encode(value)) for place, value in enumerate(values)]
        replies = dict(session.ask(asks, lambda: True))
        return [replies[place] for place in range(len(values))]
    finally:
        session.close()


def outputs(uri: str, seen: DataType[Any], said: DataType[Any], values: Sequence[Any]) -> list[Any]:
    replies = ask(uri, seen, said, values)
    assert [reply.fault for reply in replies] == [None] * len(values)
    return [said.decode(reply.output) for reply in replies]


# --- Real features -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "agreeing"),
    [(TensorProto.FLOAT, 189), (TensorProto.DOUBLE, 189), (TensorProto.FLOAT16, 180)],
    ids=["32 bits", "64 bits", "16 bits"],
)
def test_a_model_of_wdbc_answers_as_the_library_that_trained_it(kind: int, agreeing: int, make: Make) -> None:
    rows = [row for batch in open_set("wdbc").batches(["input", "reference", "split"]) for row in batch.to_pylist()]
    training = [row for row in rows if row["split"] == "training"]
    asked = [row["input"] for row in rows if row["split"] == "test"]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit([row["input"] for row in training], [row["reference"] for row in training])
    scaler, regression = pipeline[0], pipeline[1]
    weights = regression.coef_[0] / scaler.scale_
    offset = regression.intercept_[0] - float(weights @ scaler.mean_)
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    uri = make(
        [helper.make_node("Gemm", ["x", "w", "b"], ["z"]), helper.make_node("Sigmoid", ["z"], ["p"])],
        [("x", kind, ["n", 30])],
        [("p", kind, ["n", 1])],
        {"w": weights[:, None].astype(dtype), "b": np.array([offset], dtype=dtype)},
        '[output]\nclasses = ["negative", "positive"]\nthreshold = 0.5\n',
    )
    said = outputs(uri, Features(30), Label(("negative", "positive", "not gradable")), asked)
    assert sum(mine == theirs for mine, theirs in zip(said, pipeline.predict(asked), strict=True)) >= agreeing
    probabilities = outputs(uri, Features(30), Score(), asked)
    near = 1e-4 if kind == TensorProto.FLOAT else 1e-9 if kind == TensorProto.DOUBLE else 0.3
    assert np.allclose(probabilities, pipeline.predict_proba(asked)[:, 1], atol=near)


# --- What is guessed -----------------------------------------------------------------------------------------------

PAIRS = [[0.2, 0.8], [0.9, 0.1], [0.4, 0.6]]


@pytest.mark.parametrize(
    ("kind", "sides", "query"),
    [
        (TensorProto.FLOAT, ("n", 2), ""),
        (TensorProto.FLOAT16, ("n", 2), ""),
        (TensorProto.DOUBLE, ("n", "k"), "#batch=2"),  # both sides free: the mapping says the rest
        (TensorProto.FLOAT, (1, 2), ""),
        (TensorProto.FLOAT, (4, 2), ""),  # a batch of its own size is filled up
        (TensorProto.FLOAT, (2,), ""),  # no side that counts samples
    ],
)
def test_scores_of_classes(kind: int, sides: Sequence[Side], query: str, scores: Callable[..., str]) -> None:
    mapping = '[output]\nclasses = ["negative", "positive"]\n' if "k" in sides else ""
    uri = scores(kind, sides, mapping=mapping, query=query)
    assert outputs(uri, Features(2), CLASSES, PAIRS * 5) == ["positive", "negative", "positive"] * 5


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [(TensorProto.INT64, [[0.0], [1.0]], ["negative", "positive"]), (TensorProto.INT64, [[5.0]], None)],
    ids=["whole numbers are classes in their order", "a number that no class bears is no answer"],
)
def test_whole_numbers(kind: int, value: list[list[float]], says: list[str] | None, make: Make) -> None:
    nodes = [helper.make_node("Cast", ["x"], ["c"], to=kind), helper.make_node("Squeeze", ["c", "one"], ["y"])]
    uri = make(nodes, [("x", TensorProto.FLOAT, ["n", 1])], [("y", kind, ["n"])], {"one": np.array([1])})
    if says is not None:
        assert outputs(uri, Features(1), CLASSES, value) == says
    else:
        with pytest.raises(MalformedValue, match="got a number: 5"):
            CLASSES.decode(ask(uri, Features(1), CLASSES, value)[0].output)


def test_names_of_classes(make: Make) -> None:
    nodes = [
        helper.make_node("ArgMax", ["x"], ["place"], axis=1, keepdims=0),
        helper.make_node("Gather", ["names", "place"], ["label"]),
        helper.make_node("Identity", ["x"], ["probabilities"]),
    ]
    sides = [("label", TensorProto.STRING, ["n"]), ("probabilities", TensorProto.FLOAT, ["n", 2])]
    names = np.array(["negative", "positive"], dtype=object)
    uri = make(nodes, [("x", TensorProto.FLOAT, ["n", 2])], sides, {"names": names})
    assert outputs(uri, Features(2), CLASSES, PAIRS) == ["positive", "negative", "positive"]


def test_text_passes_through(make: Make) -> None:
    sides = [TensorProto.STRING, ["n"]]
    uri = make([helper.make_node("Identity", ["x"], ["y"])], [("x", *sides)], [("y", *sides)])
    assert outputs(uri, Text(), Text(), ["杆秤", "", "a b"]) == ["杆秤", "", "a b"]


def test_several_inputs_are_taken_as_the_file_says(make: Make) -> None:
    nodes = [
        helper.make_node("Mul", ["age", "factor"], ["older"]),
        helper.make_node("Concat", ["rest", "older"], ["y"], axis=1),
    ]
    inputs = [("age", TensorProto.FLOAT, ["n", 1]), ("rest", TensorProto.FLOAT, ["n", 1]), ("factor", 1, [1])]
    mapping = "[inputs.age]\ntake = [1, 2]\n[inputs.rest]\ntake = [0, 1]\n[inputs.factor]\nvalue = [3.0]\n"
    uri = make(nodes, inputs, [("y", TensorProto.FLOAT, ["n", 2])], mapping=mapping)
    assert outputs(uri, Features(2), Features(2), [[1.0, 2.0], [5.0, 7.0]]) == [[1.0, 6.0], [5.0, 21.0]]


# --- Images --------------------------------------------------------------------------------------------------------


def images(*sides: tuple[int, int]) -> list[Any]:
    """Images whose left or whose right half is bright, by turns."""
    made = []
    for place, (height, width) in enumerate(sides):
        image = np.zeros((height, width, 3), dtype=np.uint8)
        image[:, slice(None, width // 2) if place % 2 else slice(width // 2, None)] = 200
        made.append(image)
    return made


def halves(make: Make, kind: int, sides: Sequence[Side], mapping: str) -> str:
    """Make a model that scores how bright the left and the right half of an image are."""
    axis = 3 if sides[1] == 3 else 2
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Split", ["f"], ["left", "right"], axis=axis),
        *(helper.make_node("ReduceMean", [half], [f"{half}_mean"], axes=[1, 2, 3]) for half in ("left", "right")),
        *(helper.make_node("Reshape", [f"{half}_mean", "column"], [f"{half}_score"]) for half in ("left", "right")),
        helper.make_node("Concat", ["left_score", "right_score"], ["y"], axis=1),
    ]
    weights = {"column": np.array([-1, 1])}
    return make(nodes, [("x", kind, sides)], [("y", TensorProto.FLOAT, ["n", 2])], weights, mapping)


SCALED = "[inputs.x]\nscale = 0.00392156862745098\nmean = [0.5, 0.5, 0.5]\nstd = [0.2, 0.2, 0.2]\n"


@pytest.mark.parametrize(
    ("kind", "sides", "mapping", "asked"),
    [
        (TensorProto.UINT8, ["n", "h", "w", 3], "", [(4, 6)] * 5),
        (
            TensorProto.UINT8,
            ["n", "h", "w", 3],
            "",
            [(4, 6), (4, 6), (8, 4), (2, 2), (4, 6)],
        ),  # no two alike in a batch
        (TensorProto.FLOAT, ["n", 3, 4, 6], SCALED, [(4, 6)] * 5),
        (
            TensorProto.FLOAT16,
            ["n", 3, 4, 6],
            SCALED + 'order = "BGR"\nresize = "bilinear"\n',
            [(4, 6), (9, 12), (30, 8)],
        ),
    ],
)
def test_images(kind: int, sides: list[Side], mapping: str, asked: list[tuple[int, int]], make: Make) -> None:
    uri = halves(make, kind, sides, mapping)
    wanted = ["right", "left", "right", "left", "right"][: len(asked)]
    assert outputs(uri, Image(), Label(("left", "right")), images(*asked)) == wanted


def test_an_image_of_the_wrong_size_is_one_sample_s_failure(make: Make) -> None:
    uri = halves(make, TensorProto.FLOAT, ["n", 3, 4, 6], SCALED)
    good, bad, last = ask(uri, Image(), Label(("left", "right")), images((4, 6), (5, 6), (4, 6)))
    assert (good.output, last.output) == ("right", "right")
    assert bad.fault == "refused"
    assert "the sample has shape [3, 5, 6], the model's input x [3, 4, 6]" in bad.detail.en
    assert 'resize = "bilinear"' in bad.detail.en


# --- What is no answer ---------------------------------------------------------------------------------------------


def test_what_is_not_finite_is_malformed_and_leaves_its_neighbours_alone(make: Make) -> None:
    uri = make(
        [helper.make_node("Log", ["x"], ["y"])],
        [("x", TensorProto.FLOAT, ["n", 2])],
        [("y", TensorProto.FLOAT, ["n", 2])],
    )
    good, bad, last = ask(uri, Features(2), CLASSES, [[1.0, 2.0], [-1.0, 2.0], [3.0, 2.0]])
    assert (good.output, last.output) == ("positive", "negative")
    with pytest.raises(MalformedValue, match=r"got an array: \[nan, 0\.69"):
        CLASSES.decode(bad.output)


def test_one_sample_that_the_model_fails_on_fails_alone(make: Make) -> None:
    uri = make(
        [helper.make_node("Cast", ["x"], ["i"], to=7), helper.make_node("Gather", ["names", "i"], ["y"])],
        [("x", TensorProto.FLOAT, ["n", 1])],
        [("y", TensorProto.FLOAT, ["n", 1])],
        {"names": np.array([0.25, 0.75], dtype=np.float32)},
    )
    good, bad, last = ask(uri, Features(1), Score(), [[0.0], [9.0], [1.0]])
    assert (good.output, last.output) == (0.25, 0.75)
    assert bad.fault == "refused"
    assert "indices element out of data bounds" in bad.detail.en


# --- What is refused before anything is asked ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sides", "mapping", "query", "seen", "said", "says"),
    [
        (["n", "k"], "", "", Features(2), CLASSES, 'classes = ["negative", "positive"]'),
        (["n", 3], "", "", Features(2), CLASSES, "x: tensor(float)[n, 3] does not take Features(size=2)"),
        (["n", 2], "", "", Text(), CLASSES, "does not take Text()"),
        (["n", 2], "", "", Features(2), Label(("a", "b", "c")), 'classes = ["a", "b"]'),
        (["n", 2], "", "", Features(2), Score(), "column = 1"),
        (["n", 2], "[output]\nname = 'probs'", "", Features(2), CLASSES, "There is: y"),
        (["n", 2], "[inputs.z]\nscale = 1.0", "", Features(2), CLASSES, "There is: x"),
        (["n", 2], "[inputs.x]\nscael = 1.0", "", Features(2), CLASSES, "Did you mean scale?"),
        (["n", 2], "[inputs.x]\nscale = 'big'", "", Features(2), CLASSES, "scale cannot be 'big'"),
        (["n", 2], "[outputs]\nname = 'y'", "", Features(2), CLASSES, "Did you mean output?"),
        (["n", 2], "[output", "", Features(2), CLASSES, "model.toml cannot be read"),
        (["n", 2], "", "#povider=cpu", Features(2), CLASSES, "Did you mean provider?"),
        (["n", 2], "", "#provider=cudda", Features(2), CLASSES, "Did you mean cuda?"),
        (["n", 2], "", "#provider=cann", Features(2), CLASSES, "has no provider cann; it has: cpu"),
        (["n", 2], "", "#batch=0", Features(2), CLASSES, "batch=0: a whole number is needed"),
        (["n", 2], "", "#map=nowhere.toml", Features(2), CLASSES, "there is no file nowhere.toml"),
        (["n", 3, 8, 8], "", "", Image(), CLASSES, "the model takes pixels as float32"),
        (["n", "c", 8, 8], "", "", Image(), CLASSES, "the model takes images as x"),
        (["n", 1, 8, 8], "[inputs.x]\nlayout='NCHW'\nscale=1.0", "", Image(), CLASSES, "does not take Image"),
    ],
)  # fmt: skip
def test_what_does_not_fit(
    sides: list[Side],
    mapping: str,
    query: str,
    seen: DataType[Any],
    said: DataType[Any],
    says: str,
    scores: Callable[..., str],
) -> None:
    value = {Features(2): [0.5, 0.5], Text(): "杆秤", Image(): np.zeros((8, 8, 3), dtype=np.uint8)}[seen]
    with pytest.raises(CallError) as caught:
        ask(scores(TensorProto.FLOAT, sides, mapping=mapping, query=query), seen, said, [value])
    assert caught.value.exit_code == 2
    assert says in str(caught.value)


def test_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(CallError, match="does not start"):
        ask(f"onnx:{tmp_path}/model.onnx", Features(2), CLASSES, [[0.0, 1.0]])
    with pytest.raises(CallError, match="there is no file"):
        open_product(f"onnx:{tmp_path}/modell.onnx")
    with pytest.raises(CallError, match="options stand after #"):
        open_product(f"onnx:{tmp_path}/model.onnx?threads=1")


def test_identity_hangs_on_model_mapping_and_weights(scores: Callable[..., str], tmp_path: Path) -> None:
    uri = scores()
    plain = open_product(uri).identity
    assert plain.kind == "digest"
    (tmp_path / "model.toml").write_text('[output]\nname = "y"\n')
    mapped = open_product(uri).identity
    (tmp_path / "model.onnx.data").write_bytes(b"weights")
    weighed = open_product(uri).identity
    assert len({plain.digest, mapped.digest, weighed.digest}) == 3
    assert "model.onnx.data" in weighed.covers.en


def test_the_page_s_file_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "products" / "onnx.md").read_text("utf-8")
    shown = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    said = tomllib.loads(shown[1].replace("# column", "column").replace("# threshold", "threshold"))
    assert said.keys() == {"inputs", "output"}
    named = {key for each in said["inputs"].values() for key in read(Feeding, each, "page") and each}
    assert named == {field.name for field in dataclasses.fields(Feeding)}
    read(Telling, said["output"], "page")
    assert said["output"].keys() == {field.name for field in dataclasses.fields(Telling)}
    options = set(re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE))
    assert options == set(DEFAULTS)


def test_isolated(scores: Callable[..., str], needs: Callable[..., None]) -> None:
    from steelyard.core.product import Isolation

    needs(isolation="bwrap")
    session = open_product(scores()).start(Features(2), CLASSES, Limits(), Isolation("bwrap"))
    try:
        assert next(session.ask([Ask("s", [0.1, 0.9])], lambda: True))[1].output == "positive"
    finally:
        session.close()
