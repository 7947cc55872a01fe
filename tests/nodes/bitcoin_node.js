// A Bitcoin regtest node in memory. Each line in is {"do": name, ...}, each line out {"ok": result} or {"error": text}.
// Keys come from names, times from the caller and the order of transactions too: the chain is the same everywhere.
"use strict";
process.env.NODE_BACKEND = "js";
const crypto = require("crypto");
const readline = require("readline");
const FullNode = require("bcoin/lib/node/fullnode");
const Coin = require("bcoin/lib/primitives/coin");
const CoinView = require("bcoin/lib/coins/coinview");
const KeyRing = require("bcoin/lib/primitives/keyring");
const Network = require("bcoin/lib/protocol/network");
const MTX = require("bcoin/lib/primitives/mtx");
const Address = require("bcoin/lib/primitives/address");
const Script = require("bcoin/lib/script/script");
const TX = require("bcoin/lib/primitives/tx");

// bcoin has prefixes of its own for its regtest; these are Bitcoin Core's (kernel/chainparams.cpp).
const regtest = Network.get("regtest");
Object.assign(regtest.addressPrefix, { pubkeyhash: 0x6f, scripthash: 0xc4, bech32: "bcrt" });
// Segregated witness is voted in within a few blocks.
Object.assign(regtest.deployments.segwit, { window: 4, threshold: 3 });

const node = new FullNode({
  network: "regtest", memory: true, workers: false, listen: false, noAuth: true, indexTX: true, indexAddress: true,
  port: 48444, httpPort: 48445, env: false, argv: false, logConsole: false, logFile: false,
});
// It is spoken to by its standard input alone: no port of this machine is taken.
node.http.open = async () => {};
node.http.close = async () => {};
node.miner.mempool = null; // what is mined, and in which order, is what the caller says
const rings = new Map(); // address or script -> key
const coins = new Map(); // "txid:vout" -> coin, spent ones too

const hex = (buffer) => buffer.toString("hex");
const turned = (hash) => hex(Buffer.from(hash, "hex").reverse()); // inside, a hash is text in internal byte order

function ring(name, kind) {
  const key = crypto.createHash("sha256").update(`regtest ${name}`).digest();
  const made = KeyRing.fromPrivate(key, true);
  made.witness = kind === "p2wpkh" || kind === "p2sh-p2wpkh";
  return made;
}

function address({ name, kind = "p2wpkh" }) {
  const made = ring(name, kind);
  const text = (kind === "p2sh-p2wpkh" ? made.getNestedAddress() : made.getAddress()).toString("regtest");
  rings.set(text, made);
  return text;
}

// A public key alone, or a 1-of-2 of two names: scripts without an address.
function bareScript({ names }) {
  const made = names.map((name) => ring(name, "p2pkh"));
  const keys = made.map((one) => one.publicKey);
  const script = keys.length === 1 ? Script.fromPubkey(keys[0]) : Script.fromMultisig(1, keys.length, keys);
  rings.set(hex(script.toRaw()), made[0]);
  return hex(script.toRaw());
}

function scriptOf(output) {
  if (output.script) return Script.fromRaw(Buffer.from(output.script, "hex"));
  if (output.data) return Script.fromNulldata(Buffer.from(output.data, "hex"));
  return Script.fromAddress(Address.fromString(output.address, "regtest"));
}

function remember(tx, height) {
  tx.outputs.forEach((_, index) => coins.set(`${tx.txid()}:${index}`, Coin.fromTX(tx, index, height)));
}

function transaction({ inputs, outputs, locktime = 0 }) {
  const mtx = new MTX();
  mtx.locktime = locktime;
  const signers = [];
  for (const outpoint of inputs) {
    const coin = coins.get(outpoint);
    if (!coin) throw new Error(`no output ${outpoint}`);
    const owner = coin.getAddress() ? coin.getAddress().toString("regtest") : "";
    const key = rings.get(owner) || rings.get(hex(coin.script.toRaw()));
    if (!key) throw new Error(`no key for ${outpoint}`);
    signers.push([coin, key]);
    mtx.addCoin(coin);
  }
  for (const output of outputs) mtx.addOutput(scriptOf(output), output.value);
  signers.forEach(([coin, key], index) => {
    mtx.scriptInput(index, coin, key);
    mtx.signInput(index, coin, key, Script.hashType.ALL);
  });
  if (!mtx.isSigned()) throw new Error("not all inputs are signed");
  const tx = mtx.toTX();
  remember(tx, -1);
  return { txid: tx.txid(), hex: hex(tx.toRaw()) };
}

