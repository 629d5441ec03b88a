// Draws an explorer: sliders, panels, legends, a read-out. Everything it shows was computed in Python; here arrays are
// looked up and drawn, so it works on a page without a kernel. Coordinates arrive as fractions of their panel (0 to 1
// inside, beyond outside), which is why no data scale appears below except to place and write ticks.

const NS = "http://www.w3.org/2000/svg";
const MISSING = 65535, TOP = 65534; // the 16-bit code of NaN, and the largest code of a number (see encode.py)

function svg(tag, attributes = {}, parent = null, text = null) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  if (text !== null) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

function html(tag, className, parent = null, text = null) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== null) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

const setAll = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
const r = (v) => Math.round(v * 10) / 10; // a tenth of a pixel is fine enough and keeps paths short

// ---- arrays --------------------------------------------------------------------------------------------------------

// Which row of a layer belongs to a setting: layers are stored for their own sliders only, the last one fastest.
const rowOf = (deps, index, sizes) => deps.reduce((k, i) => k * sizes[i] + index[i], 0);
const fraction = (code) => (code / TOP) * 3 - 1, count = (code) => code;

function reader(words, packed) {
  const one = packed.lengths.length === 1, starts = [0];
  for (const n of packed.lengths) starts.push(starts.at(-1) + n);
  return (name, k, decode = fraction) => {
    const { at, shared } = packed[name], n = packed.lengths[one ? 0 : k];
    const start = at + (shared ? 0 : one ? k * n : starts[k]), values = new Float64Array(n);
    for (let i = 0; i < n; i++) values[i] = words[start + i] === MISSING ? NaN : decode(words[start + i]);
    return values;
  };
}

// ---- shapes: path data from pixel coordinates ----------------------------------------------------------------------

function polyline(xs, ys) {
  let d = "", pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (Number.isNaN(xs[i] + ys[i])) pen = "M";
    else { d += `${pen}${r(xs[i])} ${r(ys[i])}`; pen = "L"; }
  }
  return d;
}

function area(xs, lo, hi) {
  let d = "";
  for (let i = 0; i < xs.length; i++) {
    const from = i;
    while (i < xs.length && !Number.isNaN(xs[i] + lo[i] + hi[i])) i++;
    if (i === from) continue;
    const x = xs.slice(from, i), back = polyline(x.slice().reverse(), hi.slice(from, i).reverse());
    d += `${polyline(x, lo.slice(from, i))}${back.replace("M", "L")}Z`;
  }
  return d;
}

const SHAPES = {
  circle: (s) => `m${-s} 0a${s} ${s} 0 1 0 ${2 * s} 0a${s} ${s} 0 1 0 ${-2 * s} 0Z`,
  square: (s) => `m${-0.9 * s} ${-0.9 * s}h${1.8 * s}v${1.8 * s}h${-1.8 * s}Z`,
  triangle: (s) => `m0 ${-1.2 * s}l${1.1 * s} ${2 * s}h${-2.2 * s}Z`,
  diamond: (s) => `m0 ${-1.3 * s}l${1.1 * s} ${1.3 * s}l${-1.1 * s} ${1.3 * s}l${-1.1 * s} ${-1.3 * s}Z`,
  cross: (s) => `m${-s} ${-s}l${2 * s} ${2 * s}m0 ${-2 * s}l${-2 * s} ${2 * s}`,
};
SHAPES.ring = SHAPES.circle;

function markers(xs, ys, shape, size) {
  let d = "";
  for (let i = 0; i < xs.length; i++) if (!Number.isNaN(xs[i] + ys[i])) d += `M${r(xs[i])} ${r(ys[i])}${SHAPES[shape](size)}`;
  return d;
}

