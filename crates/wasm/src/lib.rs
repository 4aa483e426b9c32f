//! The WebAssembly surface of the kernels: argument checks, conversions, one error mapping and no algorithm.
//!
//! Failures are JS `Error`s whose message begins with a stable code, `E_ARGUMENT: ...`; `ts/kernels/errors.ts` turns
//! them into typed ones. A panic is a bug and traps.

// Exports leave through wasm-bindgen, not through this crate's module tree.
#![allow(unreachable_pub)]

mod bits;
mod checkpoint;
mod error;
mod float_matrix;
mod float_ops;
mod gates;
mod integer_rows;
mod limits;
mod plain;
mod prg;
mod ring_matrix;
mod ring_ops;
mod ring_rows;
mod runtime;
mod scalar;
mod sized;
