"""The seed that nobody chooses: it follows from the plan and from a transparency log as it was before the plan's entry.

Who may choose the seed may try many drafts of samples and keep the one that suits. Here every word of the plan that
matters to the draw, and every entry that stood in the log, leads to one seed and no other.
"""

from __future__ import annotations

import hashlib

from steelyard.core.canonical import canonical, digest
from steelyard.core.plan import Plan

FOLLOWS = ("seed", "log", "samples", "sequential", "trained_apart")
"""Fields of a plan that follow from the seed, or from the log itself."""
IDLE = ("batch", "batch_bytes", "limits", "isolation", "product_card", "format")
"""Fields that do not change what is tested, and could be turned idly until a draw suits."""
BITS = 53
"""Of a seed: what JSON carries as a whole number."""


def unseeded(plan: Plan) -> str:
    """Return the digest of what a seed from a log follows from: the plan without its seed, and without idle words.

    A product that has a digest is named by it alone: where it lies, and how its address is spelled, decides nothing.

    Examples
    --------
    >>> sorted({*FOLLOWS} & {*IDLE})
    []
    """
    written = plan.written()
    said = {name: value for name, value in written.items() if name not in {*FOLLOWS, *IDLE}}
    product = said["product"] if plan.product.digest is None else {"digest": plan.product.digest}
    return digest({**said, "product": product, "sequential": plan.sequential is not None})


def log_seed(plan: str, root: str) -> int:
    """Return the seed of a plan that enters a log.

    Parameters
    ----------
    plan : str
        Digest of the plan without its seed (`unseeded`).
    root : str
        Of the log's tree before the plan's entry, hexadecimal.

    Returns
    -------
    int
        The first 53 bits of SHA-256 over the canonical JSON of both.

    Examples
    --------
    >>> log_seed("sha256:00", "ff") == log_seed("sha256:00", "ff")
    True
    >>> log_seed("sha256:00", "ff") == log_seed("sha256:00", "fe")
    False
    """
    found = hashlib.sha256(canonical([plan, root])).digest()
    return int.from_bytes(found[:8], "big") >> (64 - BITS)
