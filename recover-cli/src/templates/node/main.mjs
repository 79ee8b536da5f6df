// Breaks a shelf on purpose: `npm start`.
import { NotThereError, PanicError, Shelf } from './pkg/{{stem}}.js';

const shelf = new Shelf();
shelf.add('Emma');

try {
  shelf.find('Dune');
} catch (error) {
  if (!(error instanceof NotThereError)) throw error;
  console.log(`${error.name}: ${error.message} (${error.title})`);
}

try {
  shelf.at(7);
} catch (error) {
  if (!(error instanceof PanicError)) throw error;
  const { file, line } = error.location ?? {};
  console.log(`${error.name}: ${error.message} (${file}:${line})`);
}

console.log(`and the shelf still has ${shelf.at(0)}`);
