import { expect, test } from "vitest";
import { page } from "./page.ts";

test("text is escaped and nothing is loaded from elsewhere", () => {
  const html = page("a < b", "it's & more", [
    {
      title: "<script>alert(1)</script>",
      words: "x",
      figures: [{ source: "data:image/png;base64,AAAA", description: 'a "quoted" picture', caption: "<b>" }],
      wide: true,
      numbers: { "p<q": "1 & 2" },
      command: "fovea maximize <net>",
    },
  ]);
  expect(html).not.toContain("<script>");
  expect(html).toContain("<title>a &lt; b</title>");
  expect(html).toContain('alt="a &quot;quoted&quot; picture"');
  expect(html).toContain('<section class="wide">');
  expect(html).toContain("<figcaption>&lt;b&gt;</figcaption>");
  expect(html).toContain("<dt>p&lt;q</dt><dd>1 &amp; 2</dd>");
  expect(html).not.toMatch(/https?:|<link/);
});
