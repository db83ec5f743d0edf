"""Several requirements at once: how sure it must be that one of them fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def holm(shown: Sequence[Callable[[float], bool]], alpha: float) -> list[bool]:
    """Tell which of several failures are shown when the chance of any false one is to stay below ``alpha``.

    Parameters
    ----------
    shown : sequence of callable
        For each requirement: whether its failure is shown at a level, the chance of a false one by itself.
    alpha : float
        Chance of any false failure among all.

    Notes
    -----
    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979) 65–70.

    Examples
    --------
    >>> p_values = [0.01, 0.02, 0.2]
    >>> holm([lambda level, p=p: p <= level for p in p_values], 0.05)
    [True, True, False]
    """
    failed = [False] * len(shown)
    while not all(failed):
        level = alpha / failed.count(False)
        further = [place for place, is_shown in enumerate(shown) if not failed[place] and is_shown(level)]
        if not further:
            break
        for place in further:
            failed[place] = True
    return failed
