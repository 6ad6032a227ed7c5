"use strict";

/* Copyright (c) 2026, the cvops.identity authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later */

// Columns of a list: each value once, and for each row the place of its value. See lists.py for how indexes are written.

const DIGITS = new Uint8Array(128);
let base = 0;
for (let code = 32; code < 127; code += 1) {
  if (!"\"\\<>&".includes(String.fromCharCode(code))) { DIGITS[code] = base; base += 1; }
}
const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const NUMBERS = new Intl.NumberFormat("en-US");
const DAY = 86400000;

/** Return a cell as one text. */
function flat(value) { return Array.isArray(value) ? value.join(", ") : String(value); }

/** Return "1 row" or "3,020 rows". */
function countOf(number, noun) {
  const plural = { entity: "entities", person: "people", "thing held": "things held" }[noun] || `${noun}s`;
  return `${NUMBERS.format(number)} ${number === 1 ? noun : plural}`;
}

/** Return the days from one date to another, both as texts; null where one is none. */
function daysBetween(start, end) {
  const days = (Date.parse(`${String(end).slice(0, 10)}T00:00:00Z`) - Date.parse(`${String(start).slice(0, 10)}T00:00:00Z`)) / DAY;
  return Number.isFinite(days) ? Math.round(days) : null;
}

/** One column: its values, the place of each row's value, and what is derived of each value, once. */
class Column {
  constructor(title, raw, rows, indexes) {
    this.title = title;
    this.values = raw.v || Array.from({ length: raw.f.length / raw.l }, (_none, place) => raw.p + raw.f.slice(place * raw.l, (place + 1) * raw.l));
    this.indexes = new Uint32Array(rows);
    if (raw.i !== undefined) {
      const text = indexes[raw.i];
      const width = raw.w;
      for (let row = 0, at = 0; row < rows; row += 1) {
        let place = 0;
        for (let end = at + width; at < end; at += 1) place = place * base + DIGITS[text.charCodeAt(at)];
        this.indexes[row] = place;
      }
    } else if (this.values.length > 1) {
      for (let row = 0; row < rows; row += 1) this.indexes[row] = row;
    }
    this.found = null;
    this.order = null;
  }

  get(row) { return this.values[this.indexes[row]]; }

  /** Which values contain the text, which is in small letters. */
  match(text) {
    if (this.found === null) this.found = this.values.map((value) => flat(value).toLowerCase());
    const hits = new Uint8Array(this.found.length);
    let any = false;
    this.found.forEach((value, place) => { if (value.includes(text)) { hits[place] = 1; any = true; } });
    return any ? hits : null;
  }

  /** The rank of each value: by the given order, else numbers by value and texts as people sort them; empty ones last. */
  ranks(order) {
    if (this.order === null) {
      const numbers = this.values.every((value) => typeof value === "number");
      const texts = numbers ? null : this.values.map(flat);
      const places = this.values.map((_value, place) => place);
      const compare = numbers ? (a, b) => this.values[a] - this.values[b]
        : order ? (a, b) => order.indexOf(texts[a]) - order.indexOf(texts[b])
          : (a, b) => (texts[a] === "") - (texts[b] === "") || COLLATOR.compare(texts[a], texts[b]) || (texts[a] > texts[b]) - (texts[a] < texts[b]);
      this.order = new Uint32Array(places.length);
      let rank = 0;
      places.sort(compare).forEach((place, at) => {
        if (at > 0 && compare(places[at - 1], place) !== 0) rank += 1;
        this.order[place] = rank;
      });
    }
    return this.order;
  }
}

/** A list: columns that are read when they are first asked for, and what a search, filters and an order leave of its rows. */
class Table {
  constructor(spec) {
    this.spec = spec;
    this.size = spec.n;
    this.read = new Map();
    this.names = Object.keys(spec.columns);
  }

  column(name) {
    if (!this.read.has(name)) this.read.set(name, new Column(this.spec.columns[name].t, this.spec.columns[name], this.size, this.spec.indexes));
    return this.read.get(name);
  }

  /** Return the rows that have every word somewhere, every filter's value, and are in the selection; as places, in the list's order. */
  select(text, filters, selection) {
    let rows = selection ? Uint32Array.from(selection) : Uint32Array.from({ length: this.size }, (_none, row) => row);
    for (const [name, value] of filters) {
      const column = this.column(name);
      const wanted = column.values.map((one) => (Array.isArray(one) ? one.includes(value) : one === value));
      rows = rows.filter((row) => wanted[column.indexes[row]]);
    }
    for (const word of text.toLowerCase().split(/\s+/).filter(Boolean)) {
      const hits = this.names.map((name) => [this.column(name).indexes, this.column(name).match(word)]).filter(([, found]) => found);
      rows = rows.filter((row) => hits.some(([indexes, found]) => found[indexes[row]] === 1));
    }
    return rows;
  }

  /** Return the rows in the order of a column; rows that are equal there stay as they are. */
  sort(rows, name, descending) {
    const column = this.column(name);
    const ranks = column.ranks((this.spec.order || {})[name]);
    const sorted = Array.from(rows);
    const sign = descending ? -1 : 1;
    sorted.sort((a, b) => sign * (ranks[column.indexes[a]] - ranks[column.indexes[b]]) || a - b);
    return sorted;
  }
}
