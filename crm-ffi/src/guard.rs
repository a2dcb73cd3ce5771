//! The one place where a call's outcome becomes a status: no error and no panic crosses into C.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Failure, Outcome, crm_status, remember};

/// Runs a body and remembers why it failed.
///
/// Unwind safety: handles are immutable but for builders, which leave their contents behind when a call does not
/// return; out-parameters are set as a body's last act.
pub(crate) fn guard(body: impl FnOnce() -> Outcome<()>) -> crm_status {
    match run(body) {
        Ok(()) => {
            remember(None);
            crm_status::Ok
        }
        Err(failure) => {
            remember(Some(&failure));
            failure.status()
        }
    }
}

/// Runs a body that answers directly, with what it answers when it fails.
pub(crate) fn guard_or<T>(absent: T, body: impl FnOnce() -> Outcome<T>) -> T {
    match run(body) {
        Ok(value) => {
            remember(None);
            value
        }
        Err(failure) => {
            remember(Some(&failure));
            absent
        }
    }
}

/// Runs a body that cleans up, and leaves the last error alone unless it fails itself.
pub(crate) fn guard_release(body: impl FnOnce() -> Outcome<()>) {
    if let Err(failure) = run(body) {
        remember(Some(&failure));
    }
}

fn run<T>(body: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let failure = Failure::panic(text(payload.as_ref()));
        // A payload may panic again when it is dropped: nobody is left to catch that.
        std::mem::forget(payload);
        Err(failure)
    })
}

fn text(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "a panic without a message",
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::status::{crm_last_error_message, crm_last_error_row};

    fn message() -> String {
        // SAFETY: the message is a terminated string that lives until the next call on this thread.
        unsafe { CStr::from_ptr(crm_last_error_message()) }.to_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_panic_becomes_a_status_with_its_message() {
        let number = 7;
        assert_eq!(guard(|| panic!("broken {number}")), crm_status::Panic);
        assert_eq!(message(), "internal error, please report it: broken 7");
        assert_eq!(guard_or(3, || panic!("again")), 3);
        assert!(message().ends_with(": again"));
        assert_eq!(guard(|| Ok(())), crm_status::Ok);
        assert_eq!((message().as_str(), crm_last_error_row()), ("", -1));
    }

    #[test]
    fn errors_are_those_of_the_thread() {
        assert_eq!(guard(|| Err(Failure::null("here"))), crm_status::NullPointer);
        let other = std::thread::spawn(message).join();
        assert_eq!((message().as_str(), other.ok().as_deref()), ("here: is a null pointer", Some("")));
    }

    #[test]
    fn cleaning_up_keeps_the_error() {
        assert_eq!(guard(|| Err(Failure::null("here"))), crm_status::NullPointer);
        guard_release(|| Ok(()));
        assert_eq!(message(), "here: is a null pointer");
    }
}