async function mine({ time, to, transactions = [] }) {
  const attempt = await node.miner.createBlock(node.chain.tip, Address.fromString(to, "regtest"));
  attempt.time = time;
  for (const one of transactions) {
    const tx = TX.fromRaw(Buffer.from(one, "hex"));
    const view = new CoinView();
    for (const { prevout } of tx.inputs) view.addCoin(coins.get(`${turned(prevout.hash)}:${prevout.index}`));
    if (!attempt.addTX(tx, view)) throw new Error(`${tx.txid()} is not final or does not fit`);
  }
  const random = Math.random; // the coinbase holds a random number
  Math.random = () => 0;
  attempt.refresh();
  Math.random = random;
  for (let nonce = 0; ; nonce++) {
    const proof = attempt.getProof(0, 0, time, nonce);
    if (!proof.verify(attempt.target)) continue;
    const block = attempt.commit(proof);
    const entry = await node.chain.add(block);
    if (!entry) throw new Error("the block was not accepted");
    block.txs.forEach((tx) => remember(tx, entry.height));
    return { hash: turned(entry.hash), height: entry.height, txids: block.txs.map((tx) => tx.txid()) };
  }
}

// Forgets the blocks above a height: other blocks mined then are a reorganisation.
async function reset({ height }) {
  await node.chain.reset(height);
  return { height: node.chain.height };
}

async function tip() {
  return { hash: turned(node.chain.tip.hash), height: node.chain.height };
}

async function hashAt({ height }) {
  const hash = await node.chain.getHash(height);
  return hash ? turned(hash) : null;
}

async function block({ hash }) {
  const found = await node.chain.getBlock(turned(hash));
  if (!found) return null;
  const height = await node.chain.getHeight(turned(hash));
  return {
    hash, height, previous: turned(found.prevBlock), time: found.time, version: found.version, bits: found.bits,
    nonce: found.nonce, merkle_root: turned(found.merkleRoot), hex: hex(found.toRaw()), size: found.getSize(),
    weight: found.getWeight(), transactions: found.txs.map(described),
  };
}

function described(tx) {
  return {
    txid: tx.txid(), version: tx.version, locktime: tx.locktime, size: tx.getSize(), weight: tx.getWeight(),
    hex: hex(tx.toRaw()),
    inputs: tx.inputs.map((input) => ({
      txid: turned(input.prevout.hash), vout: input.prevout.index, sequence: input.sequence,
      script: hex(input.script.toRaw()), asm: input.script.toASM(), coinbase: input.prevout.isNull(),
      witness: input.witness.items.map(hex),
    })),
    outputs: tx.outputs.map((output) => ({
      value: output.value, script: hex(output.script.toRaw()), asm: output.script.toASM(),
      address: output.getAddress() ? output.getAddress().toString("regtest") : "",
      kind: output.script.isPubkey() ? "p2pk" : output.script.isMultisig() ? "multisig" : output.script.isNulldata() ?
        "op_return" : output.script.isPubkeyhash() ? "p2pkh" : output.script.isScripthash() ? "p2sh" :
        output.script.isWitnessPubkeyhash() ? "v0_p2wpkh" : output.script.isWitnessScripthash() ? "v0_p2wsh" : "unknown",
    })),
  };
}

const commands = { address, bareScript, transaction, mine, reset, tip, hashAt, block };

async function main() {
  await node.open();
  process.stdout.write(JSON.stringify({ ok: { height: node.chain.height } }) + "\n");
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let reply;
    try {
      const asked = JSON.parse(line);
      reply = { ok: await commands[asked.do](asked) };
    } catch (error) {
      reply = { error: String(error.message || error) };
    }
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
  process.exit(0);
}

main();
