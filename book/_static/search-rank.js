/* Finds the places of the book that a question is about, and ranks them. MiniSearch counts and weighs the words (BM25), with
   the stemmer that Sphinx brings along; here stands what is the book's own: compounds that are one word to some and two to
   others (MeanFlow, mean flow, mean-flow), the names under which people know a method, phrases, one spelling for two. */
(() => {
  const FIELDS = { ids: 12, names: 8, title: 4, also: 2, text: 1 };
  const KINDS = { page: 1.2, box: 1.1, section: 1, term: 0.8, exercise: 0.5, code: 0.6, result: 0.35 };
  const CLOSER = 150; // so many places are looked at more closely
  const LISTS = /(^|\/)(index-of-|indices$|find-your-method$|genindex$)/; // they name everything and define nothing
  const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:[-‐‑–_.·’'][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*/gu;
  const GREEK = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"];
  const quiet = new Set(stopwords), stemmer = new Stemmer();

  const kept = (make, known = new Map()) => (word) => { if (!known.has(word)) known.set(word, make(word)); return known.get(word); };

  /** One form for all forms of a word: accents off, Greek letters by name, British spelling as American, the stem. */
  const stem = kept((word) => {
    const plain = word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[α-ω]/gu, (sign) => GREEK[sign.codePointAt(0) - 0x3b1]);
    const spelt = plain.replace(/is(e[ds]?|ing|ers?|ations?)$/, "iz$1").replace(/ys(e[ds]?|ing)$/, "yz$1").replace(/our(s|ed|ing|al|hoods?)?$/, "or$1").replace(/ll(ed|ing|er)$/, "l$1");
    return /^[a-z]+$/.test(spelt) ? stemmer.stemWord(spelt) : spelt;
  });

  /** The parts of a compound: at hyphens, dots and underscores, and where a capital follows a small letter. */
  const partsOf = kept((word) => /^\d+(\.\d+)+$/.test(word) ? [word] : word.replace(/[’']s?$/u, "").replace(/[’']s(?=[-–])/gu, "").split(/[-‐‑–_.·’']|(?<=\p{Ll}{2})(?=\p{Lu})/u).filter(Boolean));
  const telling = (part) => !quiet.has(part.toLowerCase()) && !/^[a-z0-9]?$/i.test(part.normalize("NFKD").replace(/\p{M}/gu, ""));
  const joined = (parts) => parts.map(stem).join("");

  /** The words of a text as the index knows them: telling parts, and compounds as a whole. */
  const termsOf = kept((word) => {
    const parts = partsOf(word), found = parts.filter(telling).map(stem);
    return parts.length > 1 ? [...found, joined(parts)] : found;
  });
  const terms = (text) => [...text.matchAll(WORD)].flatMap(([word]) => termsOf(word));

  /** A text as one row of stems without gaps, to compare names and to look for phrases: " mean flow " and "meanflow". */
  const row = (text) => ` ${[...text.matchAll(WORD)].flatMap(([word]) => partsOf(word)).map(stem).join(" ")} `;
  const tight = (text) => row(text).replaceAll(" ", "");

  /** What is asked for: for every telling word its stem, and the compounds that it may be half of. */
  function slotsOf(question) {
    const words = [...question.matchAll(WORD)].map(([word]) => partsOf(word)), parts = words.flat();
    const whole = words.filter((each) => each.length > 1).map((each) => [each, joined(each)]);
    const used = parts.some(telling) ? telling : () => true;
    return parts.flatMap((part, i) => {
      if (!used(part)) return [];
      const pairs = [[i - 1, i], [i, i + 1]].filter(([a, b]) => a >= 0 && b < parts.length).map((pair) => joined(pair.map((at) => parts[at])));
      return [{ own: stem(part), raw: part.toLowerCase(), pairs: [...new Set([...pairs, ...whole.filter(([each]) => each.includes(part)).map(([, all]) => all)])] }];
    }).concat(parts.some(telling) ? [] : whole.map(([, all]) => ({ own: all, raw: all, pairs: [] })));
  }

  /** Read the index. */
  function open({ pages, entries }) {
    const known = new Set();
    const mini = new MiniSearch({
      fields: Object.keys(FIELDS),
      extractField: (entry, name) => entry[name],
      tokenize: terms,
      processTerm: (term) => { known.add(term); return term; },
      searchOptions: { tokenize: (text) => text.split(" "), processTerm: (term) => term, boost: FIELDS, bm25: { k: 1.2, b: 0.6, d: 0.2 } },
    });
    const places = entries.map(([page, anchor, kind, title, text, ids, names, also], id) => ({ id, page: pages[page][0], anchor, kind, title, text, ids: ids.join(" "), names: names.join(", "), also: also.join(", "), called: names.map(tight), other: also.map((line) => [line, line.split(": ")[0].split(", ").map(tight)]) }));
    mini.addAll(places);
    return { mini, places, known, titles: new Map(pages) };
  }

  /** A word that stands nowhere: two words written as one, a longer form of a known one, or a slip of the keyboard. */
  function rescue({ known, mini }, { own, raw }) {
    for (let i = 3; i <= raw.length - 3; i += 1) {
      const halves = [stem(raw.slice(0, i)), stem(raw.slice(i))];
      if (halves.every((half) => known.has(half))) return mini.search({ combineWith: "AND", queries: halves });
    }
    const longer = [...known].filter((term) => term.length > 4 && raw.startsWith(term));
    if (longer.length) return mini.search(longer.sort((a, b) => b.length - a.length)[0]);
    return own.length > 3 ? mini.search(own, { fuzzy: 0.25 }) : [];
  }

  /** The places that a word of the question is on, with their weights. */
  function hitsOf(book, slot, last) {
    const ways = [slot.own, ...slot.pairs];
    const found = book.mini.search(ways.join(" "), { prefix: (term) => last && term === slot.own && !book.known.has(term) && term.length > 2 });
    return found.length ? found : rescue(book, slot);
  }

  const rowOf = kept(row);

  /** How much more a place is worth when it is called what is asked for, or says it in the same order. */
  function bonus(place, phrase, key, several) {
    const title = place.title.replace(/^[\d.]+ |^\p{Lu}\p{L}+ [\d.]+ \((.*)\)$/gu, "$1");
    let factor = KINDS[place.kind] * (LISTS.test(place.page) ? 0.2 : place.page.startsWith("chapters/") ? 1 : 0.6);
    if (place.called.includes(key)) factor *= 4;
    else if (place.other.some(([, keys]) => keys.includes(key))) factor *= 1.6;
    if (tight(title) === key || place.kind === "code" && tight(place.title.split(".").pop()) === key) factor *= 3;
    else if (several && row(title).includes(phrase)) factor *= 1.6;
    if (several && rowOf(place.text).includes(phrase)) factor *= 1.3;
    return factor;
  }

  /** What a place has to do with the method that is asked for, if somebody said so. */
  function said(place, question) {
    const [line] = place.other.find(([, keys]) => keys.includes(tight(question))) ?? [], [names, ...rest] = line?.split(": ") ?? [];
    return rest.length ? `${names.split(", ")[0]}: ${rest.join(": ")}` : "";
  }

  /** All places that have every word, or as many as any place has; the best first. */
  function find(book, question) {
    const slots = slotsOf(question), sums = new Map(), marks = { words: new Set(), pairs: new Set(slots.flatMap(({ pairs }) => pairs)) };
    slots.forEach((slot, i) => {
      for (const { id, score, terms: matched } of hitsOf(book, slot, i === slots.length - 1)) {
        const { sum, count } = sums.get(id) ?? { sum: 0, count: 0 };
        sums.set(id, { sum: sum + score, count: count + 1 });
        matched.forEach((term) => marks.words.add(term));
      }
      marks.words.add(slot.own);
    });
    const most = Math.max(0, ...[...sums.values()].map(({ count }) => count)), phrase = row(question), key = tight(question);
    const all = [...sums].filter(([, { count }]) => count === most).sort(([, a], [, b]) => b.sum - a.sum);
    const hits = all.map(([id, { sum }], rank) => ({ place: book.places[id], score: rank < CLOSER ? sum * bonus(book.places[id], phrase, key, slots.length > 1) : sum * 0.1 }));
    return { hits: hits.sort((a, b) => b.score - a.score), marks };
  }

  /** The hits by page. A page counts for its best place, and a little for the next two. */
  function group(book, hits) {
    const groups = new Map();
    for (const { place, score } of hits) {
      const mine = groups.get(place.page) ?? { page: place.page, title: book.titles.get(place.page), score: 0, places: [] };
      mine.score += score * ([1, 0.25, 0.1][mine.places.length] ?? 0);
      mine.places.push(place);
      groups.set(place.page, mine);
    }
    return [...groups.values()].sort((a, b) => b.score - a.score);
  }

  /** The words of a text that the question asks for, as pairs of places; a compound may be written as two words. */
  function matches(text, marks) {
    const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ from: index, to: index + word.length, parts: partsOf(word) }));
    return words.filter(({ parts }, i) => parts.some((part) => telling(part) && marks.words.has(stem(part))) || marks.words.has(joined(parts))
      || [[i - 1, i], [i, i + 1]].some(([a, b]) => words[a] && words[b] && marks.pairs.has(joined([...words[a].parts, ...words[b].parts]))));
  }

  /** The stretch of a text that says most about the question: [start, end]. */
  function stretch(text, found, length) {
    let best = 0, start = found[0]?.from ?? 0;
    for (const { from } of found) {
      const inside = new Set(found.filter((each) => each.from >= from && each.to <= from + length * 0.7).map(({ parts }) => joined(parts)));
      if (inside.size > best) [best, start] = [inside.size, from];
    }
    const sentence = Math.max(...[". ", "? ", ": ", "… "].map((end) => text.lastIndexOf(end, start - 1))) + 2;
    const word = text.indexOf(" ", Math.max(0, start - length * 0.3)) + 1;
    const begin = start - sentence < length * 0.45 && sentence > 1 ? sentence : start < length * 0.45 ? 0 : word;
    const last = text.length - begin <= length ? text.length : text.lastIndexOf(" ", begin + length);
    return [begin, Math.max(last, begin + 1)];
  }

  /** An excerpt as pieces of text, those that were asked for marked. */
  function excerpt(text, marks, length = 210) {
    const found = matches(text, marks), [begin, end] = stretch(text, found, length), pieces = [];
    let at = begin;
    for (const { from, to } of found.filter((each) => each.from >= begin && each.to <= end)) {
      pieces.push({ text: text.slice(at, from) }, { text: text.slice(from, to), marked: true });
      at = to;
    }
    pieces.push({ text: text.slice(at, end) });
    return [...(begin ? [{ text: "… " }] : []), ...pieces, ...(end < text.length ? [{ text: " …" }] : [])].filter(({ text: piece }) => piece);
  }

  globalThis.fsSearch = { open, find, group, excerpt, said };
})();
