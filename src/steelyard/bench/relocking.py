"""A trial whose plan is locked anew, before anything is asked: what a transparency log says of it is known last."""

from __future__ import annotations

import re
from dataclasses import replace

from steelyard.bench.sequence import in_sequence
from steelyard.bench.trial import Trial, decision_of, drawn
from steelyard.core.errors import CallError
from steelyard.core.log_seed import log_seed, unseeded
from steelyard.core.plan import Entered
from steelyard.core.words import Words
from steelyard.library.training import found_apart

FROM_LOG = "log"
"""What the option for the seed says where it is not chosen."""


def chosen_seed(said: str | None, logged: bool) -> int | None:
    """Return the seed that an option names; None: it names none, or says that it follows from the log.

    Raises
    ------
    CallError
        Where it is no number, or no log is named.

    Examples
    --------
    >>> chosen_seed("7", logged=False), chosen_seed("log", logged=True)
    (7, None)
    """
    if said is None:
        return None
    if said == FROM_LOG:
        if not logged:
            raise CallError(
                Words("--seed log needs a log, and none is named.", "--seed log 需要日志，但未指明。"),
                Words("Give --log FOLDER and --log-key NAME too.", "请同时给出 --log 目录与 --log-key 名称。"),
            )
        return None
    if not re.fullmatch(r"-?[0-9]{1,16}", said):
        raise CallError(
            Words(f"--seed {said}: that is no seed.", f"--seed {said}：不是种子。"),
            Words("Give a number from 0, or log.", "请给出不小于 0 的整数，或 log。"),
        )
    return int(said)


def is_seeded(said: str | None, trial: Trial) -> bool:
    """Whether the seed of a run that enters a log follows from it: where asked for, on a sealed set, at assurance A.

    Raises
    ------
    CallError
        Where it must, and was chosen.
    """
    must = trial.plan.assurance == "A" or trial.test_set.sealing is not None
    if must and said not in (None, FROM_LOG):
        raise CallError(
            Words(
                "on a sealed set, and at assurance A, the seed of a run that enters a log is not chosen.",
                "密封数据集上或保证等级 A 的检测登记入日志时，种子不得自选。",
            ),
            Words("It follows from the log: leave out --seed.", "种子由日志得出：请去掉 --seed。"),
        )
    return must or said == FROM_LOG


def relocked(trial: Trial, log: Entered, attempt: int) -> Trial:
    """Return a trial as it enters a log: with the attempt that the log counts, and where asked for with its seed.

    Parameters
    ----------
    trial : Trial
        Of which nothing has been asked.
    log : Entered
        The log just before; it says too whether the seed follows from it.
    attempt : int
        From 1.

    Raises
    ------
    CallError
        Where the samples that this seed draws share something with what the product was trained on.
    """
    decision = decision_of(trial.specification.decision, trial.product, attempt)
    plan = replace(trial.plan, attempt=attempt, decision=decision, log=log)
    if not log.seeded:
        return replace(trial, plan=plan)
    plan = replace(plan, seed=log_seed(unseeded(plan), log.root))
    positions, card = drawn(trial.test_set, plan.limit, plan.seed), plan.product_card
    trained_on = () if card is None else card.trained_on or ()
    apart = found_apart(trial.test_set, positions, trained_on) if trained_on else ()
    drawn_anew = replace(trial, plan=replace(plan, trained_apart=apart), positions=positions)
    return drawn_anew if plan.sequential is None else in_sequence(drawn_anew)
