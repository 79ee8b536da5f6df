// @ts-check
// A process that has a store and does what its parent commands: `child.mjs STORE`, which is JSON: the module, the class,
// and the arguments; for PostgreSQL the connection is made here. No assertion is in here.
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { agentOf } from './agent.mjs';

/** @type {{ module: string, class: string, args: unknown[], pg?: string, connection?: object }} */
const { module, class: name, args, pg, connection } = JSON.parse(process.argv[2] ?? '{}');
const exported = await import(pathToFileURL(module).href);
if (pg !== undefined) {
  const { default: { Client } } = await import(pathToFileURL(pg).href);
  const client = new Client(connection);
  // Without a listener, a lost connection ends the process.
  client.on('error', () => {});
  await client.connect();
  args.unshift(client);
}
const agent = agentOf(new exported[name](...args));
process.on('message', async (/** @type {{ id: number, command: import('./agent.mjs').Command }} */ { id, command }) => {
  process.send?.({ id, answer: await agent(command) });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
