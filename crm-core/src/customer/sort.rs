//! Bringing rows of any order into the order of customers.
//!
//! Rows are dealt into parts by ranges of ids that a sample balances; each part fits the cache, is sorted on its own
//! and freed once read, so that rows and result are never held whole at the same time.

use rayon::prelude::*;

use crate::error::Result;
use crate::parallel::Threads;

/// Rows of one part: 128 Ki rows of 24 bytes are sorted within a core's second-level cache.
const PART_ROWS: usize = 1 << 17;
/// Rows of one part of a large log: at 48 MiB, above the 32 MiB that allocators keep for themselves, so that what is read
/// goes back to the system (measured at 100M rows: 4.7 GB at the peak in place of 6.1).
const LARGE_PART_ROWS: usize = 1 << 21;
/// From so many rows on a log is large.
const LARGE_LOG: usize = 1 << 25;
/// Ids sampled for each part's bounds.
const SAMPLE: usize = 32;

/// A row with the number of its customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed<P> {
    pub(crate) id: i64,
    pub(crate) payload: P,
}

/// Calls `read` with the rows of ranges of ids, ascending; the rows of one call are sorted by `key`, which sorts by id first.
/// The results come in order of the ids.
pub(crate) fn sorted_parts<P, K, R>(
    chunks: Vec<Vec<Keyed<P>>>,
    key: impl Fn(&Keyed<P>) -> K + Sync,
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
    let part_rows = if rows < LARGE_LOG { PART_ROWS } else { LARGE_PART_ROWS };
    let bounds = bounds(&chunks, rows.div_ceil(part_rows).min(4096));
    let mut parts = deal(chunks, &bounds, threads)?;
    // A few parts at a time: enough to keep the threads busy, few enough to free memory early.
    let wave = threads.count() * 2;
    for group in parts.chunks_mut(wave) {
        let results: Vec<R> = threads.run(|| {
            group
                .par_iter_mut()
                .map(|part| {
                    let mut rows = std::mem::take(part);
                    rows.sort_unstable_by_key(&key);
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
    let mut sample: Vec<i64> =
        chunks.iter().flat_map(|chunk| chunk.iter().step_by(step)).map(|row| row.id).collect();
    sample.sort_unstable();
    let mut bounds: Vec<i64> = (1..parts).map(|part| sample[part * sample.len() / parts]).collect();
    bounds.dedup();
    bounds
}

/// Deals rows to their parts, some chunks at a time: each chunk is grouped by part on its own, then every part takes its
/// groups, so that both steps run in parallel and chunks are freed as they are dealt.
fn deal<P: Copy + Send + Sync>(
    chunks: Vec<Vec<Keyed<P>>>,
    bounds: &[i64],
    threads: Threads,
) -> Result<Vec<Vec<Keyed<P>>>> {
    let part_of = |row: &Keyed<P>| bounds.partition_point(|&bound| bound <= row.id);
    let group = |chunk: Vec<Keyed<P>>| {
        let parts: Vec<u16> = chunk.iter().map(|row| part_of(row) as u16).collect();
        // Part p's rows go to starts[p]..starts[p + 1].
        let mut starts = vec![0usize; bounds.len() + 2];
        for &part in &parts {
            starts[usize::from(part) + 1] += 1;
        }
        for part in 1..starts.len() {
            starts[part] += starts[part - 1];
        }
        let (mut grouped, mut next) = (chunk.clone(), starts.clone());
        for (row, &part) in chunk.iter().zip(&parts) {
            grouped[next[usize::from(part)]] = *row;
            next[usize::from(part)] += 1;
        }
        (grouped, starts)
    };
    let rows: usize = chunks.iter().map(Vec::len).sum();
    // A quarter more than the share of each, as the sample may be off; what is not touched costs nothing.
    let share = rows / (bounds.len() + 1) * 5 / 4;
    let mut parts: Vec<Vec<Keyed<P>>> = (0..=bounds.len()).map(|_| Vec::with_capacity(share)).collect();
    let mut chunks = chunks.into_iter();
    threads.run(|| {
        loop {
            let wave: Vec<Vec<Keyed<P>>> = chunks.by_ref().take(4 * rayon::current_num_threads()).collect();
            if wave.is_empty() {
                return;
            }
            let grouped: Vec<(Vec<Keyed<P>>, Vec<usize>)> = wave.into_par_iter().map(group).collect();
            parts.par_iter_mut().enumerate().for_each(|(part, rows)| {
                for (chunk, starts) in &grouped {
                    rows.extend_from_slice(&chunk[starts[part]..starts[part + 1]]);
                }
            });
        }
    })?;
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_order_and_hold_every_row() {
        let rows: Vec<Keyed<u32>> = (0..300_000u32)
            .map(|n| Keyed { id: i64::from(n.wrapping_mul(2_654_435_761) >> 12) - 500_000, payload: n })
            .collect();
        let mut expected: Vec<(i64, u32)> = rows.iter().map(|row| (row.id, row.payload)).collect();
        expected.sort_unstable();
        let chunks: Vec<Vec<Keyed<u32>>> = rows.chunks(70_001).map(<[_]>::to_vec).collect();
        for threads in [1, 3] {
            let (mut read, mut parts) = (Vec::new(), 0);
            sorted_parts(
                chunks.clone(),
                |row| (row.id, row.payload),
                |rows| rows.iter().map(|row| (row.id, row.payload)).collect::<Vec<_>>(),
                |rows| {
                    parts += 1;
                    read.extend(rows);
                    Ok(())
                },
                Threads::from_count(threads).unwrap(),
            )
            .unwrap();
            assert_eq!(read, expected);
            assert!(parts > 1);
        }
    }
}
