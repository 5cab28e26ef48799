// Lists what keeps people from using the page, by WCAG 2.2 level AA, as far as
// a program can tell.
(() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className ? "." + String(e.className).replaceAll(" ", ".") : "");
  const fail = (rule, e) => problems.push(rule + ": " + name(e) + " " + (e.textContent || "").trim().slice(0, 40));
  const spoken = (e) => (e.getAttribute("aria-label") || e.textContent || "").trim();

  // Structure.
  if (!document.documentElement.lang) problems.push("no language");
  if (!document.title) problems.push("no title");
  for (const [selector, n] of [["main", 1], ["h1", 1], ["body > header", 1], ["a.skip", 2]]) {
    if (all(selector).length !== n) problems.push(all(selector).length + " of " + selector + ", want " + n);
  }
  let level = 0;
  for (const h of all("h1, h2, h3, h4, h5, h6")) {
    const l = Number(h.tagName[1]);
    if (l > level + 1) fail("heading skips a level", h);
    if (!spoken(h)) fail("empty heading", h);
    level = l;
  }
  for (const e of all("body *")) {
    if (e.matches("main, main *, header, header *, section[aria-labelledby], section[aria-labelledby] *, .skip, .layout, .side")) continue;
    fail("outside every landmark", e);
  }
  const ids = new Set();
  for (const e of all("[id]")) {
    if (ids.has(e.id)) fail("id used twice", e);
    ids.add(e.id);
  }
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const e of all("[" + attribute + "]")) {
      for (const id of e.getAttribute(attribute).split(" ")) {
        if (!ids.has(id)) fail(attribute + " names nothing", e);
      }
    }
  }
  for (const a of all('a[href^="#"]')) {
    if (!ids.has(a.getAttribute("href").slice(1))) fail("link to nowhere", a);
  }
  if (all('[aria-live="polite"]').length !== 1) problems.push("no polite live region");

  // Names.
  for (const e of all("input:not([type=hidden]), select, textarea")) {
    if (!e.labels?.length || !spoken(e.labels[0])) fail("field without a label", e);
  }
  for (const e of all("button, a[href], summary, [role=region]")) {
    if (!spoken(e)) fail("control without a name", e);
  }
  const links = all("article a").map(spoken);
  for (const e of all("article a")) {
    if (spoken(e).length < "Comment on what".length) fail("link does not say where it leads", e);
  }
  for (const e of all("img")) if (!e.hasAttribute("alt")) fail("picture without alt", e);
  for (const e of all("[role=img]")) if (!e.getAttribute("aria-label")) fail("picture without a name", e);
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) fail("order of the keyboard changed", e);
  for (const e of all("table th")) if (!e.scope) fail("table header without scope", e);

  // Sizes: targets of 24 pixels, and no scrolling sideways.
  for (const e of all("button, article a, summary, input:not([type=hidden]), select")) {
    const box = e.getBoundingClientRect();
    if (box.width > 0 && (box.width < 24 || box.height < 24)) fail("target of " + Math.round(box.width) + "x" + Math.round(box.height), e);
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    problems.push("page is " + document.documentElement.scrollWidth + " wide in a window of " + innerWidth);
  }

  for (const e of all("#live-counters")) {
    if (innerWidth >= 360 && e.scrollWidth > e.clientWidth) fail("table of " + e.scrollWidth + " in " + e.clientWidth, e);
  }

  // Contrast of every text on what lies behind it.
  const numbers = (c) => (c.match(/[\d.]+/g) || []).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
      if (c[3] > 0) throw new Error("transparent ground: " + name(e));
    }
    return [255, 255, 255];
  };
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || e.closest(".unseen, .skip, script, option") || !e.getClientRects().length) continue;
    texts++;
    const [x, y] = [luminance(numbers(getComputedStyle(e).color)), luminance(ground(e))];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    if (ratio < 4.5) fail("contrast " + ratio.toFixed(2), e);
  }
  if (texts < 50 || links.length < 4) problems.push("the page shows too little to audit: " + texts + " texts");
  return problems;
})()
