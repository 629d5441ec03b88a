/* The ledger's filters and sort buttons. Without this script the table is complete, only not sortable. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".fs-ledger").forEach((ledger) => {
    const table = ledger.querySelector("table");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const make = (tag, props = {}, ...children) => {
      const element = Object.assign(document.createElement(tag), props);
      element.append(...children);
      return element;
    };

    // Filters: words, level, evidence, page. All of them must hold.
    const words = make("input", { type: "search", autocomplete: "off" });
    const choice = (options) => make("select", {}, ...options.map(([value, label]) => make("option", { value }, label)));
    const level = choice([["", "all"], ["core", "core"], ["supporting", "supporting"], ["optional", "optional"]]);
    const pages = [...ledger.querySelector("template").content.querySelectorAll("option")];
    const page = choice([["", "all"], ...pages.map((option) => [option.value, option.textContent])]);
    const parts = [...new Set(pages.map((option) => option.value.split("/")[0]))];
    const part = choice([["", "all"], ...parts.map((name) => [name, name])]);
    const count = make("p", { className: "fs-count" });
    count.setAttribute("role", "status");
    const filter = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !(
          wanted.every((word) => text.includes(word)) &&
          (!level.value || row.dataset.level === level.value) &&
          (!part.value || row.dataset.page.split("/")[0] === part.value) &&
          (!page.value || row.dataset.page === page.value)
        );
        shown += !row.hidden;
      }
      count.textContent = `${shown} of ${rows.length} results`;
    };
    const fields = [["Search", words], ["Level", level], ["Part", part], ["Page", page]];
    const bar = make("div", { className: "fs-filters" });
    for (const [name, field] of fields) {
      field.addEventListener("input", filter);
      bar.append(make("label", {}, make("span", {}, name), field));
    }
    ledger.prepend(bar, count);

    // Sorting: a button in every header; aria-sort says what holds.
    const value = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
    const compare = (a, b) => {
      if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
      const difference = Number(a) - Number(b);
      return Number.isNaN(difference) ? a.localeCompare(b, "en", { numeric: true }) : difference;
    };
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const keyed = rows.map((row) => [value(row, column), row]);
        // Empty cells stay last in both directions.
        keyed.sort(([a], [b]) => (down && a !== "" && b !== "" ? -1 : 1) * compare(a, b));
        body.append(...keyed.map(([, row]) => row));
      });
    });
    filter();
  });
});
