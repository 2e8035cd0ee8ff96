/**
 * `npm run conformance -- [suite [args]]`: runs data files of others against our code. The files are kept outside the
 * repository, beside it in `../shared/conformance` or wherever QUORATE_CONFORMANCE points; a suite whose files are
 * absent is skipped with a line. Without a suite all of them run. The last line is `N passed, N failed`.
 */

/** What a suite's module exports. */
interface Suite {
  run(args: string[]): Promise<{ passed: number; failed: number }>;
}

const names = ["hpack", "raft"];

async function load(name: string): Promise<Suite> {
  return (await import(`./${name}.ts`)) as Suite;
}

const [wanted, ...args] = process.argv.slice(2);
if (wanted !== undefined && !names.includes(wanted)) {
  console.error(`no suite ${wanted}; there are: ${names.join(", ")}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const name of wanted === undefined ? names : [wanted]) {
  const suite = await load(name);
  const result = await suite.run(args);
  if (wanted === undefined) console.log(`${name}: ${result.passed} passed, ${result.failed} failed`);
  passed += result.passed;
  failed += result.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
