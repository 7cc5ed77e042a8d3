// Answers calls of a function of candidate.js, which runs in a realm of its own: whatever it does
// to Array.prototype, JSON and the like stays there.
//
// Arguments: the function, or a class and its method. Standard input: a secret, the seconds for a
// call, then one line of JSON arguments per call. Standard output: "\n<secret> <number of the
// call> <JSON>\n" per call that came to an end.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");
const { types } = require("util");

const { stringify } = JSON;
const MOST_ITEMS = 100000;

class Unrepresentable extends Error {}

const [secret, seconds, ...lines] = fs.readFileSync(0, "utf8").split("\n");
const timeout = Number(seconds) * 1000;
const [owner, name] = process.argv.length > 3 ? process.argv.slice(2) : ["", process.argv[2]];

function report(number, said) {
  const line = Buffer.from(`\n${secret} ${number} ${stringify(said)}\n`);
  for (let done = 0; done < line.length; ) {
    try {
      done += fs.writeSync(1, line, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

// What JSON can say of a value of the other realm, of which nothing but plain data is used.
function describe(value, depth = 0) {
  if (depth > 100) throw new Unrepresentable("nested too deeply");
  switch (typeof value) {
    case "undefined":
      return null;
    case "boolean":
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? value : { float: { NaN: "nan", Infinity: "inf" }[value] ?? "-inf" };
    case "bigint":
      return { integer: value.toString() };
    case "function":
    case "symbol":
      throw new Unrepresentable(`the result holds a ${typeof value}`);
  }
  if (value === null) return null;
  if (types.isProxy(value)) throw new Unrepresentable("the result holds a proxy");
  if (types.isBoxedPrimitive(value)) throw new Unrepresentable("the result holds a boxed value");
  if (Array.isArray(value) || types.isTypedArray(value)) {
    if (value.length > MOST_ITEMS) throw new Unrepresentable("the result is too large");
    const items = [];
    for (let i = 0; i < value.length; i++) items.push(describe(value[i], depth + 1));
    return items;
  }
  if (types.isMap(value)) {
    const pairs = [];
    Map.prototype.forEach.call(value, (item, key) =>
      pairs.push([describe(key, depth + 1), describe(item, depth + 1)]));
    return { map: pairs };
  }
  if (types.isSet(value)) {
    const items = [];
    Set.prototype.forEach.call(value, (item) => items.push(describe(item, depth + 1)));
    return { set: items };
  }
  return { map: Object.keys(value).map((key) => [key, describe(value[key], depth + 1)]) };
}

function explain(error) {
  if (error instanceof Unrepresentable) return { unrepresentable: error.message };
  if (error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return { timeout: true };
  let message = "an exception";
  let line = null;
  try {
    message = types.isNativeError(error) ? `${error.name}: ${error.message}` : String(error);
    const place = /candidate\.js:(\d+)/.exec(String(error.stack));
    line = place ? Number(place[1]) : null;
  } catch {
    // An exception that cannot be shown is one nevertheless.
  }
  return { raised: message.slice(0, 300), line };
}

function makeRealm() {
  const module = { exports: {} };
  const quiet = () => {};
  const console = new Proxy({}, { get: () => quiet });
  const realm = {
    module, exports: module.exports, require, console, process, Buffer,
    setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask,
    structuredClone, URL, TextEncoder, TextDecoder, performance,
  };
  vm.createContext(realm);
  realm.globalThis = realm.global = vm.runInContext("this", realm);
  // Made before the candidate runs: arguments are values of its realm.
  const parse = vm.runInContext(
    `((parse, MakeMap, MakeSet) => (text, isPlain) => parse(text, (key, value) => {
      if (value === null || typeof value !== "object" || isPlain(value)) return value;
      if (value.set) return new MakeSet(value.set);
      const made = {};
      for (const pair of value.map) made[pair[0]] = pair[1];
      return made;
    }))(JSON.parse, Map, Set)`, realm);
  return { realm, parse: (text) => parse(text, Array.isArray) };
}

function find(realm) {
  const first = owner || name;
  let found = vm.runInContext(`typeof ${first} === "undefined" ? undefined : ${first}`, realm);
  const { exports } = realm.module;
  if (found === undefined && exports) {
    found = exports[first] ?? (typeof exports === "function" ? exports : undefined);
  }
  if (!owner || found === undefined) return [found, undefined];
  if (typeof found[name] === "function") return [found[name], found];
  const object = new found();
  return [object[name], object];
}

async function settle(value) {
  if (!types.isPromise(value)) return value;
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject({ code: "ERR_SCRIPT_EXECUTION_TIMEOUT" }), timeout);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function main() {
  const source = fs.readFileSync(path.join(__dirname, "candidate.js"), "utf8");
  const { realm, parse } = makeRealm();
  const calls = lines.filter((line) => line !== "");
  try {
    vm.runInContext(source, realm, { filename: "candidate.js", timeout });
  } catch (error) {
    const said = explain(error);
    calls.forEach((_, number) => report(number, said));
    return;
  }
  for (let number = 0, late = 0; number < calls.length && late < 2; number++) {
    let said;
    try {
      const [called, self] = find(realm);
      if (typeof called !== "function") throw new Unrepresentable(`${name} is no function`);
      const given = parse(calls[number]);
      // Only what is started by a script can be interrupted.
      realm.stepcheckCall = () => Reflect.apply(called, self, given);
      const value = await settle(vm.runInContext("stepcheckCall()", realm, { timeout }));
      said = { value: describe(value) };
    } catch (error) {
      said = explain(error);
    }
    if (said.timeout) late++;
    report(number, said);
  }
}

main().then(() => process.exit(0), () => process.exit(1));
