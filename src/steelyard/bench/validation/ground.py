"""What a method is validated on: a set's references, read once, and what the method finds of answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard import fields
from steelyard.core.errors import CallError
from steelyard.core.method import Direction, Indicator, Method
from steelyard.core.sample import Records, Sample, Samples
from steelyard.core.verdict import Estimate
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.stored_set import TEST, StoredSet
from steelyard.stats.estimate import estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Ground:
    """A method and the test split of a set."""

    method: Method
    opened: StoredSet
    address: str
    """By which the set is opened again."""
    cluster: str | None
    """Unit that is resampled: the set's only one; None: every sample by itself."""
    ids: list[str]
    references: list[Any]
    units: NDArray[np.int64]
    """int64[n]: cluster of each sample."""
    population: int
    """Number of codes of clusters."""

    def estimates(self, outputs: Sequence[Any], order: NDArray[np.int64] | None = None) -> dict[str, Estimate]:
        """Return what the method finds of these answers, by indicator; ``order`` is that in which samples stand."""
        import numpy as np

        places = np.arange(len(self.references)) if order is None else order
        samples = Samples([self.references[place] for place in places], places, self.units[places][:, None])
        records = Records([outputs[place] for place in places], np.zeros(len(places)), [None] * len(places))
        rows = {function: function(samples, records) for function in {each.rows for each in self.method.indicators}}
        return {
            each.name: estimate(each, [rows[each.rows]], self.population, CONFIDENCE, checked=False)
            for each in self.method.indicators
        }

    def oracle(self) -> list[Any]:
        """Return the answers that no product can better."""
        return [self.method.oracle(self.sample(place)) for place in range(len(self.references))]

    def sample(self, place: int) -> Sample:
        """Return a sample as methods' ``no_answer`` and ``oracle`` see it."""
        return Sample(self.ids[place], None, self.references[place], {}, {})


def ground_of(name: str, test_set: str | None = None) -> Ground:
    """Open what a method is validated on.

    Raises
    ------
    UnknownName, CallError
        Where there is no such method, or no set for it, or several.
    """
    import numpy as np

    method = fields.find(name)
    address = test_set or _only_set(name)
    opened = store.open_set(address)
    card = opened.card
    if name not in card.methods:
        able = ", ".join(card.methods) or "—"
        raise CallError(
            Words(f"the set {card.label} does not support {name}.", f"数据集 {card.label} 不支持 {name}。"),
            Words(f"It supports: {able}.", f"它支持：{able}。"),
        )
    positions = opened.positions(TEST)
    if not len(positions):
        raise CallError(
            Words(f"the set {card.label} has no samples for testing.", f"数据集 {card.label} 没有检测样本。")
        )
    rows = [row for batch in opened.batches(["id", "reference"]) for row in batch.to_pylist()]
    asked = [rows[place] for place in positions.tolist()]
    cluster = next(iter(card.units)) if len(card.units) == 1 else None
    units, population = np.arange(len(asked)), len(asked)
    if cluster is not None:
        codes, names = opened.codes(cluster)
        units, population = codes[positions], len(names)
    return Ground(
        method=method,
        opened=opened,
        address=address,
        cluster=cluster,
        ids=[row["id"] for row in asked],
        references=[row["reference"] for row in asked],
        units=units,
        population=population,
    )


def _only_set(name: str) -> str:
    """Return the only set of the library that a method can be tested on."""
    able = [each for each in store.names() if name in store.card(each).methods]
    if len(able) == 1:
        return able[0]
    if not able:
        raise CallError(
            Words(f"no set in the library supports {name}.", f"库中没有支持 {name} 的数据集。"),
            Words("Give a set's folder with --set.", "请用 --set 给出数据集目录。"),
        )
    raise CallError(
        Words(f"{name} can be validated on several sets.", f"{name} 可用多个数据集验证。"),
        Words(f"Choose with --set: {', '.join(able)}", f"请用 --set 选择：{', '.join(able)}"),
    )


def better(indicator: Indicator, new: float | None, old: float | None) -> bool:
    """Tell whether a value is better than another, by more than rounding."""
    if new is None or old is None:
        return False
    return (new - old if indicator.direction is Direction.HIGHER else old - new) > 1e-12
