//! One message's octets and structure, loaded when an item first needs them.

use std::sync::Arc;

use crate::imap::heavy::work_on;
use crate::message::Structure;
use crate::store::{BodyId, Store, StoreError};

/// Loads one message as far as it is needed.
pub(crate) struct Loader {
    store: Store,
    body: BodyId,
    octets: Option<Arc<[u8]>>,
    structure: Option<Arc<Structure>>,
}

impl Loader {
    /// Nothing loaded yet.
    pub(crate) fn new(store: Store, body: BodyId) -> Self {
        Self { store, body, octets: None, structure: None }
    }

    /// All octets of the message.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when it has been expunged.
    pub(crate) async fn octets(&mut self) -> Result<Arc<[u8]>, StoreError> {
        if let Some(octets) = &self.octets {
            return Ok(Arc::clone(octets));
        }
        let octets = self.store.body(self.body).await?;
        self.octets = Some(Arc::clone(&octets));
        Ok(octets)
    }

    /// At most `count` octets from `origin` on; of a message that is not loaded only these are
    /// read.
    pub(crate) async fn window(&mut self, origin: u64, count: u64) -> Result<Arc<[u8]>, StoreError> {
        Ok(match &self.octets {
            Some(octets) => super::section::window(octets, origin, count).into(),
            None => self.store.body_range(self.body, origin, count).await?.into(),
        })
    }

    /// The message's octets and structure.
    pub(crate) async fn structure(&mut self) -> Result<(Arc<[u8]>, Arc<Structure>), StoreError> {
        let octets = self.octets().await?;
        if let Some(structure) = &self.structure {
            return Ok((octets, Arc::clone(structure)));
        }
        let message = Arc::clone(&octets);
        let structure = work_on(octets.len(), move || Arc::new(Structure::parse(&message))).await?;
        self.structure = Some(Arc::clone(&structure));
        Ok((octets, structure))
    }
}
