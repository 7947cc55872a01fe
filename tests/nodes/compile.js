// Compiles every contract beside this file and writes {name: {abi, bytecode}} as JSON; the EVM version is the argument.
"use strict";
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const folder = path.join(__dirname, "contracts");
const sources = {};
for (const name of fs.readdirSync(folder).sort()) {
  if (name.endsWith(".sol")) sources[name] = { content: fs.readFileSync(path.join(folder, name), "utf8") };
}
const input = {
  language: "Solidity",
  sources,
  settings: {
    evmVersion: process.argv[2],
    optimizer: { enabled: true, runs: 200 },
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
};
const imports = (name) => (name in sources ? { contents: sources[name].content } : { error: "not found" });
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: imports }));
const errors = (output.errors || []).filter((one) => one.severity === "error");
if (errors.length) {
  process.stderr.write(errors.map((one) => one.formattedMessage).join("\n"));
  process.exit(1);
}
const contracts = {};
for (const file of Object.keys(output.contracts).sort()) {
  for (const [name, made] of Object.entries(output.contracts[file])) {
    contracts[name] = { abi: made.abi, bytecode: "0x" + made.evm.bytecode.object };
  }
}
process.stdout.write(JSON.stringify(contracts));
