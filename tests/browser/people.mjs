/**
 * People at browsers: each has a context of their own, and everything the browser complains about is kept, so that a
 * test can ask for none.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { assertAccessible, assertFits } from './page_checks.mjs';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const PASSWORD = 'correct horse battery staple';

/** Where pictures go; none are taken without it. */
const pictures = process.env.TIDINGS_SCREENSHOTS;

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A person with a browser of their own at the node `url`. */
export async function arrive(browser, url, name, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', ...options });
  const complaints = [];
  await context.exposeBinding('tidingsComplain', (_source, text) => complaints.push(text));
  await context.addInitScript(() => {
    window.addEventListener('securitypolicyviolation', (event) =>
      window.tidingsComplain(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  context.on('request', (request) => {
    const target = new URL(request.url());
    if (target.protocol.startsWith('http') && target.origin !== url) complaints.push(`request to ${target.origin}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  return { name, url, page, context, complaints };
}

/** Makes an account, and saves the recovery key by ticking the box. */
export async function signUp(person) {
  const { page, name } = person;
  if (!page.url().startsWith(person.url)) await page.goto(`${person.url}/app/signup`);
  await page.getByLabel('Name', { exact: true }).fill(name.toLowerCase());
  await page.getByLabel('Name others see (optional)').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await inspect(person, 'sign-up');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'Save your recovery key' }).waitFor();
  person.recoveryKey = await page.getByRole('list', { name: 'Recovery key' }).getByRole('listitem').allInnerTexts();
  await inspect(person, 'recovery-key');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  person.recoveryKit = await readFile(await (await download).path(), 'utf8');
  await page.getByText('I saved it where I will find it again').click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Settings' }).waitFor();
}

export async function logIn(person) {
  const { page, name } = person;
  await page.getByLabel('Name or e-mail').fill(name.toLowerCase());
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export async function unlock({ page }) {
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Unlock' }).click();
}

/** A new invite link: to talk, or to make an account on the inviter's node. */
export async function invite(person, what = 'Talk with me') {
  const { page, url } = person;
  await page.goto(`${url}/app/invite`);
  await page.getByLabel(what).check();
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('img', { name: 'The invite link as a QR code' }).waitFor();
  await inspect(person, 'invite');
  return page.getByLabel('Invite link', { exact: true }).inputValue();
}

/** Alice invites, Bob accepts; both end in their conversation. */
export async function meet(alice, bob) {
  const link = await invite(alice);
  await bob.page.goto(`${bob.url}/i${link.slice(link.indexOf('#'))}`);
  await bob.page.getByRole('heading', { name: 'You are invited' }).waitFor();
  await inspect(bob, 'join');
  const shown = bob.page.url();
  await bob.page.getByRole('button', { name: 'Accept the invite' }).click();
  await bob.page.getByRole('heading', { name: alice.name }).waitFor({ timeout: 30_000 });
  await openChat(alice, bob.name);
  return { link, shown };
}

export async function write(person, text) {
  const field = person.page.getByRole('textbox', { name: /^Message to/ });
  await field.fill(text);
  await field.press('Enter');
}

/** The message with exactly this text. */
export function message(person, text) {
  return person.page.locator('[data-message]').filter({ has: person.page.getByText(text, { exact: true }) });
}

/** Waits until a message of one's own shows `state`. */
/** Waits until a message has come at least so far: one that is delivered may be read by then. */
export async function seesState(person, text, state) {
  const states = state === 'delivered' ? ['delivered', 'read'] : [state];
  await message(person, text).locator(states.map((one) => `[data-state="${one}"]`).join(', ')).waitFor();
}

export async function openChat(person, name) {
  await person.page.locator('.list').getByRole('link', { name: new RegExp(`^${name}\\b`) }).click();
  await person.page.getByRole('heading', { name }).waitFor();
}

/** Looks at the page as it is: takes a picture, and checks that it fits the screen and is accessible. */
export async function inspect(person, what) {
  await picture(person, what);
  await assertFits(person, what);
  await assertAccessible(person, `${what}, ${lookOf(person)}`);
}

const lookOf = (person) => person.look ?? 'light';

async function picture(person, what) {
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  const { width } = person.page.viewportSize();
  await person.page.waitForTimeout(150);
  await person.page.screenshot({ path: join(pictures, `${what}-${lookOf(person)}-${width}-${person.name}.png`) });
}
