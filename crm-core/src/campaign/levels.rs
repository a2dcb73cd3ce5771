//! Text columns as codes of what differs.

use std::collections::HashMap;

use crate::customer::{IdColumn, RawId};
use crate::error::{Error, ErrorKind, Result};

/// The code of a missing text.
pub(super) const NO_LEVEL: u32 = u32::MAX;

/// A text column as its distinct texts, ascending by their bytes, and a code a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    names: Vec<String>,
    codes: Vec<u32>,
}

impl Levels {
    /// The levels of a column; integers count as their decimal text, nulls and empty texts as missing.
    ///
    /// # Errors
    /// `LengthMismatch`, `NotUtf8`, `Corrupt` or `OutOfRange` for a column that is broken.
    pub fn new(name: &str, column: &IdColumn<'_>) -> Result<Self> {
        Self::from_parts(name, std::slice::from_ref(column))
    }

    /// The levels of a column that comes in parts.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_parts(name: &str, parts: &[IdColumn<'_>]) -> Result<Self> {
        let mut places: HashMap<String, u32> = HashMap::new();
        let mut first_codes = Vec::with_capacity(parts.iter().map(IdColumn::len).sum());
        for part in parts {
            part.check_validity(name)?;
            let start = first_codes.len();
            for row in 0..part.len() {
                let value = part.get(row).map_err(|error| error.on(name).at_row((start + row) as u64))?;
                let next = places.len() as u32;
                first_codes.push(match value {
                    RawId::Missing => NO_LEVEL,
                    RawId::Integer(number) => *places.entry(number.to_string()).or_insert(next),
                    RawId::Text(text) => match places.get(text) {
                        Some(&code) => code,
                        None => *places.entry(text.to_owned()).or_insert(next),
                    },
                });
            }
        }
        if places.len() as u64 >= u64::from(NO_LEVEL) {
            let message = format!("{} distinct texts are above 4294967294", places.len());
            return Err(Error::new(ErrorKind::OutOfRange, message).on(name));
        }
        let mut found: Vec<(String, u32)> = places.into_iter().collect();
        found.sort_unstable();
        let mut ranks = vec![0; found.len()];
        for (rank, (_, code)) in found.iter().enumerate() {
            ranks[*code as usize] = rank as u32;
        }
        let codes = first_codes.iter().map(|&code| ranks.get(code as usize).copied().unwrap_or(NO_LEVEL));
        Ok(Self { codes: codes.collect(), names: found.into_iter().map(|(text, _)| text).collect() })
    }

    /// The distinct texts, ascending by their bytes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// For each row the place of its text among the names, 4,294,967,295 where missing.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The text of a row; `None` where missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.names.get(*self.codes.get(row)? as usize).map(String::as_str)
    }

    /// The texts of some rows, in the order of `rows`; names that no row has any more stay.
    pub(super) fn take(&self, rows: &[u32]) -> Self {
        Self { names: self.names.clone(), codes: rows.iter().map(|&row| self.codes[row as usize]).collect() }
    }

    /// The code of a text, if some row has it.
    pub(super) fn code(&self, text: &str) -> Option<u32> {
        self.names.binary_search_by(|name| name.as_str().cmp(text)).ok().map(|place| place as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_ascend_and_empty_text_is_missing() {
        let levels = Levels::new("city", &IdColumn::Text(&["München", "", "Aachen", "München"])).unwrap();
        assert_eq!(levels.names(), ["Aachen", "München"]);
        assert_eq!(levels.codes(), [1, NO_LEVEL, 0, 1]);
        assert_eq!((levels.get(1), levels.get(2), levels.get(9)), (None, Some("Aachen"), None));
        assert_eq!(levels.code("Bonn"), None);
    }
}
