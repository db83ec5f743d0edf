"""What a bundle says of the transparency log that its run was entered into."""

from __future__ import annotations

from steelyard.core.log_seed import log_seed, unseeded
from steelyard.report.proof.bundle import LOG_HEAD
from steelyard.report.proof.dsse import read_envelope
from steelyard.report.proof.unpacked import BadEvidence, Bundled, object_of


def seed_follows(bundled: Bundled) -> None:
    """Check that the log's head beside the plan is the one that it names, and leads to its seed where it should.

    Raises
    ------
    BadEvidence
        Where it does not.
    """
    log, here = bundled.plan.log, LOG_HEAD in bundled.members
    if (log is not None) != here:
        raise BadEvidence("the plan names a log, or its head is here, and not both", "方案与日志树头未同时具备")
    if log is None:
        return
    head = object_of(read_envelope(bundled.members[LOG_HEAD]).payload)
    if (head["size"], head["root"]) != (log.size, log.root):
        raise BadEvidence("the plan names another head of the log", "方案所载的日志树头不同")
    seed = log_seed(unseeded(bundled.plan), log.root)
    if log.seeded and bundled.plan.seed != seed:
        raise BadEvidence(
            f"the log's head leads to the seed {seed}, not {bundled.plan.seed}",
            f"由日志树头得出的种子应为 {seed}，而非 {bundled.plan.seed}",
        )
