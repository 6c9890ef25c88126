//! Room for deleting. On a full disk even that needs some: SQLite's log grows before anything gets less.
//! So a file of no use stands beside the database, which is given up when something is to be removed and
//! there is no room for it. From then on nothing is added until there is room for the file again, or some
//! in the database, which then need not grow. Not for stores in memory.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::StoreError;

/// The file in the directory.
const FILE: &str = "reserve";
/// How large it is, in pieces and in octets: more than the log takes when as many messages are expunged as
/// go in one job.
const PIECES: u64 = 64;
const OCTETS: u64 = PIECES * 256 * 1024;
/// How much room in the database will do.
const IN_DATABASE: u64 = OCTETS / 4;
/// How much of it is written at once.
const PIECE: usize = 256 * 1024;
/// How long it takes until it is seen again whether there is room for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is kept for deleting.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    standing: Mutex<Standing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The file is there.
    Kept,
    /// It is not; when that was last seen to.
    Given(Instant),
    /// It can not be made, for other reasons than room.
    Without,
}

impl Reserve {
    /// The reserve of a store in this directory, made where it is missing and there is room for it.
    pub(super) fn keep(directory: &Path) -> Self {
        let path = directory.join(FILE);
        let standing = if is_whole(&path) { Standing::Kept } else { made(&path) };
        match standing {
            Standing::Kept => {}
            Standing::Given(_) => tracing::warn!("there is no room: nothing is added to the store"),
            Standing::Without => tracing::warn!("there is no reserve for a full disk"),
        }
        Self { path, standing: Mutex::new(standing) }
    }

    /// Gives it up; false where that has been done before.
    pub(super) fn give(&self) -> bool {
        let mut standing = self.lock();
        if *standing != Standing::Kept {
            return false;
        }
        *standing = Standing::Given(Instant::now());
        match std::fs::remove_file(&self.path) {
            Ok(()) => {
                tracing::warn!("there is no room: the reserve is given up so that mail can be deleted");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the reserve can not be given up");
                false
            }
        }
    }

    /// Whether anything may be added, inside the job that would.
    ///
    /// # Errors
    /// [`StoreError::Full`] where what room there is is for deleting.
    pub(super) fn admit(&self, sql: &Connection) -> Result<(), StoreError> {
        let mut standing = self.lock();
        let Standing::Given(seen) = *standing else { return Ok(()) };
        if seen.elapsed() >= PATIENCE {
            *standing = made(&self.path);
        }
        let is_given = matches!(*standing, Standing::Given(_));
        if is_given && free_octets(sql)? < IN_DATABASE { Err(StoreError::Full) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_whole(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == OCTETS)
}

/// Makes the file; where there is no room for all of it, none of it stays.
fn made(path: &Path) -> Standing {
    let Err(error) = fill(path) else { return Standing::Kept };
    tracing::debug!(%error, "the reserve can not be made");
    drop(std::fs::remove_file(path));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Standing::Given(Instant::now()),
        _ => Standing::Without,
    }
}

fn fill(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let piece = vec![0; PIECE];
    for _ in 0..PIECES {
        file.write_all(&piece)?;
    }
    // What the system has only promised may turn out not to be there.
    file.sync_data()
}

/// Room within the database, which needs none on the disk.
fn free_octets(sql: &Connection) -> Result<u64, StoreError> {
    let pragma = |name: &str| -> rusqlite::Result<i64> { sql.query_row(name, [], |row| row.get(0)) };
    let octets = pragma("PRAGMA freelist_count")?.saturating_mul(pragma("PRAGMA page_size")?);
    Ok(u64::try_from(octets).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_comes_back_when_there_is_room() {
        let directory = tempfile::tempdir().unwrap();
        let sql = Connection::open_in_memory().unwrap();
        let file = directory.path().join(FILE);
        let reserve = Reserve::keep(directory.path());
        assert_eq!(std::fs::metadata(&file).unwrap().len(), OCTETS);
        assert_eq!(reserve.admit(&sql), Ok(()));
        assert!(reserve.give() && !file.exists());
        assert!(!reserve.give(), "there is only one");
        assert_eq!(reserve.admit(&sql), Err(StoreError::Full));
        // There is room again, and it is time to look.
        *reserve.lock() = Standing::Given(Instant::now() - PATIENCE);
        assert_eq!(reserve.admit(&sql), Ok(()));
        assert!(file.exists() && reserve.give());
    }

    #[test]
    fn room_in_the_database_will_do() {
        let directory = tempfile::tempdir().unwrap();
        let reserve = Reserve::keep(directory.path());
        assert!(reserve.give());
        let sql = Connection::open(directory.path().join("some.sqlite")).unwrap();
        sql.execute_batch("CREATE TABLE t (b)").unwrap();
        assert_eq!(reserve.admit(&sql), Err(StoreError::Full));
        sql.execute("INSERT INTO t VALUES (zeroblob(?1))", [i64::try_from(IN_DATABASE + 100_000).unwrap()])
            .unwrap();
        sql.execute_batch("DELETE FROM t").unwrap();
        assert_eq!(reserve.admit(&sql), Ok(()));
    }

    #[test]
    fn where_it_can_not_be_made_there_is_none_and_all_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(FILE)).unwrap();
        let reserve = Reserve::keep(directory.path());
        assert_eq!(reserve.admit(&Connection::open_in_memory().unwrap()), Ok(()));
        assert!(!reserve.give());
    }
}
