"""JavaScript that the patched glue calls. It is put before the glue, in the same scope."""

import json

from stepcheck.lean.embedded.launch import (
    CODE_VARIABLE,
    KEEP_CODE_VARIABLE,
    MOUNTS_VARIABLE,
)
from stepcheck.lean.embedded.wasm_invoke import (
    CALLED_FUNCTIONS,
    INVOKE_FILE,
    OWN_TABLE,
    SHELL_MAIN,
    TABLE,
)

SYMBOLS_FILE = "symbols.bin"
"""The symbol table, beside the glue."""

_CONSTANTS = f"""\
const SYMBOLS_FILE = "{SYMBOLS_FILE}";
const MOUNTS_VARIABLE = "{MOUNTS_VARIABLE}";
const CODE_VARIABLE = "{CODE_VARIABLE}";
const KEEP_CODE_VARIABLE = "{KEEP_CODE_VARIABLE}";
const INVOKE_FILE = "{INVOKE_FILE}";
const OWN_TABLE = "{OWN_TABLE}";
const CALLED_FUNCTIONS = {json.dumps(CALLED_FUNCTIONS)};
const SHELL_MAIN = "{SHELL_MAIN}";
const TABLE_NAME = "{TABLE[1]}";
"""

_FUNCTIONS = r"""
console.log = () => {};

process.on("uncaughtException", (error) => {
  fs.writeSync(2, `${error?.stack ?? error}\n`);
  process.exit(1);
});

// The start routine that stands for Lean's main; no function has this address.
const LEAN_MAIN = 0x7ffffff0;

// What is there beside the mounts. It lies in memory, and is closed so that a document that writes
// there is told so, instead of losing what it wrote.
const MEMORY_FOLDERS = ["/", "/tmp", "/home", "/home/web_user", "/dev", "/dev/shm", "/dev/shm/tmp"];

function readLeanSymbols() {
  const file = fs.readFileSync(scriptDirectory + SYMBOLS_FILE);
  const count = file.readInt32LE(0);
  const numberAt = (place) => file.readInt32LE(4 * place);
  return {
    count,
    names: file.subarray(4 * (2 * count + 2)),
    startOf: (place) => numberAt(1 + place),
    addressOf: (place) => numberAt(2 + count + place),
  };
}

let leanSymbols;
function leanSymbolAddress(name) {
  leanSymbols ??= readLeanSymbols();
  const { count, names, startOf, addressOf } = leanSymbols;
  const wanted = Buffer.from(name);
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const [start, end] = [startOf(middle), startOf(middle + 1)];
    const order = names.compare(wanted, 0, wanted.length, start, end);
    if (order === 0) return addressOf(middle);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

let invokeFunctions;
function makeInvokeFunctions(table) {
  const module = new WebAssembly.Module(fs.readFileSync(scriptDirectory + INVOKE_FILE));
  const rethrow = (error) => {
    if (error !== error + 0) throw error;
  };
  return new WebAssembly.Instance(module, {
    env: { [TABLE_NAME]: table },
    js: { exception: WebAssembly.JSTag, rethrow },
  }).exports;
}

let functionTable;
function importInvoke(imports) {
  functionTable ??= new WebAssembly.Table({ element: "anyfunc", initial: TABLE_SIZE });
  // Without this tag Node.js cannot catch what JavaScript throws: the glue's own functions do.
  if (WebAssembly.JSTag) invokeFunctions ??= makeInvokeFunctions(functionTable);
  Object.assign(imports, { [TABLE_NAME]: functionTable }, invokeFunctions);
}

function connectInvoke(exports) {
  if (!invokeFunctions) return;
  CALLED_FUNCTIONS.forEach((name, place) => {
    invokeFunctions[OWN_TABLE].set(place, exports[name]);
  });
  functionTable.set(SHELL_MAIN_PLACE, invokeFunctions[SHELL_MAIN]);
}

// V8 can write and read the machine code of a module, and lends that to none but its own tests.
function runtimeFunction(call) {
  const v8 = require("node:v8");
  v8.setFlagsFromString("--allow-natives-syntax");
  try {
    return new Function("data", "bytes", `return ${call};`);
  } finally {
    v8.setFlagsFromString("--no-allow-natives-syntax");
  }
}

// There is none if none was kept, or if it is that of another Node.js or processor.
function moduleWithCode(bytes) {
  try {
    const { buffer } = new Uint8Array(fs.readFileSync(process.env[CODE_VARIABLE]));
    return runtimeFunction("%DeserializeWasmModule(data, bytes)")(buffer, bytes);
  } catch {
    return undefined;
  }
}

async function instantiateLean(bytes, imports) {
  const known = moduleWithCode(bytes);
  const result = known
    ? { module: known, instance: new WebAssembly.Instance(known, imports) }
    : await WebAssembly.instantiate(bytes, imports);
  const file = process.env[KEEP_CODE_VARIABLE];
  if (file) {
    // Functions that are compiled badly would all be compiled anew before the next start.
    const serialize = "(%FlushLiftoffCode(), %SerializeWasmModule(data))";
    process.on("exit", () => {
      fs.writeFileSync(file, Buffer.from(runtimeFunction(serialize)(result.module)));
    });
  }
  return result;
}

function makeMountsReadOnly() {
  const demandWritable = (node) => {
    if (!node.mount.opts.writable) throw new FS.ErrnoError(ERRNO_CODES.EROFS);
  };
  const guard = (operations, name, nodesOf) => {
    const operation = operations[name];
    operations[name] = (...values) => {
      nodesOf(...values).forEach(demandWritable);
      return operation(...values);
    };
  };
  for (const name of ["setattr", "mknod", "unlink", "rmdir", "symlink"]) {
    guard(NODEFS.node_ops, name, (node) => [node]);
  }
  guard(NODEFS.node_ops, "rename", (node, folder) => [node, folder]);
  for (const name of ["setattr", "write", "msync"]) {
    guard(NODEFS.stream_ops, name, (stream) => [stream.node]);
  }
  const { O_ACCMODE = 3, O_RDONLY, O_CREAT, O_TRUNC, O_APPEND } = fs.constants;
  const changes = (flags) =>
    (flags & O_ACCMODE) !== O_RDONLY || (flags & (O_CREAT | O_TRUNC | O_APPEND)) !== 0;
  guard(NODEFS.stream_ops, "open", (stream) =>
    changes(NODEFS.flagsForNode(stream.flags)) ? [stream.node] : []);
}

function startLean(programArguments) {
  const mounts = Object.entries(JSON.parse(process.env[MOUNTS_VARIABLE]));
  for (const [folder, writable] of mounts) {
    FS.mkdirTree(folder);
    FS.mount(NODEFS, { root: folder, writable }, folder);
  }
  FS.chdir(process.cwd());
  for (const folder of MEMORY_FOLDERS) FS.chmod(folder, 0o555);
  const texts = ["lean", ...programArguments].map((text) => new TextEncoder().encode(text + "\0"));
  const argv = _malloc(4 * (texts.length + 1));
  texts.forEach((bytes, place) => {
    const address = _malloc(bytes.length);
    (growMemViews(), HEAPU8).set(bytes, address);
    HEAPU32[(argv >> 2) + place] = address;
  });
  HEAPU32[(argv >> 2) + texts.length] = 0;
  const entry = _malloc(8);
  HEAPU32[entry >> 2] = texts.length;
  HEAPU32[(entry >> 2) + 1] = argv;
  const attributes = _malloc(64);
  const thread = _malloc(4);
  _pthread_attr_init(attributes);
  _pthread_attr_setstacksize(attributes, 64 << 20);
  noExitRuntime = true;
  runtimeKeepalivePush();
  const problem = _pthread_create(thread, attributes, LEAN_MAIN, entry);
  if (problem) throw new Error("Lean's first thread cannot be started: error " + problem);
  setInterval(() => {}, 1 << 30);
}

function runLeanMain(entry) {
  const [count, argv] = (growMemViews(), HEAPU32).subarray(entry >> 2, (entry >> 2) + 2);
  exitOnMainThread(resolveGlobalSymbol("main").sym(count, argv));
}

function transfer(operation, vectors, count, transferred) {
  let total = 0;
  for (let place = 0; place < count; place++) {
    let address = (growMemViews(), HEAPU32)[(vectors >> 2) + 2 * place];
    let length = HEAPU32[(vectors >> 2) + 2 * place + 1];
    while (length > 0) {
      const moved = tryTransfer(() => operation((growMemViews(), HEAPU8), address, length));
      total += moved;
      address += moved;
      length -= moved;
      if (moved === 0 || operation === readInput) {
        HEAPU32[transferred >> 2] = total;
        return 0;
      }
    }
  }
  (growMemViews(), HEAPU32)[transferred >> 2] = total;
  return 0;
}

const readInput = (heap, address, length) => fs.readSync(0, heap, address, length, null);
const writeOutput = (heap, address, length) => fs.writeSync(1, heap, address, length);

function writeErrors(heap, address, length) {
  const text = new TextDecoder().decode(heap.slice(address, address + length));
  const isDebugging = /^(\[DEBUG:|  - \/|  mainModule\? = )/.test(text);
  return isDebugging ? length : fs.writeSync(2, heap, address, length);
}

function tryTransfer(operation) {
  for (;;) {
    try {
      return operation();
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
"""

FUNCTIONS = _CONSTANTS + _FUNCTIONS
