/* The search page: asks search-rank.js, and shows pages with their best places and what stands there. */
document.addEventListener("DOMContentLoaded", () => {
  const PAGES = 10, PLACES = 3, WAIT = 200;
  const form = document.querySelector(".fs-search form"), field = form.querySelector("input");
  const results = document.getElementById("search-results"), count = document.querySelector(".fs-search-count"), title = document.title;
  const make = (tag, content = [], attributes = {}) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...[content].flat());
    return node;
  };
  const many = (number, one, more) => `${number} ${number === 1 ? one : more}`;

  const quote = (place, marks) => make("p", fsSearch.excerpt(place.text, marks).map(({ text, marked }) => marked ? make("mark", text) : text));
  const link = (place, words) => make("a", words, { href: `${place.page}.html${place.anchor && `#${place.anchor}`}` });
  const ids = (place) => place.ids.split(" ").filter(Boolean).map((id) => make("span", id, { class: "fs-id" }));
  const one = (place, marks) => {
    const said = fsSearch.said(place, field.value);
    return make("li", [link(place, place.title), ...ids(place), ...said ? [make("p", said, { class: "fs-said" })] : [], ...place.text ? [quote(place, marks)] : []]);
  };

  /** A page: its title, its own opening where that is among the best, its best places. */
  function card({ page, title: name, places }, marks) {
    const best = places.slice(0, PLACES), own = best.find(({ kind }) => kind === "page"), others = best.filter((place) => place !== own);
    return make("li", [
      make("h2", link({ page, anchor: "" }, name)),
      ...own ? [quote(own, marks)] : [],
      ...others.length ? [make("ul", others.map((place) => one(place, marks)), { class: "fs-places" })] : [],
    ]);
  }

  let book = null;
  const opened = () => (book ??= fsSearch.open(fsSearchIndex));
  const show = (question) => {
    results.dataset.for = question;
    document.title = question ? `${question} – ${title}` : title;
    if (!question) { count.textContent = ""; results.replaceChildren(); return; }
    const { hits, marks } = fsSearch.find(opened(), question), groups = fsSearch.group(book, hits);
    count.textContent = groups.length ? `${many(hits.length, "place", "places")} on ${many(groups.length, "page", "pages")} for “${question}”` : `Nothing in the book for “${question}”. Try fewer words, or another name.`;
    const list = make("ol", groups.slice(0, PAGES).map((group) => card(group, marks)), { class: "fs-hits" });
    results.replaceChildren(...groups.length ? [list] : []);
    if (groups.length <= PAGES) return;
    const more = make("button", `Show ${many(groups.length - PAGES, "more page", "more pages")}`, { type: "button", class: "fs-more" });
    more.addEventListener("click", () => {
      const rest = groups.slice(PAGES).map((group) => card(group, marks));
      list.append(...rest);
      more.remove();
      rest[0].querySelector("a").focus();
    });
    results.append(more);
  };

  /** Show what the field asks for, and keep it in the address, where the browser allows that. */
  const ask = () => {
    const question = field.value.trim();
    if (question === (results.dataset.for ?? "")) return;
    show(question);
    try { history.replaceState(null, "", `${location.pathname}${question ? `?q=${encodeURIComponent(question)}` : ""}`); } catch { /* a page from the disk keeps its address */ }
  };
  let timer = 0;
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); ask(); });

  // The arrow keys go from the field to the results, from one to the next, and back.
  document.querySelector(".fs-search").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], stops = [field, ...results.querySelectorAll("a, button")], at = stops.indexOf(document.activeElement);
    if (!step || at < 0 || event.altKey || event.ctrlKey || event.metaKey || !stops[at + step]) return;
    event.preventDefault();
    stops[at + step].focus();
  });

  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.focus();
  field.select();
  if (field.value.trim()) count.textContent = "Reading the index …";
  requestAnimationFrame(() => setTimeout(() => { opened(); ask(); })); // the page is drawn first
});
