//! Customer ids: integers or text, held once each and in canonical order.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// One customer id. Integers sort by value, text by its UTF-8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustomerId<'a> {
    /// An integer id.
    Integer(i64),
    /// A text id, in any script; compared byte by byte, never trimmed or folded.
    Text(&'a str),
}

impl fmt::Display for CustomerId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

/// The kind of a customer id column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IdKind {
    /// Integers of 64 bits.
    Integer,
    /// UTF-8 text.
    Text,
}

/// A column of text: all bytes in one run, with offsets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TextColumn {
    offsets: Vec<u64>,
    text: String,
}

impl Default for TextColumn {
    fn default() -> Self {
        Self { offsets: vec![0], text: String::new() }
    }
}

impl TextColumn {
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(crate) fn get(&self, index: usize) -> &str {
        &self.text[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.offsets.push(self.text.len() as u64);
    }

    /// Bytes of all texts.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, text: String::with_capacity(bytes) }
    }

    #[cfg(feature = "arrow")]
    pub(crate) fn parts(&self) -> (&[u64], &str) {
        (&self.offsets, &self.text)
    }

    fn extend_from(&mut self, other: &Self, start: usize) {
        let (from, to) = (other.offsets[start], self.text.len() as u64);
        self.text.push_str(&other.text[from as usize..]);
        self.offsets.extend(other.offsets[start + 1..].iter().map(|&offset| offset - from + to));
    }

    fn is_sound(&self) -> bool {
        self.offsets.first() == Some(&0)
            && self.offsets.last() == Some(&(self.text.len() as u64))
            && self.offsets.windows(2).all(|pair| pair[0] <= pair[1])
            && self.offsets.iter().all(|&offset| self.text.is_char_boundary(offset as usize))
    }
}

/// A column of customer ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ids {
    Integer(Vec<i64>),
    Text(TextColumn),
}

/// The customer ids of a result, in canonical order: integers ascending, text by its bytes.
#[derive(Clone, Copy, Debug)]
pub struct CustomerIds<'a>(pub(crate) &'a Ids);

impl<'a> CustomerIds<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Integers or text.
    pub fn kind(self) -> IdKind {
        self.0.kind()
    }

    /// The id at a position, if it is one of the column's.
    pub fn get(self, index: usize) -> Option<CustomerId<'a>> {
        (index < self.len()).then(|| self.0.get(index))
    }

    /// The integers, if ids are integers.
    pub fn as_integers(self) -> Option<&'a [i64]> {
        match self.0 {
            Ids::Integer(values) => Some(values),
            Ids::Text(_) => None,
        }
    }

    /// Offsets and text of text ids; empty for integers.
    #[cfg(feature = "arrow")]
    pub(crate) fn text_parts(self) -> (&'a [u64], &'a str) {
        match self.0 {
            Ids::Text(column) => column.parts(),
            Ids::Integer(_) => (&[0], ""),
        }
    }

    /// Calls `visit` with every id of two columns and where it stands in each.
    pub(crate) fn pair(
        self,
        other: CustomerIds<'_>,
        mut visit: impl FnMut(Option<usize>, Option<usize>),
    ) -> Result<()> {
        check_kinds(self.0, other.0)?;
        self.0.merge(other.0, |_, mine, theirs| visit(mine, theirs));
        Ok(())
    }

    /// All ids in order.
    pub fn iter(self) -> impl Iterator<Item = CustomerId<'a>> {
        (0..self.len()).map(move |index| self.0.get(index))
    }
}

impl Ids {
    pub(crate) fn new(kind: IdKind) -> Self {
        match kind {
            IdKind::Integer => Self::Integer(Vec::new()),
            IdKind::Text => Self::Text(TextColumn::default()),
        }
    }

    pub(crate) fn kind(&self) -> IdKind {
        match self {
            Self::Integer(_) => IdKind::Integer,
            Self::Text(_) => IdKind::Text,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Integer(values) => values.len(),
            Self::Text(column) => column.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> CustomerId<'_> {
        match self {
            Self::Integer(values) => CustomerId::Integer(values[index]),
            Self::Text(column) => CustomerId::Text(column.get(index)),
        }
    }

    /// Appends an id. A column without ids takes on the kind of its first.
    pub(crate) fn push(&mut self, id: CustomerId<'_>) {
        match (&mut *self, id) {
            (Self::Integer(values), CustomerId::Integer(value)) => values.push(value),
            (Self::Text(column), CustomerId::Text(text)) => column.push(text),
            (_, CustomerId::Integer(value)) => *self = Self::Integer(vec![value]),
            (_, CustomerId::Text(text)) => {
                let mut column = TextColumn::default();
                column.push(text);
                *self = Self::Text(column);
            }
        }
    }

    /// Appends the ids from `start` on of a column of the same kind.
    pub(crate) fn extend_from(&mut self, other: &Self, start: usize) {
        match (&mut *self, other) {
            (Self::Integer(mine), Self::Integer(theirs)) => mine.extend_from_slice(&theirs[start..]),
            (Self::Text(mine), Self::Text(theirs)) => mine.extend_from(theirs, start),
            _ => {
                for index in start..other.len() {
                    self.push(other.get(index));
                }
            }
        }
    }

    pub(crate) fn is_strictly_ascending(&self) -> bool {
        match self {
            Self::Integer(values) => values.windows(2).all(|pair| pair[0] < pair[1]),
            Self::Text(column) => {
                column.is_sound() && (1..column.len()).all(|index| column.get(index - 1) < column.get(index))
            }
        }
    }

    /// Calls `visit` with every id of two ascending columns, in order, and where it stands in each.
    pub(crate) fn merge(
        &self,
        other: &Self,
        mut visit: impl FnMut(CustomerId<'_>, Option<usize>, Option<usize>),
    ) {
        let (mut i, mut j) = (0, 0);
        while i < self.len() || j < other.len() {
            let order = match (i < self.len(), j < other.len()) {
                (true, true) => self.get(i).cmp(&other.get(j)),
                (true, false) => Ordering::Less,
                _ => Ordering::Greater,
            };
            match order {
                Ordering::Less => visit(self.get(i), Some(i), None),
                Ordering::Greater => visit(other.get(j), None, Some(j)),
                Ordering::Equal => visit(self.get(i), Some(i), Some(j)),
            }
            i += usize::from(order != Ordering::Greater);
            j += usize::from(order != Ordering::Less);
        }
    }
}

/// Checks that two columns have ids of one kind; a column without ids fits any.
pub(crate) fn check_kinds(one: &Ids, other: &Ids) -> Result<()> {
    if one.len() > 0 && other.len() > 0 && one.kind() != other.kind() {
        Err(Error::new(ErrorKind::Incompatible, "integer and text ids cannot be mixed: convert one of them")
            .on("customer_id"))
    } else {
        Ok(())
    }
}
