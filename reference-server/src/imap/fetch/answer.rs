//! Untagged FETCH responses (RFC 3501, section 7.4.2): each made ready as a whole before the first
//! octet of it is sent, since an answer that has begun can not be taken back.

use time::OffsetDateTime;

use super::loader::{LiteralOctets, Loader, Octets, here, offsets};
use super::section::{fields, span, window, write_section};
use crate::imap::link::Link;
use crate::imap::response::{
    Audience, Counts, EmailPlace, StructureForm, body_structure, email_id, envelope, literal_head, number,
    string, thread_id,
};
use crate::imap::syntax::{FetchItem, Partial, Section, SectionText, format_date_time};
use crate::imap::view::{Numbered, View};
use crate::message::preview::preview_part;
use crate::message::transfer::{Decode, Encoding};
use crate::message::{Content, Entity, Envelope, Kept, Span, Structure};
use crate::store::{MailboxId, Message, READ, Store, StoreError};

/// How answers are written; fixed for a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// How lines and octets of bodies are counted.
    pub(crate) counts: Counts,
    /// How many octets a literal is said to have, given how many it has.
    pub(crate) literal_octets: fn(u64) -> u64,
    /// Of what an EMAILID is made: the content, or something else.
    pub(crate) email_number: fn(EmailPlace) -> i64,
    /// The save date of a message, and its preview.
    pub(crate) saved: fn(&Message) -> OffsetDateTime,
    pub(crate) preview: fn(&Entity<'_>, &[u8]) -> String,
    /// How transfer encodings are taken away.
    pub(crate) decode: Decode,
    /// The mailbox.
    pub(crate) mailbox: MailboxId,
    /// Who is told.
    pub(crate) audience: Audience,
}

/// The text of answers that wait to be sent together; long strings are kept apart and shared with
/// the store's copy.
#[derive(Debug)]
pub(crate) struct Answers {
    text: Vec<u8>,
    /// Octets that stand in the text at their places, in ascending order.
    inserts: Vec<Insert>,
    /// How many octets these are.
    inserted: u64,
    form: Form,
}

/// How much waits, in octets.
const ENOUGH: usize = 32 * 1024;

#[derive(Debug)]
struct Insert {
    place: usize,
    octets: Octets,
    form: LiteralOctets,
}

/// Why an answer can not be given.
#[derive(Debug)]
pub(crate) enum Unprepared {
    /// [`StoreError::NoSuchMessage`] when the message is gone, or other trouble of the store.
    Store(StoreError),
    /// A transfer encoding that the server can not undo (RFC 3516, section 4.3).
    UnknownEncoding,
}

impl From<StoreError> for Unprepared {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The content of a part with its transfer encoding undone; the whole message has none. Nothing
/// where the message has no such part.
async fn content(part: &[u32], loader: &mut Loader, decode: Decode) -> Result<Option<Octets>, Unprepared> {
    loader.settle().await?;
    if part.is_empty() {
        return Ok(Some(loader.octets(0, u64::MAX).await?));
    }
    let kept = loader.structure().await?;
    let structure = parts(&kept)?;
    let Some(mut entity) = structure.part(part).cloned() else { return Ok(None) };
    let (from, count) = offsets(entity.body);
    if count > READ {
        return loader.decoded(&entity).await?.map(Some).ok_or(Unprepared::UnknownEncoding);
    }
    let octets = loader.octets(from, count).await?;
    let Octets::Here(octets, span) = octets else { return Err(Unprepared::UnknownEncoding) };
    entity.body = span;
    match decode(&octets, &entity) {
        Some(content) => Ok(Some(here(content.into_owned()))),
        None => Err(Unprepared::UnknownEncoding),
    }
}

/// What a message is made of, without its own envelope.
fn parts(kept: &Kept) -> Result<Structure<'_>, StoreError> {
    kept.parts().ok_or_else(StoreError::damaged_structure)
}

