//! Customers hashed to numbers in [0, 1).
//!
//! References:
//! - XXH3: Collet, Y., "xxHash", specification of version 0.8, <https://github.com/Cyan4973/xxHash>.
//! - FNV-1a: Fowler, Noll and Vo; RFC 9923, "The FNV Non-Cryptographic Hash Algorithm".
//! - Its use by `GrowthBook`: <https://docs.growthbook.io/lib/build-your-own>, "hashing".

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::customer::CustomerId;
use crate::named::named;

/// How a salt and a customer become a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum BucketHash {
    /// XXH3-64 of the salt, a zero byte and the id; its upper 53 bits.
    #[default]
    Xxh3 = 0,
    /// As `GrowthBook`'s first version: 1,000 buckets. Neighbouring experiments are correlated: for old assignments only.
    GrowthbookV1 = 1,
    /// As `GrowthBook`'s second version: 10,000 buckets.
    GrowthbookV2 = 2,
}

named! { BucketHash, "hash", { Xxh3: "xxh3", GrowthbookV1: "growthbook_v1", GrowthbookV2: "growthbook_v2" } }

impl BucketHash {
    /// The number in [0, 1) of a customer under a salt.
    ///
    /// An id is hashed as its text in UTF-8: the integer 17 and the text "17" are one customer, because ids change their type on the way from one
    /// system to another; "017" is somebody else.
    ///
    /// ```text
    /// xxh3:          floor(XXH3_64(salt 00 id) / 2^11) / 2^53
    /// growthbook_v1: FNV1a_32(id salt) mod 1000 / 1000
    /// growthbook_v2: FNV1a_32(decimal(FNV1a_32(salt id))) mod 10000 / 10000
    /// ```
    ///
    /// `GrowthBook`'s own packages differ for text beyond ASCII; this is its UTF-8 form. These are the numbers that deal customers to arms; ties,
    /// holdouts and namespaces are drawn by `XXH3_64(00 purpose 00 salt 00 id)` with the word "ties", "holdout" or "namespace", so that a salt used
    /// for two purposes draws independently.
    ///
    /// ```
    /// use crm_core::campaign::BucketHash;
    /// use crm_core::customer::CustomerId;
    /// let bucket = |id| BucketHash::Xxh3.bucket("spring-2026", id);
    /// assert_eq!(bucket(CustomerId::Integer(17)), bucket(CustomerId::Text("17")));
    /// assert_eq!(BucketHash::GrowthbookV2.bucket("seed", CustomerId::Text("a")), 0.0505);
    /// ```
    pub fn bucket(self, salt: &str, id: CustomerId<'_>) -> f64 {
        Hasher::new(self, salt).bucket(id)
    }
}

/// FNV-1a of 32 bits.
fn fnv1a_32(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes.into_iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What customers are drawn for besides their arms. Each has keys of its own, so that one salt for two of them draws independently.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Who comes first among customers of equal rank.
    Ties,
    /// Who is held out.
    Holdout,
    /// Which part of a namespace a customer is in.
    Namespace,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Ties => "ties",
            Self::Holdout => "holdout",
            Self::Namespace => "namespace",
        }
    }
}

/// A salt that customers are hashed with, one after the other.
#[derive(Clone)]
pub(super) struct Hasher<'a> {
    hash: BucketHash,
    salt: &'a str,
    /// What comes before the id, ending with a zero byte, and for the time of a call the id.
    keyed: String,
    /// The id as text.
    text: String,
}

impl<'a> Hasher<'a> {
    pub(super) fn new(hash: BucketHash, salt: &'a str) -> Self {
        Self { hash, salt, keyed: format!("{salt}\0"), text: String::new() }
    }

    /// The hasher of a purpose: XXH3-64 of `00 purpose 00 salt 00 id`. No key of an arm starts with a zero byte, because no salt does.
    pub(super) fn of(purpose: Purpose, salt: &'a str) -> Self {
        let keyed = format!("\0{}\0{salt}\0", purpose.word());
        Self { hash: BucketHash::Xxh3, salt, keyed, text: String::new() }
    }

    /// The 64 bits of XXH3, by which equals are put in an order.
    pub(super) fn key(&mut self, id: CustomerId<'_>) -> u64 {
        let start = self.keyed.len();
        // Writing to a string cannot fail.
        let _ = write!(self.keyed, "{id}");
        let key = xxh3_64(self.keyed.as_bytes());
        self.keyed.truncate(start);
        key
    }

    pub(super) fn bucket(&mut self, id: CustomerId<'_>) -> f64 {
        if self.hash == BucketHash::Xxh3 {
            return (self.key(id) >> 11) as f64 * (0.5_f64).powi(53);
        }
        self.text.clear();
        let _ = write!(self.text, "{id}");
        let (salt, text) = (self.salt.bytes(), self.text.bytes());
        if self.hash == BucketHash::GrowthbookV1 {
            return f64::from(fnv1a_32(text.chain(salt)) % 1000) / 1000.0;
        }
        let first = fnv1a_32(salt.chain(text));
        f64::from(fnv1a_32(first.to_string().bytes()) % 10_000) / 10_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_gives_the_published_values() {
        // RFC 9923, appendix C, and GrowthBook's conformance cases.
        assert_eq!(fnv1a_32(*b""), 0x811c_9dc5);
        assert_eq!(fnv1a_32(*b"a"), 0xe40c_292c);
        assert_eq!(fnv1a_32(*b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn salt_and_id_do_not_run_together() {
        let bucket = |salt, id| BucketHash::Xxh3.bucket(salt, CustomerId::Text(id));
        assert_ne!(bucket("a", "bc"), bucket("ab", "c"));
        assert_ne!(bucket("a", "17"), bucket("a", "017"));
    }

    #[test]
    fn purposes_have_the_keys_that_are_documented() {
        // Python, xxhash 4.1: xxh3_64_intdigest(b"\0ties\0spring-2026\x0017") and so on.
        for (purpose, known) in [
            (Purpose::Ties, 15_813_055_994_076_894_192),
            (Purpose::Holdout, 1_865_955_225_676_140_071),
            (Purpose::Namespace, 11_041_139_299_898_905_787),
        ] {
            let mut hasher = Hasher::of(purpose, "spring-2026");
            assert_eq!(hasher.key(CustomerId::Integer(17)), known, "{purpose:?}");
            assert_eq!(hasher.key(CustomerId::Text("17")), known, "{purpose:?}");
        }
        let arm = Hasher::new(BucketHash::Xxh3, "spring-2026").key(CustomerId::Integer(17));
        assert_eq!(arm, 14_083_247_863_237_465_790);
    }
}