function arrows(x0, y0, x1, y1, heads) {
  let d = "";
  for (let i = 0; i < x0.length; i++) {
    if (Number.isNaN(x0[i] + y0[i] + x1[i] + y1[i])) continue;
    d += `M${r(x0[i])} ${r(y0[i])}L${r(x1[i])} ${r(y1[i])}`;
    const length = Math.hypot(x1[i] - x0[i], y1[i] - y0[i]), s = Math.min(7, length * 0.4), turn = Math.atan2(y1[i] - y0[i], x1[i] - x0[i]);
    const barb = (by) => `${r(x1[i] - s * Math.cos(turn + by))} ${r(y1[i] - s * Math.sin(turn + by))}`;
    if (heads && length > 1) d += `M${barb(0.45)}L${r(x1[i])} ${r(y1[i])}L${barb(-0.45)}`;
  }
  return d;
}

// ---- layers: each returns a function (row, frame) that draws that row ----------------------------------------------

function seriesLayer(layer, read, group, over) {
  const { kind, opacity = 1 } = layer, hollow = /ring|cross/.test(layer.marker) ? " fx-hollow" : "";
  // Over a map each path is drawn twice, first wide in the page's colour, so that it reads on every cell.
  const make = (type, attributes) => [over && svg("path", { class: `${type} fx-halo` }, group), svg("path", { class: type, ...attributes }, group)].filter(Boolean);
  const body = kind === "points" ? "fx-mark" + hollow : kind === "band" ? "fx-band" : "fx-line";
  const paths = make(body, { "stroke-dasharray": body === "fx-line" && layer.dash.length ? layer.dash.join(" ") : null, style: layer.width ? `stroke-width:${layer.width}` : null });
  const marks = kind === "cursor" ? make("fx-mark") : layer.markers ? make("fx-mark" + hollow) : [];
  group.style.opacity = opacity;
  const shape = {
    line: (at, { X, Y }) => polyline(at("x", X), at("y", Y)),
    points: (at, { X, Y }) => markers(at("x", X), at("y", Y), layer.marker, layer.size),
    band: (at, { X, Y }) => area(at("x", X), at("lo", Y), at("hi", Y)),
    segments: (at, { X, Y }) => arrows(at("x0", X), at("y0", Y), at("x1", X), at("y1", Y), layer.arrows),
    cursor: (at, { X, Y, left, top, w, h }) => [...at("x", X)].map((x) => (x >= 0 ? `M${r(x)} ${top}v${h}` : "")).join("")
      + [...at("y", Y)].map((y) => (y >= 0 ? `M${left} ${r(y)}h${w}` : "")).join(""),
  }[kind];
  return (k, frame) => {
    const at = (name, along) => read(name, k).map((f) => along(f)), d = shape(at, frame);
    paths.forEach((path) => path.setAttribute("d", d));
    if (!marks.length) return;
    const dots = kind === "cursor" ? markers(at("x", frame.X), at("y", frame.Y), "circle", 5) : markers(at("x", frame.X), at("y", frame.Y), layer.marker, 3.6);
    marks.forEach((path) => path.setAttribute("d", dots));
  };
}

function arcsLayer(layer, read, group) {
  return (k, { X, ground, rise }) => {
    group.replaceChildren();
    const order = read("order", k, count), all = [...new Set(order)].sort((p, q) => p - q), from = read("a", k), to = read("b", k);
    for (const i of [...order.keys()].sort((i, j) => order[i] - order[j])) {
      const rank = all.indexOf(order[i]), [x0, x1] = [X(from[i]), X(to[i])].sort((p, q) => p - q), rx = (x1 - x0) / 2, ry = rx * rise;
      const shade = all.length > 1 ? Math.round((100 * rank) / (all.length - 1)) : 100;
      svg("path", { class: "fx-line", style: `--c:color-mix(in oklab, var(--fx-last) ${shade}%, var(--fx-first))`, d: `M${r(x0)} ${r(ground)}A${r(rx)} ${r(ry)} 0 0 1 ${r(x1)} ${r(ground)}` }, group);
      if (layer.numbers && order.length <= 24) svg("text", { class: "fx-number", x: r(x0 + rx), y: r(ground - ry + 4) }, group, String(rank + 1));
    }
  };
}

