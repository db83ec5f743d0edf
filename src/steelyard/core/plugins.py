"""Plug-ins are found by folder, and by entry points for third parties: there is no list to edit.

A module of a plug-in folder is a plug-in unless its name begins with an underscore. A third party's package names
its modules under the entry-point group that bears the folder's name: ``[project.entry-points."steelyard.fields"]``
with ``"speech.wake_word" = "their_package.wake_word"``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from steelyard.core.errors import UnknownName
from steelyard.core.installed import entry_points
from steelyard.core.words import Words


@cache
def plugins(package: str) -> Mapping[str, str]:
    """Return the plug-ins of a folder: name to module, sorted, none of them imported.

    Names are dotted below the folder: ``speech.recognition`` for ``steelyard/fields/speech/recognition.py``.

    Examples
    --------
    >>> plugins("steelyard.fields")["speech.recognition"]
    'steelyard.fields.speech.recognition'
    """
    found = {entry.name: entry.value for entry in entry_points(group=package)}
    found |= {name.removeprefix(package + "."): name for name in _modules(package)}
    return dict(sorted(found.items()))


def _modules(package: str) -> list[str]:
    names = []
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        names += _modules(module.name) if module.ispkg else [module.name]
    return names


def load(package: str, name: str, kind: Words) -> ModuleType:
    """Import the plug-in of this name.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    known = plugins(package)
    if name not in known:
        raise UnknownName(kind, name, known)
    return importlib.import_module(known[name])
