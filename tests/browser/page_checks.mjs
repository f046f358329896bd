/** What every page has to keep: accessibility by axe, no wider than the screen, a light first load. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 AA as far as a program can tell (WEB_UI §11). */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The whole first load, scripts and styles, gzipped (WEB_UI, head). */
export const FIRST_LOAD_BYTES_MAX = 420_000;

/** How often in a row, 100 ms apart, a page has to be found at rest. */
const STILL_CHECKS = 4;

/**
 * Waits until every dialog that is to be open is, and nothing fades or slides any more: half-transparent text has no
 * contrast that anybody would read it at.
 */
async function settled(page) {
  await page.evaluate(() => (window.stillFor = 0));
  const isStill = (checks) => {
    const hosts = [...document.querySelectorAll('ion-toast, ion-modal')];
    const opening = hosts.some((host) => host.hasAttribute('is-open') && host.classList.contains('overlay-hidden'));
    const roots = [document, ...hosts.flatMap((host) => host.shadowRoot ?? [])];
    const ends = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime);
    const moving = roots.flatMap((root) => root.getAnimations()).some((one) => one.playState === 'running' && ends(one));
    window.stillFor = opening || moving ? 0 : window.stillFor + 1;
    return window.stillFor >= checks;
  };
  await page.waitForFunction(isStill, STILL_CHECKS, { polling: 100 });
}

/** Fails with what axe finds on the page once it stands still. */
export async function assertAccessible({ page, name }, what) {
  await settled(page);
  // Through the debugger, where the page's own policy does not reach.
  await page.evaluate(axe);
  const found = await page.evaluate(async (rules) => {
    // An open dialog is a region of its own; axe counts the host that Ionic puts around it as page content.
    const region = { enabled: document.querySelector('ion-modal.show-modal') === null };
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: rules }, rules: { region } });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
  }, RULES);
  assert.deepEqual(found, [], `${what}, ${name}`);
}

/** Fails if the page scrolls sideways. */
export async function assertFits({ page, name }, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(over <= 0, `${what} is wider than ${name}'s screen by ${over} px`);
}

/** The size of what a first visit to `url` loads, in bytes of gzip. */
export async function firstLoadBytes(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const bodies = [];
  page.on('response', (response) => {
    if (/\.(?:js|css)$/.test(new URL(response.url()).pathname)) bodies.push(response.body());
  });
  await page.goto(`${url}/`, { waitUntil: 'networkidle' });
  const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
  await context.close();
  return sizes.reduce((sum, size) => sum + size, 0);
}
