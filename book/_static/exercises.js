/* Fields for answers below the exercises (see the build's `answers`). Numbers are read by the rules of
   fewsteps.exercises.grammar, with the same sentences: tests/unit/exercise_numbers.json is read by both. */
(() => {
  const LONGEST = 300, NONE = "The answer has no finite real value.";
  const ONE = { sqrt: Math.sqrt, exp: Math.exp, log: Math.log, ln: Math.log, sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos,
    atan: Math.atan, sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh, abs: Math.abs };
  const TWO = { "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "^": (a, b) => a ** b, min: Math.min, max: Math.max };
  const TAKES = { ...Object.fromEntries(Object.keys(ONE).map((name) => [name, 1])), min: 2, max: 2 };
  const CONSTANTS = { pi: Math.PI, e: Math.E };
  const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_]*)|(\*\*|[-+*/^(),])|(\S))/gu;
  const SIGNS = { "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "²": "^2", "³": "^3", "√": "sqrt ", "[": "(", "]": ")" };
  const REFUSED = {
    "=": "Give one side only, without `=`.",
    "%": "Write a share instead of per cent: 0.01 for 1 %.",
    "{": "Write round brackets instead of braces.",
    "\\": "Write plain text instead of TeX: sqrt(2), not \\sqrt 2.",
    "|": "Write `abs(...)` instead of bars.",
  };
  const NAMES = { α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", ϵ: "epsilon", ζ: "zeta", η: "eta", θ: "theta", ϑ: "theta", ι: "iota", κ: "kappa",
    λ: "lam", μ: "mu", ν: "nu", ξ: "xi", π: "pi", ρ: "rho", σ: "sigma", τ: "tau", υ: "upsilon", φ: "phi", ϕ: "phi", χ: "chi", ψ: "psi", ω: "omega",
    Γ: "Gamma", Δ: "Delta", Θ: "Theta", Λ: "Lambda", Σ: "Sigma", Φ: "Phi", Ω: "Omega" };

  const has = (table, name) => Object.hasOwn(table, name);
  const refuse = (message) => { throw new SyntaxError(message); };
  const finite = (value) => (Number.isFinite(value) ? value : refuse(NONE));
  const spelled = (name) => (name === "lambda" ? "lam" : [...name].map((letter) => (has(NAMES, letter) ? NAMES[letter] : letter)).join(""));

  function tokens(text) {
    if (!text.trim()) refuse("There is nothing to read.");
    if (text.length > LONGEST) refuse(`The answer is longer than ${LONGEST} signs.`);
    let plain = text.trim().replace(/[−–×·⋅²³√[\]]/gu, (sign) => SIGNS[sign]);
    plain = plain.replace(/_?([₀-₉]+)/gu, (_, digits) => `_${[...digits].map((digit) => digit.codePointAt(0) - 0x2080).join("")}`);
    return [...plain.matchAll(TOKEN)].map(([, number, name, sign, other]) => {
      if (other) refuse(has(REFUSED, other) ? REFUSED[other] : `I cannot read \`${other}\`.`);
      if (number) return ["number", number];
      return name ? ["name", spelled(name)] : ["sign", sign === "**" ? "^" : sign];
    });
  }

  /** The value of what a reader typed; a SyntaxError says why there is none. */
  function number(text) {
    const all = [...tokens(text), ["end", ""]];
    let place = 0;
    const is = (sign) => all[place][0] === "sign" && sign.includes(all[place][1]);
    const after = () => {
      const before = all[place - 1], token = all[place];
      if (token[1] === ")") return "A bracket is closed that was not opened.";
      if (token[1] === ",") return "Write a decimal point instead of a comma.";
      if (before[0] === "name" && has(TAKES, before[1])) return `Write \`${before[1]}(...)\`, with brackets.`;
      return `Write \`*\` between \`${before[1]}\` and \`${token[1]}\`.`;
    };
    // Values are worked out once all is read: what is wrong with the writing is said first.
    const row = (signs, part) => {
      let left = part();
      while (is(signs)) {
        const sign = all[place++][1], first = left, second = part();
        left = () => { const a = first(), b = second(); return finite(TWO[sign](a, b)); };
      }
      return left;
    };
    const sum = () => row(["+", "-"], product), product = () => row(["*", "/"], signed);
    const signed = () => {
      if (is(["-"])) { place += 1; const inner = signed(); return () => -inner(); }
      if (is(["+"])) { place += 1; return signed(); }
      return power();
    };
    const power = () => {
      const base = atom();
      if (!is(["^"])) return base;
      place += 1;
      const exponent = signed();
      return () => { const a = base(), b = exponent(); return finite(a ** b); };
    };
    const closed = () => {
      if (is([")"])) place += 1;
      else refuse(all[place][0] === "end" ? "A bracket is not closed." : after());
    };
    const call = (name) => {
      const parts = [];
      do { place += 1; parts.push(sum()); } while (is([","]));
      closed();
      if (parts.length !== TAKES[name]) refuse(`\`${name}\` takes ${["one value", "two values"][TAKES[name] - 1]}.`);
      return () => finite((ONE[name] ?? TWO[name])(...parts.map((part) => part())));
    };
    const atom = () => {
      const [kind, text_] = all[place];
      if (kind === "end") refuse("The answer ends too early.");
      if (kind === "name" && has(TAKES, text_) && all[place + 1][0] === "sign" && all[place + 1][1] === "(") { place += 1; return call(text_); }
      if (kind === "number") { place += 1; return () => finite(Number(text_)); }
      if (kind === "name") { place += 1; return () => (has(CONSTANTS, text_) ? CONSTANTS[text_] : refuse(`I do not know \`${text_}\`: a number is asked for.`)); }
      if (text_ !== "(") refuse(`\`${text_}\` stands where a number or a name is expected.`);
      place += 1;
      const inner = sum();
      closed();
      return inner;
    };
    const value = sum();
    if (all[place][0] !== "end") refuse(after());
    return value();
  }

  /** What is said of a number, as fewsteps.exercises.answers says it. */
  function ofNumber(text, { answer, mistakes, said, rtol, atol, close }) {
    const got = number(text), near = (want, mine = got) => Math.abs(mine - want) <= (atol ?? rtol * Math.abs(want));
    if (near(answer)) return [true, said.right];
    const mistake = mistakes.find(([value]) => near(value));
    if (mistake) return [false, `Not yet. ${mistake[1]}`];
    if (near(answer, -got)) return [false, said.sign];
    return [false, Math.abs(got - answer) <= close * Math.abs(answer) ? said.close : said.wrong];
  }

  function ofChoice(chosen, { answer, mistakes, right }) {
    if (!chosen) return [false, "Choose one of the options."];
    if (chosen === answer) return [true, right];
    const mistake = mistakes.find(([letter]) => letter === chosen);
    return [false, mistake ? `Not yet. ${mistake[1]}` : "Not yet."];
  }

  const tried = (judge, answer, known) => {
    try { return judge(answer, known); } catch (problem) {
      if (problem instanceof SyntaxError) return [false, problem.message];
      throw problem;
    }
  };
  globalThis.fsExercises = { number };
  if (typeof document === "undefined") return;

  const decoded = (form) => {
    const key = new TextEncoder().encode(form.dataset.label), bytes = Uint8Array.from(atob(form.dataset.known), (sign) => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes.map((byte, place) => byte ^ key[place % key.length])));
  };
  const made = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  /** Words with code between backticks; MathJax sets what stands between dollars. */
  function say(place, right, words) {
    window.MathJax?.typesetClear?.([place]); // what was said before is gone
    place.replaceChildren(...words.split("`").map((part, number_) => (number_ % 2 ? made("code", { textContent: part }) : part)));
    place.dataset.words = words;
    place.className = `fs-said mathjax_process ${right ? "fs-right" : "fs-wrong"}`;
    // Only what is still said then: whoever asks again at once need not wait for the answer before.
    if (words.includes("$")) window.MathJax?.startup?.promise?.then(() => place.dataset.words === words && window.MathJax.typesetPromise([place]));
  }

  /** Each option of the list becomes the label of a button. */
  function options(form, name) {
    const list = form.previousElementSibling, items = [...list.children];
    const buttons = items.map((item, place) => {
      const radio = made("input", { type: "radio", name, value: String.fromCharCode(97 + place), id: `${name}-${place}` });
      const label = made("label", { htmlFor: radio.id }, ...(item.querySelector(":scope > p") ?? item).childNodes);
      item.replaceChildren(radio, label);
      return radio;
    });
    list.setAttribute("role", "radiogroup");
    list.setAttribute("aria-labelledby", form.dataset.asks);
    items.forEach((item) => item.setAttribute("role", "none"));
    form.prepend(list);
    return () => buttons.find((radio) => radio.checked)?.value;
  }

  function input(form, name) {
    const field = made("input", { type: "text", id: name, autocomplete: "off", spellcheck: false, placeholder: "for example 0.25, 1/4, sqrt(2)" });
    field.setAttribute("aria-labelledby", form.dataset.asks);
    form.append(field);
    return () => field.value;
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form.fs-field")) {
      const name = `${form.dataset.asks}-answer`, choice = form.dataset.kind === "choice";
      const answer = (choice ? options : input)(form, name), known = decoded(form);
      const button = made("button", { type: "submit", className: "btn btn-sm", textContent: "Check" }), said = made("p", { className: "fs-said" });
      button.setAttribute("aria-describedby", form.dataset.asks);
      said.setAttribute("role", "status");
      form.append(button, said);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const [right, words] = tried(choice ? ofChoice : ofNumber, answer(), known);
        say(said, right, words);
      });
    }
  });
})();