/// How far what is shown of a message reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// To its own header fields.
    Outside,
    /// To the sizes of messages within it, which depend on header fields that are not shown.
    Inside,
}

/// Whether all parts that are asked for without their transfer encodings can be had so.
pub(crate) async fn is_decodable(items: &[FetchItem], loader: &mut Loader) -> Result<bool, StoreError> {
    for item in items {
        let FetchItem::Binary { part, .. } = item else { continue };
        let kept = loader.structure().await?;
        if parts(&kept)?
            .part(part)
            .is_some_and(|entity| Encoding::named(entity.encoding.as_deref()).is_none())
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The octets of a section; nothing where the message has no such part.
pub(crate) async fn section_octets(
    section: &Section,
    partial: Option<Partial>,
    loader: &mut Loader,
) -> Result<Option<Octets>, StoreError> {
    loader.settle().await?;
    let (from, count) = if section.part.is_empty() && section.text.is_none() {
        (0, u64::MAX)
    } else {
        let kept = loader.structure().await?;
        let Some(span) = span(section, &parts(&kept)?) else { return Ok(None) };
        if let Some((names, keep)) = fields(section) {
            let subset = loader.fields(span, names, keep).await?;
            return Ok(Some(match (partial, subset) {
                (Some(partial), Octets::Here(octets, span)) => Octets::Here(octets, window(span, partial)),
                (Some(partial), Octets::Made(part, shown)) => {
                    Octets::Made(part, shown.window(partial.origin, partial.count))
                }
                (_, subset) => subset,
            }));
        }
        offsets(span)
    };
    let (from, count) = match partial {
        Some(Partial { origin, count: wanted }) => {
            let origin = origin.min(count);
            (from.saturating_add(origin), count.saturating_sub(origin).min(wanted))
        }
        None => (from, count),
    };
    loader.octets(from, count).await.map(Some)
}

/// How much of a part is read for its preview, in octets.
const PREVIEW_OCTETS: usize = 16 * 1024;

/// The beginning of the text; empty where there is none (RFC 8970, section 3.2).
async fn preview_of(
    loader: &mut Loader,
    preview: fn(&Entity<'_>, &[u8]) -> String,
) -> Result<String, StoreError> {
    let kept = loader.structure().await?;
    let structure = parts(&kept)?;
    let Some(part) = preview_part(&structure) else { return Ok(String::new()) };
    let end = part.body.end.min(part.body.start.saturating_add(PREVIEW_OCTETS));
    let front = loader.part(Span::new(part.body.start, end)).await?;
    Ok(preview(part, &front))
}

impl Answers {
    /// None yet.
    pub(crate) fn new(form: Form) -> Self {
        Self { text: Vec::new(), inserts: Vec::new(), inserted: 0, form }
    }

    /// Adds the answer about one message, all of it or nothing.
    ///
    /// ```abnf
    /// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
    /// msg-att      = "(" (msg-att-dynamic / msg-att-static) *(SP ...) ")"
    /// ```
    ///
    /// What the view does not know of the message comes from the loader; there is none where the
    /// message is gone, or nothing of that is asked for.
    ///
    /// # Errors
    /// [`Unprepared`] says what there is.
    pub(crate) async fn add(
        &mut self,
        view: &View,
        told: Numbered<'_>,
        items: &[FetchItem],
        loader: Option<&mut Loader>,
    ) -> Result<(), Unprepared> {
        let before = (self.text.len(), self.inserts.len());
        let added = self.message(view, told, items, loader).await;
        if added.is_err() {
            self.text.truncate(before.0);
            self.inserts.truncate(before.1);
        }
        added
    }

    async fn message(
        &mut self,
        view: &View,
        told: Numbered<'_>,
        items: &[FetchItem],
        mut loader: Option<&mut Loader>,
    ) -> Result<(), Unprepared> {
        self.push("* ");
        number(&mut self.text, told.number);
        self.push(" FETCH (");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(" ");
            }
            match item {
                FetchItem::Flags => view.write_flags(told.entry, &mut self.text),
                FetchItem::Uid => {
                    self.push("UID ");
                    number(&mut self.text, told.entry.uid().0);
                }
                FetchItem::ModSeq => {
                    self.push("MODSEQ (");
                    number(&mut self.text, told.entry.modseq().0);
                    self.push(")");
                }
                _ => {
                    let loader = loader.as_deref_mut().ok_or(StoreError::NoSuchMessage)?;
                    self.item(item, loader).await?;
                }
            }
        }
        self.push(")\r\n");
        Ok(())
    }

    /// Whether so much waits that it is better sent.
    pub(crate) fn is_enough(&self) -> bool {
        self.text.len() >= ENOUGH || usize::try_from(self.inserted).is_ok_and(|octets| octets >= ENOUGH)
    }

    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    async fn item(&mut self, item: &FetchItem, loader: &mut Loader) -> Result<(), Unprepared> {
        let form = self.form;
        let whole = |text| Section { part: Vec::new(), text };
        match item {
            // The view has these.
            FetchItem::Flags | FetchItem::Uid | FetchItem::ModSeq => {}
            FetchItem::Rfc822Size => self.push(&format!("RFC822.SIZE {}", loader.message().octets)),
            FetchItem::InternalDate => {
                let date = format_date_time(loader.message().internal_date);
                self.push(&format!("INTERNALDATE \"{date}\""));
            }
            FetchItem::EmailId => {
                let place = EmailPlace { body: loader.message().body.0, mailbox: form.mailbox.0 };
                let id = email_id((form.email_number)(place));
                self.push(&format!("EMAILID ({id})"));
            }
            FetchItem::ThreadId => match loader.message().thread {
                Some(thread) => self.push(&format!("THREADID ({})", thread_id(thread))),
                None => self.push("THREADID NIL"),
            },
            FetchItem::SaveDate => {
                let date = format_date_time((self.form.saved)(loader.message()));
                self.push(&format!("SAVEDATE \"{date}\""));
            }
            FetchItem::Envelope => self.envelope(loader).await?,
            FetchItem::Body => self.structure("BODY ", StructureForm::Basic, loader).await?,
            FetchItem::BodyStructure => {
                self.structure("BODYSTRUCTURE ", StructureForm::Extended, loader).await?;
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
            FetchItem::Preview => {
                self.push("PREVIEW ");
                let text = preview_of(loader, self.form.preview).await?;
                string(&mut self.text, text.as_bytes());
            }
            FetchItem::Binary { part, partial, .. } => self.binary(part, *partial, loader).await?,
            FetchItem::BinarySize { part } => {
                let octets =
                    content(part, loader, self.form.decode).await?.map_or(0, |content| content.count());
                self.push("BINARY.SIZE");
                write_section(&mut self.text, &Section { part: part.clone(), text: None });
                self.push(&format!(" {octets}"));
            }
        }
        Ok(())
    }

    async fn envelope(&mut self, loader: &mut Loader) -> Result<(), StoreError> {
        self.push("ENVELOPE ");
        let write = |out: &mut Vec<u8>, kept: &Kept| {
            let structure = kept.structure().ok_or_else(StoreError::damaged_structure)?;
            envelope(out, structure.root.envelope.as_deref().unwrap_or(&Envelope::default()));
            Ok(Reach::Outside)
        };
        self.in_ascii(loader, write).await
    }

    /// Writes what is known of a message's structure; where that shows octets beyond ASCII, of what
    /// the client is to see in its place.
    async fn in_ascii(
        &mut self,
        loader: &mut Loader,
        write: impl Fn(&mut Vec<u8>, &Kept) -> Result<Reach, StoreError>,
    ) -> Result<(), StoreError> {
        let start = self.text.len();
        let reach = write(&mut self.text, &loader.structure().await?)?;
        let is_readable = self.text.get(start..).is_some_and(<[u8]>::is_ascii);
        if reach == Reach::Inside || !is_readable {
            self.text.truncate(start);
            let structure = match is_readable {
                true => loader.settled_structure().await?,
                false => loader.readable_structure().await?,
            };
            write(&mut self.text, &structure)?;
        }
        Ok(())
    }

    async fn structure(
        &mut self,
        name: &str,
        extent: StructureForm,
        loader: &mut Loader,
    ) -> Result<(), StoreError> {
        self.push(name);
        let Form { counts, audience, .. } = self.form;
        let write = |out: &mut Vec<u8>, kept: &Kept| {
            let structure = parts(kept)?;
            body_structure(out, &structure.root, extent, counts, audience);
            let holds_message = structure.root.walk().any(|part| matches!(part.content, Content::Message(_)));
            Ok(if holds_message { Reach::Inside } else { Reach::Outside })
        };
        self.in_ascii(loader, write).await
    }

    /// ```abnf
    /// "BINARY" section-binary ["<" number ">"] SP (nstring / literal8)     ; RFC 3516, section 7
    /// ```
    async fn binary(
        &mut self,
        part: &[u32],
        partial: Option<Partial>,
        loader: &mut Loader,
    ) -> Result<(), Unprepared> {
        let content = content(part, loader, self.form.decode).await?;
        self.push("BINARY");
        write_section(&mut self.text, &Section { part: part.to_vec(), text: None });
        if let Some(partial) = partial {
            self.push(&format!("<{}>", partial.origin));
        }
        self.push(" ");
        let Some(content) = content else {
            self.push("NIL");
            return Ok(());
        };
        let octets = match (partial, content) {
            (Some(partial), Octets::Here(octets, span)) => Octets::Here(octets, window(span, partial)),
            (Some(partial), Octets::Stored(..)) => loader.octets(partial.origin, partial.count).await?,
            (Some(partial), Octets::Made(part, shown)) => {
                Octets::Made(part, shown.window(partial.origin, partial.count))
            }
            (None, content) => content,
        };
        // In a literal8 all octets can stand, so that nobody need look before it begins.
        let may_hold_nul = match &octets {
            Octets::Here(octets, span) => span.of(octets).contains(&0),
            Octets::Stored(..) | Octets::Made(..) => true,
        };
        if may_hold_nul {
            self.push("~");
            literal_head(&mut self.text, octets.count());
            self.put(octets, LiteralOctets::Binary);
        } else {
            self.insert(octets);
        }
        Ok(())
    }

    /// The octets of a section as an nstring: NIL where the message has no such part.
    async fn section(
        &mut self,
        section: &Section,
        partial: Option<Partial>,
        loader: &mut Loader,
    ) -> Result<(), StoreError> {
        match section_octets(section, partial, loader).await? {
            Some(octets) => self.insert(octets),
            None => self.push("NIL"),
        }
        Ok(())
    }

    fn insert(&mut self, octets: Octets) {
        if octets.count() == 0 {
            string(&mut self.text, b"");
            return;
        }
        literal_head(&mut self.text, (self.form.literal_octets)(octets.count()));
        self.put(octets, LiteralOctets::Text);
    }

    fn put(&mut self, octets: Octets, form: LiteralOctets) {
        self.inserted = self.inserted.saturating_add(octets.count());
        self.inserts.push(Insert { place: self.text.len(), octets, form });
    }

    /// Sends all that waits; the connection's pace is the pace of this.
    pub(crate) async fn send(&mut self, link: &mut dyn Link, store: &Store) -> std::io::Result<()> {
        let mut from = 0;
        for Insert { place, octets, form } in &self.inserts {
            link.write(self.text.get(from..*place).unwrap_or_default()).await?;
            octets.send(link, store, *form).await?;
            from = *place;
        }
        link.write(self.text.get(from..).unwrap_or_default()).await?;
        self.text.clear();
        self.inserts.clear();
        self.inserted = 0;
        Ok(())
    }
}
