/* Formulas that are wider than their column: set smaller, as far as they stay readable; beyond that they scroll
   on a screen. On paper nothing scrolls, so there they shrink until they fit. */
document.addEventListener("DOMContentLoaded", () => {
  const SCREEN = 0.7, PAPER = 0.4, A4 = 688; // smallest sizes; A4 between its margins in CSS pixels
  const article = document.querySelector("article");
  if (!article) return;

  const fit = (least, room) => {
    // What is folded away waits until it is shown: to measure it, the browser would lay it out.
    const shown = (formula) => !formula.closest("details:not([open]) > :not(summary)") && formula.getClientRects().length;
    const formulas = [...article.querySelectorAll("mjx-container")].filter(shown);
    for (const formula of formulas) {
      formula.dataset.fsSize ??= formula.style.fontSize || "100%";
      formula.style.fontSize = formula.dataset.fsSize;
    }
    const rooms = new Map(); // a column's room is measured once, not once a formula
    const roomOf = (node) => {
      if (!rooms.has(node)) {
        const style = getComputedStyle(node), inline = style.display.startsWith("inline") && node !== article;
        rooms.set(node, inline ? roomOf(node.parentElement) : node.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) + room); // words in a line are as wide as they are
      }
      return rooms.get(node);
    };
    const sizes = formulas.map((formula) => [
      formula.querySelector("mjx-math")?.getBoundingClientRect().width ?? 0,
      roomOf(formula.getAttribute("display") ? formula : formula.parentElement), // beside its number a display has its own width
    ]);
    formulas.forEach((formula, i) => {
      const [wide, wanted] = sizes[i], ratio = Math.max(least, (wanted - 2) / wide);
      if (wide > wanted && wanted > 0) formula.style.fontSize = `calc(${formula.dataset.fsSize} * ${ratio.toFixed(3)})`;
    });
  };
  const onScreen = () => fit(SCREEN, 0);

  let waiting = 0;
  const later = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(onScreen);
  };
  window.MathJax?.startup?.promise?.then(later);
  window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(later));
  window.addEventListener("resize", later);
  article.addEventListener("toggle", later, true);
  // The window may have any width when it is printed; the paper has its own.
  window.addEventListener("beforeprint", () => {
    cancelAnimationFrame(waiting);
    fit(PAPER, A4 - article.clientWidth);
  });
  window.addEventListener("afterprint", later);
});
