/* A reader points at a letter, a reference or a citation and sees in a small box what it is, without leaving the place.
   Letters: the lines of "symbols here". References: what the page shows there, or previews.js for the other pages. */
document.addEventListener("DOMContentLoaded", () => {
  const WAIT = 250, article = document.querySelector("article");
  if (!article) return;
  const tip = document.createElement("div");
  tip.className = "fs-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  article.append(tip);

  let timer = 0, owner = null;
  const hide = () => { clearTimeout(timer); tip.hidden = true; owner = null; };
  const show = (target, content) => {
    if (!content) return;
    owner = target;
    tip.replaceChildren(content);
    tip.hidden = false;
    window.MathJax?.typesetPromise?.([tip]).then(() => place(target));
    place(target);
  };
  const place = (target) => {
    const at = target.getBoundingClientRect(), { width, height } = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
    const below = at.bottom + 6 + height < window.innerHeight || at.top < height + 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? at.bottom + 6 : at.top - height - 6}px`;
  };

  // ---- letters: MathJax draws \bar v_t as nested parts; a symbol is its part's shape, with or without its index
  const PARTS = "mjx-mi, mjx-msub, mjx-msubsup, mjx-msup, mjx-mover, mjx-TeXAtom";
  const glyphs = (node) => [...node.querySelectorAll("mjx-c")].map((sign) => sign.className.match(/mjx-c[0-9A-F]+/)?.[0]).join(" ");
  const names = (part) => {
    const tag = part.tagName.toLowerCase(), [base, index] = part.children;
    if (tag === "mjx-msub") return [glyphs(part), `${glyphs(base)} _`];
    if (tag === "mjx-msubsup") return [`${glyphs(base)} ${glyphs(index.lastElementChild ?? index)}`, `${glyphs(base)} _`];
    return tag === "mjx-msup" ? [glyphs(base)] : [glyphs(part)];
  };
  const long = (part) => part.matches("mjx-msub") && part.children[1].querySelectorAll("mjx-c").length > 1; // this index and no other
  let known = null;
  const learn = () => {
    known = new Map();
    for (const term of article.querySelectorAll(".fs-symbols-list dt")) {
      const math = term.querySelector("mjx-math");
      if (!math) return (known = null);
      let open = 0, after = false; // brackets hold arguments, what follows "=" is the meaning
      for (const part of math.children) {
        const sign = glyphs(part);
        if (sign === "mjx-c28") open += 1;
        else if (sign === "mjx-c29") open -= 1;
        else if (sign === "mjx-c3D") after = true;
        else if (sign === "mjx-c2C" && !open) after = false;
        else if (!open && !after && part.matches(PARTS)) for (const name of names(part)) if (!known.has(name) && !(name.endsWith("_") && long(part))) known.set(name, term);
      }
    }
    return known;
  };
  const letter = (target) => {
    if (!target.closest("mjx-math") || target.closest(".fs-symbols-list") || !(known ?? learn())) return null;
    let found = null;
    for (let part = target.closest(PARTS); part && !part.matches("mjx-math"); part = part.parentElement) {
      if (!part.matches(PARTS)) continue;
      const name = names(part).find((each) => known.has(each));
      if (name) found = [part, known.get(name)]; // the largest part that has a name
    }
    return found;
  };
  const line = (term) => {
    const list = document.createElement("dl");
    list.append(term.cloneNode(true), term.nextElementSibling.cloneNode(true));
    return list;
  };

  // ---- references
  const part = (html) => {
    const box = document.createElement("div");
    box.innerHTML = html;
    box.querySelectorAll("a, [id]").forEach((node) => { node.removeAttribute("href"); node.removeAttribute("id"); node.removeAttribute("tabindex"); });
    box.querySelectorAll("form.fs-field").forEach((form) => { // a box to read: options stay as a list, nothing is answered here
      const options = form.querySelector(".fs-options");
      options?.querySelectorAll("label").forEach((label) => label.replaceWith(...label.childNodes));
      form.replaceWith(...(options ? [options] : []));
    });
    box.querySelectorAll("details:not([open]), button, input, .headerlink, .fs-checked, .fs-fold, script").forEach((node) => node.remove());
    return box.textContent.trim() ? box : null;
  };
  const here = (name) => {
    const found = document.getElementById(name), target = found?.matches("span:empty") ? found.parentElement : found; // a label stands before what it names
    const box = target?.closest("div.proof, div.exercise, div.math, .fs-evidence, div.citation") ?? target;
    if (box?.matches("section")) return part([...box.querySelectorAll(":scope > :is(h1, h2, h3, h4, p), :scope > .fs-second > p")].slice(0, 2).map((node) => node.outerHTML).join(""));
    return box && box.getClientRects().length < 2 ? part(box.outerHTML) : null;
  };
  let previews = null;
  const others = () => (previews ??= new Promise((done) => {
    const script = document.createElement("script");
    script.src = new URL("previews.js", new URL(document.querySelector("script[src*='hover.js']").src)).href;
    script.onload = () => done(window.fsPreviews ?? {});
    script.onerror = () => done({});
    document.head.append(script);
  }));
  const book = new URL("../", new URL(document.querySelector("script[src*='hover.js']").src)).href;
  const reference = async (link) => {
    const { href, hash } = link, page = href.split("#")[0];
    if (page === location.href.split("#")[0]) return hash ? here(decodeURIComponent(hash.slice(1))) : null;
    if (!page.startsWith(book)) return null;
    const html = (await others())[decodeURIComponent(href.slice(book.length))];
    return html ? part(html) : null;
  };

  /** Show what there is to say about a place; whether there is anything. */
  const ask = async (target) => {
    const link = target.closest("a.reference.internal");
    if (link) {
      const content = owner === link ? null : await reference(link);
      if (content && link.matches(":hover, :focus")) show(link, content);
      return owner === link;
    }
    const found = letter(target);
    if (found && owner !== found[0]) show(found[0], line(found[1]));
    return Boolean(found);
  };
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    clearTimeout(timer);
    if (pointerType === "touch" || tip.contains(target)) return;
    timer = setTimeout(async () => {
      const shown = article.contains(target) && await ask(target);
      if (!shown && !tip.matches(":hover")) hide();
    }, WAIT);
  });
  document.addEventListener("click", ({ target }) => { // a finger does not hover
    if (tip.contains(target)) return;
    if (target.closest("mjx-math") && article.contains(target) && !target.closest("a")) ask(target); else hide();
  });
  article.addEventListener("focusin", ({ target }) => { if (target.matches("a.reference.internal:focus-visible")) ask(target); });
  article.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  window.addEventListener("scroll", hide, { passive: true });
});
