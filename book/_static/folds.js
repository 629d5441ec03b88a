/* Code and checks fold (see the build's `folds`). One switch, in the header and on the keyboard, opens or closes all of them
   on every page and is remembered; a link into a fold opens it. */
(() => {
  const KEY = "few-steps-code", root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem(KEY) === "shown"; } catch { return false; } };
  const remember = (shown) => { try { localStorage.setItem(KEY, shown ? "shown" : "folded"); } catch { /* a closed browser forgets */ } };
  const folds = () => [...document.querySelectorAll("details.fs-fold")];
  const apply = (shown) => {
    root.dataset.fsCode = shown ? "shown" : "folded";
    folds().forEach((fold) => { fold.open = shown; });
    document.querySelectorAll(".fs-switch").forEach((button) => button.setAttribute("aria-pressed", String(shown)));
  };
  const flip = () => {
    const shown = root.dataset.fsCode !== "shown", place = document.elementFromPoint(window.innerWidth / 2, 160);
    const before = place?.getBoundingClientRect().top;
    remember(shown);
    apply(shown);
    if (place?.getClientRects().length) window.scrollBy({ top: place.getBoundingClientRect().top - before, behavior: "instant" });
  };

  /** Open what hides the place that the address names, and go there. */
  const reveal = () => {
    const name = decodeURIComponent(location.hash.slice(1)), target = name && document.getElementById(name);
    if (!target) return;
    let opened = false;
    for (let up = target; up; up = up.parentElement) if (up.tagName === "DETAILS" && !up.open) { up.open = true; opened = true; }
    if (opened || target.tagName === "DETAILS") target.scrollIntoView({ behavior: "instant" });
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (folds().length) {
      const place = document.querySelector(".article-header-buttons");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fs-switch btn btn-sm";
      button.innerHTML = "code<span> &amp; checks</span>";
      button.title = "Show or fold all code and checks, on every page (Alt+C)";
      button.setAttribute("aria-keyshortcuts", "Alt+C");
      button.addEventListener("click", flip);
      place?.prepend(button);
      document.addEventListener("keydown", (event) => {
        if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyC") { event.preventDefault(); flip(); }
      });
    }
    apply(remembered());
    reveal();
  });
  window.addEventListener("hashchange", reveal);
  // The same address twice changes no hash, but the reader has asked again.
  document.addEventListener("click", (event) => { if (event.target.closest?.("a[href^='#']")) setTimeout(reveal); });
})();
