/* Copyright (c) 2026, the cvops.identity authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later */

// Details of rows, and access seen by person, group, role and entity.

const sheet = document.getElementById("sheet");

/** Open the sheet at the side with a title, a line below it, and what it holds. */
function openSheet(title, note, ...contents) {
  const close = build("button", { type: "button", class: "button" }, "Close");
  close.addEventListener("click", () => sheet.close());
  sheet.replaceChildren(
    build("div", { class: "sheet-head" }, build("div", {}, build("h2", { id: "sheet-title" }, title), build("p", { class: "quiet" }, note)), close),
    build("div", { class: "sheet-body" }, ...contents),
  );
  sheet.scrollTop = 0;
  if (!sheet.open) sheet.showModal();
}

sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });

/** Return all columns of a row, in the groups of its list. */
function describeRow(list, row) {
  const { spec } = list.table;
  return spec.groups.flatMap(([title, names]) => [
    build("h3", {}, title),
    build("dl", {}, ...names.map((name) => {
      const value = list.table.column(name).get(row);
      const text = Array.isArray(value) ? value.join(name === "path" ? " → " : "\n") : value;
      const kind = spec.kinds[name];
      const shown = kind === "flag" ? text : kind && text ? showValue(kind, value, list.asOf) : text;
      const dated = kind === "left" || kind === "since";
      return build("div", {}, build("dt", {}, list.table.column(name).title), build("dd", {}, shown === "" ? build("span", { class: "none" }, "–") : shown, dated && text ? build("span", { class: "quiet" }, ` seen from ${list.asOf}`) : null));
    })),
  ]);
}

/** Open the detail of a row of a list. */
function openRow(row, list) {
  const { table } = list;
  openSheet(flat(table.column(table.spec.opens).get(row)) || table.spec.nameless, `Row of ${table.spec.name}.csv`, ...(list.options.leads ? list.options.leads(row) : []), ...describeRow(list, row));
}

/** By what access is seen: what makes one, its name, what tells it from others, what is counted, what its detail shows. */
const VIEWS = [
  { key: "person", noun: "person", title: "By person", id: (get) => (get("entra_user_id") ? [get("entra_user_id")] : [get("commcell"), get("commvault_user_id") || get("person"), get("person_kind")]), name: "person", note: "person_kind", counts: [["role", "Roles"], ["entity", "Entities"]], shows: ["role", "entity", "principal", "commcell", "effective_now"] },
  { key: "group", noun: "group", title: "By group", id: (get) => [get("commcell"), get("principal_kind"), get("principal_id") || get("principal")], name: "principal", note: "principal_kind", counts: [["person", "People"], ["role", "Roles"], ["entity", "Entities"]], shows: ["person", "role", "entity", "commcell"] },
  { key: "role", noun: "role", title: "By role", id: (get) => [get("commcell"), get("role_id"), get("role")], name: "role", note: "commcell", counts: [["person", "People"], ["principal", "Holders"], ["entity", "Entities"]], shows: ["person", "entity", "principal", "effective_now"] },
  { key: "entity", noun: "entity", title: "By entity", id: (get) => [get("commcell"), get("entity_kind"), get("entity_id")], name: "entity", note: "entity_kind", counts: [["person", "People"], ["principal", "Holders"], ["role", "Roles"]], shows: ["person", "role", "principal", "effective_now"] },
];

/** Return access as a list of one view: one row for each person, group, role or entity, those with privileged rights first. */
function groupAccess(table, view) {
  const places = new Map();
  const groups = [];
  const columns = new Map();
  const get = (name, row) => {
    if (!columns.has(name)) columns.set(name, table.column(name));
    return columns.get(name).get(row);
  };
  const privileged = table.column("privileged");
  for (let row = 0; row < table.size; row += 1) {
    if (view.key === "person" && get("person_kind", row) === "Nobody") continue; // a grant that nobody holds is no person
    const key = view.id((name) => get(name, row)).join("\u0000");
    let group = groups[places.get(key)];
    if (!group) {
      places.set(key, groups.length);
      group = { rows: [], privileged: 0, sets: view.counts.map(() => new Set()), places: new Set() };
      groups.push(group);
    }
    group.rows.push(row);
    if (privileged.get(row) === "Yes") group.privileged += 1;
    group.places.add(get("commcell", row));
    view.counts.forEach(([name], at) => { if (get(name, row) !== "" && !(name === "person" && get("person_kind", row) === "Nobody")) group.sets[at].add(get(name, row)); });
  }
  groups.sort((a, b) => (b.privileged > 0) - (a.privileged > 0) || b.rows.length - a.rows.length);
  const named = (row) => flat(get(view.name, row)) || { person: "(nobody)", role: "(single permissions)" }[view.name] || "(no name)";
  const spec = {
    name: view.key, noun: view.noun, n: groups.length, opens: "name", nameless: "(no name)", filters: ["note", "commcell", "privileged"], kinds: { privileged: "flag" }, sort: null,
    shown: ["name", ...(view.note === "commcell" ? [] : ["note"]), "commcell", "rows", ...view.counts.map(([name]) => `n-${name}`), "privileged"],
    columns: {
      name: { t: { person: "Person", group: "Holder", role: "Role", entity: "Entity" }[view.key], v: groups.map((group) => named(group.rows[0])) },
      ...(view.note === "commcell" ? {} : { note: { t: "Kind", v: groups.map((group) => get(view.note, group.rows[0])) } }),
      commcell: { t: "CommCell", v: groups.map((group) => [...group.places].sort(COLLATOR.compare)) },
      rows: { t: "Rows", v: groups.map((group) => group.rows.length) },
      ...Object.fromEntries(view.counts.map(([name, title], at) => [`n-${name}`, { t: title, v: groups.map((group) => group.sets[at].size) }])),
      privileged: { t: "Privileged", v: groups.map((group) => (group.privileged ? "Yes" : "No")) },
    },
  };
  spec.filters = spec.filters.filter((name) => spec.columns[name]);
  return [new Table(spec), groups];
}

