"""Merkle trees as RFC 9162 (Certificate Transparency) has them: a root for many leaves, and proofs that some belong.

A leaf's hash is SHA-256 of a zero byte and the leaf; a node's is SHA-256 of a one byte and its two children. A tree of
n leaves is split at the greatest power of two below n. Whoever has the root can check a proof with nothing else.

Source: B. Laurie, E. Messeri, R. Stradling, Certificate Transparency Version 2.0, RFC 9162 (2021), section 2.1.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

WIDTH = 32
"""Bytes of a hash."""
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
    nodes = [root(hashes[start * WIDTH : end * WIDTH]) for start, end, inside in _cover(size, chosen) if not inside]
    return Inclusion(size, chosen, nodes)


def root_from(proof: Inclusion, hashes: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to with the hashes of its leaves; a tree's root, if they belong to it.

    Raises
    ------
    ValueError
        Where proof and leaves do not fit each other.
    """
    places = proof.places
    if len(hashes) != len(places) or any(map(int.__ge__, places, islice(places, 1, None))):
        raise ValueError("the proof speaks of other leaves")
    if places and not 0 <= places[0] <= places[-1] < proof.size:
        raise ValueError("the proof speaks of leaves outside of its tree")
    nodes = iter(proof.nodes)
    stack: list[tuple[int, int, bytes]] = []
    for start, end, inside in _cover(proof.size, places):
        found = hashes[bisect_left(places, start)] if inside else next(nodes, None)
        if found is None:
            raise ValueError("the proof is too short")
        stack.append((start, end, found))
        while len(stack) > 1 and _are_children(stack[-2], stack[-1], proof.size):
            (left, _, first), (_, right, second) = stack[-2:]
            stack[-2:] = [(left, right, node_hash(first, second))]
    if next(nodes, None) is not None:
        raise ValueError("the proof is too long")
    return stack[0][2] if stack else EMPTY


def _cover(size: int, places: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
    """Yield, from left to right, chosen leaves and the largest subtrees that hold none: start, end, chosen or not."""
    waiting = [(0, size)] if size else []
    while waiting:
        start, end = waiting.pop()
        first = bisect_left(places, start)
        if first == len(places) or places[first] >= end:
            yield start, end, False
        elif end - start == 1:
            yield start, end, True
        else:
            middle = start + _left(end - start)
            waiting += [(middle, end), (start, middle)]


def _left(size: int) -> int:
    """Return the greatest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def _are_children(left: tuple[int, int, bytes], right: tuple[int, int, bytes], size: int) -> bool:
    """Return whether two neighbouring subtrees are the children of one node."""
    width = left[1] - left[0]
    if width & width - 1 or left[0] % (2 * width):
        return False
    return right[1] - right[0] == width or (right[1] == size and right[1] - right[0] < width)


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
