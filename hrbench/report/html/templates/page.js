"use strict";
(() => {
  const all = (selector, under = document) => [...under.querySelectorAll(selector)];
  const pages = all("main > .page");
  const said = document.getElementById("said");
  const title = document.title;

  function show(focus) {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = document.getElementById(id);
    const page = target ? target.closest(".page") : pages[0];
    if (!page) return; // the skip link leads to all pages
    for (const one of pages) one.hidden = one !== page;
    for (const link of all(".menu a")) {
      const here = link.hash === "#" + page.id;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = page.dataset.title + " – " + title;
    if (!focus) return;
    const inside = target !== page && target ? target : null;
    if (inside) inside.scrollIntoView();
    else window.scrollTo(0, 0);
    page.querySelector("h1").focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", () => show(true));
  show(false);

  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const dark = () =>
    (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  function name() {
    theme.textContent = dark() ? "Light" : "Dark";
    theme.setAttribute("aria-label", dark() ? "Show in light colours" : "Show in dark colours");
  }
  try {
    const kept = localStorage.getItem("hrbench-theme");
    if (kept) root.dataset.theme = kept;
  } catch { /* a browser that keeps nothing for files */ }
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("hrbench-theme", root.dataset.theme);
    } catch { /* the same */ }
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  theme.hidden = false;
  name();

  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  function value(row, at, numbers) {
    const cell = row.cells[at];
    return numbers ? parseFloat(cell.dataset.order ?? "NaN") : cell.textContent.trim();
  }
  function sort(table, head) {
    const at = head.cellIndex;
    const numbers = head.classList.contains("number");
    const before = head.getAttribute("aria-sort");
    const rising = before === "none" ? !numbers : before === "descending";
    const rows = all("tbody > tr", table);
    const known = rows.filter((row) => !numbers || !Number.isNaN(value(row, at, true)));
    const rest = rows.filter((row) => !known.includes(row));
    known.sort((one, other) => {
      const [a, b] = [value(one, at, numbers), value(other, at, numbers)];
      return (numbers ? a - b : words.compare(a, b)) * (rising ? 1 : -1);
    });
    table.tBodies[0].append(...known, ...rest);
    for (const other of all("thead th[aria-sort]", table)) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    said.textContent = `sorted by ${head.textContent}, ${rising ? "ascending" : "descending"}`;
  }
  for (const table of all(".grid table")) {
    if (table.tBodies[0].rows.length < 2) continue;
    for (const head of all("thead th[aria-sort]", table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
  }

  function filter(table) {
    const tools = table.closest(".grid").querySelector(".tools");
    const choice = tools.querySelector("select")?.value ?? "";
    const search = (tools.querySelector("input")?.value ?? "").toLowerCase().split(/\s+/);
    const rows = all("tbody > tr", table);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = !choice || row.cells[0].textContent.trim() === choice;
      row.hidden = !(fits && search.every((word) => text.includes(word)));
      shown += row.hidden ? 0 : 1;
    }
    const count = tools.querySelector(".count");
    if (count) count.textContent = `${shown} of ${rows.length}`;
    said.textContent = `${shown} of ${rows.length} rows are shown`;
  }
  for (const tools of all(".tools")) {
    const fields = all("select, input", tools);
    if (!fields.length) continue;
    tools.hidden = false;
    for (const field of fields) {
      field.addEventListener("input", () => filter(document.getElementById(field.dataset.for)));
    }
  }

  if (navigator.clipboard) {
    for (const button of all(".copy")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.previousElementSibling.textContent);
        said.textContent = "copied";
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
    }
  }

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all(".page:not([hidden]) details.part:not([open])");
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
