import init, * as counter from 'counter';
import { scenario } from '../../../src/scenario.mjs';

export const dynamic = 'force-dynamic';

export async function GET() {
  await init();
  return Response.json(scenario(counter));
}
