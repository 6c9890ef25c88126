//! The reference mail server of mailspec: SMTP, LMTP, POP3 and IMAP over one SQLite store,
//! started by a builder, in a test or by `mailspec serve`. Not for a public network: it
//! makes its own certificates, and relays only by the routes that it is given.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use reference_server::{Server, Service};
//!
//! let server = Server::builder()
//!     .account("alice@example.test", "alice-secret")
//!     .listen(Service::Smtp, "127.0.0.1:0".parse()?)
//!     .listen(Service::Imap, "127.0.0.1:0".parse()?)
//!     .start()
//!     .await?;
//! println!("{:?}", server.address(Service::Smtp));
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod auth;
mod channel;
mod context;
pub mod deviation;
#[cfg(test)]
mod guessing;
mod imap;
mod limits;
mod list;
pub mod message;
#[cfg(test)]
mod mutations;
mod net;
mod origin;
mod pop3;
mod queue;
mod recipient;
mod server;
mod service;
mod sessions;
mod slots;
mod smtp;
mod store;
#[cfg(test)]
mod testing;

pub use auth::DerivedSecret;
pub use imap::Literals;
pub use limits::{
    AddressVerification, Intake, Limits, PlaintextAuthentication, RecoverableSecrets, Timeouts,
};
pub use pop3::policy::{MaildropPolicy, Retention};
pub use queue::{Clock, NextHop, RelayTls, Schedule};
pub use server::{AccountError, Builder, Server, StartError};
pub use service::{Service, UnknownService};
pub use smtp::{SubmissionPolicy, SubmittedFields, SubmittingSenders};
pub use store::{Chosen, Done, Quota, Spool, SpoolError, Storage, Waiting, WaitingRecipient};
