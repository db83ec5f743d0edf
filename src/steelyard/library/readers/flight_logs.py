"""Flight logs of PX4 (ULog): what every topic said, number by number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

if TYPE_CHECKING:
    import pyarrow as pa

SIMULATED = "PX4_SITL"
"""What a log names as its hardware where the software flew in a simulation."""
SECOND = 1_000_000
"""Time stamps are microseconds since the start of the board."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the logs, each with its topics' fields and the values of each field in time.

    A field is ``topic[instance].field``; its values are as many as those of ``topic[instance].timestamp``
    (microseconds). All are kept as float64, which holds every whole number of these logs exactly. A value is missing
    where the autopilot logged NaN, or, in the fields that ``unlimited`` names, infinity: no limit. The reference is the
    text that the autopilot logged, as ``ulog_messages`` prints it.
    """
    import pyarrow as pa

    names = sorted(name.removesuffix(".ulg") for name in files if name.endswith(".ulg"))
    logs = [_log(files[f"{name}.ulg"]) for name in names]
    topics = [{f"{data.name}[{data.multi_id}]": data.data for data in log.data_list} for log in logs]
    series = [
        {f"{topic}.{field}": data[field] for topic, data in sorted(log.items()) for field in sorted(data)}
        for log in topics
    ]
    settings = [dict(sorted(log.initial_parameters.items())) for log in logs]
    texts, numbers = pa.list_(pa.string()), pa.list_(pa.float64())
    return Contents(
        pa.table(
            {
                "id": pa.array(names),
                "reference": pa.array([_lines(files[f"{name}_messages.txt"]) for name in names], texts),
                "flown": pa.array(["in simulation" if _hardware(log) == SIMULATED else "on a board" for log in logs]),
                "hardware": pa.array([_hardware(log) for log in logs]),
                "seconds": pa.array([(log.last_timestamp - log.start_timestamp) / SECOND for log in logs]),
                "topics": pa.array([sorted(log) for log in topics], texts),
                "fields": pa.array([list(log) for log in series], texts),
                "values": pa.array([_numbers(log) for log in series], pa.list_(numbers)),
                "unlimited": pa.array([_unlimited(log) for log in series], texts),
                "parameters": pa.array([list(each) for each in settings], texts),
                "parameter_values": pa.array([list(map(float, each.values())) for each in settings], numbers),
                "dropouts": pa.array([len(log.dropouts) for log in logs], pa.int64()),
            }
        )
    )


def _numbers(log: Mapping[str, Any]) -> list[pa.Array]:
    """Return the values of each field, those missing that are not finite."""
    import numpy as np
    import pyarrow as pa

    found = [np.asarray(values, np.float64) for values in log.values()]
    return [pa.array(values, mask=~np.isfinite(values)) for values in found]


def _unlimited(log: Mapping[str, Any]) -> list[str]:
    """Return the fields whose values that are not finite are infinities; none of these logs has both in one field."""
    import numpy as np

    found = {name: np.asarray(values, np.float64) for name, values in log.items()}
    names = [name for name, values in found.items() if np.isinf(values).any()]
    assert not any(np.isnan(found[name]).any() or np.isneginf(found[name]).any() for name in names)
    return names


def _log(path: Path) -> Any:
    """Return a log as pyulog reads it."""
    try:
        from pyulog import ULog
    except ImportError:
        raise CallError(
            Words("reading flight logs needs pyulog", "读取飞行日志需要 pyulog"),
            Words("Install it: pip install 'steelyard[flight]'", "请安装：pip install 'steelyard[flight]'"),
        ) from None
    return ULog(str(path))


def _hardware(log: Any) -> str:
    return str(log.msg_info_dict["ver_hw"])


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()
