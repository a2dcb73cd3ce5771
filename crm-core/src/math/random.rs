//! Streams of random numbers.

use rand::SeedableRng;
use rand_pcg::Pcg64;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The random numbers of one replicate, start or customer, so that threads share nothing. The key is hashed: streams of one generator that differ
/// in their number alone are correlated.
pub(crate) fn stream(seed: u64, index: u64) -> Pcg64 {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..].copy_from_slice(&index.to_le_bytes());
    let (low, high) = (xxh3_128_with_seed(&key, 0), xxh3_128_with_seed(&key, 1));
    let mut state = [0; 32];
    state[..16].copy_from_slice(&low.to_le_bytes());
    state[16..].copy_from_slice(&high.to_le_bytes());
    Pcg64::from_seed(state)
}
