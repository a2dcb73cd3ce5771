//! Customer ids in the order of somebody's rows.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::id::{CustomerId, IdKind, Ids, check_kinds};
use super::transaction::{IdColumn, RawId};
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// Customer ids in the order of the rows that they came from; none is missing.
///
/// ```
/// use crm_core::customer::{IdColumn, IdList};
/// let ids = IdList::new(&IdColumn::Text(&["bob", "ann", "bob"]))?;
/// assert_eq!((ids.len(), ids.get(1).unwrap().to_string()), (3, "ann".to_owned()));
/// assert_eq!(ids.check_distinct().unwrap_err().to_string(), "customer_id, row 2: bob is in row 0 already");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdList {
    ids: Ids,
}

impl IdList {
    /// The ids of a column.
    ///
    /// # Errors
    /// `MissingValue` with the row for a null or an empty text; `LengthMismatch`, `NotUtf8`, `Corrupt` or `OutOfRange` for a column that is
    /// broken; `OutOfRange` above 4,294,967,295 rows.
    pub fn new(column: &IdColumn<'_>) -> Result<Self> {
        Self::from_parts(std::slice::from_ref(column))
    }

    /// The ids of a column that comes in parts.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); `Incompatible` for parts of integers and of text.
    pub fn from_parts(parts: &[IdColumn<'_>]) -> Result<Self> {
        let rows: usize = parts.iter().map(IdColumn::len).sum();
        if u32::try_from(rows).is_err() {
            let message = format!("{rows} rows are above 4294967295");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("customer_id"));
        }
        let mut ids = Ids::new(IdKind::Integer);
        for part in parts {
            part.check_validity("customer_id")?;
            let start = ids.len();
            for row in 0..part.len() {
                let place = (start + row) as u64;
                let id = match part.get(row).map_err(|error| error.on("customer_id").at_row(place))? {
                    RawId::Integer(id) => CustomerId::Integer(id),
                    RawId::Text(id) => CustomerId::Text(id),
                    RawId::Missing => {
                        let error = Error::new(ErrorKind::MissingValue, "the id is missing");
                        return Err(error.on("customer_id").at_row(place));
                    }
                };
                let kind = if matches!(id, CustomerId::Integer(_)) { IdKind::Integer } else { IdKind::Text };
                if ids.len() > 0 && ids.kind() != kind {
                    let message = "integer and text ids cannot be mixed: convert one of them";
                    return Err(Error::new(ErrorKind::Incompatible, message).on("customer_id").at_row(place));
                }
                ids.push(id);
            }
        }
        Ok(Self { ids })
    }

    /// A list of ids as they stand.
    pub(crate) fn of(ids: Ids) -> Self {
        Self { ids }
    }

    /// A list without ids yet.
    pub(crate) fn empty() -> Self {
        Self { ids: Ids::new(IdKind::Integer) }
    }

    /// Appends an id of the list's kind; the first one decides it.
    pub(crate) fn push(&mut self, id: CustomerId<'_>) {
        self.ids.push(id);
    }

    /// Refuses a list of ids of another kind.
    pub(crate) fn check_kind(&self, other: &Self) -> Result<()> {
        check_kinds(&self.ids, &other.ids)
    }

    /// Appends another list.
    pub(crate) fn append(&mut self, other: &Self) -> Result<()> {
        self.check_kind(other)?;
        self.ids.extend_from(&other.ids, 0);
        Ok(())
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Integers or text; integers if there are no rows.
    pub fn kind(&self) -> IdKind {
        self.ids.kind()
    }

    /// The id of a row, if there is such a row.
    pub fn get(&self, row: usize) -> Option<CustomerId<'_>> {
        (row < self.len()).then(|| self.ids.get(row))
    }

