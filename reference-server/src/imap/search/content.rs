//! The text of a message as SEARCH sees it: decoded and folded, each piece made when first asked
//! for.

use std::cell::OnceCell;
use std::sync::Arc;

use time::Date;

use crate::message::collation::casemap;
use crate::message::{Header, Structure, date, search};

/// A loaded message.
pub(crate) struct Content {
    octets: Arc<[u8]>,
    structure: Structure,
    header: OnceCell<String>,
    body: OnceCell<Vec<String>>,
}

impl Content {
    /// The content with these octets.
    pub(crate) fn new(octets: Arc<[u8]>) -> Self {
        let structure = Structure::parse(&octets);
        Self { octets, structure, header: OnceCell::new(), body: OnceCell::new() }
    }

    fn fields(&self) -> Header<'_> {
        self.structure.root.fields(&self.octets)
    }

    /// Whether a field of that name holds `needle` (folded); any field of that name does where
    /// the needle is empty.
    pub(crate) fn field_holds(&self, name: &str, needle: &str) -> bool {
        self.fields().all(name).any(|field| casemap(&search::decode_value(&field.value())).contains(needle))
    }

    /// Whether the body holds `needle` (folded).
    pub(crate) fn body_holds(&self, needle: &str) -> bool {
        let texts = self.body.get_or_init(|| {
            search::body_texts(&self.octets, &self.structure).map(|text| casemap(&text)).collect()
        });
        needle.is_empty() || texts.iter().any(|text| text.contains(needle))
    }

    /// Whether the header holds `needle` (folded).
    pub(crate) fn header_holds(&self, needle: &str) -> bool {
        let text = self.header.get_or_init(|| casemap(&search::header_text(&self.fields())));
        text.contains(needle)
    }

    /// The day that the Date field names, in its own zone.
    pub(crate) fn sent(&self) -> Option<Date> {
        let field = self.fields().first("Date")?;
        Some(date::parse(&field.value())?.date())
    }
}
