//! Features of customers and the units that they are counted in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::customer::TimeUnit;
use crate::error::{Error, Result};

/// A number that a customer base, or the rhythm of its purchases, has for every customer.
///
/// ```
/// use crm_core::customer::TimeUnit;
/// use crm_core::segment::{Feature, FeatureUnit};
/// assert_eq!(Feature::from_name("regularity")?, Feature::Regularity);
/// assert_eq!(Feature::Age.unit(TimeUnit::Week, None), FeatureUnit::Time(TimeUnit::Week));
/// assert_eq!(Feature::DEFAULT.map(Feature::name), ["time_since_last_purchase", "purchase_days", "net_amount"]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum Feature {
    /// Time from the last purchase to the date of the base (RFM recency), in the base's time unit.
    TimeSinceLastPurchase = 0,
    /// Orders (rows, where the log has no order ids).
    Orders = 1,
    /// Days with a purchase.
    PurchaseDays = 2,
    /// Purchases less returns, in the currency.
    NetAmount = 3,
    /// Purchases, returns not subtracted, in the currency.
    PurchaseAmount = 4,
    /// The purchase amount divided by the orders, in the currency.
    MeanOrderAmount = 5,
    /// Time from the first purchase to the date of the base (tenure, BTYD T), in the base's time unit.
    Age = 6,
    /// How regularly the customer buys, from 0 to 1; missing below three purchase days. See [`Rhythm::regularity`](crate::customer::Rhythm::regularity).
    Regularity = 7,
    /// Mean time between purchase days, in the base's time unit; missing below two purchase days.
    MeanGap = 8,
    /// The returned share of the purchase amount, from 0 to 1: `min(1, returned / purchased)`, 0 for who returned nothing.
    ///
    /// It is 1 for who returned more than the purchases of the time described, as a window can make it look.
    ReturnRate = 9,
}

impl Feature {
    /// Every feature, in the order of the codes.
    pub const ALL: [Self; 10] = [
        Self::TimeSinceLastPurchase,
        Self::Orders,
        Self::PurchaseDays,
        Self::NetAmount,
        Self::PurchaseAmount,
        Self::MeanOrderAmount,
        Self::Age,
        Self::Regularity,
        Self::MeanGap,
        Self::ReturnRate,
    ];

    /// What customers are clustered by unless something else is asked for: recency, frequency and monetary value.
    pub const DEFAULT: [Self; 3] = [Self::TimeSinceLastPurchase, Self::PurchaseDays, Self::NetAmount];

