"""Every recipe of the real test data gives the samples that their sources state, and facts that others published."""

from __future__ import annotations

import io
import json
import re
import wave
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from rapidfuzz.distance import Levenshtein

from steelyard.data import declared
from steelyard.library import recipe
from steelyard.library.readers._sound import resampled
from steelyard.library.recipe import Contents

# Set, its splits, how many of each unit, and how large each group is (None: too many to list, their count only).
TABLE: list[tuple[str, dict[str, int], dict[str, int], dict[str, int | dict[str, int]]]] = [
    ("aishell3-zh-30utt", {"test": 30}, {"speaker": 30}, {}),
    ("fsdd-digits-en-test300", {"test": 300}, {"speaker": 6}, {"digit": 10}),
    ("fsdd-digits-en-by-speaker", {"test": 150, "training": 150}, {"speaker": 6}, {"digit": 10}),
    ("aishell1-librispeech-samples", {"test": 5}, {"speaker": 4}, {"language": {"English": 4, "Mandarin": 1}}),
    ("clinc150-oos-en", {"test": 5500, "training": 15100, "validation": 3100}, {}, {"domain": 11}),
    ("banking77", {"test": 3080, "training": 10003}, {}, {}),
    ("nlupp-en", {"test": 3080}, {"fold": 40}, {"domain": {"banking": 2071, "hotels": 1009}}),
    (
        "crosswoz-zh",
        {"test": 8476, "validation": 8458},
        {"dialogue": 1000},
        {"role": {"user": 8467, "system": 8467}},
    ),
    (
        "crosswoz-intents-zh",
        {"test": 4215, "validation": 4213},
        {"dialogue": 1000},
        {"scope": {"in scope": 8119, "out of scope": 309}},
    ),
    ("crosswoz-states-zh", {"test": 4238, "validation": 4229}, {"dialogue": 1000}, {"goal": 5}),
    ("nlupp-slots-en", {"test": 2776, "training": 304}, {}, {"domain": {"banking": 2071, "hotels": 1009}}),
    ("orl-faces", {"test": 400}, {"person": 40}, {}),
    ("nist-bssr1-set1", {"test": 517 * 517}, {"probe": 517, "gallery": 517}, {}),
    ("cifar10-1-v4", {"test": 2021}, {}, {"class": 10}),
    ("cifar10-1-v6", {"test": 2000}, {}, {"class": 10}),
    ("sign-language-digits-500", {"test": 500}, {"sequence": 157}, {}),
    ("pneumoniamnist", {"test": 624, "training": 3882, "validation": 524}, {}, {}),
    (
        "cnocr-zh-lines",
        {"test": 20},
        {},
        {"language": {"Chinese": 11, "English": 9}, "layout": {"line": 16, "page": 4}},
    ),
    (
        "omniglot",
        {"test": 5840},
        {"writer": 8 * 20, "character": 242},
        {"alphabet": 8, "part": {"small1": 2720, "small2": 3120}},
    ),
    ("omniglot-one-shot", {"test": 400, "training": 400}, {"run": 20}, {}),
    (
        "bsdata",
        {"test": 70, "training": 54, "unmarked": 120},
        {"place": 42},
        {"marked": {"pitting": 124, "no mark": 120}},
    ),
    ("wmt22-general", {"test": 1875}, {}, {}),
    ("wmt23-mqm-zh-en", {"test": 3770}, {"segment": 377, "document": 38}, {"system": 10}),
    ("ntrex128", {"test": 9 * 1997}, {"document": 123, "sentence": 1997}, {"language": 9}),
    ("nist-sctk-csrnab", {"test": 51}, {"speaker": 3}, {}),
    ("luna16-deeplung", {"test": 888}, {"scan": 888}, {"nodules": {"some": 601, "none": 287}}),
    ("tep-braatz", {"test": 11 * 960, "training": 500 + 10 * 480}, {"file": 22}, {}),
    (
        "uci-gas-drift",
        {"test": 6252, "training": 445},
        {},
        {
            "batch": {
                "batch1": 445,
                "batch2": 1244,
                "batch3": 1586,
                "batch4": 161,
                "batch5": 197,
                "batch6": 2300,
                "batch8": 294,
                "batch9": 470,
            }
        },
    ),
    ("cmapss-fd001", {"test": 100, "training": 100}, {"engine": 200}, {}),
    ("robothor-objectnav-2021", {"test": 1800, "training": 3600}, {"scene": 17}, {"object": 12}),
    ("r157-cut-in", {"test": 29_970}, {}, {"speed_range": 2}),
    ("tum-rgbd-trajectories", {"test": 2}, {"sequence": 2}, {}),
    ("px4-static-imu", {"test": 1}, {"device": 1}, {}),
    ("matter-node-fixtures", {"test": 11}, {"node": 11}, {}),
    (
        "room-impulse-responses",
        {"test": 8},
        {},
        {"project": {"speechbrain": 4, "audiomentations": 3, "spatialaudio": 1}},
    ),
    (
        "background-noises",
        {"test": 10},
        {},
        {"length": {"long": 5, "short": 5}, "project": {"speechbrain": 5, "audiomentations": 5}},
    ),
    ("farm-noises", {"test": 2}, {}, {}),
    ("microphone-array-clips", {"test": 4}, {}, {"kind": {"speech": 2, "noise": 1, "diffuse noise": 1}}),
    ("voice-activity-chunks", {"test": 4, "training": 2}, {"recording": 2}, {}),
    ("ami-es2014c-diarisation", {"test": 1}, {"meeting": 1}, {}),
    ("christmas-phrase", {"test": 1}, {}, {}),
    ("nist-sctk-sentences", {"test": 869}, {"speaker": 17}, {"run": 19}),
    ("nist-sctk-conversations", {"test": 24}, {}, {"formats": {"stm and ctm": 19, "stm and txt": 1, "ctm and ctm": 4}}),
    (
        "mlperf-results",
        {"test": 3667},
        {"submitter": 51},
        {
            "release": 6,
            "kind": {"performance": 3025, "power": 136, "performance and power": 410, "performance and energy": 96},
            "division": {"closed": 3590, "open": 77},
        },
    ),
    ("onnx-node-tests", {"test": 1345}, {"operator": 197}, {"operator": 197}),
    (
        "mitre-atlas",
        {"test": 221},
        {},
        {"kind": {"tactic": 16, "technique": 101, "sub-technique": 69, "mitigation": 35}},
    ),
    ("mitre-atlas-steps", {"test": 449}, {"case": 57}, {"tactic": 16, "kind": 2}),
    (
        "avid-reports",
        {"test": 1745},
        {"artifact": 381},
        {
            "class": {"CVE Entry": 1098, "LLM Evaluation": 550, "Third-party Report": 96, "not stated": 1},
            "domain": 6,
        },
    ),
    ("avid-vulnerabilities", {"test": 40}, {"artifact": 21}, {"class": 3, "domain": 4}),
    ("r157-car-following", {"test": 1121}, {}, {}),
    ("osc-alks-scenarios", {"test": 15}, {}, {"chapter": 6}),
    ("osc-alks-variations", {"test": 15}, {}, {"chapter": 6}),
    (
        "commonroad-scenarios",
        {"test": 22},
        {"place": 16},
        {"origin": {"recorded": 2, "simulated": 6, "constructed": 14}},
    ),
    ("commonroad-criticality", {"test": 26}, {"scenario": 4}, {"measure": 17}),
    ("px4-ulog", {"test": 5}, {"hardware": 4}, {"flown": {"on a board": 3, "in simulation": 2}}),
    ("mtconnect-okuma-lathe", {"test": 4}, {"session": 4}, {}),
    ("opcua-nodesets", {"test": 19}, {}, {}),
    ("matter-ota-descriptors", {"test": 8}, {"product": 2}, {}),
    ("nist-sctk-mandarin", {"test": 70}, {"speaker": 2}, {"run": 7}),
    (
        "luna16-reader-ratings",
        {"test": 1004},
        {"scan": 544},
        {"readers": {"four": 596, "fewer": 387, "more": 21}},
    ),
    ("wmt22-zh-en-judgements", {"test": 13}, {}, {}),
    ("wmt20-mqm-zh-en", {"test": 20_000}, {"segment": 2000}, {"system": 10}),
    ("wmt21-mqm-zh-en", {"test": 9750}, {"segment": 650}, {"system": 15}),
]
BEFORE = {"aishell1-test-hyp-zh", "wdbc"}
"""Sets that have tests of their own."""


