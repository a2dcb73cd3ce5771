//! Random bits in bulk, and binomial numbers that are exact because they are counted from bits.
//!
//! Blackman and Vigna (2021), "Scrambled linear pseudorandom number generators", ACM Transactions on Mathematical Software 47(4): xoshiro256++, eight side by
//! side so that a refill is vector instructions. Integers alone decide, so the numbers are the same on every processor.
// Only what is inlined is compiled for the processor that was found.
#![allow(clippy::inline_always)]

use rand::Rng;

use crate::math::stream;

const LANES: usize = 8;
/// Small enough for eight generators beside a block of rows in the first cache.
const BUFFER: usize = 192;

/// The random bits of one replicate.
pub(super) struct Bits {
    state: [[u64; LANES]; 4],
    words: [u64; BUFFER],
    used: usize,
}

impl Bits {
    /// The bits of a replicate, which depend on its seed and number alone.
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let mut seeds = stream(seed, index);
        // 2,048 random bits: that a lane is all zeros has probability 2^-253.
        let state = std::array::from_fn(|_| std::array::from_fn(|_| seeds.next_u64()));
        Self { state, words: [0; BUFFER], used: BUFFER }
    }

    #[inline(always)]
    fn refill(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.state;
        for words in self.words.as_chunks_mut::<LANES>().0 {
            for lane in 0..LANES {
                words[lane] = a[lane].wrapping_add(d[lane]).rotate_left(23).wrapping_add(a[lane]);
                let shifted = b[lane] << 17;
                c[lane] ^= a[lane];
                d[lane] ^= b[lane];
                b[lane] ^= c[lane];
                a[lane] ^= d[lane];
                c[lane] ^= shifted;
                d[lane] = d[lane].rotate_left(45);
            }
        }
        self.state = [a, b, c, d];
        self.used = 0;
    }

    /// The next words, at least one and at most `most`, which is not 0.
    #[inline(always)]
    pub(super) fn take(&mut self, most: usize) -> &[u64] {
        if self.used == BUFFER {
            self.refill();
        }
        let start = self.used;
        self.used = (start + most).min(BUFFER);
        &self.words[start..self.used]
    }

    /// The next word.
    #[inline(always)]
    pub(super) fn word(&mut self) -> u64 {
        self.take(1)[0]
    }

    /// Heads among as many flips of a fair coin.
    #[inline(always)]
    pub(super) fn heads(&mut self, flips: u64) -> u64 {
        let (mut words, rest, mut heads) = ((flips / 64) as usize, flips % 64, 0);
        while words > 0 {
            let taken = self.take(words);
            words -= taken.len();
            heads += taken.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        }
        if rest > 0 {
            heads += u64::from((self.word() >> (64 - rest)).count_ones());
        }
        heads
    }

    /// How many of `draws` fall into a part, when each does with probability `part / whole`, below 1; both are below 2^63.
    ///
    /// Each draw is a uniform number in binary. Bit by bit it is compared with the digits of `part / whole` by long division; what is undecided halves
    /// with each bit. So 2 bits a draw give a binomial number that is exact, and 1 bit if the probability is 1/2.
    #[inline(always)]
    pub(super) fn split(&mut self, draws: u64, part: u64, whole: u64) -> u64 {
        let (mut undecided, mut rest, mut inside) = (draws, part, 0);
        while undecided > 0 && rest > 0 {
            rest *= 2;
            let ones = self.heads(undecided);
            if rest >= whole {
                rest -= whole;
                inside += undecided - ones;
                undecided = ones;
            } else {
                undecided -= ones;
            }
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of 20,000 numbers, in standard errors from those of the binomial distribution.
    fn deviations(numbers: &[u64], draws: f64, p: f64) -> (f64, f64) {
        let count = numbers.len() as f64;
        let (mean, variance) = (draws * p, draws * p * (1.0 - p));
        let found_mean = numbers.iter().sum::<u64>() as f64 / count;
        let found_variance = numbers.iter().map(|&n| (n as f64 - mean).powi(2)).sum::<f64>() / count;
        let fourth = variance * (3.0 * variance + 1.0 - 6.0 * p * (1.0 - p)) - variance * variance;
        (
            (found_mean - mean) / (variance / count).sqrt(),
            (found_variance - variance) / (fourth / count).sqrt(),
        )
    }

    #[test]
    fn splits_are_binomial() {
        for (index, (draws, part, whole)) in
            (0..).zip([(1, 1, 3), (7, 2, 7), (100, 1, 2), (1000, 999, 1000), (5000, 1, 4096), (300, 5, 12)])
        {
            let mut bits = Bits::new(11, index);
            let numbers: Vec<u64> = (0..20_000).map(|_| bits.split(draws, part, whole)).collect();
            let (mean, variance) = deviations(&numbers, draws as f64, part as f64 / whole as f64);
            assert!(mean.abs() < 4.5 && variance.abs() < 4.5, "{draws} {part} {whole}: {mean} {variance}");
            let numbers: Vec<u64> = (0..20_000).map(|_| bits.heads(draws)).collect();
            let (mean, variance) = deviations(&numbers, draws as f64, 0.5);
            assert!(mean.abs() < 4.5 && variance.abs() < 4.5, "{draws}: {mean} {variance}");
        }
    }

    #[test]
    fn one_draw_of_a_third_is_a_third_to_the_last_outcome() {
        // Each outcome of three draws has its probability, not the mean alone.
        let mut bits = Bits::new(3, 0);
        let mut seen = [0_u32; 4];
        (0..64_800).for_each(|_| seen[bits.split(3, 1, 3) as usize] += 1);
        for (number, share) in seen.into_iter().zip([8.0, 12.0, 6.0, 1.0]) {
            let expected = 64_800.0 * share / 27.0;
            assert!((f64::from(number) - expected).abs() < 4.5 * expected.sqrt(), "{number} {expected}");
        }
    }

    #[test]
    fn the_generator_is_xoshiro256_plus_plus() {
        // Published test vector (crate rand_xoshiro, from the reference in C): state 1, 2, 3, 4.
        let mut bits = Bits::new(0, 0);
        bits.state = [[1; LANES], [2; LANES], [3; LANES], [4; LANES]];
        bits.used = BUFFER;
        let mut lane = || bits.take(LANES).to_vec()[0];
        assert_eq!([lane(), lane(), lane()], [41_943_041, 58_720_359, 3_588_806_011_781_223]);
    }
}
