"""What is put to the test: a clause, its readings, a set and a product, and the plan that locks them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

from steelyard import fields
from steelyard.bench.conversations import seen_by
from steelyard.bench.settings import Settings, complete
from steelyard.core.canonical import digest, sample_seed
from steelyard.core.card import Card
from steelyard.core.data_type import DataType
from steelyard.core.errors import AnswersError, CallError, MalformedValue, NotTestable, SetError, UnknownName
from steelyard.core.method import Method
from steelyard.core.plan import Plan
from steelyard.core.product import OPEN, Limits, Product
from steelyard.core.specification import Clause, Decision, Kind, Reading, Specification
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.stored_set import TEST, StoredSet, input_of
from steelyard.library.training import found_apart
from steelyard.products import check_surroundings
from steelyard.stats import STATISTICS
from steelyard.stats.attempts import alpha_of_attempt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Begin = Callable[[DataType[Any] | None, DataType[Any], Limits], None]
"""Begins to start a product, for what it sees and says."""


@dataclass(frozen=True, eq=False)
class Basis:
    """What answers are scored and judged on: a plan, with the set and the methods that it names."""

    plan: Plan
    test_set: StoredSet
    methods: tuple[Method, ...]
    """Of each reading of the plan's clause, in their order."""
    positions: NDArray[np.int64]
    """Rows of the samples that are asked, ascending."""

    @property
    def method(self) -> Method:
        """The method of the deciding reading: it leads the conversations."""
        return self.methods[0]

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings that are judged, the deciding one first."""
        return self.plan.clause.readings


@dataclass(frozen=True, eq=False)
class Trial(Basis):
    """A product that is to be asked, and by whose specification."""

    specification: Specification
    product: Product


def prepare(
    specification: Specification,
    product: Product,
    *,
    clause: str | None = None,
    reading: str | None = None,
    test_set: str | None = None,
    begin: Begin | None = None,
    **settings: Unpack[Settings],
) -> Trial:
    """Choose what is judged on what, and make the plan.

    Parameters
    ----------
    specification : Specification
        Whose clause is judged.
    product : Product
        The product under test.
    clause, reading : str, optional
        Names; without, the one clause that can be judged here, and its first reading whose method the set supports.
    test_set : str, optional
        A set's name or folder; without, the one that recorded answers are bound to, or the only one for the method.
    begin : callable, optional
        Called once it is known what a live product sees, says and is granted, while the set is yet to be checked: it
        may be started, and must not be asked. Isolated products are not begun: the run says what they must not see.
    **settings
        See `Settings`.

    Raises
    ------
    NotTestable
        With the reason for every reading.
    UnknownName, CallError
        Where a name is wrong, or more than one thing could be meant.
    """
    wanted = complete(settings)
    limit, seed, limits, isolation = wanted["limit"], wanted["seed"], wanted["limits"], wanted["isolation"]
    check_surroundings(product, limits, isolation)
    chosen = _clause(specification, clause, product, test_set or product.test_set)
    decision = decision_of(specification.decision, product, wanted["attempt"])
    name = test_set or product.test_set or _only_set(chosen, product)
    if begin is not None and product.answered is None and isolation == OPEN.name:
        card = store.card(name)
        method = _method(_readings(chosen, reading, card)[0])
        _check_input(method, card)
        begin(seen_by(product, method, input_of(card)), method.output, limits)
    opened = store.open_set(name, sealed=True)
    readings = _readings(chosen, reading, opened.card)
    methods = tuple(_method(each) for each in readings)
    _check_references(methods[0], opened)
    _check_product(product, methods[0], opened)
    seen_by(product, methods[0], opened.input)  # refused before anything is written
    positions = drawn(opened, limit, seed)
    said = wanted["product_card"] or product.card
    apart = found_apart(opened, positions, said.trained_on) if said is not None and said.trained_on else ()
    plan = Plan(
        specification=f"{specification.name}@{specification.edition}",
        specification_digest=specification.digest,
        clause=replace(chosen, readings=readings),
        method=methods[0].name,
        method_version=methods[0].version,
        product=product.identity,
        assurance=product.assurance,
        test_set=opened.card.label,
        test_set_digest=opened.card.digest,
        test_set_card=digest(opened.card),
        split=TEST,
        samples=len(positions),
        limit=limit,
        statistics=STATISTICS,
        decision=decision,
        seed=seed,
        attempt=wanted["attempt"],
        repeats=wanted["repeats"],
        sessions=wanted["sessions"],
        batch=wanted["batch"],
        batch_bytes=wanted["batch_bytes"],
        limits=limits,
        isolation=isolation,
        product_card=said,
        trained_apart=apart,
    )
    return Trial(plan, opened, methods, positions, specification, product)


def decision_of(decision: Decision, product: Product, attempt: int | None) -> Decision:
    """Return the decision rule; at assurance A with the share of the risk that this attempt has."""
    if product.assurance != "A":
        return decision
    if attempt is None:
        raise CallError(
            Words("at assurance A earlier attempts must be known.", "保证等级 A 须知此前的检测次数。"),
            Words(
                "Enter it into a log, which counts them: --log FOLDER. Without one say it: --attempt 1.",
                "请登记入日志，由日志计数：--log 目录；没有日志时请自行说明：--attempt 1。",
            ),
        )
    return replace(decision, confidence=1.0 - alpha_of_attempt(attempt, 1.0 - decision.confidence))


def obstacle(reading: Reading, card: Card | None = None) -> Words | None:
    """Return why a reading cannot be judged (on a set), or None where it can."""
    if not reading.requirements:
        return Words("it sets no limit: reported, no verdict", "未设限值：仅报告，不作判定")
    if reading.method is None or all(requirement.kind is Kind.STATISTIC for requirement in reading.requirements):
        return Words("an industry figure: tracked, no verdict on a product", "行业统计数字：仅跟踪，不对产品作判定")
    if reading.method not in fields.names():
        return Words(f"there is no method {reading.method} yet", f"尚无检测方法 {reading.method}")
    if reading.under is not None:
        return Words(f"there is no condition {reading.under} yet", f"尚无检测条件 {reading.under}")
    if card is None:
        return None
    if reading.method not in card.methods:
        return Words(
            f"the set {card.name} does not support {reading.method}", f"数据集 {card.name} 不支持 {reading.method}"
        )
    coverage = reading.coverage
    needed = [reading.every, reading.cluster, *([coverage.group, *coverage.each] if coverage else [])]
    missing = [name for name in needed if name and name not in {*card.groups, *card.units}]
    if missing:
        listed = ", ".join(missing)
        return Words(f"the set {card.name} does not name each sample's {listed}", f"数据集 {card.name} 未标明 {listed}")
    return None


def _clause(specification: Specification, name: str | None, product: Product, test_set: str | None) -> Clause:
    if name is not None:
        return specification.clause(name)
    card = store.card(test_set) if test_set else None
    testable = [
        clause
        for clause in specification.clauses
        if any(reading.primary and obstacle(reading, card) is None for reading in clause.readings)
    ]
    if not testable:
        on = card.label if card else product.identity.uri
        raise NotTestable(
            Words(
                f"no clause of {specification.name} can be tested on {on}.",
                f"{specification.name} 没有可在 {on} 上检测的条款。",
            ),
            Words(f"See: steelyard specs {specification.name}", f"参见：steelyard specs {specification.name}"),
        )
    if len(testable) > 1:
        listed = ", ".join(f"{specification.name}#{clause.name}" for clause in testable)
        raise CallError(
            Words("more than one clause can be tested here.", "此处可检测的条款不止一个。"),
            Words(f"Name one: {listed}", f"请指明其一：{listed}"),
        )
    return testable[0]


def _only_set(clause: Clause, product: Product) -> str:
    """Return the only set of the library that the clause can be tested on."""
    live = product.answered is None
    fitting = [
        address
        for address in store.names()
        for card in [store.card(address)]
        if (card.input is not None or not live) and any(obstacle(reading, card) is None for reading in clause.readings)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise CallError(
            Words(f"{clause.name} can be tested on several sets.", f"{clause.name} 可用多个数据集检测。"),
            Words(f"Choose with --set: {', '.join(fitting)}", f"请用 --set 选择：{', '.join(fitting)}"),
        )
    reasons = [(reading, obstacle(reading)) for reading in clause.readings]
    if any(reason is None for _, reason in reasons):
        raise NotTestable(
            Words(
                f"no set in the library has inputs for {clause.name}.", f"库中没有可供 {clause.name} 使用输入的数据集。"
            ),
            Words(
                "Give a set's folder with --set, or recorded answers with --product outputs:…",
                "请用 --set 给出数据集目录，或用 --product outputs:… 给出答案记录。",
            ),
        )
    raise not_testable(clause, [(reading, reason) for reading, reason in reasons if reason])


def not_testable(clause: Clause, reasons: Sequence[tuple[Reading, Words]]) -> NotTestable:
    """Return the error that gives the reason for each reading."""
    en = "".join(f"\n  {reading.name}: {reason.en}" for reading, reason in reasons) or " it sets no requirement."
    zh = "".join(f"\n  {reading.name}：{reason.zh}" for reading, reason in reasons) or "未设要求。"
    return NotTestable(Words(f"{clause.name} cannot be tested:{en}", f"{clause.name} 无法检测：{zh}"))


def _readings(clause: Clause, name: str | None, card: Card) -> tuple[Reading, ...]:
    """Return the deciding reading, and after it those that the same conversations can judge."""
    reasons = [(reading, obstacle(reading, card)) for reading in clause.readings]
    wanted = clause.reading(name) if name is not None else None
    deciding = [
        reading
        for reading, reason in reasons
        if reason is None and (reading == wanted if wanted is not None else reading.primary)
    ]
    if not deciding:
        raise not_testable(
            clause, [(reading, reason) for reading, reason in reasons if reason and wanted in (None, reading)]
        )
    others = [
        reading
        for reading, reason in reasons
        if reason is None and reading != deciding[0] and reading.method == deciding[0].method
    ]
    return (deciding[0], *others)


def _method(reading: Reading) -> Method:
    assert reading.method is not None
    return fields.find(reading.method, reading.options)


def _check_references(method: Method, opened: StoredSet) -> None:
    """Raise `SetError` where a reference answer is none that the method knows."""
    start = 0
    for batch in opened.batches(["reference"]):
        wrong = method.expected.first_wrong(batch.column(0))
        if wrong is not None:
            row, error = wrong
            what = error.what if isinstance(error, MalformedValue) else Words(str(error), str(error))
            where = start + row
            raise SetError(
                Words(
                    f"{opened.card.label}, row {where}: no reference answer for {method.name}: {what.en}",
                    f"{opened.card.label} 第 {where} 行：不是 {method.name} 的参考答案：{what.zh}",
                ),
                Words("Mend the set; nothing was run.", "请修正数据集；未运行任何检测。"),
            )
        start += len(batch)


def _check_input(method: Method, card: Card) -> None:
    """Raise `NotTestable` where a set holds nothing that a live product can be asked."""
    seen = input_of(card)
    if seen is None:
        raise NotTestable(
            Words(
                f"the set {card.name} holds no inputs: no product can be asked.",
                f"数据集 {card.name} 不含输入，无法向产品提问。",
            ),
            Words("Judge recorded answers: --product outputs:…", "请检测答案记录：--product outputs:…"),
        )
    if not method.input.admits(seen):
        raise NotTestable(
            Words(
                f"{method.name} takes {method.input}, the set {card.name} holds {seen}.",
                f"{method.name} 的输入为 {method.input}，数据集 {card.name} 的输入为 {seen}。",
            )
        )


def _check_product(product: Product, method: Method, opened: StoredSet) -> None:
    if product.answered is None:
        _check_input(method, opened.card)
        return
    batches = itertools.chain(opened.batches(["id"], 2**16), opened.canaries(["id"]))
    known = {name for batch in batches for name in batch.column(0).to_pylist()}
    both = sorted(other for other, name in product.also_answered.items() if {name, other} <= known)
    if both:
        name = product.also_answered[both[0]]
        raise AnswersError(
            Words(
                f"one answer could be that of {name!r} and of {both[0]!r}, both in {opened.card.label}",
                f"同一答案既可对应 {name!r}，也可对应 {both[0]!r}，二者均在 {opened.card.label} 中",
            ),
            Words("Write answers with the ids of the set, as JSON lines.", "请用 JSON 行写答案，并使用数据集的编号。"),
        )
    named = {product.also_answered[other] for other in known & product.also_answered.keys()}
    unknown = sorted(product.answered - known - named)
    if unknown:
        listed = ", ".join(map(repr, unknown[:3])) + (" …" if len(unknown) > 3 else "")
        raise AnswersError(
            Words(
                f"{len(unknown)} recorded answers are for no sample of {opened.card.label}: {listed}",
                f"{len(unknown)} 个答案不对应 {opened.card.label} 的任何样本：{listed}",
            ),
            _remedy(unknown, known),
        )


def _remedy(unknown: Sequence[str], known: Collection[str]) -> Words:
    for case in ("lower", "upper"):
        if all(getattr(name, case)() in known for name in unknown):
            return Words(
                f"They differ from the set's ids in case alone: write outputs:FILE#{case}.",
                f"与数据集编号仅大小写不同：请写作 outputs:文件#{case}。",
            )
    return Words("Use the ids of the set; choose the set with --set.", "请使用数据集的编号；可用 --set 选择数据集。")


def drawn(opened: StoredSet, limit: int | None, seed: int) -> NDArray[np.int64]:
    """Return the rows that are asked, ascending: all of the split, or so many in the order of seeds of their own.

    The draw is the same on any machine, in whatever order the set stands. Draws of other sizes are others: a larger one
    does not hold a smaller one, which would extend it.
    """
    positions = opened.positions(TEST)
    if limit is None or limit >= len(positions):
        return positions
    return drawn_of(
        positions, [name for batch in opened.batches(["id"]) for name in batch.column(0).to_pylist()], limit, seed
    )


def drawn_of(positions: NDArray[np.int64], names: Sequence[str], limit: int | None, seed: int) -> NDArray[np.int64]:
    """Return so many of some rows, ascending, by their names; None: all."""
    import numpy as np

    if limit is None or limit >= len(positions):
        return positions
    order = sorted(positions.tolist(), key=lambda row: sample_seed(seed, f"draw {limit}", names[row]))
    return np.array(sorted(order[:limit]), dtype=np.int64)


def named(address: str) -> tuple[str, str | None]:
    """Split ``SPEC[#CLAUSE]``.

    Examples
    --------
    >>> named("miit-2017-315#medical")
    ('miit-2017-315', 'medical')
    """
    name, _, clause = address.partition("#")
    if not name:
        raise UnknownName(Words("specification", "规范"), address, [])
    return name, clause or None