@cache
def contents(name: str) -> Contents:
    return recipe.contents(recipe.read(name))


@pytest.fixture
def read(mirror: Path) -> Callable[[str], Contents]:  # noqa: ARG001 - sets the folder that recipes read from
    """Return what a recipe's reader makes; each set is read once."""
    return contents


def column(made: Contents, name: str) -> list[Any]:
    values: list[Any] = made.samples[name].to_pylist()
    return values


def test_every_recipe_is_in_the_table() -> None:
    assert sorted(name for name, *_ in TABLE) == sorted(set(recipe.names()) - BEFORE)


@pytest.mark.parametrize(("name", "splits", "units", "groups"), TABLE, ids=[name for name, *_ in TABLE])
def test_samples_are_as_many_as_the_source_states(
    name: str,
    splits: dict[str, int],
    units: dict[str, int],
    groups: dict[str, int | dict[str, int]],
    read: Callable[[str], Contents],
) -> None:
    made, card = read(name), recipe.read(name).card
    assert dict(card.splits) == splits
    if "split" in made.samples.column_names:
        assert Counter(column(made, "split")) == splits
    assert made.samples.num_rows == sum(splits.values()) == len(set(column(made, "id")))
    assert {unit: len(set(column(made, unit))) for unit in card.units} == units
    assert card.groups.keys() == groups.keys()
    for group, expected in groups.items():
        counted = Counter(column(made, group))
        assert (len(counted) if isinstance(expected, int) else counted) == expected
    assert card.answers.keys() == made.answers.keys()


