/* Copyright (c) 2026, the cvops.identity authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later */

// A long list as pages of a real table: search, filters, order, choice of columns. Only the rows of one page are ever in the document.

const PRINTED = 500;
let made = 0;

/** Return an element with attributes and children; texts become text nodes and nothing else. */
function build(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return what a cell shows, by the kind of its column. */
function showValue(kind, value, asOf) {
  if (kind === "severity" && value) return build("span", { class: `badge ${value.toLowerCase()}` }, value);
  if (kind === "tier" && value) return build("span", { class: `badge ${value === "0" ? "critical" : value === "1" ? "medium" : "low"}` }, `Tier ${value}`);
  if (kind === "flag") return value === "Yes" ? build("span", { class: "badge high" }, "Privileged") : value === "No" ? "" : build("span", { class: "quiet" }, value);
  if ((kind === "left" || kind === "since") && value) {
    const days = daysBetween(asOf, value);
    if (days === null) return value;
    if (days === 0 && kind === "since") return build("span", { class: "nowrap" }, value.slice(0, 10));
    const words = days === 0 ? "same day" : days > 0 ? `${countOf(days, "day")} left` : `${countOf(-days, "day")} ago`;
    const level = kind === "since" ? "" : days < 0 ? " end-over" : days <= 30 ? " end-soon" : days <= 90 ? " end-near" : "";
    return build("span", {}, build("span", { class: "nowrap" }, value.slice(0, 10)), " ", kind === "since" ? build("span", { class: "quiet" }, words) : build("span", { class: `badge${level}` }, words));
  }
  if (typeof value === "number") return NUMBERS.format(value);
  return flat(value);
}

/** A list in the page. *options*: `file` that has all rows, `open(row)` for the detail of one, `compact` for fewer tools, `told` where the page tells the first rows. */
class List {
  constructor(root, table, asOf, options) {
    made += 1;
    Object.assign(this, { root, table, asOf, options, id: `list-${made}`, text: "", filters: new Map(), selection: null, page: 0, size: 25 });
    this.shown = table.names.filter((name) => table.spec.shown.includes(name)).sort((a, b) => table.spec.shown.indexOf(a) - table.spec.shown.indexOf(b));
    [this.by, this.descending] = table.spec.sort ? [table.spec.sort[0], table.spec.sort[1] === "descending"] : [null, false];
    this.makeTools();
    this.update();
  }

  makeTools() {
    const { table, id } = this;
    const title = this.root.dataset.title || this.options.title;
    const search = build("input", { type: "search", id: `${id}-search`, autocomplete: "off", spellcheck: "false" });
    let waiting = 0;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { this.text = search.value; this.page = 0; this.update(); }, 150);
    });
    this.search = search;
    this.selects = new Map();
    const fields = [build("div", { class: "field search" }, build("label", { for: `${id}-search` }, `Search ${title.toLowerCase()}`), search)];
    for (const name of table.spec.filters) {
      const column = table.column(name);
      const values = [...new Set(column.values.flat())].filter((value) => value !== "");
      if (values.length < 2 || values.length > 400) continue;
      const order = (table.spec.order || {})[name];
      values.sort(order ? (a, b) => order.indexOf(a) - order.indexOf(b) : COLLATOR.compare);
      const select = build("select", { id: `${id}-${name}` }, build("option", { value: "" }, "All"), ...values.map((value) => build("option", { value }, value)));
      select.addEventListener("change", () => {
        if (select.value) this.filters.set(name, select.value); else this.filters.delete(name);
        this.page = 0;
        this.update();
      });
      this.selects.set(name, select);
      fields.push(build("div", { class: "field" }, build("label", { for: `${id}-${name}` }, column.title), select));
    }
    if (!this.options.compact) fields.push(this.makeMenu());
    this.chips = build("ul", { class: "chips", "aria-label": "Selection" });
    this.count = build("p", { role: "status", "aria-live": "polite" });
    this.clear = build("button", { type: "button", class: "button" }, "Clear all");
    this.clear.addEventListener("click", () => { this.reset(); this.update(); this.search.focus(); });
    this.head = build("thead");
    this.body = build("tbody");
    this.grid = build("table", {}, build("caption", { class: "sr" }, title), this.head, this.body);
    this.makePages();
    this.root.append(
      build("div", { class: "bar-of-tools" }, ...fields), this.chips, build("div", { class: "status" }, this.count, this.clear),
      build("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, this.grid), this.pages,
    );
    this.body.addEventListener("click", (event) => {
      const line = event.target.closest("tr[data-row]");
      if (line && !String(getSelection())) this.options.open(Number(line.dataset.row), this);
    });
  }

  makeMenu() {
    const box = build("fieldset", {}, build("legend", {}, "Columns"));
    for (const name of this.table.names) {
      const tick = build("input", { type: "checkbox" });
      tick.checked = this.shown.includes(name);
      tick.disabled = name === this.table.spec.opens;
      tick.addEventListener("change", () => {
        this.shown = this.table.names.filter((one) => (one === name ? tick.checked : this.shown.includes(one)))
          .sort((a, b) => this.place(a) - this.place(b));
        this.update();
      });
      box.append(build("label", {}, tick, this.table.spec.columns[name].t));
    }
    const menu = build("details", { class: "menu" }, build("summary", { class: "button" }, "Columns"), box);
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.firstChild.focus(); } });
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    return menu;
  }

  /** Where a column stands: those that are shown at first keep their order, others follow in that of the table. */
  place(name) {
    const first = this.table.spec.shown.indexOf(name);
    return first >= 0 ? first : 100 + this.table.names.indexOf(name);
  }

  makePages() {
    const size = build("select", { id: `${this.id}-size` }, ...[25, 50, 100].map((number) => build("option", { value: number }, String(number))));
    size.addEventListener("change", () => { this.size = Number(size.value); this.page = 0; this.update(); });
    this.where = build("span");
    this.steps = [["First", () => 0], ["Previous", () => this.page - 1], ["Next", () => this.page + 1], ["Last", () => this.last()]].map(([name, to]) => {
      const button = build("button", { type: "button", class: "button" }, name);
      button.addEventListener("click", () => { this.page = Math.min(Math.max(to(), 0), this.last()); this.update(); });
      return button;
    });
    this.pages = build(
      "nav", { class: "pages", "aria-label": `Pages of ${(this.root.dataset.title || this.options.title).toLowerCase()}` },
      ...this.steps.slice(0, 2), this.where, ...this.steps.slice(2), build("span", { class: "grow" }), build("label", { for: `${this.id}-size` }, "Rows", size),
    );
  }

  last() { return Math.max(0, Math.ceil(this.rows.length / this.size) - 1); }

  /** Whether anything narrows the list. */
  narrowed() { return Boolean(this.text.trim() || this.filters.size || this.selection); }

  reset() {
    Object.assign(this, { text: "", selection: null, page: 0 });
    this.filters.clear();
    this.search.value = "";
    this.selects.forEach((select) => { select.value = ""; });
  }

  /** Show these rows alone; *name* says what they are of. */
  choose(rows, name) {
    this.reset();
    this.selection = { rows, name };
    this.update();
  }

  /** Compute the rows anew and show the page. */
  update() {
    const found = this.table.select(this.text, this.filters, this.selection && this.selection.rows);
    this.rows = this.by ? this.table.sort(found, this.by, this.descending) : Array.from(found);
    this.page = Math.min(this.page, this.last());
    this.grid.parentElement.hidden = false;
    this.showHead();
    this.showRows(this.page * this.size, this.size);
    this.showCount();
  }

  showHead() {
    const asked = document.activeElement && this.head.contains(document.activeElement) ? document.activeElement.dataset.by : null;
    const cells = this.shown.map((name) => {
      const button = build("button", { type: "button", class: "sort", "data-by": name }, this.table.column(name).title);
      button.addEventListener("click", () => {
        [this.by, this.descending] = this.by === name ? (this.descending ? [null, false] : [name, true]) : [name, false];
        this.page = 0;
        this.update();
      });
      return build("th", { scope: "col", "aria-sort": this.by === name ? (this.descending ? "descending" : "ascending") : null, class: typeof this.table.column(name).values[0] === "number" ? "num" : null }, button);
    });
    this.head.replaceChildren(build("tr", { "aria-rowindex": 1 }, ...cells));
    if (asked) [...this.head.querySelectorAll(".sort")].filter((one) => one.dataset.by === asked).forEach((one) => one.focus());
  }

  showRows(start, size) {
    const { table, shown } = this;
    this.grid.setAttribute("aria-rowcount", this.rows.length + 1);
    const lines = this.rows.slice(start, start + size).map((row, place) => build(
      "tr", { "data-row": row, "aria-rowindex": start + place + 2 },
      ...shown.map((name) => {
        const value = table.column(name).get(row);
        const content = showValue(table.spec.kinds[name], value, this.asOf);
        if (name === table.spec.opens) return build("th", { scope: "row" }, build("button", { type: "button", class: "opener", "aria-haspopup": "dialog" }, flat(value) || table.spec.nameless));
        return build("td", { class: typeof value === "number" ? "num" : null }, content);
      }),
    ));
    if (!lines.length) lines.push(build("tr", { class: "empty-row" }, build("td", { colspan: shown.length }, "No row fits. Take a filter away, or search for less.")));
    this.body.replaceChildren(...lines);
  }

  showCount() {
    const { rows, table } = this;
    const start = this.page * this.size;
    const noun = table.spec.noun;
    const all = countOf(table.size, noun);
    this.count.textContent = this.narrowed() ? `${NUMBERS.format(rows.length)} of ${all}` : all;
    this.where.textContent = rows.length ? `${NUMBERS.format(start + 1)}–${NUMBERS.format(Math.min(start + this.size, rows.length))} of ${NUMBERS.format(rows.length)}` : "0 of 0";
    this.clear.hidden = !this.narrowed();
    this.steps.forEach((button, place) => { button.disabled = place < 2 ? this.page === 0 : this.page === this.last(); });
    const chips = [];
    const add = (text, remove) => {
      const chip = build("button", { type: "button", class: "chip", "aria-label": `Take away: ${text}` }, text);
      chip.addEventListener("click", () => { remove(); this.page = 0; this.update(); this.search.focus(); });
      chips.push(build("li", {}, chip));
    };
    if (this.selection) add(this.selection.name, () => { this.selection = null; });
    this.filters.forEach((value, name) => add(`${table.column(name).title}: ${value}`, () => { this.filters.delete(name); this.selects.get(name).value = ""; }));
    this.chips.replaceChildren(...chips);
    this.chips.hidden = !chips.length;
  }

  /** Put what is printed into the document and say what it is: the rows of a selection, else the page, or nothing where the page tells it above. */
  print() {
    const all = countOf(this.table.size, this.table.spec.noun);
    const file = this.options.file ? `; all are in ${this.options.file}` : "";
    this.clear.hidden = true;
    if (this.options.told && !this.narrowed()) {
      this.grid.parentElement.hidden = true;
      this.count.textContent = `Not printed: the list of ${all}; search or filter to print a selection of up to ${PRINTED}${file}`;
      return;
    }
    const start = this.narrowed() ? 0 : this.page * this.size;
    const size = this.narrowed() ? PRINTED : this.size;
    this.showRows(start, size);
    const until = Math.min(start + size, this.rows.length);
    this.count.textContent = this.narrowed()
      ? `Printed: ${NUMBERS.format(until)} of ${NUMBERS.format(this.rows.length)} that were selected, of ${all}${this.text.trim() ? ` (search: ${this.text.trim()})` : ""}${file}`
      : `Printed: ${this.rows.length ? NUMBERS.format(start + 1) : 0} to ${NUMBERS.format(until)} of ${all}; search or filter to print a selection of up to ${PRINTED}${file}`;
  }
}
