/** Two people on one node: the owner lets somebody in, both talk, and a stranger gets nowhere. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { startNodes } from './nodes.mjs';
import { arrive, inspect, invite, logIn, meet, message, openBrowser, PHONE, seesState, signUp, write } from './people.mjs';

const skip = process.env.TIDINGS_URLS === undefined ? false : 'running nodes, named by TIDINGS_URLS, are taken';

let nodes;
let browser;
let used;

after(async () => {
  await browser?.close();
  await nodes?.stop();
});

test('the owner invites somebody to the node, and the two talk there', { skip }, async () => {
  nodes = await startNodes(1);
  browser = await openBrowser();
  const alice = await arrive(browser, nodes.urls[0], 'Alice');
  const carol = await arrive(browser, nodes.urls[0], 'Carol', { viewport: PHONE });
  await signUp(alice);
  await carol.page.goto(await invite(alice, 'Make an account on this node'));
  await signUp(carol);
  assert.ok(!carol.page.url().includes('a1.'), 'the secret leaves the address');
  const { link } = await meet(alice, carol);
  used = link;
  await write(alice, 'Welcome');
  await message(carol, 'Welcome').waitFor();
  await seesState(alice, 'Welcome', 'delivered');
  await write(carol, 'Thank you');
  await message(alice, 'Thank you').waitFor();
  assert.deepEqual([...alice.complaints, ...carol.complaints], []);
});

test('somebody without an invite is told what is missing', { skip }, async () => {
  const mallory = await arrive(browser, nodes.urls[0], 'Mallory');
  await mallory.page.goto(`${nodes.urls[0]}/app/signup`);
  await mallory.page.getByLabel('Name', { exact: true }).fill('mallory');
  await mallory.page.getByLabel('Password').fill('correct horse battery staple');
  await mallory.page.getByRole('button', { name: 'Make the account' }).click();
  await mallory.page.getByText('INVITE_REQUIRED').waitFor();
  await inspect(mallory, 'invite-required');
});

test('an invite that was used is refused to the next, with the reason', { skip }, async () => {
  const dave = await arrive(browser, nodes.urls[0], 'Dave');
  const alice = await arrive(browser, nodes.urls[0], 'Alice');
  await alice.page.goto(`${nodes.urls[0]}/app/login`);
  await logIn(alice);
  await alice.page.getByRole('button', { name: 'Settings' }).waitFor();
  await dave.page.goto(await invite(alice, 'Make an account on this node'));
  await signUp(dave);
  await dave.page.goto(used);
  await dave.page.getByRole('button', { name: 'Accept the invite' }).click();
  await dave.page.getByText(/refused|The invite was used/i).first().waitFor();
  await inspect(dave, 'refused');
});
