/* Filters for long lists: a field for words, and a choice for each thing that the entries say of themselves. Without this
   script the lists are complete, only not filtered. */
document.addEventListener("DOMContentLoaded", () => {
  const CHOICES = {
    errata: [["source", "Source"], ["grade", "Grade"], ["weight", "Conclusion"]],
    results: [["kind", "Kind"]],
  };
  const WORDS = { changes: "changes one", other: "changes none" };
  const make = (tag, props = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), props);
    element.append(...children);
    return element;
  };
  document.querySelectorAll(".fs-filtered").forEach((list) => {
    const what = list.dataset.what, entries = [...list.querySelectorAll("[data-filter]")];
    const words = make("input", { type: "search", autocomplete: "off" });
    const choices = (CHOICES[what] ?? []).map(([name, label]) => {
      const values = [...new Set(entries.map((entry) => entry.dataset[name]))];
      const options = [["", "all"], ...values.map((value) => [value, WORDS[value] ?? value])];
      return [name, label, make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)))];
    });
    const count = make("p", { className: "fs-count" });
    count.setAttribute("role", "status");
    const texts = entries.map((entry) => entry.textContent.toLowerCase());
    const filter = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      entries.forEach((entry, i) => {
        entry.hidden = !wanted.every((word) => texts[i].includes(word)) || choices.some(([name, , field]) => field.value && entry.dataset[name] !== field.value);
        shown += !entry.hidden;
      });
      list.querySelectorAll("section").forEach((section) => { section.hidden = !section.querySelector("[data-filter]:not([hidden])"); });
      count.textContent = `${shown} of ${entries.length} ${what}`;
    };
    const bar = make("div", { className: "fs-filters" });
    for (const [label, field] of [["Search", words], ...choices.map(([, label, field]) => [label, field])]) {
      field.addEventListener("input", filter);
      bar.append(make("label", {}, make("span", {}, label), field));
    }
    list.before(bar, count);
    // A link to an entry that the filter hides shows it again.
    window.addEventListener("hashchange", () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target && list.contains(target) && target.closest("[hidden]")) {
        words.value = "";
        choices.forEach(([, , field]) => { field.value = ""; });
        filter();
        target.scrollIntoView();
      }
    });
    filter();
  });
});
