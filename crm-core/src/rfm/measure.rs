//! What frequency and monetary value mean, as columns.

use serde::{Deserialize, Serialize};

use crate::customer::{CustomerBase, TimeUnit};
use crate::error::{Error, ErrorKind, Result};

/// What frequency counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FrequencyMeasure {
    /// Orders.
    #[default]
    Orders,
    /// Days with a purchase.
    PurchaseDays,
    /// Orders divided by the customer's age (at least one unit) in this unit.
    OrdersPer(TimeUnit),
}

/// What monetary value means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MonetaryMeasure {
    /// Net amount: purchases less returns.
    #[default]
    NetAmount,
    /// Net amount an order.
    MeanPerOrder,
    /// Net amount a day with a purchase.
    MeanPerPurchaseDay,
}

impl FrequencyMeasure {
    pub(crate) fn of(self, base: &CustomerBase, customer: usize) -> f64 {
        match self {
            Self::Orders => f64::from(base.orders()[customer]),
            Self::PurchaseDays => f64::from(base.purchase_days()[customer]),
            Self::OrdersPer(unit) => {
                // One rounding only, so that equal rates are equal doubles.
                let age = f64::from(base.as_of().number() - base.first_purchase()[customer]);
                f64::from(base.orders()[customer]) * unit.days() / age.max(unit.days())
            }
        }
    }

    /// The measure from its name: `orders`, `purchase_days` or `orders_per_UNIT`, such as `orders_per_week`.
    ///
    /// # Errors
    /// `InvalidArgument` for another name.
    pub fn from_name(name: &str) -> Result<Self> {
        match (name, name.strip_prefix("orders_per_")) {
            ("orders", _) => Ok(Self::Orders),
            ("purchase_days", _) => Ok(Self::PurchaseDays),
            (_, Some(unit)) => {
                TimeUnit::from_name(unit).map(Self::OrdersPer).map_err(|error| error.on("frequency"))
            }
            _ => Err(Error::argument(
                "frequency",
                format!("{name:?}"),
                "orders, purchase_days or orders_per_UNIT (such as orders_per_week)",
            )),
        }
    }

    /// The name that [`from_name`](Self::from_name) reads.
    pub fn name(self) -> String {
        match self {
            Self::Orders => "orders".to_owned(),
            Self::PurchaseDays => "purchase_days".to_owned(),
            Self::OrdersPer(unit) => format!("orders_per_{unit}"),
        }
    }
}

impl MonetaryMeasure {
    pub(crate) fn of(self, base: &CustomerBase, customer: usize) -> f64 {
        let amount = base.net_amount(customer);
        match self {
            Self::NetAmount => amount.to_f64(),
            Self::MeanPerOrder => amount.divided_by(base.orders()[customer]),
            Self::MeanPerPurchaseDay => amount.divided_by(base.purchase_days()[customer]),
        }
    }

    /// The measure from its name: `net_amount`, `mean_per_order` or `mean_per_purchase_day`.
    ///
    /// # Errors
    /// `InvalidArgument` for another name.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "net_amount" => Ok(Self::NetAmount),
            "mean_per_order" => Ok(Self::MeanPerOrder),
            "mean_per_purchase_day" => Ok(Self::MeanPerPurchaseDay),
            _ => Err(Error::argument(
                "monetary",
                format!("{name:?}"),
                "net_amount, mean_per_order or mean_per_purchase_day",
            )),
        }
    }

    /// The name that [`from_name`](Self::from_name) reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::NetAmount => "net_amount",
            Self::MeanPerOrder => "mean_per_order",
            Self::MeanPerPurchaseDay => "mean_per_purchase_day",
        }
    }

    pub(crate) fn check(base: &CustomerBase) -> Result<()> {
        if base.has_amounts() {
            return Ok(());
        }
        let message = "the log has no amounts, so there is no monetary value to score";
        Err(Error::new(ErrorKind::MissingColumn, message).on("amount"))
    }
}
