"""A trial whose plan is locked anew, before anything is asked: what a transparency log says of it is known last."""

from __future__ import annotations

from dataclasses import replace

from steelyard.bench.sequence import in_sequence
from steelyard.bench.trial import Trial, decision_of, drawn
from steelyard.core.log_seed import log_seed, unseeded
from steelyard.core.plan import Entered
from steelyard.library.training import found_apart


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
