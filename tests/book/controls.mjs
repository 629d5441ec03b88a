// The explorers of one open page: sliders, choices, settings to try, by keyboard and mouse, and what a key costs.

/** Close what is folded, but for what holds an explorer: a page laid out in full would only slow its keys down. */
const inView = (page) => page.evaluate(() => {
  document.querySelectorAll("article details").forEach((fold) => { fold.open = Boolean(fold.querySelector(".fs-explorer")); });
  document.querySelectorAll(".toggle-hidden:has(.fs-explorer)").forEach((node) => node.classList.remove("toggle-hidden"));
});

/** Tools inside the page: what a picture looks like now, and how long a key takes to the next painted frame. */
const TOOLS = () => {
  const numbers = new Map(); // a picture is a long text: it stays in the page, its number comes out
  window.fsPicture = (explorer) => {
    const text = [...explorer.querySelectorAll(".fx-host svg")]
      .map((svg) => [...svg.querySelectorAll("path, image, text")].map((node) => node.getAttribute("d") ?? node.getAttribute("href") ?? node.textContent).join(";")).join("|");
    return numbers.get(text) ?? (numbers.set(text, numbers.size), numbers.get(text));
  };
  window.fsTimes = [];
  addEventListener("keydown", (event) => {
    const start = event.timeStamp;
    requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => window.fsTimes.push(performance.now() - start); channel.port2.postMessage(0); });
  }, { capture: true });
};

const KEYS = ["Home", "ArrowRight", "ArrowRight", "End", "ArrowLeft", "ArrowLeft", "Home", "End"];

/** Milliseconds of the page's own processor time that a key on this slider costs: what else the machine does plays no part. */
async function work(page, input) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  await input.focus();
  const costs = [];
  for (const key of [...KEYS, ...KEYS]) {
    const before = await spent();
    await page.keyboard.press(key);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));
    costs.push(1000 * (await spent() - before));
  }
  await session.detach();
  return costs.slice(KEYS.length); // the first round compiles
}

const BARE = '<label>bare <input type="range" min="0" max="9" value="0"></label><svg width="400" height="200"><path stroke="black" fill="none"/></svg>';

/** The same on a page that holds one slider and one curve of 60 points: the measure of this machine. */
export async function bareWork(context) {
  const page = await context.newPage();
  await page.setContent(BARE);
  await page.evaluate(() => {
    const input = document.querySelector("input"), path = document.querySelector("path");
    input.addEventListener("input", () => path.setAttribute("d", `M${Array.from({ length: 60 }, (_, i) => `${7 * i} ${100 + 90 * Math.sin((i * (1 + Number(input.value))) / 9)}`).join("L")}`));
  });
  const costs = await work(page, page.locator("input"));
  await page.close();
  return costs;
}

const picture = (input) => input.evaluate((node) => [window.fsPicture(node.closest(".fs-explorer")), node.getAttribute("aria-valuetext")]);

async function press(page, input, key) {
  await input.focus();
  await page.keyboard.press(key);
  return input.evaluate(async (node) => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return [window.fsPicture(node.closest(".fs-explorer")), node.getAttribute("aria-valuetext")];
  });
}

/** One slider by keyboard: Home, one step, End; the value is spoken, the picture follows. */
async function keyboard(page, input, name) {
  const [home, first] = await press(page, input, "Home"), [step, second] = await press(page, input, "ArrowRight"), [end, last] = await press(page, input, "End");
  if (!first || !second || !last) return `${name}: no aria-valuetext`;
  if (first === second || first === last) return `${name}: the keys do not change the value (${first}, ${second}, ${last})`;
  return home === step && home === end ? "still" : null;
}

/** One slider by mouse: a click on the track, then a drag of the thumb. */
async function mouse(page, input, name) {
  await press(page, input, "Home");
  await input.scrollIntoViewIfNeeded();
  const [, first] = await picture(input), box = await input.boundingBox(), y = box.y + box.height / 2;
  await page.mouse.click(box.x + box.width - 12, y);
  const [, clicked] = await picture(input);
  await page.mouse.move(box.x + box.width - 9, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, y, { steps: 4 });
  await page.mouse.move(box.x + 4, y, { steps: 4 });
  await page.mouse.up();
  const [, dragged] = await picture(input);
  if (clicked === first) return `${name}: a click on the track does not change the value`;
  return dragged === clicked ? `${name}: dragging does not change the value` : null;
}

