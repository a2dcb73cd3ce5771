//! Text ids as numbers: each distinct text held once, in shards that threads fill side by side.

use hashbrown::HashTable;
use rayon::prelude::*;

use super::id::TextColumn;
use crate::error::Result;
use crate::parallel::Threads;

/// Shards; a power of two well above the number of threads, so that their work evens out.
const SHARDS: usize = 64;

#[derive(Default)]
struct Shard {
    /// Hash and position of each text.
    table: HashTable<(u64, u32)>,
    texts: TextColumn,
}

impl Shard {
    fn code(&mut self, hash: u64, text: &str) -> u32 {
        let texts = &mut self.texts;
        let found =
            self.table.find(hash, |&(other, place)| other == hash && texts.get(place as usize) == text);
        if let Some(&(_, place)) = found {
            return place;
        }
        let place = texts.len() as u32;
        texts.push(text);
        self.table.insert_unique(hash, (hash, place), |&(hash, _)| hash);
        place
    }
}

/// Distinct texts and their codes.
pub(crate) struct Interner {
    shards: Vec<Shard>,
}

/// The distinct texts in order, and the rank of each code.
pub(crate) struct Ranking {
    pub(crate) texts: TextColumn,
    ranks: Vec<Vec<u32>>,
}

impl Ranking {
    pub(crate) fn rank(&self, code: i64) -> i64 {
        i64::from(self.ranks[code as usize % SHARDS][code as usize / SHARDS])
    }
}

impl Interner {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }

    /// The codes of many texts, in their order.
    pub(crate) fn codes(&mut self, texts: &[&str], threads: Threads) -> Result<Vec<i64>> {
        threads.run(|| {
            let hashes: Vec<u64> = texts
                .par_iter()
                .with_min_len(4096)
                .map(|text| xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
                .collect();
            // Each shard sees its rows in their order, so codes do not depend on the threads.
            let mut places: Vec<Vec<u32>> = vec![Vec::new(); SHARDS];
            for (row, hash) in hashes.iter().enumerate() {
                places[shard_of(*hash)].push(row as u32);
            }
            let coded: Vec<Vec<u32>> = self
                .shards
                .par_iter_mut()
                .zip(&places)
                .map(|(shard, rows)| {
                    rows.iter().map(|&row| shard.code(hashes[row as usize], texts[row as usize])).collect()
                })
                .collect();
            let mut codes = vec![0; texts.len()];
            for (shard, (rows, local)) in places.iter().zip(&coded).enumerate() {
                for (&row, &place) in rows.iter().zip(local) {
                    codes[row as usize] = i64::from(place) * SHARDS as i64 + shard as i64;
                }
            }
            codes
        })
    }

    /// Sorts the texts by their bytes.
    pub(crate) fn rank(self, threads: Threads) -> Result<Ranking> {
        threads.run(|| {
            let common = self.common_prefix();
            let texts = |shard: u32, place: u32| self.shards[shard as usize].texts.get(place as usize);
            // The eight bytes after the common start decide almost every comparison without following a pointer.
            let mut order: Vec<(u64, u32, u32)> = (0..SHARDS as u32)
                .flat_map(|shard| {
                    (0..self.shards[shard as usize].texts.len() as u32).map(move |place| (shard, place))
                })
                .map(|(shard, place)| (leading(&texts(shard, place).as_bytes()[common..]), shard, place))
                .collect();
            order.par_sort_unstable_by(|a, b| {
                a.0.cmp(&b.0).then_with(|| texts(a.1, a.2).cmp(texts(b.1, b.2)))
            });
            let bytes = self.shards.iter().map(|shard| shard.texts.bytes()).sum();
            let mut sorted = TextColumn::with_capacity(order.len(), bytes);
            let mut ranks: Vec<Vec<u32>> =
                self.shards.iter().map(|shard| vec![0; shard.texts.len()]).collect();
            for (rank, &(_, shard, place)) in order.iter().enumerate() {
                sorted.push(texts(shard, place));
                ranks[shard as usize][place as usize] = rank as u32;
            }
            Ranking { texts: sorted, ranks }
        })
    }

    /// How many bytes all texts start with alike.
    fn common_prefix(&self) -> usize {
        let mut all =
            self.shards.iter().flat_map(|shard| (0..shard.texts.len()).map(|place| shard.texts.get(place)));
        let Some(first) = all.next() else { return 0 };
        all.fold(first.len(), |common, text| {
            let alike = first.bytes().zip(text.bytes()).take(common).take_while(|(a, b)| a == b).count();
            alike.min(common)
        })
    }
}

fn shard_of(hash: u64) -> usize {
    // The table uses the top seven and the lowest bits of the hash.
    (hash >> 40) as usize % SHARDS
}

/// Eight bytes as a number that sorts like them; shorter texts are filled with zeros.
fn leading(bytes: &[u8]) -> u64 {
    let mut key = [0; 8];
    let taken = bytes.len().min(8);
    key[..taken].copy_from_slice(&bytes[..taken]);
    u64::from_be_bytes(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_the_bytes_of_the_text() {
        let texts =
            ["b", "a\0", "a", "客户十二", "客户一", "a-very-long-one-2", "a-very-long-one-1", "b", "é", "z"];
        let mut interner = Interner::new();
        let first = interner.codes(&texts[..4], Threads::Available).unwrap();
        let codes: Vec<i64> =
            first.into_iter().chain(interner.codes(&texts[4..], Threads::Available).unwrap()).collect();
        let ranking = interner.rank(Threads::Available).unwrap();
        let mut sorted = texts.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for (text, code) in texts.iter().zip(codes) {
            assert_eq!(sorted[ranking.rank(code) as usize], *text);
        }
        assert_eq!((0..ranking.texts.len()).map(|i| ranking.texts.get(i)).collect::<Vec<_>>(), sorted);
    }
}