/** Make the tabs of the explorer above the list of grants. */
function makeExplorer(root, access, roles) {
  const table = access.table;
  const entries = [{ key: "all", title: "All grants", panel: access.root }, ...VIEWS.map((view) => ({ ...view, panel: build("div", { class: "list", "data-title": `Access ${view.title.toLowerCase()}` }) }))];
  const tabs = entries.map((entry, place) => {
    entry.panel.id = `panel-${entry.key}`;
    entry.panel.setAttribute("role", "tabpanel");
    entry.panel.setAttribute("aria-labelledby", `tab-${entry.key}`);
    const tab = build("button", { type: "button", class: "tab", role: "tab", id: `tab-${entry.key}`, "aria-controls": entry.panel.id }, entry.title);
    tab.addEventListener("click", () => show(place));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -place, End: entries.length - 1 - place }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = (place + step + entries.length) % entries.length;
      show(next);
      tabs[next].focus();
    });
    return tab;
  });
  const made = new Map();
  function show(place) {
    entries.forEach((entry, at) => {
      tabs[at].setAttribute("aria-selected", String(at === place));
      tabs[at].tabIndex = at === place ? 0 : -1;
      entry.panel.hidden = at !== place;
    });
    const entry = entries[place];
    if (entry.key === "all" || made.has(entry.key)) return;
    const [grouped, groups] = groupAccess(table, entry);
    const list = new List(entry.panel, grouped, access.asOf, { compact: true, file: "access.csv", open: (row) => openGroup(entry, grouped, groups[row], row) });
    made.set(entry.key, list);
    lists.push(list);
  }
  function openGroup(view, grouped, group, row) {
    const title = flat(grouped.column("name").get(row));
    const button = build("button", { type: "button", class: "button main" }, `Show ${group.rows.length === 1 ? "this row" : `these ${NUMBERS.format(group.rows.length)} rows`} in the list`);
    button.addEventListener("click", () => { sheet.close(); showAll(group.rows, `${grouped.column("name").title}: ${title}`); });
    const most = 100;
    /** A cell as text; for a grant without a role what it is made of. */
    const tell = (name, one) => flat(table.column(name).get(one)) || (name === "role" ? flat(table.column("permissions").get(one)) || table.column("grant_kind").get(one) : "");
    const lines = group.rows.slice(0, most).map((one) => build("tr", {}, ...view.shows.map((name) => build("td", {}, tell(name, one) || "–"))));
    const disabled = view.key === "person" ? [["entra_enabled", "Entra ID"], ["commvault_enabled", "Commvault"]].filter(([name]) => group.rows.some((one) => table.column(name).get(one) === "No")).map(([, service]) => `, disabled in ${service}`) : [];
    const permissions = view.key === "role" ? roles.filter((one) => ["commcell", "role_id", "role"].every((name, place) => one[place] === table.column(name).get(group.rows[0]))) : [];
    openSheet(
      title, `${countOf(group.rows.length, "row")}, ${group.privileged ? `${NUMBERS.format(group.privileged)} privileged` : "none privileged"}${disabled.join("")}`, build("p", {}, button),
      ...permissions.flatMap(([, , , every, grave]) => [build("h3", {}, `May do: ${countOf(every.length + grave.length, "permission")}`), grave.length ? build("p", {}, build("strong", {}, "Privileged: "), grave.join(", ")) : null, every.length ? build("p", {}, every.join(", ")) : null]).filter(Boolean),
      build("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, build("table", {}, build("caption", { class: "sr" }, title), build("thead", {}, build("tr", {}, ...view.shows.map((name) => build("th", { scope: "col" }, table.column(name).title)))), build("tbody", {}, ...lines))),
      group.rows.length > most ? build("p", { class: "quiet" }, `The first ${most} of ${NUMBERS.format(group.rows.length)}; the list has all.`) : null,
    );
  }
  function showAll(rows, name) {
    show(0);
    access.choose(rows, name);
    root.scrollIntoView();
    access.search.focus({ preventScroll: true });
  }
  root.append(build("div", { class: "tabs", role: "tablist", "aria-label": "Access by" }, ...tabs));
  root.after(...entries.slice(1).map((entry) => entry.panel));
  show(0);
  return showAll;
}
