//! The server's side of SMTP as the harness plays it by itself: a next hop that takes everything,
//! or answers as it is told, and is asked afterwards what came.
//!
//! What a script says word by word, and what of it is judged, is `run/`'s affair; here nothing
//! is judged. What comes from the other side is bounded and never trusted.

mod dns;
mod log;
mod manner;
mod reading;
mod serve;

pub use dns::{DnsRecord, Known, NameServer};
pub use log::{Arrival, Log};
pub use manner::{Answer, Manner, Turns};
pub use reading::{Content, Heard, LineEnd, hear_content, hear_line, hear_octets};
pub use serve::{Serving, path, serve, swallow};
