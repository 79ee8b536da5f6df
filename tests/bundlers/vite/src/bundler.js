import * as counter from 'counter-bundler';
import { scenario } from './scenario.mjs';

globalThis.outcome = scenario(counter);
