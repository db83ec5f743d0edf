"""No drawer: who may try again and again passes once by luck, so that each attempt has its own share of the risk."""

from __future__ import annotations


def alpha_of_attempt(attempt: int, alpha: float = 0.05) -> float:
    """Return the probability of false acceptance that the k-th attempt may have.

    Parameters
    ----------
    attempt : int
        k, from 1, of a product family on a requirement.
    alpha : float
        Of all attempts together, however many there will be.

    Notes
    -----
    α·2⁻ᵏ: the shares of all attempts sum to α (Bonferroni's inequality, with geometric shares).

    Examples
    --------
    >>> [alpha_of_attempt(k) for k in (1, 2, 3)]
    [0.025, 0.0125, 0.00625]
    """
    if attempt < 1:
        raise ValueError(f"attempts are counted from 1, not {attempt}")
    return alpha * 2.0**-attempt