@pytest.mark.parametrize("name", [name for name, *_ in TABLE])
def test_a_card_says_where_it_comes_from(name: str) -> None:
    card = recipe.read(name).card
    assert " at " in card.source, "it does not name a revision"
    assert card.scope is not None
    assert card.version == "1"


# --- Speech --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["aishell3-zh-30utt", "fsdd-digits-en-test300", "aishell1-librispeech-samples"])
def test_sound_is_what_a_recogniser_hears(name: str, read: Callable[[str], Contents]) -> None:
    kind = declared(recipe.read(name).card.input or {})
    for stored in column(read(name), "input")[:10]:
        sound = kind.load(stored)
        assert 0.1 < len(sound) / 16_000 < 30
        assert 0.05 < np.abs(sound).max() < 1


def test_transcripts_stand_beside_their_speakers(read: Callable[[str], Contents]) -> None:
    rows = {
        row["id"]: row for row in read("aishell3-zh-30utt").samples.select(["id", "reference", "speaker"]).to_pylist()
    }
    assert rows["SSB00110401"] == {"id": "SSB00110401", "reference": "三百零五千三百三十四", "speaker": "SSB0011"}
    assert column(read("aishell1-librispeech-samples"), "speaker") == ["S0724", "1995", "1089", "1221", "1221"]
    assert column(read("aishell1-librispeech-samples"), "reference")[0] == "广州市房地产中介协会分析"


def test_what_is_16_khz_already_is_left_alone(read: Callable[[str], Contents], mirror: Path) -> None:
    folder = mirror / "speech" / "aishell1-librispeech-samples"
    assert (
        column(read("aishell1-librispeech-samples"), "input")[0]
        == (folder / "aishell-BAC009S0724W0121.wav").read_bytes()
    )


