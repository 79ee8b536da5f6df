'use client';

import { useEffect, useState } from 'react';
import init, * as counter from 'counter';
import { scenario } from '../src/scenario.mjs';

export default function Page() {
  const [outcome, setOutcome] = useState(null);
  useEffect(() => {
    init().then(() => setOutcome((globalThis.outcome ??= scenario(counter))));
  }, []);
  return <output>{JSON.stringify(outcome)}</output>;
}
