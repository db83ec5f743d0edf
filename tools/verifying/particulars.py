"""What a laboratory says beside the numbers has its form, and nothing in it is unseen."""

from __future__ import annotations

import unicodedata
from typing import Any

from verify_report import canonical, demand

from verifying.bundle import Further, equal

PARTICULARS = {
    *("format", "identification", "laboratory", "accreditation", "party", "customer", "item", "dates", "sampling"),
    *("deviations", "environment", "customer_supplied", "external_providers", "opinions", "amendment", "use"),
    "authorised_by",
}
ON_ONE_LINE = {"name", "function", "body", "provider", "by", "number", "identification", "replaces"}
"""Names and numbers, by their keys; what an item is called by its maker may be longer."""


def hold_texts(said: Any, place: tuple[str, ...] = ()) -> None:
    """Check that no text holds controls, marks of direction or of no width, or ends of lines in a name.

    Raises
    ------
    ValueError
        Naming the place.
    """
    if isinstance(said, dict):
        for key, value in said.items():
            hold_texts(value, (*place, key))
    elif isinstance(said, list):
        for value in said:
            hold_texts(value, place)
    elif isinstance(said, str):
        keys = [key for key in place if key not in ("en", "zh")]
        lines = keys[-1] not in ON_ONE_LINE or keys == ["item", "identification"]
        for each in said:
            drawn = (
                unicodedata.category(each) not in ("Cc", "Cf", "Zl", "Zp")
                and each not in "\u115f\u1160\u2800\u3164\uffa0"
            )
            if not drawn and not (each == "\n" and lines):
                raise ValueError(f"{'.'.join(keys)} holds U+{ord(each):04X}, which nobody sees")


def particulars(b: Further) -> None:
    """Check that particulars, where there are any, have their form; what they say is the laboratory's word."""
    if "particulars.json" not in b.members:
        return
    told = b.json("particulars.json")
    demand(canonical(told) == b.members["particulars.json"], "they are written in another way")
    equal(sorted(told), sorted(PARTICULARS), "they have other parts")
    demand(told["format"] == "steelyard/particulars/1", "they are of another format")
    hold_texts(told)
    people = [told["laboratory"], told["customer"], *told["authorised_by"]]
    demand(len(people) > 2 and all(each["name"]["en"] and each["name"]["zh"] for each in people), "somebody is unnamed")
    demand(bool(told["identification"]), "the report has no number")
    dates = [told["dates"][name] for name in ("received", "performed_from", "performed_to", "issued")]
    demand(dates == sorted(dates), "their dates are not in order")
