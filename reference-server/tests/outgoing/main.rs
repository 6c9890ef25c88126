//! Mail for other domains on its way: routes, the DNS, the client's side of SMTP, reports. Whole
//! servers over loopback; not for single replies, which the suites judge.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic here is a failed test")]

mod dns;
mod mx;
mod pool;
mod relay;
mod stub;
mod support;
mod terms;
