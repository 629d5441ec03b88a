// Fields for answers: the script reads numbers as the package does, and the fields of the built book say what the package says.
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { execFileSync } from "node:child_process";
import { python } from "./chrome.mjs";

const here = import.meta.dirname;

/** The numbers of the shared list, read without a page: tests/unit/test_exercises.py has the package read them. */
export function evaluator() {
  const world = { TextEncoder, TextDecoder };
  vm.runInNewContext(fs.readFileSync(path.join(here, "../../book/_static/exercises.js"), "utf8"), world);
  const read = (text) => { try { return world.fsExercises.number(text); } catch (problem) { return problem.message; } };
  const same = (got, meant) => got === meant || Math.abs(got - meant) <= 1e-15 + 1e-12 * Math.abs(meant);
  const cases = JSON.parse(fs.readFileSync(path.join(here, "../unit/exercise_numbers.json"), "utf8"));
  return cases.filter(([text, meant]) => !same(read(text), meant)).map(([text, meant]) => `"${text}": ${read(text)}, and not ${meant}`);
}

const SAID = `
import json
from fewsteps.exercises import check
from fewsteps.exercises.entries import entries
cases = []
for label, entry in entries().items():
    if entry.kind in ("number", "choice"):
        given = [entry.answer, *(mistake.answer for mistake in entry.mistakes)]
        if entry.kind == "number":
            right = f"({entry.answer})"
            given += ["-" + right, "1.04*" + right, "77*" + right, "2pi", "", "1/0"]
        cases += [[label, entry.kind, str(answer), bool(check(label, answer)), repr(check(label, answer))] for answer in given]
print(json.dumps(cases))
`;

/** What the package says of each stored answer, of each mistake, and of some answers that are neither. */
export const stored = () => JSON.parse(execFileSync(python(), ["-c", SAID], { encoding: "utf8", maxBuffer: 1e8 }));

/** Every field of the page has its answers, says of each what the package says, and hides them in the source. */
async function answers(page, cases, html) {
  const mine = cases.filter(([label]) => html.includes(`data-label="${label}"`)), known = new Set(mine.map(([label]) => label));
  const fields = await page.locator("form.fs-field").count();
  if (fields !== known.size) return [`${fields} fields, ${known.size} of them with answers`];
  const wrong = await page.evaluate((all) => all.flatMap(([label, kind, answer, right, words]) => {
    const form = document.querySelector(`form.fs-field[data-label="${label}"]`), said = form.querySelector(".fs-said");
    if (kind === "choice") form.querySelector(`input[value="${answer}"]`).checked = true;
    else form.querySelector("input").value = answer;
    form.requestSubmit();
    const got = [said.dataset.words, said.classList.contains("fs-right")];
    return got[0] === words && got[1] === right ? [] : [`${label}, ${answer}: "${got[0]}", and not "${words}"`];
  }), mine);
  const open = mine.filter(([, , , , words]) => words.length > 40 && html.includes(words)).map(([label, , , , words]) => `${label}: the source has "${words}"`);
  return [...wrong, ...open];
}

/** By the keyboard alone: the field, its button, the answer as a status, the next hint. */
async function keys(page) {
  const failures = [], form = page.locator("form.fs-field:has(input[type=text])").first(), choice = page.locator("form.fs-field[data-kind=choice]").first();
  if (await form.count()) {
    await form.locator("input").focus();
    await page.keyboard.type("1/3");
    await page.keyboard.press("Enter");
    if (!(await form.locator("[role=status]").textContent()).trim()) failures.push("Enter in a field says nothing");
    await page.keyboard.press("Tab");
    if (!(await form.locator("button").evaluate((node) => node === document.activeElement))) failures.push("Tab does not lead from the field to its button");
  }
  if (await choice.count()) {
    await choice.locator("input").first().focus();
    await page.keyboard.press("ArrowDown");
    if (!(await choice.locator("input").nth(1).isChecked())) failures.push("arrow keys do not choose an option");
  }
  const next = page.locator(".fs-next-hint").first();
  if (await next.count()) {
    await next.evaluate((node) => { for (let up = node.parentElement; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true; });
    await next.locator("> summary").press("Enter");
    if (!(await next.locator("> p").isVisible())) failures.push("Enter on the next hint shows none");
  }
  return failures;
}

/** The fields of one open page. What they say stays in it, typeset, for the checks that follow: does it fit, can it be read? */
export async function fields(page, cases, html) {
  const failures = [...await answers(page, cases, html), ...await keys(page)];
  await page.evaluate(() => window.MathJax?.startup?.promise);
  return [...failures, ...await page.locator(".fs-said mjx-merror").evaluateAll((all) => all.map((node) => `not typeset: ${node.textContent}`))];
}
