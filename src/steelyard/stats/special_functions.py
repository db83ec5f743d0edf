"""Loads SciPy's special functions, which all bounds rest on, in half the time."""

from __future__ import annotations

import importlib
import importlib.util
import sys

UNNEEDED = ("numpy.f2py", "numpy.testing", "numpy.polynomial", "numpy.ma", "numpy.ctypeslib")
"""Parts of NumPy that load others by the hundred. SciPy's array-API layer names every part as it is imported."""


def load_special_functions() -> None:
    """Import ``scipy.special``; parts of NumPy that nobody has used so far stand in for themselves until somebody does.

    The same modules as ever are imported as soon as anything of them is asked for, by the standard library's
    `importlib.util.LazyLoader`.

    Examples
    --------
    >>> load_special_functions()
    >>> import numpy
    >>> numpy.testing.assert_allclose(numpy.ma.masked_less([1.0, 2.0], 1.5).sum(), 2.0)
    """
    if "scipy.special" in sys.modules:
        return
    for name in UNNEEDED:
        _put_off(name)
    importlib.import_module("scipy.special")


def _put_off(name: str) -> None:
    package, _, part = name.rpartition(".")
    importlib.import_module(package)
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    setattr(sys.modules[package], part, module)  # else NumPy would import it to find its attribute
