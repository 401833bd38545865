// columns: {name, unit, better, text}; cells: {shown, value} or a plain text. A click on a heading sorts.
function sortable(caption, columns, rows) {
  const value_of = (cell) => (cell !== null && typeof cell === "object" ? cell.value : cell);
  const shown_of = (cell) => (cell !== null && typeof cell === "object" ? cell.shown : cell);
  const body = make("tbody");
  const heads = columns.map((column, i) => make("th", { scope: "col", class: column.text ? "text" : "", title: column.better ? `${column.better} is better` : null },
    make("button", { type: "button", onclick: () => sort(i) }, column.name),
    column.unit ? make("span", { class: "unit" }, column.unit) : null));
  const fill = (order) => body.replaceChildren(...order.map((row) =>
    make("tr", { class: row.best ? "best" : "" }, row.cells.map((cell, i) =>
      make("td", { class: columns[i].text ? "text" : "" }, shown_of(cell) ?? "\u2013")))));
  function sort(i) {
    const rising = heads[i].getAttribute("aria-sort") !== "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[i].setAttribute("aria-sort", rising ? "ascending" : "descending");
    const before = (a, b) => {
      const [x, y] = [value_of(a.cells[i]), value_of(b.cells[i])];
      if (x === null || x === undefined || y === null || y === undefined) return (x === null || x === undefined) - (y === null || y === undefined);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return rising ? order : -order;
    };
    fill([...rows].sort(before));
  }
  fill(rows);
  return make("div", { class: "scroll" }, make("table", {}, caption ? make("caption", {}, caption) : null,
    make("thead", {}, make("tr", {}, heads)), body));
}