    /// All ids, row by row.
    pub fn iter(&self) -> impl Iterator<Item = CustomerId<'_>> {
        (0..self.len()).map(|row| self.ids.get(row))
    }

    /// The ids as a column.
    pub fn as_column(&self) -> IdColumn<'_> {
        match &self.ids {
            Ids::Integer(values) => IdColumn::Integer(values.into()),
            Ids::Text(texts) => {
                IdColumn::OptionalText((0..texts.len()).map(|row| Some(texts.get(row))).collect())
            }
        }
    }

    /// The id of a row that is known to be there.
    pub(crate) fn at(&self, row: usize) -> CustomerId<'_> {
        self.ids.get(row)
    }

    /// The ids of some rows, in the order of `rows`; rows that there are not are left out.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        let mut ids = Ids::new(self.kind());
        for &row in rows.iter().filter(|&&row| (row as usize) < self.len()) {
            ids.push(self.ids.get(row as usize));
        }
        Self { ids }
    }

    /// The rows in canonical order of their ids, equal ids by their rows.
    pub(crate) fn canonical_order(&self) -> Result<Vec<u32>> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        Threads::Available.run(|| match &self.ids {
            Ids::Integer(values) => order.par_sort_unstable_by_key(|&row| (values[row as usize], row)),
            Ids::Text(texts) => order.par_sort_unstable_by(|&a, &b| {
                texts.get(a as usize).cmp(texts.get(b as usize)).then(a.cmp(&b))
            }),
        })?;
        Ok(order)
    }

    /// Refuses a list that names a customer twice.
    ///
    /// # Errors
    /// `InvalidValue` with the first row whose id stands above it.
    pub fn check_distinct(&self) -> Result<()> {
        self.distinct_order().map(|_| ())
    }

    /// The rows in canonical order, unless a customer is named twice.
    pub(crate) fn distinct_order(&self) -> Result<Vec<u32>> {
        let order = self.canonical_order()?;
        let repeated = order.windows(2).filter(|pair| self.at(pair[0] as usize) == self.at(pair[1] as usize));
        match repeated.map(|pair| (pair[1], pair[0])).min() {
            None => Ok(order),
            Some((row, first)) => {
                let message = format!("{} is in row {first} already", self.at(row as usize));
                Err(Error::new(ErrorKind::InvalidValue, message).on("customer_id").at_row(u64::from(row)))
            }
        }
    }

    /// Calls `visit` with each row of this list and each of another that hold the same id; `order` is this list's canonical order without
    /// repeats, the other may repeat ids.
    pub(crate) fn matches(
        &self,
        order: &[u32],
        other: &Self,
        mut visit: impl FnMut(usize, usize),
    ) -> Result<()> {
        check_kinds(&self.ids, &other.ids)?;
        let mut mine = order.iter().map(|&row| row as usize).peekable();
        for theirs in other.canonical_order()? {
            let theirs = theirs as usize;
            while let Some(&row) = mine.peek() {
                match self.at(row).cmp(&other.at(theirs)) {
                    Ordering::Less => {
                        mine.next();
                    }
                    Ordering::Equal => {
                        visit(row, theirs);
                        break;
                    }
                    Ordering::Greater => break,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ids: &[&str]) -> IdList {
        IdList::new(&IdColumn::Text(ids)).unwrap()
    }

    #[test]
    fn matches_are_found_whatever_the_order() {
        let (mine, theirs) = (list(&["d", "a", "c"]), list(&["c", "x", "a", "c", "b"]));
        let mut found = Vec::new();
        mine.matches(&mine.distinct_order().unwrap(), &theirs, |row, other| found.push((row, other)))
            .unwrap();
        assert_eq!(found, [(1, 2), (2, 0), (2, 3)]);
    }

    #[test]
    fn ids_of_two_kinds_do_not_match() {
        let (texts, numbers) =
            (list(&["1"]), IdList::new(&IdColumn::Integer((&vec![1_i64]).into())).unwrap());
        let error = texts.matches(&[0], &numbers, |_, _| {}).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible);
    }

    #[test]
    fn a_missing_id_is_named() {
        let error = IdList::new(&IdColumn::Text(&["a", ""])).unwrap_err();
        assert_eq!((error.kind(), error.row()), (ErrorKind::MissingValue, Some(1)));
    }
}
