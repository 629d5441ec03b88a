/* Small repairs of the theme and of stock widgets, found with axe; nothing here changes how a page looks. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".search-button-field").forEach((button) => button.removeAttribute("aria-label"));
  const side = document.querySelector(".bd-sidebar-primary");
  if (side) {
    side.setAttribute("role", "navigation");
    side.setAttribute("aria-label", "Book");
  }
  document.querySelectorAll(".citation-list > .citation").forEach((entry) => entry.setAttribute("role", "listitem"));

  // Whatever scrolls sideways by itself can be reached and scrolled from the keyboard.
  const scrollers = "mjx-container[display='true'], div.math, pre, .cell_output, .output, .pst-scrollable-table-container, .fs-scroll, .fs-math";
  const reach = () => {
    // What is folded away is not measured: the browser would lay it out for that. And all is measured before anything is
    // written: a change between two measures would lay the page out again.
    const shown = [...document.querySelectorAll(scrollers)].filter((box) => !box.closest("details:not([open]) > :not(summary)"));
    const boxes = shown.map((box) => [box, box.scrollWidth > box.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(box).overflowX)]);
    boxes.forEach(([box, scrolls]) => {
      if (scrolls && box.tabIndex < 0) {
        box.tabIndex = 0;
        box.dataset.fsReach = "";
      } else if (!scrolls && "fsReach" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.fsReach;
      }
    });
  };

  // Stock sliders: a name from their label, a value as it is shown.
  const name = () => {
    document.querySelectorAll(".theme-switch-button svg title").forEach((title) => {
      title.parentElement.removeAttribute("aria-labelledby");
      title.parentElement.setAttribute("aria-hidden", "true");
      title.remove();
    });
    // Folded cells and boxes: their visible words are the better name.
    document.querySelectorAll("summary[aria-label]").forEach((summary) => summary.removeAttribute("aria-label"));
    document.querySelectorAll(".noUi-handle").forEach((handle) => {
      const box = handle.closest(".widget-inline-hbox");
      const label = box?.querySelector(".widget-label");
      const shown = box?.querySelector(".widget-readout")?.textContent.trim();
      const words = (label?.querySelector("mjx-assistive-mml")?.textContent || label?.textContent || "").trim();
      if (words && handle.getAttribute("aria-label") !== words) handle.setAttribute("aria-label", words);
      if (shown && handle.getAttribute("aria-valuetext") !== shown) handle.setAttribute("aria-valuetext", shown);
    });
  };

  // Paper has no folds and is white: printing opens proofs and solutions, and afterwards all is as it was. Code and checks
  // are printed when the switch shows them.
  let undo = [];
  window.addEventListener("beforeprint", () => {
    const root = document.documentElement, theme = root.dataset.theme;
    const folds = [...document.querySelectorAll("details:not([open]):not(.fs-fold)")], hidden = [...document.querySelectorAll(".toggle-hidden")];
    folds.forEach((fold) => { fold.open = true; });
    hidden.forEach((part) => part.classList.remove("toggle-hidden"));
    root.dataset.theme = "light";
    undo = [
      ...folds.map((fold) => () => { fold.open = false; }),
      ...hidden.map((part) => () => part.classList.add("toggle-hidden")),
      () => { root.dataset.theme = theme; },
    ];
  });
  window.addEventListener("afterprint", () => {
    undo.forEach((step) => step());
    undo = [];
  });

  let waiting = 0;
  const later = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => { name(); reach(); });
  };
  later();
  window.addEventListener("load", later);
  window.addEventListener("resize", later);
  document.addEventListener("toggle", later, true);
  new MutationObserver((changes) => {
    if (changes.every(({ target }) => target.parentElement?.closest(".fs-explorer"))) return; // an explorer shows its next frame
    later();
  }).observe(document.body, { childList: true, subtree: true, characterData: true, attributeFilter: ["tabindex"] });
});
