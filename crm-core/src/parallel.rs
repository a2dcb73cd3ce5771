//! Thread pools of the engine's own, keyed by process.
//!
//! A process that was forked after rayon's global pool had started hangs on its next parallel call, because
//! the child has the pool but not its threads. Parallel work therefore runs in pools that belong to one
//! process id; a child builds its own. No result depends on the number of threads.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, TryLockError};

use crate::error::{Error, ErrorKind, Result};

/// How many threads a call may use; the result never depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// As many as the machine has for this process.
    #[default]
    Available,
    /// Exactly this many, at most 1,024.
    Exactly(NonZeroUsize),
}

struct Entry {
    process: u32,
    threads: usize,
    pool: Arc<rayon::ThreadPool>,
}

static POOLS: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// The largest number of threads that a call may ask for.
const MOST: usize = 1024;

impl Threads {
    /// A thread count from a number, 0 meaning as many as there are.
    ///
    /// # Errors
    /// `InvalidArgument` above 1,024.
    pub fn from_count(count: usize) -> Result<Self> {
        if count > MOST {
            return Err(Error::argument("threads", count, "between 0 (all) and 1024"));
        }
        Ok(NonZeroUsize::new(count).map_or(Self::Available, Self::Exactly))
    }

    /// The number of threads that this stands for on this machine.
    pub fn count(self) -> usize {
        match self {
            Self::Available => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Self::Exactly(count) => count.get().min(MOST),
        }
    }

    /// Runs `work` inside a pool of this many threads.
    pub(crate) fn run<T: Send>(self, work: impl FnOnce() -> T + Send) -> Result<T> {
        Ok(pool(self.count())?.install(work))
    }
}

fn build(threads: usize) -> Result<Arc<rayon::ThreadPool>> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("crm-{index}"))
        .build()
        .map(Arc::new)
        .map_err(|error| Error::new(ErrorKind::Io, format!("cannot start {threads} threads: {error}")))
}

fn pool(threads: usize) -> Result<Arc<rayon::ThreadPool>> {
    let process = std::process::id();
    // Never wait for the lock: a child may have been forked while another thread of its parent held it.
    let mut pools = match POOLS.try_lock() {
        Ok(pools) => pools,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return build(threads),
    };
    if let Some(entry) = pools.iter().find(|entry| entry.process == process && entry.threads == threads) {
        return Ok(Arc::clone(&entry.pool));
    }
    let pool = build(threads)?;
    pools.push(Entry { process, threads, pool: Arc::clone(&pool) });
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_in_a_pool_of_the_asked_size() {
        for count in [1, 2, 3, 8] {
            let threads = Threads::from_count(count).unwrap();
            assert_eq!(threads.run(rayon::current_num_threads).unwrap(), count);
        }
    }

    #[test]
    fn absurd_counts_are_refused() {
        assert_eq!(Threads::from_count(1025).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(Threads::from_count(0).unwrap(), Threads::Available);
    }
}
