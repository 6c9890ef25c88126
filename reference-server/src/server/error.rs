//! Why a server, or an account of it, cannot be.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::auth::PutError;
use crate::deviation;
use crate::service::Service;
use crate::store::StoreError;

/// Why a server did not start.
#[derive(Debug)]
pub enum StartError {
    /// No deviation has this id.
    UnknownDeviation(String),
    /// No IMAP extension has this name.
    UnknownCapability(String),
    /// An account's address is not of the form `local@domain`.
    BadAddress(String),
    /// The password of the account with this address cannot be one (RFC 4013).
    BadPassword(String),
    /// The hostname, or a domain, is not a domain name.
    BadDomain(String),
    /// The store cannot be opened: the text says why.
    Storage(String),
    /// The certificates cannot be made, read or written.
    Tls(io::Error),
    /// The name server cannot be asked: the text says why.
    Resolver(String),
    /// A listener cannot be bound.
    Listen {
        /// For this service.
        service: Service,
        /// To this address.
        address: SocketAddr,
        /// For this reason.
        error: io::Error,
    },
}

impl StartError {
    pub(super) fn storage(error: StoreError) -> Self {
        Self::Storage(error.to_string())
    }

    pub(super) fn account(address: &str, error: PutError) -> Self {
        match error {
            PutError::Password => Self::BadPassword(address.to_owned()),
            PutError::Store(error) => Self::storage(error),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDeviation(id) => {
                let known: Vec<_> = deviation::all().iter().map(|known| known.id).collect();
                write!(f, "no deviation {id:?}: there are {}", known.join(", "))
            }
            Self::UnknownCapability(name) => write!(f, "no IMAP extension {name:?} that could be left out"),
            Self::BadAddress(address) => {
                write!(f, "{address:?} is no address: local@domain is needed")
            }
            Self::BadPassword(address) => write!(f, "account {address}: {}", PutError::Password),
            Self::BadDomain(name) => {
                write!(f, "{name:?} is no domain name: letters, digits and hyphens between dots")
            }
            Self::Storage(reason) => f.write_str(reason),
            Self::Resolver(reason) => write!(f, "name server: {reason}"),
            Self::Tls(error) => write!(f, "certificates: {error}"),
            Self::Listen { service, address, error } => {
                write!(f, "{service} cannot listen on {address}: {error}")
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tls(error) | Self::Listen { error, .. } => Some(error),
            Self::UnknownDeviation(_)
            | Self::BadAddress(_)
            | Self::BadPassword(_)
            | Self::BadDomain(_)
            | Self::Storage(_)
            | Self::Resolver(_)
            | Self::UnknownCapability(_) => None,
        }
    }
}

/// Why an account was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountError {
    /// Not of the form `local@domain` with a local domain.
    BadAddress(String),
    /// The secret has characters that cannot be in one, or is empty (RFC 4013).
    BadPassword,
    /// The store failed: the text says why.
    Storage(String),
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAddress(address) => write!(f, "{address:?} is no address of this server"),
            Self::BadPassword => PutError::Password.fmt(f),
            Self::Storage(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for AccountError {}