function areasLayer(layer, read, group, over, id) { // categories: tinted, hatched areas with a seam between them
  const [rows, columns] = layer.shape, [x0, x1, y0, y1] = layer.extent, seam = svg("path", { class: "fx-seam" });
  const areas = layer.categories.map((_, i) => hatched(group, id, i));
  group.append(seam);
  return (k, { X, Y }) => {
    const v = read("v", k, count), cell = (i, j) => v[i * columns + j], runs = areas.map(() => "");
    const x = (j) => r(X(x0 + ((x1 - x0) * j) / columns)), y = (i) => r(Y(y0 + ((y1 - y0) * i) / rows));
    let seams = "";
    for (let i = 0; i < rows; i++) for (let j = 0, from = 0; j < columns; j++) {
      if (i && cell(i, j) !== cell(i - 1, j)) seams += `M${x(j)} ${y(i)}H${x(j + 1)}`;
      if (j + 1 < columns && cell(i, j) === cell(i, j + 1)) continue; // the run goes on
      if (j + 1 < columns) seams += `M${x(j + 1)} ${y(i)}V${y(i + 1)}`;
      if (!Number.isNaN(cell(i, j))) runs[cell(i, j)] += `M${x(from)} ${y(i)}H${x(j + 1)}V${y(i + 1)}H${x(from)}Z`;
      from = j + 1;
    }
    areas.forEach((paths, i) => paths.forEach((path) => path.setAttribute("d", runs[i])));
    seam.setAttribute("d", seams);
  };
}

function cellsLayer(layer, read, group) { // values: one pixel a cell, stretched by the browser
  const [rows, columns] = layer.shape, [x0, x1, y0, y1] = layer.extent, canvas = html("canvas"), pen = canvas.getContext("2d");
  const image = svg("image", { class: "fx-cells", preserveAspectRatio: "none" }, group);
  const stops = layer.stops.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  [canvas.width, canvas.height] = [columns, rows];
  return (k, { X, Y }) => {
    const v = read("v", k), pixels = pen.createImageData(columns, rows);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) {
      const f = v[(rows - 1 - i) * columns + j], p = 4 * (i * columns + j), s = Math.min(Math.max(f, 0), 1) * (stops.length - 1);
      if (Number.isNaN(f)) continue; // stays transparent
      const a = stops[Math.floor(s)], b = stops[Math.ceil(s)];
      for (let c = 0; c < 3; c++) pixels.data[p + c] = a[c] + (b[c] - a[c]) * (s % 1);
      pixels.data[p + 3] = 255;
    }
    pen.putImageData(pixels, 0, 0);
    setAll(image, { x: r(X(x0)), y: r(Y(y1)), width: r(X(x1) - X(x0)), height: r(Y(y0) - Y(y1)), href: canvas.toDataURL() });
  };
}

function noteLayer(layer, read, group) {
  return (k, { X, Y }) => {
    const xs = read("x", k), ys = read("y", k);
    group.replaceChildren(...layer.words[k].map((words, i) => svg("text", { class: "fx-note", x: r(X(xs[i])), y: r(Y(ys[i]) + 4) }, null, words)));
  };
}

function makeLayer(layer, read, parent, over, id) {
  const group = svg("g", { class: `fx-${layer.kind}`, style: `--c:var(--fx-${layer.color})` }, parent);
  const make = layer.categories ? areasLayer : { arcs: arcsLayer, heat: cellsLayer, note: noteLayer }[layer.kind] || seriesLayer;
  return { deps: layer.data?.deps, last: -1, draw: make(layer, read, group, over, id) };
}

// ---- legends -------------------------------------------------------------------------------------------------------

