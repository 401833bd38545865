// Elements are made with their text as text: nothing from the data is ever read as HTML.
function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

function section(title, ...children) {
  return make("section", { id: title.toLowerCase().replace(/[^a-z]+/g, "-") }, make("h2", {}, title), ...children);
}

function choice(label, options, chosen, change) {
  const select = make("select", { "aria-label": label, onchange: () => change(Number(select.value)) },
    options.map((text, i) => make("option", { value: i }, text)));
  select.value = String(chosen);
  return select;
}

function number(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return "\u2013";
  return digits === undefined ? String(value) : value.toFixed(digits);
}

// Rows of fields as RFC 4180 has them; null is an empty field.
function csv_text(header, rows) {
  const field = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return [header, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

// A button that saves what `rows` gives at that moment: [header, rows].
function csv_button(name, rows) {
  const save = () => {
    const [header, body] = rows();
    const link = make("a", { download: name + ".csv", href: URL.createObjectURL(new Blob([csv_text(header, body)], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  return make("button", { type: "button", title: "save the numbers of this chart", "data-csv": name, onclick: save }, "CSV");
}

// Calls `draw` when the element is first seen, or before printing: a page of many charts opens at once.
const waiting = new Map();
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) draw_now(entry.target);
}, { rootMargin: "400px" });
function draw_now(element) {
  const draw = waiting.get(element);
  if (!draw) return;
  waiting.delete(element);
  seen.unobserve(element);
  draw();
}
function when_seen(element, draw) {
  waiting.set(element, draw);
  seen.observe(element);
  return element;
}
addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("#answer details")) details.open = true; });
addEventListener("beforeprint", () => { for (const element of [...waiting.keys()]) draw_now(element); });

function floats(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

// A figure with a title, a CSV button and a place to draw.
function figure(title, csv, ...children) {
  return make("figure", {}, make("header", {}, make("span", {}, title), csv ? make("span", { class: "tools" }, csv) : null), ...children);
}
