//! Reads the shim's notes and decides whether a promise was sent too early.

/// What the shim saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A file of the directory is about to be written.
    Write(String),
    /// A file of the directory has been synced.
    Sync(String),
    /// Octets are about to be sent to a socket; what is not printable is escaped.
    Send(String),
}

/// Reads the notes; the last line may still be incomplete.
pub(super) fn events(notes: &str) -> Vec<Event> {
    let complete = notes.rfind('\n').map_or("", |end| &notes[..=end]);
    complete.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    let mut words = line.splitn(3, ' ');
    let (kind, name, rest) = (words.next()?, words.next()?, words.next()?);
    match kind {
        "write" => Some(Event::Write(name.to_owned())),
        "sync" => Some(Event::Sync(name.to_owned())),
        "send" => Some(Event::Send(rest.to_owned())),
        _ => None,
    }
}

/// Whether the reply that holds `promise` was sent after all that was written
/// since the command had been synced. `events` begin with the command.
pub(super) fn judge(events: &[Event], promise: &str) -> Result<(), String> {
    let sent = events
        .iter()
        .position(|event| matches!(event, Event::Send(text) if text.contains(promise)))
        .ok_or_else(|| format!("{promise:?} was not seen to be sent"))?;
    let before = &events[..sent];
    let mut written = Vec::new();
    let mut pending: Vec<&str> = Vec::new();
    for event in before {
        match event {
            Event::Write(name) if promises(name) => {
                written.push(name);
                if !pending.contains(&name.as_str()) {
                    pending.push(name);
                }
            }
            Event::Sync(name) => pending.retain(|file| file != name),
            Event::Write(_) | Event::Send(_) => {}
        }
    }
    if written.is_empty() {
        return Err(format!("{promise:?} was sent before anything was written"));
    }
    if !pending.is_empty() {
        return Err(format!("{promise:?} was sent before the sync of {pending:?}"));
    }
    Ok(())
}

/// Whether a file holds what is promised. The index of SQLite's log (`-shm`) is
/// made anew from the log, and never synced.
fn promises(name: &str) -> bool {
    !name.ends_with("-shm")
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_ORDER: &str =
        "write mail-wal \nwrite mail-wal \nsync mail-wal \nsend socket a1 OK done\\x0d\\x0a\n";

    #[test]
    fn a_reply_after_the_sync_is_in_order() {
        assert_eq!(judge(&events(IN_ORDER), "a1 OK"), Ok(()));
    }

    #[test]
    fn a_reply_without_a_sync_is_reported() {
        let notes = "write mail-wal \nsend socket a1 OK\nsync mail-wal \n";
        assert!(judge(&events(notes), "a1 OK").unwrap_err().contains("before the sync"));
    }

    #[test]
    fn a_write_after_the_last_sync_is_reported() {
        let notes = "write mail-wal \nsync mail-wal \nwrite mail-wal \nsend socket a1 OK\n";
        assert!(judge(&events(notes), "a1 OK").is_err());
    }

    #[test]
    fn the_sync_of_another_file_does_not_count() {
        let notes = "write mail-wal \nsync mail \nsend socket a1 OK\n";
        assert!(judge(&events(notes), "a1 OK").is_err());
    }

    #[test]
    fn a_reply_before_any_write_is_reported() {
        let notes = "write mail-shm \nsend socket a1 OK\nwrite mail-wal \nsync mail-wal \n";
        assert!(judge(&events(notes), "a1 OK").unwrap_err().contains("before anything"));
    }

    #[test]
    fn a_reply_that_was_not_seen_is_reported() {
        assert!(judge(&events(IN_ORDER), "a2 OK").is_err());
        assert!(judge(&events("send socket a2 O"), "a2 O").is_err(), "an incomplete line");
    }
}
