// The interfaces that componentize-js gives the components of the tests.
declare module 'recover:link/checker@0.1.0' {
  export function check(text: string): number;
  export function tell(text: string): string;
}
declare module 'recover:fixture/ledgers@0.1.0' {
  export function parse(text: string): bigint;
  export function fail(how: string): number;
}
