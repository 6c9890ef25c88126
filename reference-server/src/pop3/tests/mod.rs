//! Whole sessions over in-memory pipes: what a client sends, what it gets.

mod authorization;
mod harness;
mod known;
mod transaction;
mod update;
