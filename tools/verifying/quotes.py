"""Whether the report quotes the specification as it is, and the plan its name."""

from __future__ import annotations

import re

from verify_report import demand

from verifying.bundle import Further, equal


def quotes(b: Further) -> None:
    """Check that the report quotes the readings that were judged, and the plan the specification's own name."""
    text, clause = b.members["specification.yaml"].decode(), b.plan["clause"]
    named = [re.search(rf"^{key}:\s*(['\"]?)(.*?)\1\s*(#.*)?$", text, re.M) for key in ("specification", "edition")]
    label = "@".join(each[2] if each else "" for each in named)
    demand(label == b.plan["specification"], f"it calls itself {label}")
    quoted = {reading["name"]: reading for reading in b.report["clause"]["readings"]}
    for reading in clause["readings"]:
        equal(reading, quoted.get(reading["name"]), f"the report quotes another reading {reading['name']}")
