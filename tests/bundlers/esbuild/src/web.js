import init, * as counter from 'counter';
import { scenario } from './scenario.mjs';

await init();
globalThis.outcome = scenario(counter);
