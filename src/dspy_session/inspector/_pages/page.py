"""A whole conversation as one HTML file that opens offline: the inspector's page, for reading."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .._channel.channel import transportable
from .transcript import escaped

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; font: 13px/1.5 system-ui, sans-serif }}
</style></head><body>
<main id="inspector">{fallback}</main>
<script type="application/json" id="conversation">{data}</script>
<script>{script}</script>
</body></html>
"""


def html_page(title: str, data: Mapping[str, Any], script: str, fallback: str) -> str:
    """Return a conversation as a page that shows it without a kernel.

    The browser is told to run nothing but ``script`` and to fetch nothing at all, whatever stands
    in the data.

    Args:
        title: The page's title.
        data: What the script shows.
        script: The page's own code.
        fallback: HTML that stands there where no script runs.
    """
    script = script.replace("<!--", r"<\x21--")  # in a page it would begin a comment
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        f"base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(
        policy=policy,
        title=escaped(title),
        fallback=fallback,
        data=_embedded(transportable(data)),
        script=script,
    )


def _embedded(data: Any) -> str:
    """JSON that ends no script element and begins no comment, whatever its texts hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
