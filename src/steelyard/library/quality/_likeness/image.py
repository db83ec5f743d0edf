"""Still images: as pictures are compared."""

from __future__ import annotations

from steelyard.library.quality._likeness._pixels import PixelLikeness

LIKENESS = PixelLikeness
