// Looks at pages of the HTML report in a real browser, as a phone and as a desk, by day and by night.
//
//     node page.mjs CHROMIUM FOLDER
//
// Every `*.html` in the folder must hold: no request but for itself, no message on the console, no scrolling sideways, no
// violation that axe-core knows, every control reached by the tabulator with a visible focus. Pages with filters are
// filtered, linked into, printed, and read without script. Every failure is told; the exit code is 1 if there is any.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const screens = [
  { name: "phone by day", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone by night", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
  { name: "narrow", viewport: { width: 320, height: 640 }, colorScheme: "light" },
  { name: "desk by day", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "desk by night", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
];
const failures = [];
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });

/** Opens a page that tells whatever it does beside showing itself. */
async function open(url, options, say) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("request", (request) => { if (request.url().split("#")[0] !== url && !request.url().startsWith("data:")) say(`asks for ${request.url()}`); });
  page.on("console", (message) => say(`console: ${message.text()}`));
  page.on("pageerror", (error) => say(`error: ${error}`));
  page.on("dialog", (dialog) => { say(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(url);
  return page;
}

async function sideways(page, say, when) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  if (wide > room) {
    const who = await page.evaluate((room) => [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > room + 1)
      .slice(0, 3).map((one) => one.outerHTML.slice(0, 120)), room);
    say(`${when}: ${wide} pixels wide on a screen of ${room}: ${who.join(" | ")}`);
  }
}

async function accessible(page, say, when) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const one of violations) {
    for (const node of one.nodes.slice(0, 3)) say(`${when}: ${one.id}: ${node.html.slice(0, 160)}: ${node.failureSummary.replace(/\s+/g, " ")}`);
  }
}

/** Goes through the page with the tabulator and compares with what can be used. */
async function keyboard(page, say) {
  await page.evaluate(() => { document.activeElement?.blur?.(); scrollTo(0, 0); });
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter((one) => one.checkVisibility());
    all.forEach((one, at) => { one.dataset.stop = at; });
    return all.length;
  });
  const reached = new Set();
  for (let step = 0; step < wanted + 5 && reached.size < wanted; step += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one?.dataset?.stop) return null;
      const seen = one.matches(".pill input") ? one.nextElementSibling : one;
      const style = getComputedStyle(seen);
      return { stop: one.dataset.stop, outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, html: one.outerHTML.slice(0, 100) };
    });
    if (!at) continue;
    if (step === 0 && !at.html.includes("skip") && await page.locator(".skip").count()) say(`the first stop is ${at.html}, not the way around`);
    if (!at.outlined) say(`no visible focus: ${at.html}`);
    reached.add(at.stop);
  }
  if (reached.size < wanted) {
    const missed = await page.evaluate((reached) => [...document.querySelectorAll("[data-stop]")].filter((one) => !reached.includes(one.dataset.stop))
      .slice(0, 3).map((one) => one.outerHTML.slice(0, 100)), [...reached]);
    say(`the tabulator reached ${reached.size} of ${wanted}: not ${missed.join(" | ")}`);
  }
}

async function filters(page, say) {
  const visible = () => page.locator(".check:visible").count();
  const all = await page.locator(".check").count();
  if (await visible() !== all) say(`${await visible()} of ${all} checks are shown at first`);
  for (const pill of await page.locator("[name=standing]").all()) {
    const standing = await pill.getAttribute("value");
    const of = await page.locator(`.check.${standing}`).count();
    await pill.focus();
    await page.keyboard.press("Space");
    if (await visible() !== all - of) say(`without ${standing} ${await visible()} checks are shown, not ${all - of}`);
    if (!(await page.locator("#shown").textContent()).startsWith(`${all - of} of ${all}`)) say(`the count without ${standing} is wrong`);
    await page.keyboard.press("Space");
  }
  await page.selectOption("[name=category]", { index: 1 });
  const category = await page.locator("[name=category]").inputValue();
  if (await visible() !== await page.locator(`.group[data-category="${category}"] .check`).count()) say("the category does not filter");
  await page.fill("[name=text]", "no check says this 4711");
  if (await visible() !== 0 || !(await page.locator("#none").isVisible())) say("text that nothing holds leaves checks");
  const anchor = await page.locator(".check").last().getAttribute("id");
  await page.evaluate((anchor) => { location.hash = anchor; }, anchor);
  await page.waitForTimeout(100);
  if (!(await page.locator(".check").last().isVisible())) say("a link to a filtered check does not show it");
  await page.locator("#filters").evaluate((form) => { form.reset(); form.dispatchEvent(new Event("input")); });
  const words = (await page.locator(".check h4").first().textContent()).slice(0, 20);
  await page.fill("[name=text]", words);
  if (await visible() < 1) say(`"${words}" finds nothing`);
  await page.fill("[name=text]", "");
  const summary = page.locator(".check summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  if (!(await page.locator(".check details").first().getAttribute("open") !== null)) say("Enter does not unfold");
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".html")).sort()) {
  const url = pathToFileURL(join(folder, file)).href;
  // One page that has everything is looked at on every screen, the others on the two that differ most.
  const on = file === "rails.html" ? screens : screens.filter(({ name }) => ["phone by night", "desk by day"].includes(name));
  for (const { name, ...options } of on) {
    const say = (what) => failures.push(`${file}, ${name}: ${what}`);
    const page = await open(url, { ...options, reducedMotion: "reduce" }, say);
    const hasChecks = await page.locator(".check").count() > 0;
    await sideways(page, say, "folded");
    if (name === "desk by day") await keyboard(page, say);
    if (hasChecks && name === "desk by day") await filters(page, say);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    await sideways(page, say, "unfolded");
    await accessible(page, say, "unfolded");
    const scripts = await page.locator("script").count();
    if (scripts > 1 || await page.locator("img, iframe, object, embed, [onerror], [onclick], [onload]").count()) say("there is markup that is not ours");
    await page.context().close();
  }
  const say = (what) => failures.push(`${file}, without script: ${what}`);
  const page = await open(url, { javaScriptEnabled: false, viewport: { width: 900, height: 900 } }, say);
  const checks = page.locator(".check");
  for (let at = 0; at < await checks.count(); at += 1) if (!(await checks.nth(at).isVisible())) say(`check ${at} is not shown`);
  if (await page.locator("#filters").isVisible()) say("filters that cannot work are shown");
  if (await page.locator(".check summary").count()) {
    await page.locator(".check summary").first().click();
    if (!(await page.locator(".check .asks").first().isVisible())) say("nothing unfolds");
  }
  await page.emulateMedia({ media: "print" });
  if (await page.locator("nav, .skip").first().isVisible()) say("navigation is printed");
  if ((await page.pdf({ format: "A4" })).length < 1000) say("nothing is printed");
  await page.context().close();
}
await browser.close();
process.stdout.write(failures.map((failure) => `${failure}\n`).join(""));
process.exitCode = failures.length > 0 ? 1 : 0;
