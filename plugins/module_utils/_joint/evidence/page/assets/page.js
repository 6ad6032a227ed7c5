/* Copyright (c) 2026, the cvops.identity authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later */

// The page comes to life: lists, links from findings to rows, where one is in the page, printing.

const lists = [];
/** Lists whose first rows stand in the page as text. */
const TOLD = ["findings", "identities", "leavers"];

/** Make every list of the page. */
function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byName = new Map(data.lists.map((spec) => [spec.name, spec]));
  const made = new Map();
  for (const root of document.querySelectorAll(".list[data-list]")) {
    const name = root.dataset.list;
    const list = new List(root, new Table(byName.get(name)), data.as_of, { file: `${name}.csv`, open: openRow, told: TOLD.includes(name) });
    made.set(name, list);
    lists.push(list);
  }
  const explorer = document.getElementById("explorer");
  const showAccess = explorer && made.has("access") ? makeExplorer(explorer, made.get("access"), data.roles) : null;
  followLinks(data.links, made, showAccess);
  markSections();
  preparePrint();
}

/** Return what shows rows of a list, under a name, and moves there; null where the page does not list them. */
function leadTo(name, rows, text, made, showAccess) {
  const list = made.get(name);
  if (!rows || !list) return null;
  if (name === "access" && showAccess) return () => showAccess(rows, text);
  return () => {
    list.choose(rows, text);
    list.root.scrollIntoView();
    list.search.focus({ preventScroll: true });
  };
}

/** A link of a finding shows the rows that it is about, and so do the buttons in its detail. */
function followLinks(links, made, showAccess) {
  for (const link of document.querySelectorAll("a.rows")) {
    const { finding, in: name } = link.dataset;
    const lead = leadTo(name, (links[name] || {})[finding], `Finding: ${link.dataset.name}`, made, showAccess);
    if (lead) link.addEventListener("click", (event) => { event.preventDefault(); lead(); });
  }
  const findings = made.get("findings");
  if (!findings) return;
  for (const link of document.querySelectorAll("a.rule")) {
    const { rule, severity, status } = link.dataset;
    const rows = () => findings.table.select("", [["rule", rule], ["severity", severity], ["status", status]]);
    link.addEventListener("click", (event) => { event.preventDefault(); leadTo("findings", rows(), `Rule: ${rule}`, made, null)(); });
  }
  findings.options.leads = (row) => Object.keys(links).flatMap((name) => {
    const rows = links[name][row];
    const title = flat(findings.table.column("subject").get(row) || findings.table.column("title").get(row));
    const lead = leadTo(name, rows, `Finding: ${title}`, made, showAccess);
    if (!lead) return [];
    const button = build("button", { type: "button", class: "button main" }, `Show ${countOf(rows.length, "row")} of ${name}.csv`);
    button.addEventListener("click", () => { sheet.close(); lead(); });
    return [build("p", {}, button)];
  });
}

/** Mark the section that is on the screen in the navigation. */
function markSections() {
  const anchors = new Map([...document.querySelectorAll(".contents a")].map((anchor) => [anchor.getAttribute("href").slice(1), anchor]));
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    entries.forEach((entry) => { if (entry.isIntersecting) seen.add(entry.target.id); else seen.delete(entry.target.id); });
    const first = [...anchors.keys()].find((id) => seen.has(id));
    const bar = document.querySelector(".contents ul");
    if (first) bar.scrollLeft = anchors.get(first).offsetLeft - bar.offsetLeft - 32; // on small screens it is one line
    anchors.forEach((anchor, id) => { if (id === first) anchor.setAttribute("aria-current", "true"); else anchor.removeAttribute("aria-current"); });
  }, { rootMargin: "-12% 0px -60% 0px" });
  anchors.forEach((_anchor, id) => { const section = document.getElementById(id); if (section) watcher.observe(section); });
}

/** Open what is folded and show what is printed, and put everything back afterwards. */
function preparePrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open]):not(.menu):not(.rights)")];
    opened.forEach((one) => { one.open = true; });
    lists.forEach((list) => list.print());
  });
  addEventListener("afterprint", () => {
    opened.forEach((one) => { one.open = false; });
    lists.forEach((list) => list.update());
  });
}

start();
