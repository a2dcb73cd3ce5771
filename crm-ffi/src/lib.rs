//! The C interface of `crm`: pointers, lengths and statuses, nothing else.
//!
//! Every function here has a plain signature, because the header `include/crm.h` is generated from it (`cargo xtask
//! gen`); its documentation is the header's. A body does three things: it checks what C gave ([`pointer`], [`handle`],
//! [`sized`]), calls one method of `crm-core`, and hands the result out. [`guard`] stands around each body, so that
//! neither an error nor a panic crosses into C.
//!
//! The names of types are those of the header, as C spells them.
#![allow(non_camel_case_types)]
// Each function says in its documentation what C must see to; a heading for Rust would only end up in the header.
#![allow(clippy::missing_safety_doc)]
// An index of the header's functions, whose words are names of C.
#![allow(clippy::doc_markdown)]
// A test says what it expects, and fails where it is wrong.
#![cfg_attr(test, allow(clippy::unwrap_used))]

// The families, in the order of the core.
pub mod campaign;
pub mod clv;
pub mod customer;
pub mod experiment;
pub mod loyalty;
pub mod rfm;
pub mod segment;

// What they hand out beside their results.
pub mod bytes;
pub mod status;
pub mod version;

// What they stand on.
mod arrow;
mod guard;
mod handle;
mod pointer;
mod sized;
