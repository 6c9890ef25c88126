//! Suites, cases and steps, as the runner sees them.

mod check;
mod connection;
mod endpoint;
mod given;
mod hop;
mod sasl;
mod settings;
mod step;
mod suite;
mod talk;

pub use check::{Check, EventuallyMailbox, MessageTraits, Operator, Series};
pub use connection::{Compress, Cut, Data, Open, Presented, Send, Signer, StartTls, TlsVersion, TlsWish};
pub use endpoint::{Endpoint, Protocol};
pub use given::{Binding, Given, GivenAccount, GivenMailbox, GivenMessage, LetValue, Secrets};
pub use hop::{
    Arrival, GivenHop, GivenName, GivenServer, HeardLine, HopAction, Moment, NameHas, Occurrence, Receive,
    Serve, ServedAnswer, ServedTalk, Turn,
};
pub use sasl::{ChannelType, Initial, Replacement, Sasl, SaslOutcome, Tamper};
pub use settings::{Expire, Intake, Literals, PlaintextAuth, Setting, Settings, Sign, Whose};
pub use step::{Action, Alternative, Condition, Sense, Step, Test};
pub use suite::{Case, Lifecycle, Need, Suite};
pub use talk::{Command, Exchange, Expectation, Law, Pattern, Talk, Trigger};