// Hatches by category: none, strokes, dots, strokes the other way, bars, a net.
const HATCHES = ["", "M0 8L8 0M-2 2L2 -2M6 10L10 6", "M2 2h.01M6 6h.01", "M0 0L8 8M-2 6L2 10M6 -2L10 2", "M0 4H8", "M0 0L8 8M0 8L8 0"];

function makeHatches(id, defs) {
  HATCHES.forEach((d, i) => svg("path", { d, class: `fx-area${i}` }, svg("pattern", { id: `${id}h${i}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" }, defs)));
}

const hatched = (parent, id, i, d = "") => [svg("path", { class: `fx-area fx-area${i}`, d }, parent), svg("path", { fill: `url(#${id}h${i})`, d }, parent)];

// A legend entry is drawn by the layer itself, on a stage of 30 by 14 pixels with these arrays.
const STAGE = { left: 1, top: 1, w: 28, h: 12, X: (f) => 1 + 28 * f, Y: (f) => 13 - 12 * f, ground: 13, rise: 0.85 };
const SAMPLE = { x: [0, 1], y: [0.5, 0.5], lo: [0, 0], hi: [1, 1], x0: [0], x1: [1], y0: [0.5], y1: [0.5], a: [0, 0, 0], b: [0.35, 0.65, 0.95], order: [0, 1, 2] };
const PLACE = { points: { x: [0.5], y: [0.5] }, cursor: { x: [NaN], y: [0.5] } };

function legend(panel, parent, id) {
  const list = html("ul", "fx-legend", parent), named = panel.layers.filter(({ label, kind }) => label && kind !== "heat");
  const entry = (label, width = 30) => {
    const item = html("li", "", list), box = svg("svg", { class: "fx-swatch", width, height: 14, "aria-hidden": "true" }, item);
    html("span", "", item, label);
    return box;
  };
  for (const layer of panel.layers.filter(({ kind }) => kind === "heat")) {
    (layer.categories || []).forEach((label, i) => {
      const box = entry(label, 24);
      hatched(box, id, i, "M1 1H23V13H1Z");
      svg("path", { class: "fx-seam", d: "M1 1H23V13H1Z" }, box);
    });
    if (layer.categories) continue;
    const item = html("li", "fx-bar", list, `${layer.label} `), [lo, hi] = layer.value.ends;
    html("span", "", item, lo);
    html("span", "fx-ramp", item).style.background = `linear-gradient(to right, ${layer.stops.join(", ")})`;
    html("span", "", item, layer.value.scale === "linear" ? hi : `${hi} (${layer.value.scale} scale)`);
  }
  for (const label of new Set(named.map((layer) => layer.label))) { // layers of one name share an entry
    const box = entry(label);
    for (const layer of named.filter((other) => other.label === label)) {
      const parts = layer.markers ? [{ ...layer, markers: false }, { ...layer, kind: "points", width: null, size: 4 }] : [{ ...layer, numbers: false }];
      for (const part of parts) makeLayer(part, (name) => (PLACE[part.kind] || {})[name] || SAMPLE[name], box, false, id).draw(0, STAGE);
    }
  }
}

// ---- a panel -------------------------------------------------------------------------------------------------------

function makePanel(panel, words, parent, id) {
  const box = html("div", "fx-panel", parent), { x, y } = panel, frame = {};
  html("div", "fx-title", box, panel.title);
  legend(panel, box, id);
  const host = html("div", "fx-host", box), root = svg("svg", { role: "img", "aria-labelledby": `${id}t` }, host);
  const title = svg("title", { id: `${id}t` }, root), defs = svg("defs", {}, root), clip = svg("rect", {}, svg("clipPath", { id: `${id}c` }, defs));
  const back = svg("g", {}, root), plot = svg("g", { "clip-path": `url(#${id}c)` }, root), front = svg("g", {}, root);
  const over = panel.layers.some(({ kind }) => kind === "heat");
  if (over) makeHatches(id, defs);
  const layers = panel.layers.map((layer) => makeLayer(layer, reader(words, layer.data), /note|arcs/.test(layer.kind) ? front : plot, over && layer.kind !== "heat", id));
  const ruler = html("canvas").getContext("2d"), width = (text) => ruler.measureText(text).width, widest = (ticks) => Math.max(0, ...ticks.map(([, text]) => width(text)));

  // Axes for a width in pixels: the type stays the same size on every screen, the axes take what is left.
  function layout(full) {
    ruler.font = `12px ${getComputedStyle(host).fontFamily}`;
    const top = 8, bottom = (x.ticks[0].length ? 21 : 4) + (x.label ? 20 : 4);
    const most = ({ ticks }, room, size) => ticks.find((level) => level.filter(({ 1: text }) => text).length * size(level) <= room) || ticks.at(-1);
    let left = 40, right = 10, w, h, xt, yt;
    const fit = () => {
      w = full - left - right;
      h = panel.equal ? (w * (y.hi - y.lo)) / (x.hi - x.lo) : Math.min(Math.max(w * panel.aspect, 190), 420);
    };
    for (let pass = 0; pass < 2; pass++) { // the margins depend on the ticks, and the ticks on the room
      fit();
      xt = most(x, w, (level) => Math.max(42, widest(level) + 20));
      yt = most(y, h, () => 26);
      left = Math.max(10, Math.ceil(widest(yt)) + (yt.length ? 9 : 0) + (y.label ? 22 : 4));
      right = 4 + Math.ceil(Math.max(4, ...xt.map(([f, text]) => width(text) / 2 - (1 - f) * w)));
    }
    fit();
    const X = (f) => left + w * f, Y = (f) => top + h * (1 - f), foot = top + h, height = Math.ceil(foot + bottom);
    // For arcs: where y = 0 lies, and how many pixels up make one of width.
    Object.assign(frame, { left, top, w, h, X, Y, ground: Y(-y.lo / (y.hi - y.lo)), rise: (h / (y.hi - y.lo)) * ((x.hi - x.lo) / w) });
    setAll(root, { width: full, height, viewBox: `0 0 ${full} ${height}` });
    setAll(clip, { x: left, y: top, width: w, height: h });
    back.replaceChildren();
    const tick = (text, grid, long, short, at) => {
      if (text) svg("path", { class: "fx-grid", d: grid }, back);
      svg("path", { class: "fx-tick", d: text ? long : short }, back);
      if (text) svg("text", at, back, text);
    };
    for (const [f, text] of xt) tick(text, `M${r(X(f))} ${top}V${foot}`, `M${r(X(f))} ${foot}v4`, `M${r(X(f))} ${foot}v3`, { x: r(X(f)), y: foot + 17, "text-anchor": "middle" });
    for (const [f, text] of yt) tick(text, `M${left} ${r(Y(f))}h${w}`, `M${left} ${r(Y(f))}h-4`, `M${left} ${r(Y(f))}h-3`, { x: left - 7, y: r(Y(f)) + 4, "text-anchor": "end" });
    svg("path", { class: "fx-tick", d: `M${left} ${yt.length ? top : foot}V${foot}h${w}` }, back);
    svg("text", { class: "fx-name", transform: `translate(${left + w / 2} ${height - 5})` }, back, x.label);
    svg("text", { class: "fx-name", transform: `translate(13 ${top + h / 2}) rotate(-90)` }, back, y.label);
    layers.forEach((layer) => { layer.last = -1; });
  }

  function draw(index, sizes, describe) {
    title.textContent = describe(panel.title);
    if (!frame.w) return; // not laid out yet: in a closed fold, say
    for (const layer of layers) {
      const k = rowOf(layer.deps, index, sizes);
      if (k !== layer.last) layer.draw(k, frame);
      layer.last = k;
    }
  }
  return { host, layout, draw };
}

// ---- the whole -----------------------------------------------------------------------------------------------------

function makeSlider({ label, texts }, id, parent, moved) {
  const row = html("div", "fx-slider", parent), name = html("label", "", row, label), input = html("input", "", row), shown = html("span", "fx-value", row);
  Object.assign(input, { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  name.htmlFor = id;
  shown.setAttribute("aria-hidden", "true"); // the input says it already
  input.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the arrow keys
  input.addEventListener("input", () => moved(+input.value));
  return (i) => {
    input.value = i;
    input.style.setProperty("--at", `${(100 * i) / Math.max(1, texts.length - 1)}%`);
    input.setAttribute("aria-valuetext", texts[i]);
    shown.textContent = texts[i];
  };
}

// A choice among names: radio buttons, which the arrow keys move through as they do along a slider.
function makeChoice({ label, texts }, id, parent, moved) {
  const group = html("fieldset", "fx-choice", parent);
  html("legend", "", group, label);
  const inputs = texts.map((text, i) => {
    const name = html("label", "", group), input = html("input", "", name);
    Object.assign(input, { type: "radio", name: id, value: i });
    input.dataset.lmSuppressShortcuts = "true";
    html("span", "", name, text);
    input.addEventListener("change", () => moved(i));
    return input;
  });
  return (i) => { inputs[i].checked = true; };
}

// Buttons that set several controls at once; null leaves one where it is.
function makeSettings(settings, parent, chosen) {
  const group = html("div", "fx-settings", parent);
  setAll(group, { role: "group", "aria-label": "settings to try" });
  html("span", "", group, "Try:");
  for (const { label, index } of settings) {
    const button = html("button", "", group, label);
    button.type = "button";
    button.addEventListener("click", () => chosen(index));
  }
}

function render({ model, el }) {
  const spec = model.get("spec"), bytes = model.get("data"), sizes = spec.sliders.map(({ texts }) => texts.length);
  const words = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const id = `fx${Math.random().toString(36).slice(2, 10)}`, root = html("div", "fs-explorer", el), controls = html("div", "fx-sliders", root), body = html("div", "fx-panels", root);
  // Columns as wide as the longest label and value need, so that the tracks line up.
  const longest = (texts) => `${Math.max(...texts.map((text) => text.length))}ch`;
  const numeric = spec.sliders.filter(({ names }) => !names);
  root.style.setProperty("--label", longest(["", ...numeric.map(({ label }) => label)]));
  root.style.setProperty("--value", longest(["", ...numeric.flatMap(({ texts }) => texts)]));
  const move = (place) => {
    model.set("index", model.get("index").map((old, i) => place[i] ?? old));
    model.save_changes();
  };
  const show = spec.sliders.map((slider, i) => (slider.names ? makeChoice : makeSlider)(slider, `${id}s${i}`, controls, (value) => move({ [i]: value })));
  if (spec.settings.length) makeSettings(spec.settings, root, move);
  const readout = spec.readout && html("p", "fx-readout", root);
  if (readout) readout.setAttribute("aria-live", "polite");
  root.append(body); // the sentence stays in sight while a control moves
  const panels = spec.panels.map((panel, i) => makePanel(panel, words, body, `${id}p${i}`));

  function draw() {
    const index = model.get("index"), setting = spec.sliders.map(({ label, texts }, i) => `${label} = ${texts[index[i]]}`).join(", ");
    show.forEach((set, i) => set(index[i]));
    panels.forEach((panel) => panel.draw(index, sizes, (title) => `${spec.alt}${title ? ` (${title})` : ""}: ${setting}`));
    if (readout) readout.textContent = spec.readout.texts[rowOf(spec.readout.deps, index, sizes)];
  }
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) if (contentRect.width >= 80) panels.find(({ host }) => host === target).layout(Math.floor(contentRect.width));
    draw();
  });
  panels.forEach(({ host }) => observer.observe(host));
  model.on("change:index", draw);
  draw();
  return () => { observer.disconnect(); model.off("change:index", draw); };
}

export default { render };
