//! Tiers of value in a few numbers each.

/// One tier in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTierRow {
    /// The number of the tier, 0 the highest.
    pub tier: u32,
    /// Its name.
    pub name: String,
    /// The lowest value that belongs to it; `None` for the last tier, which takes all others, and for tiers that no value reached when fitted.
    pub lower_bound: Option<f64>,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, in \[0, 1\].
    pub customer_share: f64,
    /// Sum of their values.
    pub value: f64,
    /// Share of the sum of all values; 0 if that is 0. Negative values can push it outside \[0, 1\].
    pub value_share: f64,
    /// The lowest value; `None` for a tier without customers.
    pub lowest: Option<f64>,
    /// The highest value; `None` for a tier without customers.
    pub highest: Option<f64>,
    /// The share that the tier was asked to have; `None` if bounds were given.
    pub asked_share: Option<f64>,
    /// The share that it has of what was asked for: of customers, or of positive value.
    pub got_share: Option<f64>,
}

impl ValueTierRow {
    /// How much larger the tier is than asked, as a difference of shares: ties are never split. `None` if bounds were given.
    pub fn overshoot(&self) -> Option<f64> {
        Some(self.got_share? - self.asked_share?)
    }
}

/// Every tier in numbers, the highest first, those without customers included.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTierSummary {
    /// A row a tier.
    pub rows: Vec<ValueTierRow>,
    /// Number of customers.
    pub customers: u64,
    /// Sum of all values.
    pub value: f64,
}
