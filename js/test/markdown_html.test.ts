import { expect, test } from "vitest";
import { htmlOf } from "../src/markdown/html";

// What the browser makes of it after sanitising is tested there: tests/browser/test_markdown.py.

test("headings begin below a notebook's and skip no level", () => {
  expect(htmlOf("# a\n#### b\n###### c\n# d")).toBe(
    "<h4>a</h4>\n<h5>b</h5>\n<h6>c</h6>\n<h4>d</h4>\n",
  );
});

test("a link is its words, its address and its title, and leads nowhere", () => {
  expect(htmlOf('[a *b*](javascript:x "t\\"<i>")')).toBe(
    "<p><u>a <em>b</em></u> <small>javascript:x &quot;t&quot;&lt;i&gt;&quot;</small></p>\n",
  );
  expect(htmlOf("<https://example.org>")).toBe("<p><u>https://example.org</u></p>\n");
  expect(htmlOf("https://example.org")).toBe("<p>https://example.org</p>\n");
});

test("an address is shown as it would be asked for", () => {
  expect(htmlOf("[a](https://\u0430pple.example/\u202e)")).toContain(
    "https://xn--pple-43d.example/%E2%80%AE",
  );
});

test("an image is its words and its address", () => {
  expect(htmlOf("![a<b](https://x.example/y.png)")).toBe(
    "<p><small>image</small> <u>a&lt;b</u> <small>https://x.example/y.png</small></p>\n",
  );
});

test("HTML is text", () => {
  expect(htmlOf("<b>x</b>\n\n<script>y</script>")).toBe(
    "<p>&lt;b&gt;x&lt;/b&gt;</p>\n<p>&lt;script&gt;y&lt;/script&gt;</p>\n",
  );
});

test("nothing that was written is left out: definitions, languages, cells", () => {
  expect(htmlOf("[a]: https://example.org")).toContain("[a]: https://example.org");
  expect(htmlOf("```py <b>\nx\n```")).toContain("<small>py &lt;b&gt;</small>");
  expect(htmlOf("|a|\n|-|\n|b|lost|")).toBeUndefined();
  expect(htmlOf("> |a|b|\n> |-|-|\n> |`c\\|d`|e|")).toContain("<table>");
  expect(htmlOf("a|b\n-|-\nc|d|")).toContain("<td>d</td>");
  expect(htmlOf("1|2\n-|-\n\n|x|\n|-|\n|y|")).toContain("<td>y</td>");
});

test("what is too long, too deep or of too many parts is not rendered", () => {
  expect(htmlOf("x".repeat(100_001))).toBeUndefined();
  expect(htmlOf(`${"> ".repeat(60)}x`)).toBeUndefined();
  expect(htmlOf(`${"> ".repeat(30)}x`)).toContain("x");
  expect(htmlOf("a\n\n".repeat(7_000))).toBeUndefined();
});
