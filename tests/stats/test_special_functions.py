"""SciPy's special functions come without what they do not need, and what was put off is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import sys
from steelyard.stats.special_functions import UNNEEDED, load_special_functions

load_special_functions()
inside = [name for name in sys.modules if name.startswith(tuple(part + "." for part in UNNEEDED))]
assert not inside, inside
from scipy.special import betaincinv
print(betaincinv(2.0, 3.0, 0.5))

import numpy
numpy.testing.assert_allclose(numpy.ma.masked_less([1.0, 2.0], 1.5).sum(), 2.0)
from numpy.polynomial import Polynomial
print(Polynomial([1, 2])(3.0))
import numpy.f2py
print(callable(numpy.f2py.get_include), numpy.ctypeslib.as_array((numpy.ctypeslib.ctypes.c_int * 2)(1, 2)).tolist())
import scipy.stats, scipy.optimize
"""


def test_what_is_put_off_comes_when_it_is_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["0.3857275681323895", "7.0", "True [1, 2]"]
