//! What the server has promised survives. Two things are shown, because neither
//! implies the other: after SIGKILL in the middle of deliveries everything that
//! was answered with success is there ([`kill`]); and each promise is sent after
//! the sync of what it promises ([`order`]), which a kill cannot show, since the
//! kernel keeps what was written. Relaying is killed too ([`relay`]), and so are
//! accounts that run into their quota ([`quota`]); and the disk fills up ([`full`]).

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::panic, reason = "a panic in a test is a failed test")]

mod client;
mod full;
mod kill;
mod order;
mod process;
mod quota;
mod relay;
