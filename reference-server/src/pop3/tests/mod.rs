//! Whole sessions over in-memory pipes: what a client sends, what it gets.

mod authorization;
mod harness;
mod known;
mod policy;
mod transaction;
mod update;
