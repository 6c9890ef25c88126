//! ID (RFC 2971): who is at either end. What the client says changes nothing (section 3).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ParseError, Parsed};

/// The most pairs of field and value (section 3.3).
const PAIR_LIMIT: usize = 30;
/// The longest field, in octets (section 3.3).
const FIELD_LIMIT: usize = 30;
/// The longest value, in octets (section 3.3).
const VALUE_LIMIT: usize = 1024;

/// See [`parse`].
pub(crate) const ID: Registered = Registered::new("ID", Gate::Any, parse).of("ID");

struct Id;

/// ```abnf
/// id             = "ID" SP id_params_list
/// id_params_list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    if cursor.eat_word("NIL") {
        return Ok(Box::new(Id));
    }
    cursor.expect(b'(', "a list of fields and values or NIL was expected")?;
    if cursor.eat(b')') {
        return Ok(Box::new(Id));
    }
    for _ in 0..PAIR_LIMIT {
        let field = cursor.string()?;
        cursor.space()?;
        let value = if cursor.eat_word("NIL") { Vec::new() } else { cursor.string()? };
        if field.len() > FIELD_LIMIT || value.len() > VALUE_LIMIT {
            return Err(ParseError::Syntax("the field or its value is too long"));
        }
        if cursor.eat(b')') {
            return Ok(Box::new(Id));
        }
        cursor.space()?;
    }
    Err(ParseError::Syntax("too many fields"))
}

impl Command for Id {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let version = env!("CARGO_PKG_VERSION");
            let line = format!("* ID (\"name\" \"mailspec reference server\" \"version\" \"{version}\")\r\n");
            session.link.push(line.as_bytes());
            Ok(Reply::ok("ID completed"))
        })
    }
}