def test_resampling_keeps_the_length(read: Callable[[str], Contents], mirror: Path) -> None:
    path = mirror / "speech" / "aishell3-zh-30utt" / "wav" / "SSB00050112.wav"
    stored = column(read("aishell3-zh-30utt"), "input")[column(read("aishell3-zh-30utt"), "id").index("SSB00050112")]
    with wave.open(str(path)) as before, wave.open(io.BytesIO(stored)) as after:
        assert after.getnframes() == -(-before.getnframes() * 160 // 441)


@pytest.mark.parametrize(("rate", "up", "down"), [(44_100, 160, 441), (8_000, 2, 1)])
@pytest.mark.parametrize("hertz", [100, 1_000, 3_400])
def test_a_tone_stays_a_tone(rate: int, up: int, down: int, hertz: int) -> None:
    def tone(at: int, seconds: float) -> Any:
        return 10_000 * np.sin(2 * np.pi * hertz * np.arange(round(at * seconds)) / at)

    made = resampled(np.rint(tone(rate, 0.5)).astype(np.int16), up, down)
    inner = slice(200, len(made) - 200)
    assert np.abs(made[inner] - tone(16_000, 0.5)[inner]).max() < 3  # of 10 000: −70 dB


def test_what_16_khz_cannot_hold_is_gone() -> None:
    above = np.rint(10_000 * np.sin(2 * np.pi * 10_000 * np.arange(22_050) / 44_100)).astype(np.int16)
    assert np.abs(resampled(above, 160, 441)[200:-200]).max() <= 2


# --- Dialogue ------------------------------------------------------------------------------------------------------


def test_intents(read: Callable[[str], Contents]) -> None:
    clinc = read("clinc150-oos-en")
    test = [row for row in clinc.samples.to_pylist() if row["split"] == "test"]
    assert Counter(row["reference"] for row in test)["oos"] == 1000
    assert set(Counter(row["reference"] for row in test if row["reference"] != "oos").values()) == {30}
    assert len(set(column(clinc, "reference"))) == 151
    assert len(set(column(read("banking77"), "reference"))) == 77
    assert {name: len(seen) for name, seen in _by_domain(read("nlupp-en")).items()} == {"banking": 48, "hotels": 40}


def _by_domain(made: Contents) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for domain, intents in zip(column(made, "domain"), column(made, "reference"), strict=True):
        found.setdefault(domain, set()).update(intents)
    return found


def test_slots_are_json(read: Callable[[str], Contents]) -> None:
    slots = [json.loads(written) for written in column(read("nlupp-en"), "slots")]
    assert all({"text", "span"} <= slot.keys() for each in slots for slot in each.values())


def test_dialogue_acts(read: Callable[[str], Contents]) -> None:
    made = read("crosswoz-zh")
    rows = made.samples.to_pylist()
    assert sum(row["split"] == "test" and row["role"] == "user" for row in rows) == 4238
    acts = [act for row in rows for act in row["reference"]]
    assert {len(act) for act in acts} == {4}
    assert {act[0] for act in acts} == {"General", "Inform", "Request", "Recommend", "NoOffer", "Select"}
    assert len({row["dialogue"] for row in rows if row["split"] == "test"}) == 500


# --- Identity ------------------------------------------------------------------------------------------------------


def test_faces_are_told_apart_by_their_pixels_as_often_as_stated(read: Callable[[str], Contents]) -> None:
    """Nearest neighbour on raw pixels, five photographs of each person against the other five: 90 % at rank 1."""
    made = read("orl-faces")
    kind = declared(recipe.read("orl-faces").card.input or {})
    pixels = np.array([kind.load(stored) for stored in column(made, "input")]).reshape(40, 10, -1).astype(np.float64)
    assert pixels.shape == (40, 10, 92 * 112)
    known, asked = pixels[:, :5].reshape(200, -1), pixels[:, 5:].reshape(200, -1)
    distance = (asked**2).sum(1)[:, None] - 2 * asked @ known.T + (known**2).sum(1)
    assert np.mean(distance.argmin(1) // 5 == np.arange(200) // 5) == 0.90


@pytest.mark.parametrize(
    ("matcher", "rank_1", "equal_error"),
    [("face-C", 88.39, 4.45), ("face-G", 85.69, 5.80), ("finger-left", 85.88, 8.51)],
)
def test_matchers_are_as_good_as_published(
    matcher: str, rank_1: float, equal_error: float, read: Callable[[str], Contents]
) -> None:
    made = read("nist-bssr1-set1")
    scores = made.answers[matcher]["output"].to_numpy().reshape(517, 517)
    assert Counter(column(made, "reference")) == {"genuine": 517, "impostor": 266_772}
    assert np.diag(np.array(column(made, "reference")).reshape(517, 517) == "genuine").all()
    genuine, impostor = np.diag(scores), scores[~np.eye(517, dtype=bool)]
    beaten = ((scores >= genuine[:, None]) & ~np.eye(517, dtype=bool)).any(1)  # ties count against
    assert round(100 * float(np.mean(~beaten)), 2) == rank_1
    limits = np.unique(scores)
    missed = np.searchsorted(np.sort(genuine), limits) / 517
    let_in = 1 - np.searchsorted(np.sort(impostor), limits) / len(impostor)
    nearest = np.abs(missed - let_in).argmin()
    assert abs(50 * (missed[nearest] + let_in[nearest]) - equal_error) < 0.05


def test_one_template_failed(read: Callable[[str], Contents]) -> None:
    scores = read("nist-bssr1-set1").answers["face-C"]["output"].to_numpy().reshape(517, 517)
    rows, columns = np.nonzero(scores == -1)
    assert set(columns) == {365}
    assert len(rows) == 517


# --- Images --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "classifier", "accuracy"),
    [
        ("cifar10-1-v6", "vgg16_keras", 85.6),
        ("cifar10-1-v6", "shake_shake_26_2x64d_SSI_cutout16", 93.1),
        ("cifar10-1-v6", "random_features_32k_no_aug", 68.7),
    ],
)
def test_classifiers_are_as_good_as_published(
    name: str, classifier: str, accuracy: float, read: Callable[[str], Contents]
) -> None:
    made = read(name)
    assert len(made.answers) == 30
    answered = made.answers[classifier]
    assert answered["id"].to_pylist() == column(made, "id")
    right = np.array(answered["output"].to_pylist()) == np.array(column(made, "reference"))
    assert round(100 * float(right.mean()), 1) == accuracy


def test_photographs_are_their_files(read: Callable[[str], Contents], mirror: Path) -> None:
    made = read("sign-language-digits-500")
    assert set(Counter(column(made, "reference")).values()) == {50}
    row = made.samples.to_pylist()[0]
    path = mirror / "robustness" / "sign-language-digits-500" / f"{row['id']}.JPG"
    assert row["input"] == path.read_bytes()
    sequences = Counter(column(made, "sequence"))
    assert sequences["from-IMG_1118"] == 10, "one student's ten digits"
    assert max(sequences.values()) <= 10


def test_x_rays(read: Callable[[str], Contents]) -> None:
    counted = Counter(
        zip(column(read("pneumoniamnist"), "split"), column(read("pneumoniamnist"), "reference"), strict=True)
    )
    assert counted == {
        ("training", "normal"): 388,
        ("training", "pneumonia"): 3494,
        ("validation", "normal"): 135,
        ("validation", "pneumonia"): 389,
        ("test", "normal"): 234,
        ("test", "pneumonia"): 390,
    }
    kind = declared(recipe.read("pneumoniamnist").card.input or {})
    assert kind.load(column(read("pneumoniamnist"), "input")[0]).shape == (28, 28)


def test_ball_screws(read: Callable[[str], Contents]) -> None:
    made = read("bsdata")
    polygons = [polygon for each in column(made, "reference") for polygon in each]
    assert len(polygons) == 157
    assert all(len(polygon) % 2 == 0 and len(polygon) >= 6 for polygon in polygons)
    assert [bool(each) for each in column(made, "reference")] == [each == "pitting" for each in column(made, "marked")]
    with Pillow.open(io.BytesIO(column(made, "input")[0])) as first:
        assert (first.format, *first.size) == ("JPEG", 1130, 460)


# --- Documents -----------------------------------------------------------------------------------------------------


def test_lines_and_what_a_reader_made_of_them(read: Callable[[str], Contents]) -> None:
    made = read("cnocr-zh-lines")
    wanted = dict(zip(column(made, "id"), column(made, "reference"), strict=True))
    said = {row["id"]: row["output"] for row in made.answers["cnocr"].to_pylist()}
    assert len(said) == 14
    assert said.keys() <= wanted.keys()
    assert (wanted["chn-00199980.jpg"], said["chn-00199980.jpg"]) == ("拇箬遭才柄腾戮畔惬炫", "拇箬遭才柄腾戮胖惬炫")
    assert wanted["multi-line_cn2.png"].count("\n") == 4
    kind = declared(recipe.read("cnocr-zh-lines").card.input or {})
    assert {kind.load(stored).ndim for stored in column(made, "input")} == {3}


def test_handwriting(read: Callable[[str], Contents]) -> None:
    made = read("omniglot")
    kind = declared(recipe.read("omniglot").card.input or {})
    assert kind.load(column(made, "input")[0]).shape == (105, 105)
    twice = Counter(zip(column(made, "input"), column(made, "writer"), column(made, "character"), strict=True))
    assert sum(count > 1 for count in twice.values()) == 1000, "Greek and Latin stand in both parts"
    runs = read("omniglot-one-shot").samples.to_pylist()
    for row in runs:
        assert row["reference"].startswith(row["run"])
        assert row["split"] == "test" or row["id"] == row["reference"]
    asked = Counter(row["reference"] for row in runs if row["split"] == "test")
    assert set(asked.values()) == {1}


# --- Translation ---------------------------------------------------------------------------------------------------


def test_translations_have_two_references_and_twelve_systems(read: Callable[[str], Contents]) -> None:
    made = read("wmt22-general")
    assert {len(each) for each in column(made, "reference")} == {2}
    assert len(made.answers) == 12
    assert all(answered.num_rows == 1875 for answered in made.answers.values())


def test_judgements_are_weighed_as_published(read: Callable[[str], Contents]) -> None:
    rows = read("wmt23-mqm-zh-en").samples.to_pylist()
    first = next(row for row in rows if row["id"] == "0001-GPT4-5shot")
    assert first["reference"] == pytest.approx(10.366666666666667)  # as the makers' file itself states
    assert {len(row["scores"]) for row in rows} == {3}
    assert len({rater for row in rows for rater in row["raters"]}) == 8
    assert not any("<v>" in row["source"] + row["target"] for row in rows)


def test_one_sentence_in_nine_languages(read: Callable[[str], Contents]) -> None:
    rows = [row for row in read("ntrex128").samples.to_pylist() if row["sentence"] == "0001"]
    assert len(rows) == 9
    assert len({row["input"] for row in rows}) == 1
    assert len({row["reference"][0] for row in rows}) == 9


# --- Other fields --------------------------------------------------------------------------------------------------


ALTERNATIVES = re.compile(r"\{(.*?)\}")


def readings(sentence: str) -> Iterator[list[str]]:
    """Yield each way to read a sentence with alternatives in braces; ``@`` stands for no word."""
    choices = [each.split("/") for each in ALTERNATIVES.findall(sentence)]
    for choice in product(*choices):
        chosen = iter(choice)
        text = ALTERNATIVES.sub(lambda _, chosen=chosen: next(chosen), sentence)
        yield text.upper().replace("@", " ").split()


def test_a_recogniser_makes_as_many_word_errors_as_sclite_found(read: Callable[[str], Contents]) -> None:
    made = read("nist-sctk-csrnab")
    said = {row["id"]: row["output"].upper().split() for row in made.answers["csrnab"].to_pylist()}
    best = [
        min((Levenshtein.distance(words, said[row["id"]]), len(words)) for words in readings(row["reference"]))
        for row in made.samples.to_pylist()
    ]
    errors, words = map(sum, zip(*best, strict=True))
    assert words == pytest.approx(1406, abs=3)
    assert 100 * errors / words == pytest.approx(12.0, abs=0.15)  # sclite weighs substitutions otherwise
    assert round(100 * np.mean([wrong > 0 for wrong, _ in best]), 1) == 74.5


def test_nodules_and_detections(read: Callable[[str], Contents]) -> None:
    made = read("luna16-deeplung")
    assert sum(map(len, column(made, "reference"))) == 1186
    assert sum(map(len, column(made, "excluded"))) == 35_192
    detections = dict(made.answers["deeplung"].select(["id", "output"]).to_pydict().items())
    assert sum(map(len, detections["output"])) == 55_677
    found = dict(zip(detections["id"], detections["output"], strict=True))
    hit = sum(
        any(np.linalg.norm(np.subtract(box[:3], nodule[:3])) < nodule[3] / 2 for box in found[scan])
        for scan, nodules in zip(column(made, "id"), column(made, "reference"), strict=True)
        for nodule in nodules
    )
    assert hit / 1186 > 0.933, "published at eight false positives a scan; all detections find no fewer"


def test_a_plant_under_faults(read: Callable[[str], Contents]) -> None:
    made = read("tep-braatz")
    counted = Counter(zip(column(made, "split"), column(made, "reference"), strict=True))
    assert counted["test", "normal"] == 960 + 10 * 160
    assert {counted["test", f"fault {number}"] for number in range(1, 11)} == {800}
    assert {counted["training", f"fault {number}"] for number in range(1, 11)} == {480}
    assert {len(row) for row in column(made, "input")} == {52}


def test_gases(read: Callable[[str], Contents]) -> None:
    gases = {"Ethanol", "Ethylene", "Ammonia", "Acetaldehyde", "Acetone", "Toluene"}
    assert set(column(read("uci-gas-drift"), "reference")) == gases
    assert {len(row) for row in column(read("uci-gas-drift"), "input")} == {128}


def test_engines_and_what_remains_to_them(read: Callable[[str], Contents]) -> None:
    made = read("cmapss-fd001")
    kind = declared(recipe.read("cmapss-fd001").card.input or {})
    cycles = {"test": 0, "training": 0}
    for stored, split in zip(column(made, "input"), column(made, "split"), strict=True):
        cycles[split] += len(kind.load(stored))
    assert cycles == {"test": 13_096, "training": 20_631}
    assert column(made, "reference")[:3] == [112, 98, 69]


def test_episodes_tell_no_way(read: Callable[[str], Contents]) -> None:
    made = read("robothor-objectnav-2021")
    assert all("shortest" not in start for start in column(made, "input"))
    assert min(column(made, "reference")) == 0, "some begin where they end"
    tested = {row["scene"] for row in made.samples.select(["scene", "split"]).to_pylist() if row["split"] == "test"}
    assert len(tested) == 15


def test_driver_models_crash_as_often_as_published(read: Callable[[str], Contents]) -> None:
    made = read("r157-cut-in")
    crashes = {model: Counter(said["output"].to_pylist())["crash"] for model, said in made.answers.items()}
    assert crashes == {"CC_human_driver": 7280, "FSM": 2550, "RSS": 2371, "Reg157": 5121}
    assert Counter(column(made, "reference"))["unpreventable"] == 7280


@pytest.mark.parametrize(
    ("answered", "error", "pairs"),
    [("rgbdslam", 0.013470, 785), ("rgbdslam-shifted", 0.013470, 785), ("orb-slam", 0.008119, 2174)],
)
def test_trajectories_are_as_far_off_as_published(
    answered: str, error: float, pairs: int, read: Callable[[str], Contents]
) -> None:
    """Nearest time stamps within 10 ms, aligned without scale (S. Umeyama, TPAMI 1991), root mean square distance."""
    made = read("tum-rgbd-trajectories")
    answer = made.answers[answered].to_pylist()[0]
    truth = np.array(column(made, "reference")[column(made, "id").index(answer["id"])]).reshape(-1, 8)
    estimate = np.array(answer["output"]).reshape(-1, 8)
    right = np.searchsorted(truth[:, 0], estimate[:, 0]).clip(1, len(truth) - 1)
    before = estimate[:, 0] - truth[right - 1, 0] < truth[right, 0] - estimate[:, 0]
    nearest = right - before
    near = np.abs(truth[nearest, 0] - estimate[:, 0]) <= 0.01
    assert abs(int(near.sum()) - pairs) <= 1
    wanted, got = truth[nearest[near], 1:4], estimate[near, 1:4]
    wanted, got = wanted - wanted.mean(0), got - got.mean(0)
    u, _, v = np.linalg.svd(wanted.T @ got)
    turn = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    assert np.sqrt(((wanted - got @ turn.T) ** 2).sum(1).mean()) == pytest.approx(error, rel=1e-3)


def test_a_board_at_rest(read: Callable[[str], Contents]) -> None:
    kind = declared(recipe.read("px4-static-imu").card.input or {})
    rows = kind.load(column(read("px4-static-imu"), "input")[0])
    assert rows.shape == (14_095, 10)
    assert np.linalg.norm(rows[:, 4:7].mean(0)) == pytest.approx(9.704, abs=0.001)


def test_nodes_and_what_is_expected_of_them_are_two_things(read: Callable[[str], Contents]) -> None:
    for dump, expected in zip(
        column(read("matter-node-fixtures"), "input"), column(read("matter-node-fixtures"), "reference"), strict=True
    ):
        assert json.loads(dump) != json.loads(expected)
