"""Merkle trees as RFC 9162 (Certificate Transparency) has them: a root for many leaves, and proofs that some belong.

A leaf's hash is SHA-256 of a zero byte and the leaf; a node's is SHA-256 of a one byte and its two children. A tree of
n leaves is split at the greatest power of two below n. Whoever has the root can check a proof with nothing else.

Source: B. Laurie, E. Messeri, R. Stradling, Certificate Transparency Version 2.0, RFC 9162 (2021), section 2.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH = 32
"""Bytes of a hash."""
MOST_LEAVES = 2**60
"""Places of larger trees do not fit into what they are counted with."""
EMPTY = hashlib.sha256().digest()
"""Root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf and remembers no more than the roots of its perfect subtrees.

    Examples
    --------
    >>> tree = Tree()
    >>> tree.extend(leaf_hash(b"a") + leaf_hash(b"b"))
    >>> tree.root() == node_hash(leaf_hash(b"a"), leaf_hash(b"b")), len(tree)
    (True, 2)
    """

    def __init__(self) -> None:
        self._odd: list[bytes] = []
        """At each height, the hash of a perfect subtree that has no neighbour yet, or nothing."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, hashes: bytes) -> None:
        """Append leaves, given as their hashes one after another."""
        self._size += len(hashes) // WIDTH
        height = 0
        while hashes:
            if height == len(self._odd):
                self._odd.append(b"")
            hashes = self._odd[height] + hashes
            even = len(hashes) // (2 * WIDTH) * (2 * WIDTH)
            self._odd[height] = hashes[even:]
            hashes = _parents(hashes, even)
            height += 1

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        found = b""
        for odd in self._odd:
            found = node_hash(odd, found) if odd and found else odd or found
        return found or EMPTY


def _parents(hashes: bytes, end: int) -> bytes:
    """Return the hashes of the nodes above pairs of neighbours."""
    sha256 = hashlib.sha256
    pairs = range(0, end, 2 * WIDTH)
    return b"".join([sha256(b"\1" + hashes[start : start + 2 * WIDTH]).digest() for start in pairs])


def root(hashes: bytes) -> bytes:
    """Return the root of leaves, given as their hashes one after another."""
    tree = Tree()
    tree.extend(hashes)
    return tree.root()


@dataclass(frozen=True)
class Inclusion:
    """What proves, with their own hashes, that some leaves stand in a tree at their places."""

    size: int
    """Leaves of the tree."""
    places: Sequence[int]
    """Of the leaves that are proved, ascending, from 0."""
    nodes: Sequence[bytes]
    """Roots of the largest subtrees that hold none of them, from left to right."""


def prove(hashes: bytes, places: Sequence[int]) -> Inclusion:
    """Return the proof that leaves stand where they stand.

    Parameters
    ----------
    hashes : bytes
        Hashes of all leaves, one after another.
    places : sequence of int
        Of the leaves to prove, in any order.

    Raises
    ------
    ValueError
        Where a place is outside of the tree.
    """
    size = len(hashes) // WIDTH
    chosen = sorted(set(places))
    if chosen and not 0 <= chosen[0] <= chosen[-1] < size:
        raise ValueError(f"places must lie within 0 … {size - 1}, not {chosen[0]} … {chosen[-1]}")
    if not chosen:
        return Inclusion(size, chosen, [root(hashes)] if size else [])
    starts: list[int] = []
    found: list[bytes] = []
    row = hashes
    for height, (_, beside) in enumerate(_heights(size, chosen)):
        starts += (beside << height).tolist()
        found += [row[WIDTH * place : WIDTH * (place + 1)] for place in beside.tolist()]
        row = _row_above(row)
    nodes = [node for _, node in sorted(zip(starts, found, strict=True))]
    return Inclusion(size, chosen, nodes)


