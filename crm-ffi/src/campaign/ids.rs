//! Columns of ids and texts.

use std::ffi::{CStr, c_char};

use crm_core::campaign::Levels;
use crm_core::customer::{Column, IdColumn, IdList, Validity};
use crm_core::{Error, ErrorKind};

use crate::pointer::{array, not_utf8};
use crate::status::{Failure, Outcome};

/// A column of customer ids or of texts: integers, or UTF-8 texts, one of the two. Its layout never changes. It belongs to the caller and is
/// read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_ids {
    /// Integers, or NULL.
    pub integers: *const i64,
    /// Texts, or NULL; a NULL among them, and an empty text, is missing.
    pub texts: *const *const c_char,
    /// Rows.
    pub length: usize,
}

impl crm_ids {
    /// Calls `with` with the column.
    ///
    /// # Safety
    /// `ids` is null or points to a struct whose array has `length` rows.
    pub(crate) unsafe fn read<T>(
        argument: &str,
        ids: *const Self,
        with: impl FnOnce(&IdColumn<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        if ids.is_null() {
            return Err(Failure::null(argument));
        }
        // SAFETY: not null, so such a struct, as the caller promises.
        let Self { integers, texts, length } = unsafe { ids.read() };
        if !integers.is_null() && !texts.is_null() {
            let message = "is given twice: integers and texts";
            return Err(Error::new(ErrorKind::InvalidArgument, message).on(argument).into());
        }
        if texts.is_null() {
            // SAFETY: as the caller promises.
            let integers = unsafe { array(argument, integers, length) }?;
            return with(&IdColumn::Integer(Column { values: integers.into(), validity: Validity::All }));
        }
        // SAFETY: as the caller promises.
        let pointers = unsafe { array(argument, texts, length) }?;
        let mut texts = Vec::with_capacity(length);
        for (row, &pointer) in pointers.iter().enumerate() {
            if pointer.is_null() {
                texts.push(None);
                continue;
            }
            // SAFETY: not null, so a terminated string, as the caller promises.
            let bytes = unsafe { CStr::from_ptr(pointer) };
            let bad = |error| not_utf8(bytes, error).on(argument).at_row(row as u64);
            texts.push(Some(bytes.to_str().map_err(bad)?));
        }
        with(&IdColumn::OptionalText(texts))
    }

    /// The customers of the column.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    pub(crate) unsafe fn list(argument: &str, ids: *const Self) -> Outcome<IdList> {
        // SAFETY: as the caller promises.
        unsafe { Self::read(argument, ids, |column| Ok(IdList::new(column)?)) }
    }

    /// The texts of the column.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    pub(super) unsafe fn levels(argument: &str, name: &str, ids: *const Self) -> Outcome<Levels> {
        // SAFETY: as the caller promises.
        unsafe { Self::read(argument, ids, |column| Ok(Levels::new(name, column)?)) }
    }
}
