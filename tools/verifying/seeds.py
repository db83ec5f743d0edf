"""Whether a seed that should follow from a log does."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from verify_report import canonical, demand, read_json

from verifying.bundle import Further, sha256


def seed(b: Further) -> None:
    """Check that a plan that entered a log has that log's head beside it, and its seed if that should follow."""
    log = b.plan.get("log")
    demand((log is None) == ("head.json" not in b.members), "the plan names a log, or its head is here, and not both")
    if log is None:
        return
    head = read_json(base64.b64decode(read_json(b.members["head.json"], loose=True)["payload"], validate=True))
    demand((head["size"], head["root"]) == (log["size"], log["root"]), "the plan names another head of the log")
    if log["seeded"]:
        found = log_seed(b.plan, log["root"])
        demand(b.plan["seed"] == found, f"the log's head leads to the seed {found}")


def log_seed(plan: Mapping[str, Any], root: str) -> int:
    """Return the seed that follows from a plan and from the root of the log before it: 53 bits."""
    idle = {"batch", "batch_bytes", "limits", "isolation", "product_card", "format"}
    follows = {"seed", "log", "samples", "sequential", "trained_apart"}
    said = {name: value for name, value in plan.items() if name not in idle | follows}
    known = plan["product"]["digest"]
    product = plan["product"] if known is None else {"digest": known}
    named = sha256(canonical({**said, "product": product, "sequential": plan["sequential"] is not None}))
    return int.from_bytes(hashlib.sha256(canonical([named, root])).digest()[:8], "big") >> 11
