//! Why a target cannot be used: the profile's fault, the machine's, or the set-up's.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::source::Diagnostics;
use crate::wire::TlsSetupError;

/// Why a target cannot be used.
#[derive(Debug)]
pub enum TargetError {
    /// Mistakes in the profile or in the rulings.
    Profile(Diagnostics),
    /// An endpoint's address cannot be resolved.
    Address(String),
    /// The file of the certificate authority cannot be read.
    Authority(PathBuf, std::io::Error),
    /// A file of an account's client certificate cannot be read.
    Certificate(PathBuf, std::io::Error),
    /// TLS cannot be set up.
    Tls(TlsSetupError),
    /// A command of the profile failed.
    Command {
        /// The command.
        command: String,
        /// What went wrong.
        why: String,
    },
    /// An endpoint does not accept connections.
    NotReady(SocketAddr, Duration),
    /// The reference server does not start.
    Start(String),
    /// A case names more accounts than there are.
    PoolTooSmall {
        /// Accounts that the case names.
        needed: usize,
        /// Accounts of the profile.
        size: usize,
    },
    /// A case names more next hops than there are routes.
    TooFewRoutes {
        /// Next hops that the case names.
        needed: usize,
        /// Routes of the profile.
        size: usize,
    },
    /// Nobody can listen where the target hands mail over.
    Listen(SocketAddr, std::io::Error),
    /// A leased account cannot be emptied.
    Clean(String, String),
    /// The server is gone, or takes no connections.
    Unreachable(String),
    /// No endpoint takes an account of the profile with its secret: the account, and what was answered.
    Credentials(String, String),
    /// A shared server was to be ended.
    NotOurs,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(mistakes) => mistakes.fmt(f),
            Self::Address(text) => write!(f, "`{text}` is no address that can be found"),
            Self::Authority(path, error) => {
                write!(f, "the certificate authority {} cannot be read: {error}", path.display())
            }
            Self::Certificate(path, error) => {
                write!(f, "the client certificate {} cannot be read: {error}", path.display())
            }
            Self::Tls(error) => error.fmt(f),
            Self::Command { command, why } => write!(f, "`{command}` failed: {why}"),
            Self::NotReady(address, within) => {
                write!(f, "{address} does not accept connections within {within:?}")
            }
            Self::Start(why) => write!(f, "the reference server does not start: {why}"),
            Self::PoolTooSmall { needed, size } => write!(
                f,
                "the case needs {needed} accounts and the profile has {size}: add some under `accounts`"
            ),
            Self::TooFewRoutes { needed, size } => write!(
                f,
                "the case needs {needed} next hops and the profile has {size}: add some under `routes`"
            ),
            Self::Listen(address, error) => {
                write!(f, "mailspec cannot listen at {address}, where the target hands mail over: {error}")
            }
            Self::Clean(account, why) => write!(f, "the account {account} cannot be emptied: {why}"),
            Self::Unreachable(why) => f.write_str(why),
            Self::Credentials(account, why) => write!(
                f,
                "no endpoint takes the account {account} with the secret of the profile ({why}): \
                 correct `accounts` in the profile; nothing was judged"
            ),
            Self::NotOurs => f.write_str("a server that other cases share cannot be restarted or killed"),
        }
    }
}

impl std::error::Error for TargetError {}
