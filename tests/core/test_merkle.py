"""Merkle trees against their definition in RFC 9162, and proofs that nothing but the truth satisfies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.merkle import (
    EMPTY,
    WIDTH,
    Inclusion,
    Tree,
    consistency,
    has_grown,
    leaf_hash,
    node_hash,
    prove,
    root,
    root_from,
)

# Leaves and roots of the first n of them that Certificate Transparency's implementations test themselves with
# (github.com/google/certificate-transparency, merkletree/merkle_tree_test.cc).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashes_of(leaves: Sequence[bytes]) -> bytes:
    return b"".join(map(leaf_hash, leaves))


def defined(leaves: Sequence[bytes]) -> bytes:
    """The definition of RFC 9162, section 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + defined(leaves[:k]) + defined(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES[:size]]
    assert root(hashes_of(leaves)).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=3), max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_a_tree_grows_to_what_the_definition_says(leaves: list[bytes], cuts: list[int]) -> None:
    tree, hashes = Tree(), hashes_of(leaves)
    places = [0, *sorted(min(cut, len(leaves)) for cut in cuts), len(leaves)]
    for start, end in pairwise(places):
        tree.extend(hashes[start * WIDTH : end * WIDTH])
    assert tree.root() == root(hashes) == defined(leaves)
    assert len(tree) == len(leaves)


@st.composite
def proved(draw: st.DrawFn) -> tuple[list[bytes], list[int]]:
    leaves = [bytes([number]) for number in range(draw(st.integers(1, 40)))]
    return leaves, sorted(draw(st.sets(st.integers(0, len(leaves) - 1))))


@given(proved())
def test_what_belongs_is_proved(case: tuple[list[bytes], list[int]]) -> None:
    leaves, places = case
    proof = prove(hashes_of(leaves), places[::-1])
    assert root_from(proof, [leaf_hash(leaves[place]) for place in places]) == defined(leaves)
    # With one leaf it is as long as RFC 9162's audit path; with all of them nothing else is needed.
    assert len(proof.nodes) <= max(1, len(places)) * (len(leaves) - 1).bit_length() or not places
    assert len(places) < len(leaves) or not proof.nodes


@given(proved(), st.data())
def test_nothing_else_is(case: tuple[list[bytes], list[int]], data: st.DataObject) -> None:
    leaves, places = case
    proof = prove(hashes_of(leaves), places)
    shown = [leaf_hash(leaves[place]) for place in places]
    if shown:
        other = list(shown)
        other[data.draw(st.integers(0, len(shown) - 1))] = leaf_hash(b"another")
        assert root_from(proof, other) != defined(leaves)
    if proof.nodes:
        nodes = list(proof.nodes)
        nodes[data.draw(st.integers(0, len(nodes) - 1))] = leaf_hash(b"another")
        assert root_from(replace(proof, nodes=nodes), shown) != defined(leaves)


PROOF = prove(hashes_of([b"a", b"b", b"c"]), [1])


@pytest.mark.parametrize(
    ("proof", "count", "says"),
    [
        (replace(PROOF, nodes=PROOF.nodes[:-1]), 1, "too short"),
        (replace(PROOF, nodes=[*PROOF.nodes, EMPTY]), 1, "too long"),
        (PROOF, 0, "other leaves"),
        (PROOF, 2, "other leaves"),
        (replace(PROOF, places=[3]), 1, "outside"),
        (replace(PROOF, places=[-1]), 1, "outside"),
        (replace(PROOF, places=[1, 1]), 2, "other leaves"),
        (replace(PROOF, places=[1, 0]), 2, "other leaves"),
        (Inclusion(0, [], [EMPTY]), 0, "too long"),
    ],
)
def test_a_proof_that_does_not_fit_is_refused(proof: Inclusion, count: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        root_from(proof, [leaf_hash(b"b")] * count)


def test_a_place_outside_cannot_be_proved() -> None:
    with pytest.raises(ValueError, match="within 0 … 2, not 0 … 3"):
        prove(hashes_of([b"a", b"b", b"c"]), [0, 3])


def test_a_node_is_no_leaf() -> None:
    """A leaf made of two hashes has another hash than their node: else a subtree could pass for a sample."""
    pair = leaf_hash(b"a") + leaf_hash(b"b")
    assert leaf_hash(pair) != node_hash(pair[:WIDTH], pair[WIDTH:])


# --- A tree that has only grown --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (1, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
             "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
             "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
        (6, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
             "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
        (8, []),
    ],
)  # fmt: skip
def test_published_proofs_of_growth(first: int, expected: list[str]) -> None:
    hashes = hashes_of([bytes.fromhex(leaf) for leaf in LEAVES])
    assert [node.hex() for node in consistency(hashes, first)] == expected


@given(st.integers(1, 40), st.data())
def test_growth_is_proved_and_nothing_else(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    leaves = [bytes([number]) for number in range(size)]
    old, new = defined(leaves[:first]), defined(leaves)
    proof = consistency(hashes_of(leaves), first)
    assert has_grown(first, old, size, new, proof)
    other = leaf_hash(b"another")
    assert not has_grown(first, other, size, new, proof)
    assert not has_grown(first, old, size, other, proof)
    assert not has_grown(first, old, size, new, [*proof, other])
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        assert not has_grown(first, old, size, new, [*proof[:place], other, *proof[place + 1 :]])
        assert not has_grown(first, old, size, new, proof[:-1])
    # A fork: the same beginning but for one leaf.
    changed = data.draw(st.integers(0, first - 1))
    fork = [*leaves[:changed], b"another", *leaves[changed + 1 :]]
    assert not has_grown(first, old, size, defined(fork), consistency(hashes_of(fork), first))


@pytest.mark.parametrize("first", [0, 4, -1])
def test_a_larger_or_empty_tree_did_not_grow(first: int) -> None:
    with pytest.raises(ValueError, match="did not grow"):
        consistency(hashes_of([b"a", b"b", b"c"]), first)
    assert not has_grown(first, EMPTY, 3, EMPTY, [])
