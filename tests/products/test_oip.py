"""The Open Inference Protocol: held to MLServer, to KServe's own server, and to Triton's own client."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import runpy
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import steelyard
from steelyard.core.errors import CallError, ProductError, SetError, SteelyardError, UnknownName
from steelyard.core.product import Ask, Limits, Reply
from steelyard.core.sample import Fault
from steelyard.data.audio import Audio
from steelyard.data.features import Features
from steelyard.data.image import Image
from steelyard.data.label import Label
from steelyard.data.score import Score
from steelyard.data.text import Text
from steelyard.products import open_product
from steelyard.products._http import Answer, Failed
from steelyard.products._tensors import DATATYPES, HEADER, request, response

ROOT = Path(__file__).parents[2]
SERVERS = Path(__file__).parent / "servers"
VENVS = ROOT / ".venv-servers"
PAGE = ROOT / "docs" / "products" / "oip.md"
serve = runpy.run_path(str(SERVERS / "loopback.py"))["serve"]
ANSWERS = Label(("negative", "positive"))
SPEC = "miit-2017-315#medical"
START_SECONDS = 600.0
SOUND = Audio().encode(np.linspace(-0.5, 0.5, 400, dtype=np.float32))
PICTURES = [np.full((4, 4, 3), value, dtype=np.uint8) for value in (0, 51, 255)]


# --- Real servers ----------------------------------------------------------------------------------------------------


def python_of(server: str) -> str:
    if not (VENVS / server / "made").exists():
        pytest.skip(f"{server} is not installed: make servers")
    return str(VENVS / server / "bin" / "python")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, models: list[str], folder: Path, **environment: str) -> Iterator[str]:
    """Run a server until the block ends; give its address once it has its models."""
    url = f"http://127.0.0.1:{port}"
    log = folder / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen(command, cwd=folder, stdout=file, stderr=file, env=os.environ | environment) as process,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            waiting = [f"{url}/v2/models/{model}/ready" for model in models]
            while waiting:
                assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                assert time.monotonic() < deadline, log.read_text("utf-8", "replace")[-2000:]
                try:
                    urllib.request.urlopen(waiting[0], timeout=60.0).close()
                    waiting.pop(0)
                except OSError as error:
                    if isinstance(error, urllib.error.HTTPError):
                        error.close()
                    time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()


def of_page(name: str) -> str:
    found = re.search(
        rf"<!-- executed by \S+: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def mlserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLServer with the page's model and those beside this file."""
    python, port = python_of("mlserver"), free_port()
    folder = tmp_path_factory.mktemp("mlserver")
    shutil.copytree(SERVERS / "mlserver", folder, dirs_exist_ok=True)
    (folder / "wdbc").mkdir()
    for name in ("model-settings.json", "wdbc.py"):
        (folder / "wdbc" / name).write_text(of_page(name), "utf-8")
    ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    settings = {"host": "127.0.0.1", "parallel_workers": 0, **ports}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    models = ["wdbc", "reversed", "frames"]
    command = [str(Path(python).with_name("mlserver")), "start", "."]
    with running(command, port, models, folder, PYTHONPATH=":".join(models)) as url:
        yield f"{url}/v2/models"


