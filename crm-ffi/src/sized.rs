//! Structs that lead with their size, so that programs compiled against another version of the header still fit.
//!
//! A caller with an earlier header knows fewer fields: those that it does not know keep their defaults, and are not
//! written. A caller with a later header knows more: they must be zero, since an option that this library does not know
//! must not be lost silently. All structs consist of fields that lie within a word, so that a size that is a multiple of
//! the alignment never cuts a pointer.

use std::ptr;

use crm_core::{Error, ErrorKind};

use crate::status::{Failure, Outcome};

/// A struct whose first field is its size in bytes, of type `size_t`.
///
/// # Safety
/// The type is `repr(C)`, starts with a `usize`, and any initialised bytes are a valid value of it.
pub(crate) unsafe trait SizedStruct: Copy {
    /// Puts the size into the first field.
    fn set_size(&mut self, size: usize);
}

/// Declares structs with a `struct_size`.
macro_rules! sized_structs {
    ($($name:ident),*) => {$(
        // SAFETY: `repr(C)` with a leading `struct_size`; all fields are integers, doubles, pointers or such structs.
        unsafe impl $crate::sized::SizedStruct for $name {
            fn set_size(&mut self, size: usize) {
                self.struct_size = size;
            }
        }
    )*};
}
pub(crate) use sized_structs;

/// The size that a struct claims to have.
///
/// # Safety
/// `pointer` is null or points to a `size_t`.
unsafe fn size_of_struct<T: SizedStruct>(argument: &str, pointer: *const T) -> Outcome<usize> {
    if pointer.is_null() {
        return Err(Failure::null(argument));
    }
    if !pointer.is_aligned() {
        let message = "the struct is not aligned as its type must be";
        return Err(Error::new(ErrorKind::InvalidArgument, message).on(argument).into());
    }
    // SAFETY: not null, aligned, and a `size_t` as the caller promises.
    let size = unsafe { pointer.cast::<usize>().read() };
    check_size::<T>(argument, size)?;
    Ok(size)
}

fn check_size<T: SizedStruct>(argument: &str, size: usize) -> Outcome<()> {
    // The upper bound keeps a struct that was never initialised from being read far beyond its end.
    if size < size_of::<usize>() || !size.is_multiple_of(align_of::<T>()) || size > 4 * size_of::<T>() {
        let argument = format!("{argument}.struct_size");
        let accepted = format!("the size of the struct in the caller's header (here {})", size_of::<T>());
        return Err(Error::argument(&argument, size, &accepted).into());
    }
    Ok(())
}

/// Reads a struct; fields that the caller does not know are those of `default`.
///
/// # Safety
/// `pointer` is null or points to a struct of the size that its first field says.
pub(crate) unsafe fn read<T: SizedStruct>(argument: &str, pointer: *const T, default: T) -> Outcome<T> {
    // SAFETY: as the caller promises.
    let size = unsafe { size_of_struct(argument, pointer) }?;
    let mut value = default;
    // SAFETY: both are as long as what is copied, and they do not overlap.
    unsafe {
        ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut value).cast(), size.min(size_of::<T>()));
    }
    if (size_of::<T>()..size).any(|place| {
        // SAFETY: within the size that the struct says it has.
        unsafe { pointer.cast::<u8>().add(place).read() != 0 }
    }) {
        let message = "has options that this version of the library does not know";
        return Err(Error::new(ErrorKind::Incompatible, message).on(argument).into());
    }
    value.set_size(size_of::<T>());
    Ok(value)
}

/// Fills a struct of the size that the caller's header knows; fields unknown to this library become zero.
///
/// # Safety
/// `pointer` is null or points to `size` writable bytes.
pub(crate) unsafe fn init<T: SizedStruct>(
    argument: &str,
    pointer: *mut T,
    size: usize,
    mut value: T,
) -> Outcome<()> {
    if pointer.is_null() {
        return Err(Failure::null(argument));
    }
    check_size::<T>(argument, size)?;
    value.set_size(size);
    let known = size.min(size_of::<T>());
    // SAFETY: `size` bytes are writable as the caller promises, and `known` is not above either size.
    unsafe {
        ptr::copy_nonoverlapping((&raw const value).cast::<u8>(), pointer.cast(), known);
        ptr::write_bytes(pointer.cast::<u8>().add(known), 0, size - known);
    }
    Ok(())
}

