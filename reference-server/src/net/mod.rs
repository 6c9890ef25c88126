//! Sockets, TLS, deadlines: the only place that accepts and opens connections. A session
//! gets a [`Connection`], the queue an [`Outbound`]; neither sees what it runs over.

mod connection;
mod deflate;
mod listener;
mod outbound;
mod tls;
mod transport;

pub(crate) use connection::{Connection, Early, Line, ReadError, ending};
pub(crate) use listener::Listener;
pub(crate) use outbound::{Anchors, Outbound, Trust, roots};
pub(crate) use tls::{ClientCertificates, Identity, identity};
pub(crate) use transport::Stream;
