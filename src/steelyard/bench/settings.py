"""What a user may set of a run, said once for the Python interface, the command line and the plan."""

from __future__ import annotations

from typing import TypedDict

from steelyard.core.errors import CallError
from steelyard.core.plan import BATCH_BYTES, Plan
from steelyard.core.product import OPEN, Limits
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words


class Settings(TypedDict, total=False):
    """What may be set; all of it is locked in the plan."""

    limit: int | None
    """Draw so many samples by the seed; None: all."""
    seed: int
    """Of all that is drawn."""
    limits: Limits
    """Seconds, bytes and processes that the product is granted; docs/limits.md tells the defaults."""
    isolation: str
    """``bwrap`` lets the product see the system and its own folder alone; ``none`` lets it see what you see."""
    attempt: int | None
    """Which attempt of this product family on these requirements it is; None: nobody knows. At assurance A it costs."""
    repeats: int
    """How often every sample is asked in a session."""
    sessions: int
    """How often the product is started afresh."""
    batch: int
    """Samples that are asked together at most: what may share a request, or take a turn of a loop in step."""
    batch_bytes: int
    """Bytes of their inputs, as the set stores them; a larger sample is asked by itself."""
    product_card: ProductCard | None
    """What the product's makers say of it, instead of what the product says itself; None: what it says."""
    sequential: bool
    """Ask cluster by cluster, in an order that the seed draws, and stop as soon as all is settled."""


DEFAULTS: Settings = {
    "limit": None,
    "seed": 0,
    "limits": Limits(),
    "isolation": OPEN.name,
    "attempt": None,
    "repeats": 1,
    "sessions": 1,
    "batch": Plan.batch,
    "batch_bytes": BATCH_BYTES,
    "product_card": None,
    "sequential": False,
}


def complete(settings: Settings) -> Settings:
    """Return the settings with defaults for what was not set.

    Raises
    ------
    CallError
        Where a number is none that can be meant.
    """
    chosen: Settings = {**DEFAULTS, **settings}
    limit, seed, attempt = chosen["limit"], chosen["seed"], chosen["attempt"]
    if limit is not None and limit < 1:
        raise CallError(
            Words(f"--limit {limit}: at least one sample is needed.", f"--limit {limit}：至少需要一个样本。")
        )
    if not 0 <= seed < 2**53:
        raise CallError(Words(f"seed {seed}: it must lie between 0 and 2**53.", f"种子 {seed}：须在 0 与 2**53 之间。"))
    if attempt is not None and attempt < 1:
        raise CallError(Words(f"attempt {attempt}: attempts are counted from 1.", f"第 {attempt} 次：次数从 1 计起。"))
    counts = {"repeats": chosen["repeats"], "sessions": chosen["sessions"]}
    counts |= {"batch": chosen["batch"], "batch-bytes": chosen["batch_bytes"]}
    for name, number in counts.items():
        if not 1 <= number < 2**53:
            raise CallError(Words(f"--{name} {number}: at least one is needed.", f"--{name} {number}：至少为一。"))
    if chosen["sequential"] and (chosen["repeats"] > 1 or chosen["sessions"] > 1):
        raise CallError(
            Words(
                "--sequential stops early: it knows no repeats and no sessions.",
                "--sequential 会提前停止，不能与重复或多次启动并用。",
            ),
            Words("Leave out one of them.", "请去掉其一。"),
        )
    return chosen