    /// The name, which is that of the column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimeSinceLastPurchase => "time_since_last_purchase",
            Self::Orders => "orders",
            Self::PurchaseDays => "purchase_days",
            Self::NetAmount => "net_amount",
            Self::PurchaseAmount => "purchase_amount",
            Self::MeanOrderAmount => "mean_order_amount",
            Self::Age => "age",
            Self::Regularity => "regularity",
            Self::MeanGap => "mean_gap",
            Self::ReturnRate => "return_rate",
        }
    }

    /// A feature from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::argument("features", format!("{name:?}"), &format!("one of {names}"))
        })
    }

    /// The unit, for a base that counts times in `time_unit` and money in `currency`.
    pub fn unit(self, time_unit: TimeUnit, currency: Option<&str>) -> FeatureUnit {
        match self {
            Self::TimeSinceLastPurchase | Self::Age | Self::MeanGap => FeatureUnit::Time(time_unit),
            Self::Orders | Self::PurchaseDays => FeatureUnit::Count,
            Self::NetAmount | Self::PurchaseAmount | Self::MeanOrderAmount => {
                let currency = currency.filter(|label| !label.is_empty());
                FeatureUnit::Money { currency: currency.map(str::to_owned) }
            }
            Self::Regularity | Self::ReturnRate => FeatureUnit::Share,
        }
    }

    /// Whether it needs the amounts of the log.
    pub const fn needs_amounts(self) -> bool {
        matches!(self, Self::NetAmount | Self::PurchaseAmount | Self::MeanOrderAmount | Self::ReturnRate)
    }

    /// Whether it needs the gaps between purchases, which a base alone does not know.
    pub const fn needs_rhythm(self) -> bool {
        matches!(self, Self::Regularity | Self::MeanGap)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the values of a feature are counted in.
///
/// ```
/// use crm_core::segment::FeatureUnit;
/// for text in ["day", "week", "count", "money", "money:EUR", "share", "number"] {
///     assert_eq!(FeatureUnit::parse(text)?.to_string(), text);
/// }
/// assert!(FeatureUnit::parse("furlong").is_err());
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum FeatureUnit {
    /// A length of time.
    Time(TimeUnit),
    /// A number of things, not negative.
    Count,
    /// An amount in currency units.
    Money {
        /// The label of the currency, if one is known.
        currency: Option<String>,
    },
    /// A share, from 0 to 1.
    Share,
    /// Any other number.
    Number,
}

impl FeatureUnit {
    /// A unit from its text: the name of a [`TimeUnit`], `count`, `money`, `money:` with a currency, `share` or `number`.
    ///
    /// # Errors
    /// `InvalidArgument` for another text.
    pub fn parse(text: &str) -> Result<Self> {
        match (text, text.strip_prefix("money:")) {
            ("count", _) => Ok(Self::Count),
            ("share", _) => Ok(Self::Share),
            ("number", _) => Ok(Self::Number),
            ("money", _) => Ok(Self::Money { currency: None }),
            (_, Some(currency)) if !currency.is_empty() => {
                Ok(Self::Money { currency: Some(currency.to_owned()) })
            }
            _ => TimeUnit::from_name(text).map(Self::Time).map_err(|_| {
                let units = TimeUnit::ALL.map(TimeUnit::name).join(", ");
                let accepted = format!("count, money, money:CURRENCY, share, number or one of {units}");
                Error::argument("unit", format!("{text:?}"), &accepted)
            }),
        }
    }

    /// Whether it is an amount of money, in whatever currency.
    pub const fn is_money(&self) -> bool {
        matches!(self, Self::Money { .. })
    }

    /// A value with its unit as people write it, such as `12.3 days`, `56.00 EUR` or `12.5 %`.
    pub fn with_value(&self, value: f64) -> String {
        match self {
            _ if value.is_nan() => "none".to_owned(),
            Self::Time(unit) => {
                let word = match unit {
                    TimeUnit::Day => "days",
                    TimeUnit::Week => "weeks",
                    TimeUnit::Month30 => "months of 30 days",
                    TimeUnit::MonthMean => "months",
                    TimeUnit::Year365 => "years of 365 days",
                    TimeUnit::YearMean => "years",
                };
                format!("{} {word}", rounded(value, 1))
            }
            Self::Count => rounded(value, 1),
            Self::Money { currency: Some(currency) } => format!("{} {currency}", rounded(value, 2)),
            Self::Money { currency: None } => rounded(value, 2),
            Self::Share => format!("{} %", rounded(100.0 * value, 1)),
            Self::Number => rounded(value, 3),
        }
    }
}

/// A number with so many decimals, unless they would hide it or be lost in it.
fn rounded(value: f64, decimals: usize) -> String {
    let shown = format!("{value:.decimals$}");
    let hides = value != 0.0 && shown.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    if hides || value.abs() >= 1e15 { format!("{value:.2e}") } else { shown }
}

impl fmt::Display for FeatureUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(unit) => f.pad(unit.name()),
            Self::Count => f.pad("count"),
            Self::Money { currency: None } => f.pad("money"),
            Self::Money { currency: Some(currency) } => f.pad(&format!("money:{currency}")),
            Self::Share => f.pad("share"),
            Self::Number => f.pad("number"),
        }
    }
}

impl From<FeatureUnit> for String {
    fn from(unit: FeatureUnit) -> Self {
        unit.to_string()
    }
}

impl TryFrom<String> for FeatureUnit {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_codes_follow_each_other() {
        for (code, feature) in (0..).zip(Feature::ALL) {
            assert_eq!((Feature::from_name(feature.name()).unwrap(), feature as i32), (feature, code));
        }
        let error = Feature::from_name("Orders").unwrap_err().to_string();
        assert!(error.contains("\"Orders\"") && error.contains("purchase_days"), "{error}");
    }

    #[test]
    fn an_empty_currency_is_none() {
        // An empty label would be written as it is not read.
        assert!(FeatureUnit::parse("money:").is_err());
        assert_eq!(FeatureUnit::Money { currency: None }.with_value(2.0), "2.00");
        assert_eq!(FeatureUnit::Time(TimeUnit::Week).with_value(2.04), "2.0 weeks");
        assert_eq!(FeatureUnit::Share.with_value(0.125), "12.5 %");
        assert_eq!(
            [0.0, 0.0001, -4e20].map(|value| FeatureUnit::Count.with_value(value)),
            ["0.0", "1.00e-4", "-4.00e20"]
        );
    }
}
