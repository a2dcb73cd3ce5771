//! Who was selected, and why the others were not.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// What kind of reason keeps a customer out of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum ReasonKind {
    /// A rule is false.
    Rule = 0,
    /// A rule has no answer, because a value is missing.
    MissingValue = 1,
    /// The customer has not agreed to be contacted.
    NoOptIn = 2,
    /// The customer has asked not to be contacted.
    OptedOut = 3,
    /// The customer is on a list of those not to contact.
    DoNotContact = 4,
    /// The customer is in a campaign that is running.
    RunningCampaign = 5,
    /// The customer was contacted often enough.
    ContactFatigue = 6,
    /// The customer belongs to a holdout.
    Holdout = 7,
    /// Customers who rank higher fill the segment's quota.
    SegmentQuota = 8,
    /// Customers who rank higher fill the campaign's quota.
    Quota = 9,
}

named! { ReasonKind, "reason", {
    Rule: "rule", MissingValue: "missing_value", NoOptIn: "no_opt_in", OptedOut: "opted_out", DoNotContact: "do_not_contact",
    RunningCampaign: "running_campaign", ContactFatigue: "contact_fatigue", Holdout: "holdout", SegmentQuota: "segment_quota",
    Quota: "quota",
} }

/// A reason, and how many customers it keeps out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The name of the step.
    pub name: String,
    /// The kind.
    pub kind: ReasonKind,
    /// Customers whose first reason it is; these add up to all who are excluded.
    pub first: u64,
    /// Customers for whom it is a reason, be it the first or a later one. Quotas are only asked of those who pass everything else.
    pub any: u64,
}

/// The outcome of a [`Selection`](super::Selection): every customer is selected or has a first reason against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    reasons: Vec<Reason>,
    /// For each row the place of the first reason, -1 for who is selected.
    first: Vec<i32>,
    /// For each row a bit a reason.
    every: Vec<u64>,
    ranked: Vec<u32>,
}

impl Selected {
    /// From the reasons, those of each row as bits, and the selected rows, best first.
    pub(super) fn new(reasons: Vec<(String, ReasonKind)>, every: Vec<u64>, ranked: Vec<u32>) -> Self {
        let mut reasons: Vec<Reason> =
            reasons.into_iter().map(|(name, kind)| Reason { name, kind, first: 0, any: 0 }).collect();
        let mut first = Vec::with_capacity(every.len());
        for &bits in &every {
            let place = bits.trailing_zeros() as usize;
            first.push(if bits == 0 { -1 } else { place as i32 });
            if let Some(reason) = reasons.get_mut(place) {
                reason.first += 1;
            }
            let mut left = bits;
            while left != 0 {
                reasons[left.trailing_zeros() as usize].any += 1;
                left &= left - 1;
            }
        }
        Self { reasons, first, every, ranked }
    }

    /// The reasons in the order in which they are asked, with their counts.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Number of customers.
    pub fn customers(&self) -> u64 {
        self.first.len() as u64
    }

    /// Number of customers who are selected: all, less those of each first reason.
    pub fn selected(&self) -> u64 {
        self.ranked.len() as u64
    }

    /// Number of customers who are excluded.
    pub fn excluded(&self) -> u64 {
        self.customers() - self.selected()
    }

    /// The selected rows, best first.
    pub fn rows(&self) -> &[u32] {
        &self.ranked
    }

    /// For each row the place of its first reason, -1 for a customer who is selected.
    pub fn first_reasons(&self) -> &[i32] {
        &self.first
    }

    /// For each row all its reasons: bit k (of value 2^k) is the reason in place k.
    pub fn reason_bits(&self) -> &[u64] {
        &self.every
    }

    /// The first reason of a row; none for a customer who is selected, and for a row that is not there.
    pub fn reason(&self, row: usize) -> Option<&Reason> {
        self.reasons.get(usize::try_from(*self.first.get(row)?).ok()?)
    }

    /// All reasons of a row.
    pub fn all_reasons(&self, row: usize) -> Vec<&Reason> {
        let bits = self.every.get(row).copied().unwrap_or(0);
        let held = |(place, _): &(usize, &Reason)| bits >> place & 1 == 1;
        self.reasons.iter().enumerate().filter(held).map(|(_, reason)| reason).collect()
    }
}