/** A choice among names: every button changes the picture or is the one that shows, arrow keys move the choice. */
async function choice(page, group, name) {
  const radios = await group.$$("input[type=radio]"), seen = new Set(), failures = [];
  const state = (radio) => radio.evaluate(async (node) => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return [node.checked, window.fsPicture(node.closest(".fs-explorer"))];
  });
  for (const radio of radios) {
    await radio.click();
    const [checked, shape] = await state(radio);
    if (!checked) failures.push(`${name}: a click does not choose`);
    seen.add(shape);
  }
  await radios[0].focus();
  await page.keyboard.press("ArrowRight");
  if (radios.length > 1 && !(await state(radios[1]))[0]) failures.push(`${name}: the arrow keys do not choose`);
  if (radios.length > 1 && seen.size < 2) failures.push(`${name}: the picture does not change`);
  return failures;
}

/** Settings to try: each button sets what it names and leaves the rest; in two rounds each must change something once. */
async function settings(explorer, name) {
  const buttons = await explorer.locator(".fx-settings button").elementHandles(), idle = new Set(buttons.keys());
  const state = () => explorer.evaluate(async (node) => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return [...node.querySelectorAll("input")].map((input) => (input.type === "radio" ? input.checked : input.value)).join();
  });
  let before = await state();
  for (const [number, button] of [...buttons.entries(), ...buttons.entries()]) {
    await button.click();
    const now = await state();
    if (now !== before) idle.delete(number);
    before = now;
  }
  return Promise.all([...idle].map(async (number) => `${name}: "${await buttons[number].textContent()}" changes nothing`));
}

/** Every control of every explorer on the page; returns failures, latencies and the work of keys in milliseconds. */
export async function explorers(page, { quick = false } = {}) {
  await inView(page);
  await page.evaluate(TOOLS);
  const found = await page.locator(".fs-explorer").all(), failures = [], costs = [];
  const cells = await page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count();
  if (cells > found.length && !(await page.locator(".jupyter-widgets:not(:has(.fs-explorer))").count())) failures.push(`${cells} widgets in the page, ${found.length} explorers drawn`);
  for (const [number, explorer] of found.entries()) {
    if (!(await explorer.locator(".fx-host svg path").count())) { failures.push(`explorer ${number + 1}: nothing is drawn`); continue; }
    const inputs = await explorer.locator('input[type="range"]').elementHandles(), groups = await explorer.locator("fieldset").elementHandles();
    if (!quick && inputs.length) costs.push(...await work(page, inputs[0]));
    failures.push(...await settings(explorer, `explorer ${number + 1}`));
    for (const group of groups) failures.push(...await choice(page, group, `explorer ${number + 1}, ${await group.evaluate((node) => node.querySelector("legend").textContent)}`));
    for (const [i, input] of inputs.entries()) {
      const name = `explorer ${number + 1}, ${await input.evaluate((node) => node.labels[0]?.textContent ?? "slider without a label")}`;
      if ((await input.evaluate((node) => +node.max)) === 0) continue; // a single value: nothing to move
      let state = await keyboard(page, input, name);
      // A slider may have no effect at the end of another one, or under one of the names; try elsewhere before complaining.
      const elsewhere = [
        ...inputs.filter((_, j) => j !== i).flatMap((other) => ["Home", "End", "PageUp"].map((key) => () => press(page, other, key))),
        ...(await Promise.all(groups.map((group) => group.$$("input")))).flat().map((radio) => () => radio.click()),
      ];
      for (const go of elsewhere) {
        if (state !== "still") break;
        await go();
        state = await keyboard(page, input, name);
      }
      if (state) failures.push(state === "still" ? `${name}: the picture does not change` : state);
      const trouble = quick ? null : await mouse(page, input, name);
      if (trouble) failures.push(trouble);
    }
  }
  return { count: found.length, failures, costs, times: await page.evaluate(() => window.fsTimes) };
}
