//! Opaque handles: boxed values that lead with a tag of their type, so that a wrong handle is told from a right one.
//!
//! A freed handle's tag is overwritten, which finds most double frees and late uses; memory that the allocator has
//! given to something else cannot be told, so that this is a help and not a licence.

use std::ptr;

use crate::status::{Failure, Outcome};

/// A handle type as C sees it.
pub(crate) trait Handle {
    /// What it holds.
    type Value;
    /// Its name in messages.
    const NAME: &'static str;
    /// What its memory starts with: eight letters, different for each type.
    const TAG: [u8; 8];
}

/// What a handle points to. The tag comes first, whatever the type.
#[repr(C)]
struct Boxed<T> {
    tag: u64,
    value: T,
}

const FREED: u64 = u64::from_le_bytes(*b"crmFREED");

/// Declares handle types: the type, what it holds, its tag.
macro_rules! handles {
    ($($name:ident holds $value:ty, tag $tag:literal;)*) => {$(
        impl $crate::handle::Handle for $name {
            type Value = $value;
            const NAME: &'static str = stringify!($name);
            const TAG: [u8; 8] = *$tag;
        }
    )*};
}
pub(crate) use handles;

fn tag<H: Handle>() -> u64 {
    u64::from_le_bytes(H::TAG)
}

/// Where a new handle goes: null until the call has succeeded.
pub(crate) struct Out<H: Handle>(*mut *mut H);

impl<H: Handle> Out<H> {
    /// Sets the place to null.
    ///
    /// # Safety
    /// `place` is null or valid for writing.
    pub(crate) unsafe fn new(argument: &str, place: *mut *mut H) -> Outcome<Self> {
        if place.is_null() {
            return Err(Failure::null(argument));
        }
        // SAFETY: not null, so valid for writing, as the caller promises.
        unsafe { place.write(ptr::null_mut()) };
        Ok(Self(place))
    }

    /// Hands a value out.
    pub(crate) fn put(self, value: H::Value) {
        let boxed = Box::into_raw(Box::new(Boxed { tag: tag::<H>(), value }));
        // SAFETY: `new` has written to the same place within the same call.
        unsafe { self.0.write(boxed.cast()) };
    }
}

/// The box behind a handle.
///
/// # Safety
/// `handle` is null or points to 8 bytes that can be read.
unsafe fn boxed<H: Handle>(argument: &str, handle: *const H) -> Outcome<*mut Boxed<H::Value>> {
    if handle.is_null() {
        return Err(Failure::null(argument));
    }
    let boxed = handle.cast_mut().cast::<Boxed<H::Value>>();
    // SAFETY: aligned, and the tag is the first 8 bytes; nothing else is touched before it is known.
    if boxed.is_aligned() && unsafe { ptr::addr_of!((*boxed).tag).read_volatile() } == tag::<H>() {
        Ok(boxed)
    } else {
        Err(Failure::handle(argument, H::NAME))
    }
}

/// The value of a handle.
///
/// # Safety
/// `handle` is null or a handle of this library that is not freed while the result lives.
pub(crate) unsafe fn get<'a, H: Handle>(argument: &str, handle: *const H) -> Outcome<&'a H::Value> {
    // SAFETY: the tag says that `Out::put` has made this box with this type, and the caller that it lives.
    unsafe { boxed(argument, handle).map(|boxed| &(*boxed).value) }
}

/// The value of a handle that a call changes.
///
/// # Safety
/// As [`get`], and no other thread uses the handle.
pub(crate) unsafe fn get_mut<'a, H: Handle>(argument: &str, handle: *mut H) -> Outcome<&'a mut H::Value> {
    // SAFETY: as in `get`, and the caller promises that nobody else looks.
    unsafe { boxed(argument, handle).map(|boxed| &mut (*boxed).value) }
}

/// Frees a handle; null is nothing to free.
///
/// # Safety
/// `handle` is null or a handle of this library, and no thread uses it any more.
pub(crate) unsafe fn free<H: Handle>(argument: &str, handle: *mut H) -> Outcome<()> {
    if handle.is_null() {
        return Ok(());
    }
    // SAFETY: the tag says that this is a box that `Out::put` made and nobody has freed; it is unmade only here.
    unsafe {
        let boxed = boxed(argument, handle)?;
        // Volatile, because the compiler sees that nobody may read what is about to be freed.
        ptr::addr_of_mut!((*boxed).tag).write_volatile(FREED);
        drop(Box::from_raw(boxed));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::crm_status;

    struct apple;
    struct pear;
    handles! {
        apple holds u128, tag b"apple---";
        pear holds String, tag b"pear----";
    }

    #[test]
    fn a_handle_of_another_type_is_refused_and_survives() {
        let mut handle: *mut apple = ptr::null_mut();
        // SAFETY: the place is a local; the handle is used and freed once, by this thread.
        unsafe {
            Out::new("out", &raw mut handle).unwrap().put(5);
            assert_eq!(*get("apple", handle).unwrap(), 5);
            *get_mut("apple", handle).unwrap() += 1;
            assert_eq!(get("pear", handle.cast::<pear>()).unwrap_err().status(), crm_status::InvalidHandle);
            assert!(free("pear", handle.cast::<pear>()).is_err());
            assert_eq!(*get("apple", handle).unwrap(), 6);
            free("apple", handle).unwrap();
            free("apple", ptr::null_mut::<apple>()).unwrap();
        }
    }

    #[test]
    fn null_and_foreign_memory_are_refused() {
        let words = [0u64; 8];
        // SAFETY: the memory is readable; the tag in it is none.
        unsafe {
            assert_eq!(get::<apple>("apple", ptr::null()).unwrap_err().status(), crm_status::NullPointer);
            assert!(get::<pear>("pear", words.as_ptr().cast()).is_err());
            assert!(get::<pear>("pear", words.as_ptr().cast::<u8>().add(1).cast()).is_err());
            assert!(Out::<pear>::new("out", ptr::null_mut()).is_err());
        }
    }
}
