"""CrossWOZ: dialogues up to each turn of the user, and the query that the system should make of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from steelyard.library.recipe import Contents

SPLITS = {"test.json.zip": "test", "val.json.zip": "validation"}
ROLES = {"usr": "用户", "sys": "系统"}
KINDS = {
    "单领域": "single domain",
    "独立多领域": "several domains",
    "独立多领域+交通": "several domains and traffic",
    "不独立多领域": "linked domains",
    "不独立多领域+交通": "linked domains and traffic",
}
"""The makers' names of kinds of goals: S, M, M+T, CM and CM+T in their paper."""
REPLACED = frozenset({"名称", "游玩时间", "酒店类型", "出发地", "目的地", "评分", "门票", "价格", "人均消费"})
DISHES, FACILITIES = "推荐菜", "酒店设施"

Query = dict[str, dict[str, str]]
"""Of each domain, the value of each slot; empty where there is none."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the dialogues up to each turn of the user, with the first query that the system then made.

    The recorded answers ``rule`` are those of the makers' rule (CrossWOZ, section 5.2, ``RuleDST``), which is told the
    acts of the user's turn as they are marked and the query that the system made last.
    """
    import pyarrow as pa

    rows, answers = [], []
    for name, split in SPLITS.items():
        with zipfile.ZipFile(files[name]) as archive, archive.open(name.removesuffix(".zip")) as file:
            for dialogue, held in json.load(file).items():
                for turn, heard, wanted, found in _turns(held["messages"]):
                    named = f"{dialogue}-{turn:02d}"
                    rows.append((named, heard, _stored(wanted), split, dialogue, KINDS[held["type"]]))
                    answers.append((named, _stored(found)))
    ids, texts, states, splits, dialogues, kinds = zip(*rows, strict=True)
    state = pa.list_(pa.list_(pa.string()))
    answered, outputs = zip(*answers, strict=True)
    return Contents(
        samples=pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(texts),
                "reference": pa.array(states, state),
                "split": pa.array(splits),
                "dialogue": pa.array(dialogues),
                "goal": pa.array(kinds),
            }
        ),
        answers={"rule": pa.table({"id": pa.array(answered), "output": pa.array(outputs, state)})},
    )


def _turns(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str, Query, Query]]:
    """Yield each turn of the user: its number, the dialogue so far, the query wanted, and the rule's."""
    lines: list[str] = []
    for turn, said in enumerate(messages):
        lines.append(f"{ROLES[said['role']]}：{said['content']}")
        if said["role"] == "usr":
            wanted = _query(messages[turn + 1]["sys_state_init"])
            state = (
                _query(messages[turn - 1]["sys_state"])
                if turn
                else {domain: dict.fromkeys(wanted[domain], "") for domain in wanted}
            )
            follow(state, said["dialog_act"])
            yield turn, "\n".join(lines), wanted, state


def _query(written: Mapping[str, Mapping[str, Any]]) -> Query:
    return {
        domain: {slot: value for slot, value in slots.items() if slot != "selectedResults"}
        for domain, slots in written.items()
    }


def follow(state: Query, acts: Sequence[Sequence[str]]) -> None:
    """Change a query as the makers' rule does for the acts of a user's turn.

    Examples
    --------
    >>> state = {"餐馆": {"名称": "", "推荐菜": ""}}
    >>> follow(state, [["Inform", "餐馆", "推荐菜", "烤鸭"], ["Request", "餐馆", "名称", ""]])
    >>> state
    {'餐馆': {'名称': '', '推荐菜': '烤鸭'}}
    """
    for act, domain, _, value in acts:
        name = state[value]["名称"] if act == "Select" else ""
        if name:
            if domain == value:
                state[domain] = dict.fromkeys(state[domain], "")
            state[domain][f"周边{value}"] = name
    for act, domain, slot, value in acts:
        if act != "Inform":
            continue
        if slot in REPLACED:
            state[domain][slot] = value
        elif slot == DISHES:
            state[domain][slot] = f"{state[domain][slot]} {value}" if state[domain][slot] else value
        elif FACILITIES in slot and value == "是":
            named, held = slot.split("-")[1], state[domain][FACILITIES]
            state[domain][FACILITIES] = f"{held} {named}" if held else named


def _stored(query: Query) -> list[list[str]]:
    """Return the slots that have a value, by name."""
    found = {f"{domain}-{slot}": value for domain, slots in query.items() for slot, value in slots.items() if value}
    return [[slot, found[slot]] for slot in sorted(found)]
