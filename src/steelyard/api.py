"""The Python interface: what the command line reads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack

from steelyard.bench.canaries import ask_canaries
from steelyard.bench.executor import Executor, Workers
from steelyard.bench.judging import judge
from steelyard.bench.run import Progress, journal_of, perform, spoiled
from steelyard.bench.scoring import of_oracle, score, score_rounds
from steelyard.bench.sequence import in_sequence, score_in_sequence, sequence
from steelyard.bench.settings import Settings, complete
from steelyard.bench.trial import Trial, named, prepare
from steelyard.core.errors import CallError
from steelyard.core.product import Product
from steelyard.core.specification import Specification
from steelyard.core.verdict import Judgement
from steelyard.core.words import Words
from steelyard.products import open_product
from steelyard.products._early import Early
from steelyard.products._files import made_of
from steelyard.products.python import of_callable
from steelyard.report._templates import template
from steelyard.report.mistakes import mistakes
from steelyard.report.page import write_page
from steelyard.report.report import Report, build, write
from steelyard.specs.reader import read
from steelyard.stats.special_functions import load_special_functions

RUNS = Path("runs")
"""Where runs are kept unless another folder is named."""


@dataclass(frozen=True, eq=False)
class Run:
    """A trial in its folder, ready to be performed."""

    trial: Trial
    out: Path
    early: Early | None = None
    """The product, where it was started early."""
    executor: Executor | None = None
    """Who does the work; by default one product."""

    def at_best(self) -> tuple[Judgement, ...]:
        """Return what a product without any error would get: the best that this set can ever show."""
        scored = score(self.trial, of_oracle(self.trial.method))
        if self.trial.plan.sequential is not None:
            scored.order = sequence(self.trial).codes
        return judge(self.trial, scored)

    def perform(self, progress: Callable[[Progress], None] | None = None, every: float = 0.0) -> Report:
        """Ask what has not been answered yet, judge, and write ``report.json`` and ``report.html``.

        ``progress`` is called with counts, after each answer, or every so many seconds.
        """
        getting_ready = threading.Thread(target=_get_ready_to_judge, daemon=True)
        getting_ready.start()
        try:
            ended = perform(self.trial, self.out, progress, self.executor, every)
            canaries = ask_canaries(self.trial, self.out, ended, self.executor)
        finally:
            self.close()
            getting_ready.join()  # also when it was stopped: Python does not end well while a thread imports
        try:
            journal = journal_of(self.trial, self.out)
            records = journal.read()
            trial = self.trial
            if trial.plan.sequential is None:
                scored = score_rounds(trial, records, summed=True, let_go=journal.let_go)
            else:
                trial, scored, records = score_in_sequence(trial, records)
            judgements = judge(trial, scored)
        finally:
            notes = ended()
        report = build(trial, scored, judgements, records, spoiled(self.out, notes), canaries)
        write_page(report, trial, mistakes(trial, scored.rounds[0], records), self.out)
        return replace(report, path=str(write(report, self.out)))

    def close(self) -> None:
        """End a product that was started early and is not performed after all; leave the cluster."""
        if self.early is not None:
            self.early.close()
        if self.executor is not None:
            self.executor.close()


def _get_ready_to_judge() -> None:
    """Do what needs no answers while the bench would only wait for the product: a tenth of a second of each run."""
    load_special_functions()
    template("page.html")


def prepare_run(
    spec: str | Path | Specification,
    product: str | Product | Callable[[Any], Any],
    *,
    reading: str | None = None,
    test_set: str | None = None,
    model: str | Path | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    ray: str | None = None,
    at_once: bool = False,
    **settings: Unpack[Settings],
) -> Run:
    """Choose what is judged on what, and make the plan; `run` says what the parameters are.

    With ``at_once`` the product is started meanwhile, and must be performed, or closed.
    """
    clause = None
    if isinstance(spec, str | Path):
        name, clause = named(str(spec))
        spec = read(name)
    uri = product if isinstance(product, str) else None
    if isinstance(product, str):
        product = open_product(product)
    elif not isinstance(product, Product):
        product = of_callable(product)
    if model is not None:
        product = made_of(product, Path(model))
    if workers is not None and workers < 1:
        raise CallError(Words(f"--workers {workers}: at least one is needed.", f"--workers {workers}：至少为一。"))
    early = Early(product) if at_once and ray is None else None
    try:
        trial = prepare(
            spec,
            product if early is None else early.product,
            clause=clause,
            reading=reading,
            test_set=test_set,
            begin=None if early is None else early.begin,
            **settings,
        )
        if complete(settings)["sequential"]:
            trial = in_sequence(trial)
    except BaseException:
        if early is not None:
            early.close()
        raise
    folder = Path(out) if out else RUNS / f"{trial.plan.clause.name}-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}"
    if ray is not None:
        from steelyard.bench.ray import Ray

        if trial.test_set.sealing is not None:
            raise CallError(
                Words(
                    "a sealed set is not sent to other machines: a cluster may write what it holds to its disks.",
                    "密封数据集不会发往其他机器：集群可能将所持内容写入磁盘。",
                ),
                Words("Run it here, without --ray.", "请在本机运行，不用 --ray。"),
            )
        return Run(trial, folder, early, Ray(ray, workers, uri))
    return Run(trial, folder, early, Workers(workers) if workers is not None and workers > 1 else None)


def run(
    spec: str | Path | Specification,
    product: str | Product | Callable[[Any], Any],
    *,
    reading: str | None = None,
    test_set: str | None = None,
    model: str | Path | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    ray: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    **settings: Unpack[Settings],
) -> Report:
    """Judge a product by a clause of a specification.

    Parameters
    ----------
    spec : str, path or Specification
        ``SPEC[#CLAUSE]``: a name (``miit-2017-315#medical``) or a YAML file; without a clause the only one that can be
        judged here.
    product : str, Product or callable
        A product URI (``cmd:./asr``), or a function or object that takes an input and returns an output; it is copied
        to a process of its own.
    reading : str, optional
        Of the clause; by default the first whose method the set supports.
    test_set : str, optional
        Name or folder of a set.
    model : path, optional
        File or folder of files that a product which runs here is made of, such as its weights: its digest then covers
        them, and the attestation names them by that of OpenSSF model-signing.
    out : path, optional
        Folder of plan, journal and report; the same call with the same folder resumes. By default a new folder under
        ``runs``.
    workers : int, optional
        How many of the product are asked at once, by default one; the estimates are the same.
    ray : str, optional
        Address of a Ray cluster that they run on, ``HOST:PORT``, or ``auto``: the one that runs on this machine, else
        one that is started here. By default there is then one on each machine.
    progress : callable, optional
        Called with counts as answers come in.
    **settings
        `Settings`: ``limit``, ``seed``, ``limits``, ``isolation``, ``attempt``, ``repeats``, ``sessions``, ``batch``,
        ``batch_bytes``, ``sequential``.

    Returns
    -------
    Report
        With the verdict, every finding, and what is not claimed.

    Raises
    ------
    SteelyardError
        What went wrong and what to do; ``exit_code`` tells whose fault it was.

    Examples
    --------
    >>> def always_positive(cell_nuclei):
    ...     return "positive"
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = run("miit-2017-315#medical", always_positive, out=folder)
    >>> report.verdict.value
    'does not conform'
    """
    prepared = prepare_run(
        spec,
        product,
        reading=reading,
        test_set=test_set,
        model=model,
        out=out,
        workers=workers,
        ray=ray,
        at_once=True,
        **settings,
    )
    return prepared.perform(progress)