/// A place for a struct whose caller has set its size.
///
/// # Safety
/// `pointer` is null or points to a writable struct of the size that its first field says.
pub(crate) unsafe fn place<T: SizedStruct>(argument: &str, pointer: *mut T) -> Outcome<Place<T>> {
    // SAFETY: as the caller promises.
    let size = unsafe { size_of_struct(argument, pointer.cast_const()) }?;
    Ok(Place { pointer, size })
}

/// Where a struct goes.
pub(crate) struct Place<T> {
    pointer: *mut T,
    size: usize,
}

impl<T: SizedStruct> Place<T> {
    /// Writes the fields that the caller knows; the size stays as the caller set it.
    pub(crate) fn put(self, value: T) -> Outcome<()> {
        // SAFETY: `place` has checked the size, within which the caller lets write.
        unsafe { init("out", self.pointer, self.size, value) }
    }

    /// Writes an array of structs of the size of the first, as many as there are values.
    ///
    /// # Safety
    /// The place is the first of at least so many writable structs, each as long as the first says.
    pub(crate) unsafe fn put_all(self, values: impl Iterator<Item = T>) -> Outcome<()> {
        for (row, value) in values.enumerate() {
            // SAFETY: within the array, as the caller promises; the size is a multiple of the alignment.
            unsafe {
                let pointer = self.pointer.cast::<u8>().add(row * self.size).cast::<T>();
                init("results", pointer, self.size, value)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::crm_status;

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Old {
        struct_size: usize,
        first: u64,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct New {
        struct_size: usize,
        first: u64,
        second: u64,
    }
    sized_structs!(Old, New);

    const OLD: Old = Old { struct_size: size_of::<Old>(), first: 1 };
    const NEW: New = New { struct_size: size_of::<New>(), first: 1, second: 2 };

    #[test]
    fn an_older_caller_gets_defaults_for_what_it_does_not_know() {
        let given = Old { first: 7, ..OLD };
        // SAFETY: the struct is as long as it says.
        let read = unsafe { read("options", (&raw const given).cast::<New>(), NEW) }.unwrap();
        assert_eq!(read, New { first: 7, ..NEW });
    }

    #[test]
    fn a_newer_caller_may_not_ask_for_what_is_unknown() {
        // SAFETY: the struct is as long as it says.
        let ask = |given: New| unsafe { read("options", (&raw const given).cast::<Old>(), OLD) };
        assert_eq!(ask(New { second: 0, ..NEW }).unwrap(), OLD);
        assert_eq!(ask(NEW).unwrap_err().status(), crm_status::Incompatible);
    }

    #[test]
    fn nothing_is_written_beyond_the_caller() {
        let mut words = [9usize; 4];
        // SAFETY: the size is that of the words that may be written.
        unsafe { init("options", words.as_mut_ptr().cast::<New>(), size_of::<Old>(), NEW) }.unwrap();
        assert_eq!(words, [size_of::<Old>(), 1, 9, 9]);
        // SAFETY: as above.
        unsafe { init("options", words.as_mut_ptr().cast::<Old>(), size_of::<New>(), OLD) }.unwrap();
        assert_eq!(words, [size_of::<New>(), 1, 0, 9]);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for size in [0, 4, 17, 1 << 40] {
            let given = New { struct_size: size, ..NEW };
            // SAFETY: nothing beyond the size is read, since it is refused.
            let error = unsafe { read("options", &raw const given, NEW) }.unwrap_err();
            assert_eq!(error.status(), crm_status::InvalidArgument, "{size}");
        }
    }
}