def root_from(proof: Inclusion, hashes: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to with the hashes of its leaves; a tree's root, if they belong to it.

    Raises
    ------
    ValueError
        Where proof and leaves do not fit each other.
    """
    import numpy as np

    places, nodes = proof.places, proof.nodes
    if len(hashes) != len(places) or any(map(int.__ge__, places, islice(places, 1, None))):
        raise ValueError("the proof speaks of other leaves")
    if proof.size > MOST_LEAVES or (places and not 0 <= places[0] <= places[-1] < proof.size):
        raise ValueError("the proof speaks of leaves outside of its tree")
    if not {WIDTH}.issuperset(map(len, chain(hashes, nodes))):
        raise ValueError("a hash of the proof is none")
    heights = list(_heights(proof.size, places)) if places else []
    wanted = sum(len(beside) for _, beside in heights) if places else min(proof.size, 1)
    if len(nodes) != wanted:
        raise ValueError(f"the proof is too {'short' if len(nodes) < wanted else 'long'}")
    if not places:
        return nodes[0] if nodes else EMPTY
    # The proof names subtrees from left to right, and here they are wanted from the leaves up.
    starts = np.concatenate([np.zeros(0, np.int64), *(beside << height for height, (_, beside) in enumerate(heights))])
    held = np.empty((wanted, WIDTH), np.uint8)
    held[np.argsort(starts)] = np.frombuffer(b"".join(nodes), np.uint8).reshape(-1, WIDTH)
    row, used = b"".join(hashes), 0
    for known, beside in heights:
        both = np.concatenate([np.frombuffer(row, np.uint8).reshape(-1, WIDTH), held[used : used + len(beside)]])
        row = _row_above(both[np.argsort(np.concatenate([known, beside]))].tobytes())
        used += len(beside)
    return row


def _heights(size: int, places: Sequence[int]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield, from the leaves up to below the root, the nodes above chosen leaves, and those beside them that are not.

    Nodes are counted from the left. A node without a neighbour, which can only be the last, stands for its parent too:
    that is the tree of RFC 9162.
    """
    import numpy as np

    known = np.asarray(places, np.int64)
    while size > 1:
        beside = np.setdiff1d(known ^ 1, known, assume_unique=True)
        yield known, beside[beside < size]
        known = known >> 1
        known = known[np.diff(known, prepend=-1) > 0]
        size = (size + 1) // 2


def _row_above(hashes: bytes) -> bytes:
    """Return the parents of nodes that stand beside each other; a last one without a neighbour is its own."""
    even = len(hashes) // (2 * WIDTH) * (2 * WIDTH)
    return _parents(hashes, even) + hashes[even:]


def _left(size: int) -> int:
    """Return the greatest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def consistency(hashes: bytes, first: int) -> list[bytes]:
    """Return the proof that the tree of the first so many leaves has only grown since (RFC 9162, section 2.1.4.1).

    Parameters
    ----------
    hashes : bytes
        Hashes of all leaves, one after another.
    first : int
        Leaves of the earlier tree.

    Raises
    ------
    ValueError
        Where the earlier tree is larger, or has no leaves.
    """
    size = len(hashes) // WIDTH
    if not 0 < first <= size:
        raise ValueError(f"a tree of {first} leaves did not grow to one of {size}")
    return list(reversed(list(_growth(hashes, 0, size, first))))


def _growth(hashes: bytes, start: int, end: int, first: int) -> Iterator[bytes]:
    """Yield the nodes of a consistency proof from the top down."""
    whole = True
    while first != end - start:
        middle = start + _left(end - start)
        if first <= middle - start:
            yield root(hashes[middle * WIDTH : end * WIDTH])
            end = middle
        else:
            yield root(hashes[start * WIDTH : middle * WIDTH])
            first, start, whole = first - (middle - start), middle, False
    if not whole:
        yield root(hashes[start * WIDTH : end * WIDTH])


def has_grown(first: int, first_root: bytes, size: int, size_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the larger tree holds the smaller one's leaves first (RFC 9162, section 2.1.4.2).

    Parameters
    ----------
    first, size : int
        Leaves of the earlier and of the later tree.
    first_root, size_root : bytes
        Their roots.
    proof : sequence of bytes
        As `consistency` returns it.
    """
    if not 0 < first <= size:
        return False
    if first == size:
        return not proof and first_root == size_root
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        return False
    number, last = first - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, node)
        number, last = number >> 1, last >> 1
    return last == 0 and old == first_root and new == size_root
