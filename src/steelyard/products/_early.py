"""A product that is started while the bench still prepares: what takes seconds to load is ready when it is asked."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.product import OPEN, Isolation, Limits, Product, Session


class Early:
    """Starts a product before the bench asks for it; nothing is asked of it until then.

    Parameters
    ----------
    product : Product
        To be started early.

    Attributes
    ----------
    product : Product
        The same; who starts it is given the process that was begun.
    """

    def __init__(self, product: Product) -> None:
        self._wrapped = product
        self._begun: tuple[Session, tuple[Any, ...]] | None = None
        self._taking = threading.Lock()
        self.product = replace(product, start=self._start)

    def begin(self, seen: DataType[Any] | None, said: DataType[Any], limits: Limits) -> None:
        """Start the product, without isolation: what it must not see is known when the run begins."""
        self._begun = self._wrapped.start(seen, said, limits), (seen, said, limits, OPEN)

    def close(self) -> None:
        """End the product if nobody has asked for it."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun[0].close()

    def _start(
        self, seen: DataType[Any] | None, said: DataType[Any], limits: Limits, isolation: Isolation = OPEN, /
    ) -> Session:
        with self._taking:  # several workers may ask at once
            if self._begun is not None and self._begun[1] == (seen, said, limits, isolation):
                session, self._begun = self._begun[0], None
                return session
        self.close()
        return self._wrapped.start(seen, said, limits, isolation)
