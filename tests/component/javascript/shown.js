// @ts-check
// What a program in JavaScript sees of a failure, whether it is a host or a component: both have the same properties.

/** An error, and those behind it by `cause`. @param {any} error */
export function told(error) {
  const causes = [];
  for (let { cause } = error; cause !== undefined; cause = cause.cause) causes.push(shown(cause));
  const { retryable, fatal, build = null } = error;
  return { ...shown(error), retryable, fatal, build, causes };
}

/** @param {any} error */
function shown(error) {
  const { kind, code, message, language, location, fields, frames } = error;
  return {
    class: error.constructor.name, kind, code, message, language, location: place(location), fields,
    frames: frames.map((/** @type {any} */ one) => [one.function ?? null, place(one.location)]),
  };
}

/** @param {{ file: string, line: number, column: number } | undefined} location */
const place = (location) => (location === undefined ? null : [location.file, location.line, location.column]);
