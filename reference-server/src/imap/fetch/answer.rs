//! One untagged FETCH (RFC 3501, section 7.4.2): made ready as a whole before the first octet of
//! it is sent, since an answer that has begun can not be taken back.

use std::sync::Arc;

use super::loader::Loader;
use super::section::{octets, window, write_section};
use crate::imap::link::Link;
use crate::imap::response::{StructureForm, body_structure, envelope, literal_head, string, travelling};
use crate::imap::syntax::{FetchItem, Partial, Section, SectionText, format_date_time};
use crate::imap::view::Entry;
use crate::message::Envelope;
use crate::store::StoreError;

/// How answers are written; fixed for a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// How many lines a body is said to have, given how many it has.
    pub(crate) body_lines: fn(usize) -> usize,
}

/// The text of one answer; long strings are kept apart and shared with the store's copy.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    text: Vec<u8>,
    /// Octets that stand in the text at these places, in ascending order.
    inserts: Vec<(usize, Arc<[u8]>)>,
}

impl Answer {
    /// ```abnf
    /// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
    /// msg-att      = "(" (msg-att-dynamic / msg-att-static) *(SP ...) ")"
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when the message is gone, or other trouble of the store.
    pub(crate) async fn prepare(
        number: usize,
        entry: &Entry,
        items: &[FetchItem],
        loader: &mut Loader,
        form: Form,
    ) -> Result<Self, StoreError> {
        let mut answer = Self::default();
        answer.push(&format!("* {number} FETCH ("));
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                answer.push(" ");
            }
            answer.item(entry, item, loader, form).await?;
        }
        answer.push(")\r\n");
        Ok(answer)
    }

    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    async fn item(
        &mut self,
        entry: &Entry,
        item: &FetchItem,
        loader: &mut Loader,
        form: Form,
    ) -> Result<(), StoreError> {
        let whole = |text| Section { part: Vec::new(), text };
        match item {
            FetchItem::Flags => entry.write_flags(&mut self.text),
            FetchItem::Uid => self.push(&format!("UID {}", entry.message.uid)),
            FetchItem::ModSeq => self.push(&format!("MODSEQ ({})", entry.message.modseq)),
            FetchItem::Rfc822Size => self.push(&format!("RFC822.SIZE {}", entry.message.octets)),
            FetchItem::InternalDate => {
                let date = format_date_time(entry.message.internal_date);
                self.push(&format!("INTERNALDATE \"{date}\""));
            }
            FetchItem::Envelope => self.envelope(loader).await?,
            FetchItem::Body => self.structure("BODY ", StructureForm::Basic, loader, form).await?,
            FetchItem::BodyStructure => {
                self.structure("BODYSTRUCTURE ", StructureForm::Extended, loader, form).await?;
            }
            FetchItem::Rfc822 => {
                self.push("RFC822 ");
                self.section(&whole(None), None, loader).await?;
            }
            FetchItem::Rfc822Header => {
                self.push("RFC822.HEADER ");
                self.section(&whole(Some(SectionText::Header)), None, loader).await?;
            }
            FetchItem::Rfc822Text => {
                self.push("RFC822.TEXT ");
                self.section(&whole(Some(SectionText::Text)), None, loader).await?;
            }
            FetchItem::Section { section, partial, .. } => {
                self.push("BODY");
                write_section(&mut self.text, section);
                if let Some(partial) = partial {
                    self.push(&format!("<{}>", partial.origin));
                }
                self.push(" ");
                self.section(section, *partial, loader).await?;
            }
        }
        Ok(())
    }

    async fn envelope(&mut self, loader: &mut Loader) -> Result<(), StoreError> {
        let (message, structure) = loader.structure().await?;
        self.push("ENVELOPE ");
        envelope(&mut self.text, &Envelope::of(&structure.root.fields(&message)));
        Ok(())
    }

    async fn structure(
        &mut self,
        name: &str,
        extent: StructureForm,
        loader: &mut Loader,
        form: Form,
    ) -> Result<(), StoreError> {
        let (message, structure) = loader.structure().await?;
        self.push(name);
        body_structure(&mut self.text, &message, &structure.root, extent, form.body_lines);
        Ok(())
    }

    /// The octets of a section as an nstring: NIL where the message has no such part.
    async fn section(
        &mut self,
        section: &Section,
        partial: Option<Partial>,
        loader: &mut Loader,
    ) -> Result<(), StoreError> {
        let everything = section.part.is_empty() && section.text.is_none();
        match (everything, partial) {
            (true, None) => self.insert(loader.octets().await?),
            (true, Some(Partial { origin, count })) => {
                self.insert(loader.window(origin.into(), count.into()).await?);
            }
            (false, _) => {
                let (message, structure) = loader.structure().await?;
                let Some(found) = octets(section, &message, &structure) else {
                    self.push("NIL");
                    return Ok(());
                };
                self.insert(match partial {
                    Some(Partial { origin, count }) => window(&found, origin.into(), count.into()).into(),
                    None => found.into_owned().into(),
                });
            }
        }
        Ok(())
    }

    fn insert(&mut self, octets: Arc<[u8]>) {
        if octets.is_empty() {
            string(&mut self.text, b"");
            return;
        }
        literal_head(&mut self.text, octets.len());
        self.inserts.push((self.text.len(), octets));
    }

    /// Sends the answer; the connection's pace is the pace of this.
    pub(crate) async fn send(&self, link: &mut dyn Link) -> std::io::Result<()> {
        let mut from = 0;
        for (place, octets) in &self.inserts {
            link.write(self.text.get(from..*place).unwrap_or_default()).await?;
            if octets.contains(&0) {
                let travelling: Vec<u8> = octets.iter().map(|&octet| travelling(octet)).collect();
                link.write(&travelling).await?;
            } else {
                link.write(octets).await?;
            }
            from = *place;
        }
        link.write(self.text.get(from..).unwrap_or_default()).await
    }
}
