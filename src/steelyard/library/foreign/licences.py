"""Licences as others write them, and as SPDX does."""

from __future__ import annotations

import re

UNKNOWN = "NOASSERTION"
"""What SPDX writes where no licence is stated."""
_KNOWN = [
    "AFL-3.0",
    "AGPL-3.0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CC-BY-2.0",
    "CC-BY-2.5",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-2.0",
    "CC-BY-NC-3.0",
    "CC-BY-NC-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-ND-3.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-2.0",
    "CC-BY-NC-SA-3.0",
    "CC-BY-NC-SA-4.0",
    "CDLA-Permissive-1.0",
    "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0",
    "GPL-2.0",
    "GPL-3.0",
    "ISC",
    "LGPL-2.1",
    "LGPL-3.0",
    "MIT",
    "MPL-2.0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "PDDL-1.0",
    "Unlicense",
    "Zlib",
]
_BY_NAME = {name.lower(): name for name in _KNOWN} | {"odbl": "ODbL-1.0", "odc-by": "ODC-By-1.0", "pddl": "PDDL-1.0"}


def spdx(written: str | None) -> str:
    """Return the SPDX identifier of a licence that was given by name or address; as written where it is none of these.

    Examples
    --------
    >>> spdx("https://creativecommons.org/licenses/by-sa/4.0/"), spdx("mit"), spdx(None)
    ('CC-BY-SA-4.0', 'MIT', 'NOASSERTION')
    >>> spdx("https://spdx.org/licenses/CDLA-Permissive-2.0.html")
    'CDLA-Permissive-2.0'
    """
    if not written:
        return UNKNOWN
    if found := re.match(r"https?://spdx\.org/licenses/([\w.+-]+?)(\.html|\.json)?/?$", written):
        return found[1]
    if re.match(r"https?://creativecommons\.org/publicdomain/zero/1\.0", written):
        return "CC0-1.0"
    if found := re.match(r"https?://creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)", written):
        return f"CC-{found[1].upper()}-{found[2]}"
    return _BY_NAME.get(written.lower(), written)


def address(licence: str) -> str:
    """Return the address of an SPDX licence's text; what is no single identifier stays as it is.

    Examples
    --------
    >>> address("CC-BY-4.0"), address("LicenseRef-terms")
    ('https://spdx.org/licenses/CC-BY-4.0', 'LicenseRef-terms')
    """
    return f"https://spdx.org/licenses/{licence}" if licence in _KNOWN else licence
