"""inspect_ai: ``inspect_run.py TEXTS``; its own no-op solver and scorer, in its own process, without a model.

Its log is written as it is by default; nothing is displayed, and 64 samples are under way at once.
"""

from __future__ import annotations

import sys

from inspect_ai import Task, eval  # noqa: A004
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from peak import say


@solver
def copying() -> Solver:
    """Return the solver that says what it is told."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001
        state.output = ModelOutput.from_content("none", state.input_text)
        return state

    return solve


@scorer(metrics=[accuracy()])
def equal() -> Scorer:
    """Return the scorer that compares."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=float(state.output.completion == target.text))

    return score


(texts,) = sys.argv[1:]
task = Task(dataset=json_dataset(f"{texts}/texts.jsonl"), solver=copying(), scorer=equal())
(log,) = eval(task, model=None, display="none", log_dir=f"{texts}/logs", max_samples=64)
assert log.status == "success", log.error
assert log.results is not None
right = log.results.scores[0].metrics["accuracy"].value * log.results.completed_samples
say(log.results.completed_samples, log.results.completed_samples - round(right))
