//! Bringing rows of any order into the order of customers.
//!
//! Rows are dealt into parts by ranges of ids that a sample balances; each part fits the cache, is sorted on its own
//! and freed once read, so that rows and result are never held whole at the same time.

use rayon::prelude::*;

use crate::error::Result;
use crate::parallel::Threads;

/// Rows of one part: 128 Ki rows of 24 bytes are sorted within a core's second-level cache.
const PART_ROWS: usize = 1 << 17;
/// Ids sampled for each part's bounds.
const SAMPLE: usize = 32;

/// A row with the number of its customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed<P> {
    pub(crate) id: i64,
    pub(crate) payload: P,
}

/// Calls `read` with the rows of ranges of ids, ascending; the rows of one call are sorted by id and then by `key`.
/// The results come in order of the ids.
pub(crate) fn sorted_parts<P, K, R>(
    chunks: Vec<Vec<Keyed<P>>>,
    key: impl Fn(&P) -> K + Sync,
    read: impl Fn(&[Keyed<P>]) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
    threads: Threads,
) -> Result<()>
where
    P: Copy + Send + Sync,
    K: Ord,
    R: Send,
{
    let rows: usize = chunks.iter().map(Vec::len).sum();
    let bounds = bounds(&chunks, rows.div_ceil(PART_ROWS).min(4096));
    let mut parts = deal(chunks, &bounds, threads)?;
    // A few parts at a time: enough to keep the threads busy, few enough to free memory early.
    let wave = threads.count() * 2;
    for group in parts.chunks_mut(wave) {
        let results: Vec<R> = threads.run(|| {
            group
                .par_iter_mut()
                .map(|part| {
                    let mut rows = std::mem::take(part);
                    rows.sort_unstable_by(|a, b| a.id.cmp(&b.id).then_with(|| key(&a.payload).cmp(&key(&b.payload))));
                    read(&rows)
                })
                .collect()
        })?;
        for result in results {
            take(result)?;
        }
    }
    Ok(())
}

/// The lowest id of every part but the first.
fn bounds<P>(chunks: &[Vec<Keyed<P>>], parts: usize) -> Vec<i64> {
    if parts <= 1 {
        return Vec::new();
    }
    let rows: usize = chunks.iter().map(Vec::len).sum();
    let step = (rows / (parts * SAMPLE)).max(1);
    let mut sample: Vec<i64> = chunks.iter().flat_map(|chunk| chunk.iter().step_by(step)).map(|row| row.id).collect();
    sample.sort_unstable();
    let mut bounds: Vec<i64> = (1..parts).map(|part| sample[part * sample.len() / parts]).collect();
    bounds.dedup();
    bounds
}

fn deal<P: Copy + Send + Sync>(chunks: Vec<Vec<Keyed<P>>>, bounds: &[i64], threads: Threads) -> Result<Vec<Vec<Keyed<P>>>> {
    let part_of = |row: &Keyed<P>| bounds.partition_point(|&bound| bound <= row.id);
    let counts: Vec<Vec<usize>> = threads.run(|| {
        let count = |chunk: &Vec<Keyed<P>>| {
            let mut counts = vec![0; bounds.len() + 1];
            for row in chunk {
                counts[part_of(row)] += 1;
            }
            counts
        };
        chunks.par_iter().map(count).collect()
    })?;
    let mut parts: Vec<Vec<Keyed<P>>> =
        (0..=bounds.len()).map(|part| Vec::with_capacity(counts.iter().map(|counts| counts[part]).sum())).collect();
    for chunk in chunks {
        for row in &chunk {
            parts[part_of(row)].push(*row);
        }
    }
    Ok(parts)
}
