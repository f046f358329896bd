/** Bob's node is switched off while Alice writes; the message waits, says why, and arrives when he is back. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { startNodes } from './nodes.mjs';
import { arrive, inspect, meet, message, openBrowser, seesState, signUp, unlock, write } from './people.mjs';

const skip = process.env.TIDINGS_URLS === undefined ? false : 'running nodes, named by TIDINGS_URLS, are not switched off';

let nodes;
let browser;

after(async () => {
  await browser?.close();
  await nodes?.stop();
});

test('what is written to a node that is off waits, and arrives when it is back', { skip }, async () => {
  nodes = await startNodes(2);
  browser = await openBrowser();
  const alice = await arrive(browser, nodes.urls[0], 'Alice');
  const bob = await arrive(browser, nodes.urls[1], 'Bob');
  await signUp(alice);
  await signUp(bob);
  await meet(alice, bob);
  await write(alice, 'While you are here');
  await seesState(alice, 'While you are here', 'delivered');
  assert.equal(await nodes.nodes[1].stop(), 0, 'the node stops cleanly');
  await bob.page.getByText('Offline: trying again').waitFor();
  await write(alice, 'While you are away');
  await seesState(alice, 'While you are away', 'queued');
  await message(alice, 'While you are away')
    .getByText(/^Their node (cannot be reached|does not answer) since/)
    .waitFor({ timeout: 30_000 });
  await inspect(alice, 'queued');
  await nodes.nodes[1].start();
  await bob.page.getByRole('heading', { name: 'Bob is locked' }).waitFor({ timeout: 30_000 });
  await seesState(alice, 'While you are away', 'sent');
  await unlock(bob);
  await message(bob, 'While you are away').waitFor({ timeout: 30_000 });
  await seesState(alice, 'While you are away', 'delivered');
  assert.deepEqual(alice.complaints, []);
  // Bob's browser names each attempt to reach the node that was off, and nothing else.
  const others = bob.complaints.filter((text) => !/ERR_CONNECTION|WebSocket|status of (?:423|401)/.test(text));
  assert.deepEqual(others, []);
});