@pytest.fixture(scope="module")
def kserve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """KServe's own server."""
    python, port = python_of("kserve"), free_port()
    folder = tmp_path_factory.mktemp("kserve")
    with running([python, str(SERVERS / "kserve" / "models.py"), str(port)], port, ["cells"], folder) as url:
        yield f"{url}/v2/models"


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The name of a server, and the address of its models; made before a test looks at what is open."""
    return request.param, request.getfixturevalue(request.param)


@contextlib.contextmanager
def session(uri: str, seen: Any, said: Any) -> Iterator[Any]:
    begun = open_product(uri).start(seen, said, Limits(answer_seconds=120.0))
    try:
        yield begun
    finally:
        begun.close()


def ask(begun: Any, *inputs: Any) -> list[Reply]:
    replies = dict(begun.ask([Ask("", each) for each in inputs], lambda: True))
    return [replies[index] for index in sorted(replies)]


def notes(begun: Any) -> str:
    return " | ".join(note.en for note in begun.notes())


def cells(radius: float) -> list[float]:
    return [radius, *np.random.default_rng(0).normal(size=29).tolist()]


BINARY = "binary tensor data; it was asked in JSON"


@pytest.mark.parametrize(
    ("server", "data"),
    [("mlserver", "auto"), ("mlserver", "json"), ("kserve", "auto"), ("kserve", "json"), ("kserve", "binary")],
    indirect=["server"],
)
def test_features_to_labels(server: tuple[str, str], data: str) -> None:
    name, url = server
    model = {"mlserver": "wdbc", "kserve": "cells"}[name]
    with session(f"oip:{url}/{model}#canaries=1&data={data}", Features(), ANSWERS) as begun:
        assert [reply.output for reply in ask(begun, cells(14.0))] == ["negative"]
        radii = [15.0 + (-1) ** number for number in range(20)]
        replies = ask(begun, *map(cells, radii))
        assert [reply.output for reply in replies] == ["positive", "negative"] * 10
        assert (BINARY in notes(begun)) == ((name, data) == ("mlserver", "auto"))
        assert begun._wire.traffic.retries <= 1  # MLServer closes the connection after it


@pytest.mark.parametrize(
    ("server", "model", "seen", "values", "said", "outputs"),
    [
        ("mlserver", "reversed", Text(), ["杆秤", "", "a\nb"], Text(), ["秤杆", "", "b\na"]),
        ("mlserver", "frames", Audio(), [SOUND, SOUND], Text(), ["400", "400"]),
        ("kserve", "reversed", Text(), ["杆秤", "", "a\nb"], Text(), ["秤杆", "", "b\na"]),
        ("kserve", "frames", Audio(), [SOUND, SOUND], Text(), ["400", "400"]),
        ("kserve", "halves", Features(), [[0.5, 1.25], [2.0, -3.5]], Features(), [[0.5, 1.25], [2.0, -3.5]]),
        ("kserve", "undeclared", Features(), [[16.0, 1.0], [14.0, 2.0]], ANSWERS, ["positive", "negative"]),
        ("kserve", "few", Features(), [[16.0, 1.0], [14.0, 2.0]] * 4, ANSWERS, ["positive", "negative"] * 4),
        ("kserve", "probabilities", Features(), [[0.75, 1.0], [0.25, 2.0]], ANSWERS, ["positive", "negative"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
    indirect=["server"],
)
def test_other_types(
    server: tuple[str, str], model: str, seen: Any, values: list[Any], said: Any, outputs: list[Any]
) -> None:
    _, url = server
    with session(f"oip:{url}/{model}#canaries=1", seen, said) as begun:
        replies = ask(begun, *values)
        singly = [ask(begun, value)[0] if reply.lost else reply for value, reply in zip(values, replies, strict=True)]
        assert [reply.output for reply in singly] == outputs
        begun.close()
        assert not begun.drifted, notes(begun)
        if model == "few":
            assert "asked in smaller ones" in notes(begun)
        if model == "undeclared":
            assert "does not declare the model's inputs; it was sent input-0: tensor(double)[any, any]" in notes(begun)
        if model == "probabilities":
            assert "in the order of the method: 0 = negative, 1 = positive" in notes(begun)


def test_images_to_scores(kserve: str) -> None:
    with session(f"oip:{kserve}/pixels", Image(), Score()) as begun:
        replies = ask(begun, *map(Image().encode, PICTURES))
        assert [reply.output for reply in replies] == pytest.approx([0.0, 0.2, 1.0])
        with pytest.raises(ProductError, match=re.escape("shape [8, 8, 3]")):
            ask(begun, Image().encode(np.zeros((8, 8, 3), dtype=np.uint8)))


def test_a_mapping_says_what_types_do_not(kserve: str, tmp_path: Path) -> None:
    three = Label(("negative", "positive", "not gradable"))
    with pytest.raises(ProductError, match=r'classes = \["negative", "positive"\]'):
        open_product(f"oip:{kserve}/probabilities").start(Features(), three, Limits())
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(of_page("mapping.toml"), "utf-8")
    product = open_product(f"oip:{kserve}/probabilities#map={mapping}")
    assert "the digest is of the mapping" in product.identity.covers.en
    with session(product.identity.uri, Features(), three) as begun:
        assert [reply.output for reply in ask(begun, [0.75, 1.0], [0.25, 2.0])] == ["positive", "negative"]
        assert "order of the method" not in notes(begun)
    mapping.write_text('[output]\nname = "probabilities"\ncolumn = 1\n', "utf-8")
    with session(product.identity.uri, Features(), Score()) as begun:
        assert [reply.output for reply in ask(begun, [0.75, 1.0], [0.25, 2.0])] == [0.75, 0.25]
    assert open_product(product.identity.uri).identity.digest != product.identity.digest


def test_a_mapping_names_the_inputs_of_a_model_that_does_not(kserve: str, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[inputs.radius]\ndatatype = "FP32"\nshape = [-1, 2]\n', "utf-8")
    with session(f"oip:{kserve}/undeclared#batch=4&map={mapping}", Features(), ANSWERS) as begun:
        assert [reply.output for reply in ask(begun, [16.0, 1.0], [14.0, 1.0])] == ["positive", "negative"]
        assert "it was sent radius: tensor(float)[any, 2]" in notes(begun)


@pytest.mark.parametrize("server", ["mlserver", "kserve"], indirect=True)
@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        ("wbdc", UnknownName, "There is no model at "),
        ("reversed/versions/9", ProductError, "is no model: HTTP (404|501)"),
    ],
)
def test_models_that_are_not_there(server: tuple[str, str], model: str, error: type[SteelyardError], says: str) -> None:
    _, url = server
    with pytest.raises(error, match=says) as caught:
        open_product(f"oip:{url}/{model}").start(Features(), ANSWERS, Limits())
    assert caught.value.remedy is not None


@pytest.mark.usefixtures("mirror")
def test_the_page_s_commands_work(mlserver: str, tmp_path: Path) -> None:
    start, *commands = of_page("commands").strip().splitlines()
    assert start == "PYTHONPATH=wdbc mlserver start wdbc &"
    for command, code in zip(commands, (0, 10), strict=True):
        words = shlex.split(command.replace("http://localhost:8080/v2/models", mlserver))
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-m", *words],
            cwd=tmp_path,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert "it called itself 1.0" in ran.stdout


def test_the_page_tells_every_option() -> None:
    from steelyard.products.oip import OWN

    for option in OWN:
        assert re.search(rf"^\| `{option}` \|", PAGE.read_text("utf-8"), re.MULTILINE), option


# --- Tensors ---------------------------------------------------------------------------------------------------------


def test_requests_are_those_of_triton_s_client() -> None:
    generator = np.random.default_rng(0)
    tensors: dict[str, Any] = {
        "FP32": generator.normal(size=(2, 3)).astype(np.float32),
        "FP64": generator.normal(size=(2, 1)),
        "UINT8": generator.integers(0, 256, size=(1, 2, 3), dtype=np.uint8),
        "INT64": generator.integers(-9, 9, size=4),
        "BOOL": np.array([True, False, True]),
        "BYTES": np.array([b"", "杆秤".encode(), b"\x00\xff"], dtype=object),
    }

    def plain(array: Any) -> list[Any]:
        return [base64.b64encode(each).decode() if isinstance(each, bytes) else each for each in array.ravel().tolist()]

    told = json.dumps([[name, name, list(array.shape), plain(array)] for name, array in tensors.items()])
    command = [python_of("mlserver"), str(SERVERS / "mlserver" / "peer.py")]
    ran = subprocess.run(command, input=told, capture_output=True, text=True, check=True)
    theirs = json.loads(ran.stdout)
    body, headers = request(tensors, binary=True)
    size, other = int(headers[HEADER]), base64.b64decode(theirs["body"])
    assert body[size:] == other[theirs["size"] :]
    mine, yours = json.loads(body[:size]), json.loads(other[: theirs["size"]])
    assert mine["inputs"] == yours["inputs"]
    assert mine["parameters"] == yours["parameters"] == {"binary_data_output": True}


def answered(outputs: list[dict[str, Any]], blobs: bytes = b"") -> Answer:
    head = json.dumps({"model_name": "m", "outputs": outputs}).encode()
    return Answer(200, {HEADER: str(len(head))} if blobs else {}, head + blobs, 0.0)


ARRAYS = st.sampled_from(sorted(DATATYPES.keys() - {"BYTES"})).flatmap(
    lambda name: st.tuples(
        st.just(name), st.lists(st.integers(0, 1 if name == "BOOL" else 100), min_size=1, max_size=6)
    )
)


@given(ARRAYS, st.booleans())
def test_numbers_come_back(said: tuple[str, list[int]], binary: bool) -> None:
    name, values = said
    array = np.array(values).astype(DATATYPES[name][0])[None]
    output: dict[str, Any] = {"name": "o", "datatype": name, "shape": list(array.shape)}
    if binary:
        answer = answered([output | {"parameters": {"binary_data_size": array.nbytes}}], array.tobytes())
    else:
        answer = answered([output | {"data": array.tolist()}])  # nested: flat is the other way that is allowed
    found, _ = response(answer)
    assert found["o"].dtype == array.dtype
    assert found["o"].tolist() == array.tolist()


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=5))
def test_bytes_come_back(values: list[bytes]) -> None:
    output = {"name": "o", "datatype": "BYTES", "shape": [len(values)]}
    blob = b"".join(struct.pack("<I", len(each)) + each for each in values)
    assert (
        response(answered([output | {"parameters": {"binary_data_size": len(blob)}}], blob))[0]["o"].tolist() == values
    )
    text = [base64.b64encode(each).decode() for each in values]
    coded = response(answered([output | {"parameters": {"content_type": "base64"}, "data": text}]))[0]["o"]
    assert coded.tolist() == values


def output(**changes: Any) -> dict[str, Any]:
    return {"name": "o", "datatype": "FP32", "shape": [2], "data": [1, 2]} | changes


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(200, {}, b"nonsense", 0.0), "not JSON"),
        (Answer(200, {}, b"[]", 0.0), "not an answer of the Open Inference Protocol"),
        (Answer(200, {}, b"{}", 0.0), "no 'outputs' in it"),
        (Answer(200, {HEADER: "x"}, b"{}", 0.0), "invalid literal"),
        (answered([{"datatype": "FP32"}]), "no 'shape' in it"),
        (answered([output(datatype="FP8")]), "its datatype is 'FP8'"),
        (answered([output(shape=[-1])]), "its shape is [-1]"),
        (answered([output(shape=[3])]), "has 2 numbers, not those of the shape [3]"),
        (answered([output(shape=[2**62, 2**62])]), "has 2 numbers"),
        (answered([output(data=["1", "2"])]), "holds text"),
        (answered([output(data={"a": 1})]), "its data is not an array"),
        (answered([output(datatype="INT8", data=[1, 999])]), "not an answer"),
        (answered([output(parameters={"binary_data_size": 9})], b"x" * 8), "9 bytes of binary data are announced"),
        (answered([output(parameters={"binary_data_size": 4})], b"x" * 4), "has 4 bytes, not those of FP32 [2]"),
        (
            answered([output(parameters={"binary_data_size": 8})], b"x" * 9),
            "1 bytes of binary data belong to no output",
        ),
        (answered([output(datatype="BYTES", parameters={"binary_data_size": 5})], b"\xff\0\0\0a"), "is cut off"),
        (answered([output(datatype="BYTES", parameters={"binary_data_size": 5})], b"\x01\0\0\0a"), "has 1 elements"),
    ],
)
def test_what_is_no_answer(answer: Answer, says: str) -> None:
    with pytest.raises(Failed) as caught:
        response(answer)
    assert caught.value.fault is Fault.MALFORMED
    assert says in caught.value.detail.en


# --- A server that does as told --------------------------------------------------------------------------------------

CELLS = {"name": "cells", "datatype": "FP64", "shape": [-1, 2]}
DIAGNOSIS = {"name": "diagnosis", "datatype": "BYTES", "shape": [-1]}
METADATA = {"name": "m", "versions": ["1"], "platform": "", "inputs": [CELLS], "outputs": [DIAGNOSIS]}


def told(infer: Callable[[Any], Any], metadata: Mapping[str, Any] | Any = METADATA) -> Callable[[Any], Any]:
    return lambda asked: infer(asked) if asked.method == "POST" else metadata


def labels(asked: Any) -> Any:
    """Answer in JSON, whatever the data came in."""
    size = asked.headers[HEADER]
    count = json.loads(asked.body[: int(size)] if size else asked.body)["inputs"][0]["shape"][0]
    return {
        "model_name": "m",
        "model_version": "1",
        "outputs": [DIAGNOSIS | {"shape": [count], "data": ["positive"] * count}],
    }


@pytest.mark.parametrize("status", [400, 415, 422, 500])
def test_binary_data_that_are_refused_are_sent_as_json_from_then_on(status: int) -> None:
    def infer(asked: Any) -> Any:
        return (status, {}, b"no") if HEADER in asked.headers else labels(asked)

    with (
        serve(told(infer)) as server,
        session(f"oip:{server.url}/v2/models/m#canaries=0", Features(), ANSWERS) as begun,
    ):
        assert [reply.output for reply in [*ask(begun, [1.0, 2.0]), *ask(begun, [3.0, 4.0], [5.0, 6.0])]] == [
            "positive"
        ] * 3
        assert f"the server answers {status} to binary tensor data" in notes(begun)
        assert [HEADER in asked.headers for asked in server.asked if asked.method == "POST"] == [True, False, False]
        assert server.asked[-1].json["inputs"] == [CELLS | {"shape": [2, 2], "data": [3.0, 4.0, 5.0, 6.0]}]


@pytest.mark.parametrize("data", ["auto", "json", "binary"])
def test_an_input_that_is_refused_counts_and_settles_nothing(data: str) -> None:
    def infer(asked: Any) -> Any:
        return (400, {}, b'{"error": "out of range"}') if len(server.asked) < 4 else labels(asked)

    with (
        serve(told(infer)) as server,
        session(f"oip:{server.url}/v2/models/m#data={data}", Features(), ANSWERS) as begun,
    ):
        (reply,) = ask(begun, [1.0, 2.0])
        assert (reply.fault, reply.detail.en) == (Fault.REFUSED, "HTTP 400: out of range")  # type: ignore[union-attr]
        assert "JSON" not in notes(begun)


@pytest.mark.parametrize(
    ("shapes", "requests"),
    [
        (["a"] * 5, [1, 4]),
        (["a", "b", "b", "a"], [1, 2, 1]),  # what is stacked has one shape
    ],
)
def test_samples_of_one_shape_share_a_request(shapes: list[str], requests: list[int]) -> None:
    metadata = METADATA | {"inputs": [CELLS | {"shape": [-1, -1]}]}
    with serve(told(labels, metadata)) as server:
        with session(f"oip:{server.url}/v2/models/m#canaries=0&data=json", Features(), ANSWERS) as begun:
            values = [[1.0] * {"a": 2, "b": 3}[shape] for shape in shapes]
            assert len([*ask(begun, values[0]), *ask(begun, *values[1:])]) == len(shapes)
        posts = [asked.json["inputs"][0]["shape"][0] for asked in server.asked if asked.method == "POST"]
        assert posts == requests


def test_a_fixed_batch_is_filled_up() -> None:
    metadata = METADATA | {"inputs": [CELLS | {"shape": [4, 2]}], "outputs": [DIAGNOSIS | {"shape": [4]}]}
    with (
        serve(told(labels, metadata)) as server,
        session(f"oip:{server.url}/v2/models/m#canaries=0&data=json", Features(), ANSWERS) as begun,
    ):
        assert len(ask(begun, *[[1.0, 2.0]] * 6)) == 6
        assert [asked.json["inputs"][0]["shape"] for asked in server.asked[1:]] == [[4, 2], [4, 2]]


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ([DIAGNOSIS | {"shape": [2], "data": ["positive"] * 2}], "has the shape [2] for 1 samples"),
        ([DIAGNOSIS | {"name": "other", "shape": [1], "data": ["positive"]}], "there is no output diagnosis"),
        ([DIAGNOSIS | {"shape": [1, 2], "data": ["positive"] * 2}], "has the shape [1, 2] for 1 samples"),
    ],
)
def test_answers_that_fit_no_sample(outputs: list[Any], says: str) -> None:
    with (
        serve(told(lambda _: {"outputs": outputs})) as server,
        session(f"oip:{server.url}/v2/models/m", Features(), ANSWERS) as begun,
    ):
        (reply,) = ask(begun, [1.0, 2.0])
        assert reply.fault is Fault.MALFORMED
        assert says in reply.detail.en  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("metadata", "seen", "said", "error", "says"),
    [
        ((404, {}, b"no such model"), Features(), ANSWERS, ProductError, "is no model: HTTP 404: no such model"),
        ((401, {}, b"no token"), Features(), ANSWERS, ProductError, "does not let us in"),
        (b"<html>", Features(), ANSWERS, ProductError, "is not the metadata of a model: not JSON"),
        ([], Features(), ANSWERS, ProductError, "is not the metadata of a model: it is no object"),
        ({"inputs": [{"name": "x"}]}, Features(), ANSWERS, ProductError, "is not the metadata of a model"),
        ({"inputs": [CELLS | {"datatype": "FP8"}]}, Features(), ANSWERS, ProductError, "cells is of datatype FP8"),
        (METADATA, Features(size=3), ANSWERS, ProductError, "does not take"),
        (METADATA, Text(), ANSWERS, ProductError, "does not take"),
        (METADATA, Features(), Score(), ProductError, "the method asks for"),
        (METADATA, None, ANSWERS, CallError, "without inputs"),
    ],
)
def test_what_does_not_fit_is_said_before_the_first_sample(
    metadata: Any, seen: Any, said: Any, error: type[SteelyardError], says: str
) -> None:
    content = metadata if isinstance(metadata, tuple | bytes) else json.dumps(metadata).encode()
    with serve(lambda _: content) as server, pytest.raises(error, match=re.escape(says)):
        open_product(f"oip:{server.url}/v2/models/m").start(seen, said, Limits())


def test_an_input_of_the_set_that_cannot_be_read_is_the_set_s_fault() -> None:
    with (
        serve(told(labels)) as server,
        session(f"oip:{server.url}/v2/models/m", Features(), ANSWERS) as begun,
        pytest.raises(SetError, match="an input of the set cannot be read"),
    ):
        ask(begun, ["a", "b"])


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("oip:model", "no address of a service"),
        ("oip:http://host/v1/models/m", "does not name a model"),
        ("oip:http://host/v2/models/", "does not name a model"),
        ("oip:http://host/v2/models/m/versions/", "does not name a model"),
        ("oip:http://host/v2/models/m/infer", "does not name a model"),
        ("oip:http://host/v2/models/m#data=xml", "There is: auto, binary, json"),
        ("oip:http://host/v2/models/m#batch=0", "'batch=0' cannot be read"),
        ("oip:http://host/v2/models/m#map=no-such-file.toml", "cannot read the mapping no-such-file.toml"),
        ("oip:http://host/v2/models/m#mapping=a", "Did you mean map"),
    ],
)
def test_wrong_addresses(uri: str, says: str) -> None:
    with pytest.raises(CallError, match=re.escape(says)) as caught:
        open_product(uri)
    assert caught.value.remedy is not None


def test_a_run_asks_many_at_a_time(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    folder = str(write_set(["positive", "negative"] * 100))
    with serve(told(labels)) as server:
        report = steelyard.run(SPEC, f"oip:{server.url}/v2/models/m", test_set=folder, out=tmp_path / "out")
        assert report.counts["false_alarms"] == 100
        assert sum(asked.method == "POST" for asked in server.asked) <= 1 + 4 + 3  # the first, batches, canaries
    assert any(note.en == "it called itself 1" for note in report.notes)


def test_what_fails_in_a_request_of_many_is_asked_singly(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    """One sample that the model cannot bear is charged, and none of its neighbours."""

    def infer(asked: Any) -> Any:
        return (500, {}, b"division by zero") if 7.0 in asked.json["inputs"][0]["data"] else labels(asked)

    folder = str(write_set(["positive", "negative"] * 20))
    with serve(told(infer)) as server:
        uri = f"oip:{server.url}/v2/models/m#data=json"
        report = steelyard.run(SPEC, uri, test_set=folder, out=tmp_path / "out")
    assert {failure.fault: failure.count for failure in report.failures} == {"refused": 1}
    assert report.failures[0].first.en == "HTTP 500: division by zero"  # type: ignore[union-attr]
    assert report.answered == 39
