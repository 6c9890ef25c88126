//! Sockets, TLS, deadlines: the only place that accepts connections. A session gets a
//! [`Connection`] and never sees what it runs over.

mod connection;
mod listener;
mod tls;
mod transport;

pub(crate) use connection::{Connection, Line, ReadError};
pub(crate) use listener::Listener;
pub(crate) use tls::{Identity, identity};
pub(crate) use transport::Stream;
