//! Who moved between segments from one date to another.

use super::segment::Segments;
use crate::customer::CustomerBase;
use crate::error::{Error, ErrorKind, Result};

/// A matrix of customers by their segment at an earlier date (rows) and at a later one (columns).
///
/// The last row holds customers who are only in the later base, the last column those who are only in the earlier one. With
/// the same history and no window nobody drops out, and the last row are the newly won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    from: Vec<String>,
    to: Vec<String>,
    counts: Vec<u64>,
}

impl Migration {
    /// Counts customers by both segments.
    ///
    /// # Errors
    /// `LengthMismatch` if segments are not those of their base; `Incompatible` if one base has integer ids and the
    /// other text; `InvalidArgument` if the later base is not later.
    pub fn new(earlier: (&CustomerBase, &Segments), later: (&CustomerBase, &Segments)) -> Result<Self> {
        for (name, (base, segments)) in [("earlier", earlier), ("later", later)] {
            if base.len() != segments.len() {
                let message = format!("has {} customers, but its base has {}", segments.len(), base.len());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
            }
        }
        if later.0.as_of() <= earlier.0.as_of() {
            let accepted = format!("after the earlier base's {}", earlier.0.as_of());
            return Err(Error::argument("later.as_of", later.0.as_of(), &accepted));
        }
        let (from, to) = (earlier.1.names().to_vec(), later.1.names().to_vec());
        let mut counts = vec![0; (from.len() + 1) * (to.len() + 1)];
        let columns = to.len() + 1;
        earlier.0.customer_ids().pair(later.0.customer_ids(), |before, after| {
            let row = before.map_or(from.len(), |customer| usize::from(earlier.1.codes()[customer]));
            let column = after.map_or(to.len(), |customer| usize::from(later.1.codes()[customer]));
            counts[row * columns + column] += 1;
        })?;
        Ok(Self { from, to, counts })
    }

    /// The segments of the earlier date, the rows but for the last.
    pub fn from_names(&self) -> &[String] {
        &self.from
    }

    /// The segments of the later date, the columns but for the last.
    pub fn to_names(&self) -> &[String] {
        &self.to
    }

    /// Customers in a row (the last: not in the earlier base) and a column (the last: not in the later base).
    pub fn count(&self, row: usize, column: usize) -> u64 {
        self.counts[row * (self.to.len() + 1) + column]
    }

    /// All counts, row by row.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}
