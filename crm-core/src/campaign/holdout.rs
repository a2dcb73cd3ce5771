//! Customers that campaigns leave alone, and customers that campaigns share out among themselves.

use serde::{Deserialize, Serialize};

use super::bucket::{Hasher, Purpose};
use crate::customer::CustomerId;
use crate::error::{Error, Result};

/// A share of all customers that no campaign contacts, drawn by a salt, so that the effect of all campaigns together can be measured.
///
/// ```text
/// held out: floor(XXH3_64(00 "holdout" 00 salt 00 id) / 2^11) / 2^53 < share
/// ```
///
/// The same customers wherever the salt is used: in every [`Selection`](super::Selection) and every [`Split`](super::Split). What the salt draws for
/// other purposes, such as arms, is independent of it.
///
/// ```
/// use crm_core::campaign::Holdout;
/// use crm_core::customer::CustomerId;
/// let holdout = Holdout::new("holdout-2026", 0.05)?;
/// let held = (0..10_000).filter(|&id| holdout.holds(CustomerId::Integer(id))).count();
/// assert!((400..600).contains(&held), "{held}");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    salt: String,
    share: f64,
}

impl Holdout {
    /// A holdout of a share of the customers. Raising the share adds customers and releases nobody.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty salt and a share outside [0, 1].
    pub fn new(salt: &str, share: f64) -> Result<Self> {
        let holdout = Self { salt: salt.to_owned(), share };
        holdout.check()?;
        Ok(holdout)
    }

    pub(super) fn check(&self) -> Result<()> {
        check_salt(&self.salt)?;
        if (0.0..=1.0).contains(&self.share) {
            Ok(())
        } else {
            Err(Error::argument("holdout_share", self.share, "within [0, 1]"))
        }
    }

    /// The salt.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// The share of the customers.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// Whether a customer is held out.
    pub fn holds(&self, id: CustomerId<'_>) -> bool {
        self.has(self.hasher().bucket(id))
    }

    pub(super) fn has(&self, bucket: f64) -> bool {
        bucket < self.share
    }

    pub(super) fn hasher(&self) -> Hasher<'_> {
        Hasher::of(Purpose::Holdout, &self.salt)
    }
}

/// The part of a namespace that a campaign may use. Campaigns with ranges of one namespace that do not overlap never share a customer.
///
/// ```text
/// number in the namespace: floor(XXH3_64(00 "namespace" 00 salt 00 id) / 2^11) / 2^53
/// ```
///
/// ```
/// use crm_core::campaign::Namespace;
/// use crm_core::customer::CustomerId;
/// let (mail, push) = (Namespace::new("checkout", 0.0, 0.5)?, Namespace::new("checkout", 0.5, 1.0)?);
/// assert!((0..100).all(|id| mail.holds(CustomerId::Integer(id)) != push.holds(CustomerId::Integer(id))));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Namespace {
    salt: String,
    from: f64,
    to: f64,
}

impl Namespace {
    /// The customers of a namespace whose number in it is at least `from` and below `to`.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty salt and ends that are not 0 <= from < to <= 1.
    pub fn new(salt: &str, from: f64, to: f64) -> Result<Self> {
        let namespace = Self { salt: salt.to_owned(), from, to };
        namespace.check()?;
        Ok(namespace)
    }

    pub(super) fn check(&self) -> Result<()> {
        check_salt(&self.salt)?;
        let Self { from, to, .. } = *self;
        if 0.0 <= from && from < to && to <= 1.0 {
            Ok(())
        } else {
            Err(Error::argument("namespace", format_args!("[{from}, {to})"), "a range within [0, 1)"))
        }
    }

    /// The salt.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// Whether a customer belongs to this part.
    pub fn holds(&self, id: CustomerId<'_>) -> bool {
        self.has(self.hasher().bucket(id))
    }

    pub(super) fn has(&self, bucket: f64) -> bool {
        (self.from..self.to).contains(&bucket)
    }

    pub(super) fn hasher(&self) -> Hasher<'_> {
        Hasher::of(Purpose::Namespace, &self.salt)
    }
}

pub(super) fn check_salt(salt: &str) -> Result<()> {
    if salt.is_empty() {
        return Err(Error::argument("salt", "\"\"", "a text of its own for each campaign"));
    }
    if salt.contains('\0') {
        return Err(Error::argument("salt", format_args!("{salt:?}"), "free of zero characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_makes_no_sense_is_refused() {
        for error in [
            Holdout::new("", 0.1).unwrap_err(),
            Holdout::new("a\0b", 0.1).unwrap_err(),
            Holdout::new("a", 1.5).unwrap_err(),
            Holdout::new("a", f64::NAN).unwrap_err(),
            Namespace::new("a", 0.5, 0.5).unwrap_err(),
            Namespace::new("a", -0.1, 0.5).unwrap_err(),
            Namespace::new("a", 0.1, 1.1).unwrap_err(),
            Namespace::new("a", f64::NAN, 1.0).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn a_larger_holdout_contains_the_smaller_one() {
        let (small, large) = (Holdout::new("h", 0.05).unwrap(), Holdout::new("h", 0.1).unwrap());
        let everyone = || (0..2000).map(CustomerId::Integer);
        assert!(everyone().filter(|&id| small.holds(id)).all(|id| large.holds(id)));
        assert!(everyone().all(|id| Holdout::new("h", 1.0).unwrap().holds(id)));
        assert!(!everyone().any(|id| Holdout::new("h", 0.0).unwrap().holds(id)));
    }
}
