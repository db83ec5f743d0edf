"""Weights for resampling by a published rule, so that anyone can draw the same ones years later.

The rule. Philox4x64-10 (J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel Random Numbers: As Easy as 1, 2,
3, SC '11) turns a key of two 64-bit words and a counter of four into four 64-bit words, a *block*. Here:

- the key is the seed, 0 ≤ seed < 2¹²⁸: its low 64 bits first, then its high 64 bits;
- the counter of block j is (j, 0, 0, stream), j from 1; the stream is 0 for multinomial weights, 1 for exponential
  weights and 2 for uniform numbers, so that one seed never serves two purposes with the same words;
- resample b, from 0, has blocks q·b + 1 … q·(b + 1), where q is the least number of blocks that suffices for one. Its
  words are those of its blocks in order; what is left of the last block is not used. So a resample's weights do not
  hang on how many are drawn at once.

*Multinomial weights* of n units: each word gives two 32-bit numbers h, its low half first; the first n of them draw
unit ⌊h·n / 2³²⌋; a unit's weight is how often it was drawn. Probabilities of units differ by at most 2⁻³².

*Uniform numbers*: (⌊word / 2¹²⌋ + ½)·2⁻⁵², in (0, 1), exact in double precision (with one bit more it would not be,
and could come to 1).

*Exponential weights*: −ln of n uniform numbers, divided by their sum and multiplied by n, so that weights are positive
and sum to n as multinomial ones do (D. B. Rubin, The Bayesian bootstrap, Annals of Statistics 9 (1981) 130–134).

``numpy.random.Philox`` gives these words through ``random_raw``, which NumPy keeps stable; no method of
``numpy.random.Generator``, whose rules may change, is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MULTINOMIAL, EXPONENTIAL, UNIFORM = 0, 1, 2
"""Streams: the counter's last word."""
CELLS = 2**17
"""Weights in a block of resamples: 1 MiB, which stays in a processor's cache, whatever their number."""


class Draw(Protocol):
    """Any of the three ways to draw."""

    def __call__(self, units: int, resamples: int, seed: int, start: int = 0) -> NDArray[np.float64]:
        """Return float64[resamples, units]."""


def multinomial_weights(units: int, resamples: int, seed: int, start: int = 0) -> NDArray[np.float64]:
    """Return how often each unit is drawn when as many are drawn with replacement as there are: the bootstrap.

    Parameters
    ----------
    units : int
        Number of units, 0 < units < 2³².
    resamples : int
        How many sets of weights.
    seed : int
        The key, 0 ≤ seed < 2¹²⁸.
    start : int
        Number of the first resample.

    Returns
    -------
    float64[resamples, units]
        Whole numbers; each row sums to ``units``.

    Examples
    --------
    >>> multinomial_weights(5, 2, seed=7).tolist()
    [[1.0, 2.0, 0.0, 0.0, 2.0], [2.0, 0.0, 1.0, 1.0, 1.0]]
    """
    import numpy as np

    words = _words(MULTINOMIAL, (units + 1) // 2, resamples, seed, start)
    halves = words.astype("<u8", copy=False).view("<u4")[:, :units].astype(np.uint64)
    halves *= np.uint64(units)
    halves >>= np.uint64(32)
    drawn = halves.view(np.int64)
    drawn += np.arange(resamples, dtype=np.int64)[:, None] * units
    return np.bincount(drawn.ravel(), minlength=resamples * units).reshape(resamples, units).astype(np.float64)


def uniforms(units: int, resamples: int, seed: int, start: int = 0) -> NDArray[np.float64]:
    """Return uniform numbers in (0, 1), float64[resamples, units]; parameters as for ``multinomial_weights``.

    Examples
    --------
    >>> uniforms(2, 1, seed=7).round(6).tolist()
    [[0.950128, 0.921775]]
    """
    return _open_interval(_words(UNIFORM, units, resamples, seed, start)[:, :units])


def exponential_weights(units: int, resamples: int, seed: int, start: int = 0) -> NDArray[np.float64]:
    """Return positive weights, float64[resamples, units]; each row sums to ``units``.

    For measures that a unit without weight would break, such as average precision. Parameters are as for
    ``multinomial_weights``.

    Examples
    --------
    >>> exponential_weights(3, 1, seed=7).round(6).tolist()
    [[0.149428, 0.847424, 2.003149]]
    """
    import numpy as np

    weights = _open_interval(_words(EXPONENTIAL, units, resamples, seed, start)[:, :units])
    np.log(weights, out=weights)
    weights *= units / weights.sum(axis=1, keepdims=True)  # both are negative
    return weights


def in_blocks(draw: Draw, units: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Draw ``resamples`` sets of weights a block at a time, so that memory does not grow with their number.

    Examples
    --------
    >>> sum(len(block) for block in in_blocks(multinomial_weights, 10**5, 23, seed=1))
    23
    """
    at_once = max(1, CELLS // max(units, 1))
    for start in range(0, resamples, at_once):
        yield draw(units, min(at_once, resamples - start), seed, start)


def over_blocks(
    value: Callable[[NDArray[np.float64]], NDArray[np.float64]], draw: Draw, units: int, resamples: int, seed: int
) -> NDArray[np.float64]:
    """Return ``value`` of all resamples, float64[resamples]; weights are drawn and let go a block at a time."""
    import numpy as np

    found = [value(weights) for weights in in_blocks(draw, units, resamples, seed)]
    return np.concatenate(found) if found else np.empty(0)


def _words(stream: int, each: int, resamples: int, seed: int, start: int) -> NDArray[np.uint64]:
    """Return the words of resamples, uint64[resamples, 4·q], of which each needs ``each``."""
    import numpy as np

    blocks = -(-each // 4)
    # NumPy counts up before it makes a block: the first has its counter plus one.
    source = np.random.Philox(key=seed, counter=(stream << 192) + start * blocks)
    return source.random_raw(resamples * blocks * 4).reshape(resamples, blocks * 4)


def _open_interval(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    import numpy as np

    found = (words >> np.uint64(12)).astype(np.float64)
    found += 0.5
    found *= 2.0**-52
    return found
