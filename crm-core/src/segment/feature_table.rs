//! Columns of features, a row a customer.

use rayon::prelude::*;

use super::exact_amount::ExactAmount;
use super::feature::{Feature, FeatureUnit};
use super::kmeans_options::LabelOrder;
use crate::customer::{BaseOptions, CustomerBase, Day, Money, PurchaseHistory, Rhythm, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// The largest magnitude of a value: squares of larger ones overflow.
pub(super) const LARGEST: f64 = 1e140;

/// One column of a [`FeatureTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureColumn {
    name: String,
    unit: FeatureUnit,
    values: Vec<f64>,
    exact: Option<ExactColumn>,
}

/// Amounts as the log has them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExactColumn {
    micros: Vec<i128>,
    /// What each is divided by, if anything.
    per: Option<Vec<u32>>,
}

impl ExactColumn {
    pub(super) fn get(&self, row: usize) -> ExactAmount {
        ExactAmount { micros: self.micros[row], per: self.per.as_ref().map_or(1, |per| per[row]) }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ExactAmount> + '_ {
        (0..self.micros.len()).map(|row| self.get(row))
    }

    /// Whether the amounts are totals, which can be added up.
    pub(super) fn is_total(&self) -> bool {
        self.per.is_none()
    }
}

impl FeatureColumn {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unit.
    pub fn unit(&self) -> &FeatureUnit {
        &self.unit
    }

    /// The values in that unit; NaN where the feature is not defined.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Number of missing values.
    pub fn missing(&self) -> usize {
        self.values.iter().filter(|value| value.is_nan()).count()
    }

    pub(super) fn exact(&self) -> Option<&ExactColumn> {
        self.exact.as_ref()
    }
}

/// Features of customers: named columns with units, a row a customer in the order of the base.
///
/// Money from a base keeps its exact amounts beside the doubles that it shows, so that nothing later depends on whether the log
/// counts in units or in cents. NaN means that a feature is not defined for a customer, and nothing else.
///
/// ```
/// use crm_core::segment::{FeatureTable, FeatureUnit};
/// let table = FeatureTable::new(3)?
///     .with_column("visits", FeatureUnit::Count, &[3.0, 1.0, 4.0])?
///     .with_column("lifetime_value", FeatureUnit::parse("money:EUR")?, &[120.0, 15.5, f64::NAN])?;
/// assert_eq!((table.rows(), table.names()), (3, vec!["visits", "lifetime_value"]));
/// assert_eq!(table.column("lifetime_value")?.missing(), 1);
/// let error = table.with_column("visits", FeatureUnit::Count, &[0.0; 3]).unwrap_err();
/// assert_eq!(error.to_string(), "visits: there already is a column of this name");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureTable {
    rows: usize,
    columns: Vec<FeatureColumn>,
    as_of: Option<Day>,
    window_days: Option<u32>,
    time_unit: Option<TimeUnit>,
    currency: Option<String>,
}

impl FeatureTable {
    /// A table of so many customers and no column yet, which no base stands behind.
    ///
    /// # Errors
    /// `Empty` for 0 rows.
    pub fn new(rows: usize) -> Result<Self> {
        if rows == 0 {
            return Err(Error::new(ErrorKind::Empty, "there are no rows").on("rows"));
        }
        let (columns, as_of, window_days, time_unit, currency) = (Vec::new(), None, None, None, None);
        Ok(Self { rows, columns, as_of, window_days, time_unit, currency })
    }

    /// Features of the customers of a base, in this order; [`Feature::DEFAULT`] is a good start.
    ///
    /// # Errors
    /// `InvalidArgument` for a feature that is asked for twice, or that needs the rhythm of purchases (see
    /// [`from_history`](Self::from_history)); `MissingColumn` for one that needs amounts if the log has none.
    pub fn from_base(base: &CustomerBase, features: &[Feature]) -> Result<Self> {
        Self::read(base, None, features)
    }

    /// Features of the customers of a base whose rhythm of purchases is known too.
    ///
    /// # Errors
    /// Those of [`from_base`](Self::from_base); `Incompatible` if the rhythm was read with other options or from another history.
    pub fn from_base_and_rhythm(base: &CustomerBase, rhythm: &Rhythm, features: &[Feature]) -> Result<Self> {
        let same = base.as_of() == rhythm.as_of()
            && base.window_days() == rhythm.window_days()
            && base.time_unit() == rhythm.time_unit();
        if !same {
            let show = |as_of, window: Option<u32>, unit| {
                let window = window.map_or("all days".to_owned(), |days| format!("{days} days"));
                format!("{window} up to {as_of} in the unit {unit}")
            };
            let message = format!(
                "describes {}, the base {}",
                show(rhythm.as_of(), rhythm.window_days(), rhythm.time_unit()),
                show(base.as_of(), base.window_days(), base.time_unit())
            );
            return Err(Error::new(ErrorKind::Incompatible, message).on("rhythm"));
        }
        let days = base.purchase_days();
        let other = base.len() != rhythm.len()
            || days.iter().zip(rhythm.gaps()).any(|(&days, &gaps)| days.checked_sub(1) != Some(gaps));
        if other {
            let message = "has other customers or purchase days than the base";
            return Err(Error::new(ErrorKind::Incompatible, message).on("rhythm"));
        }
        Self::read(base, Some(rhythm), features)
    }

    /// Features of the customers of the base that a history has with these options.
    ///
    /// # Errors
    /// Those of [`PurchaseHistory::base`] and [`from_base`](Self::from_base), except that no feature is out of reach.
    pub fn from_history(
        history: &PurchaseHistory,
        options: BaseOptions,
        features: &[Feature],
    ) -> Result<Self> {
        let base = history.base(options)?;
        if features.iter().any(|feature| feature.needs_rhythm()) {
            return Self::read(&base, Some(&history.rhythm(options)?), features);
        }
        Self::read(&base, None, features)
    }

    fn read(base: &CustomerBase, rhythm: Option<&Rhythm>, features: &[Feature]) -> Result<Self> {
        for (place, feature) in features.iter().enumerate() {
            if features[..place].contains(feature) {
                return Err(Error::argument("features", feature, "named once"));
            }
            if feature.needs_amounts() && !base.has_amounts() {
                let message = format!("the log has no amounts, which {feature} needs");
                return Err(Error::new(ErrorKind::MissingColumn, message).on("amount"));
            }
            if feature.needs_rhythm() && rhythm.is_none() {
                let accepted = "features of a base: this one needs the gaps between purchases, which are read from a history";
                return Err(Error::argument("features", feature, accepted));
            }
        }
        let read = |&feature: &Feature| read_column(base, rhythm, feature);
        let columns = Threads::Available.run(|| features.par_iter().map(read).collect())?;
        Ok(Self {
            rows: base.len(),
            columns,
            as_of: Some(base.as_of()),
            window_days: base.window_days(),
            time_unit: Some(base.time_unit()),
            currency: base.currency().map(str::to_owned),
        })
    }

    /// The table with one more column, such as a predicted lifetime value; NaN means missing.
    ///
    /// Money given as doubles has no exact amounts behind it: scaled by a factor that is no power of two, its scaled values may move
    /// by rounding.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is empty or taken; `LengthMismatch`; `InvalidValue` with the row for infinite values, negative
    /// counts and shares outside 0 to 1; `OutOfRange` above 1e140 in magnitude; `Incompatible` for money in another currency than the
    /// table's.
    pub fn with_column(mut self, name: &str, unit: FeatureUnit, values: &[f64]) -> Result<Self> {
        if name.is_empty() {
            return Err(Error::argument("name", "\"\"", "a name"));
        }
        if self.place(name).is_some() {
            let message = "there already is a column of this name";
            return Err(Error::new(ErrorKind::InvalidArgument, message).on(name));
        }
        if values.len() != self.rows {
            let message = format!("has {} rows where the table has {}", values.len(), self.rows);
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
        }
        if let FeatureUnit::Money { currency: Some(currency) } = &unit {
            if currency.is_empty() {
                return Err(Error::argument(
                    "unit",
                    "an empty currency",
                    "money without one, or with a label",
                ));
            }
            match &self.currency {
                Some(own) if own != currency => {
                    let message = format!("is in {currency}, the table in {own}");
                    return Err(Error::new(ErrorKind::Incompatible, message).on(name));
                }
                _ => self.currency = Some(currency.clone()),
            }
        }
        for (row, &value) in values.iter().enumerate() {
            let at = |kind, message: String| Err(Error::new(kind, message).on(name).at_row(row as u64));
            if value.is_infinite() {
                return at(ErrorKind::InvalidValue, format!("{value} is not finite"));
            }
            if value.abs() > LARGEST {
                return at(ErrorKind::OutOfRange, format!("{value:e} is above {LARGEST:e} in magnitude"));
            }
            if unit == FeatureUnit::Count && value < 0.0 {
                return at(ErrorKind::InvalidValue, format!("{value} is no count: it is negative"));
            }
            if unit == FeatureUnit::Share && !(value.is_nan() || (0.0..=1.0).contains(&value)) {
                return at(ErrorKind::InvalidValue, format!("{value} is no share from 0 to 1"));
            }
        }
        // Adding 0 turns -0 into 0.
        let values = values.iter().map(|value| value + 0.0).collect();
        self.columns.push(FeatureColumn { name: name.to_owned(), unit, values, exact: None });
        Ok(self)
    }

    /// Number of customers.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in their order.
    pub fn columns(&self) -> &[FeatureColumn] {
        &self.columns
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(FeatureColumn::name).collect()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// A column by its name.
    ///
    /// # Errors
    /// `MissingColumn` with the names that there are.
    pub fn column(&self, name: &str) -> Result<&FeatureColumn> {
        self.place(name).map(|place| &self.columns[place]).ok_or_else(|| self.no_column(name))
    }

    fn no_column(&self, name: &str) -> Error {
        let message = format!("there is no such column among {}", self.names().join(", "));
        Error::new(ErrorKind::MissingColumn, message).on(name)
    }

    /// The order that numbers clusters by a named feature, for [`KMeansOptions::order`](super::KMeansOptions::order).
    ///
    /// # Errors
    /// `MissingColumn` with the names that there are.
    pub fn order_by(&self, name: &str, descending: bool) -> Result<LabelOrder> {
        let feature = self.place(name).ok_or_else(|| self.no_column(name))?;
        Ok(LabelOrder { feature, descending })
    }

    /// The day that the base behind the table describes, if there is one.
    pub fn as_of(&self) -> Option<Day> {
        self.as_of
    }

    /// The window in days of the base behind the table, if it had one.
    pub fn window_days(&self) -> Option<u32> {
        self.window_days
    }

    /// The unit in which the base behind the table counts time, if there is one.
    pub fn time_unit(&self) -> Option<TimeUnit> {
        self.time_unit
    }

    /// The currency label of the base, or of the first column that has one.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
}

/// Customers that one task reads.
const CUSTOMERS_A_TASK: usize = 1 << 14;

fn filled<T: Copy + Send>(rows: usize, nothing: T, value: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut column = vec![nothing; rows];
    column.par_chunks_mut(CUSTOMERS_A_TASK).enumerate().for_each(|(task, chunk)| {
        for (place, slot) in chunk.iter_mut().enumerate() {
            *slot = value(task * CUSTOMERS_A_TASK + place);
        }
    });
    column
}

fn read_column(base: &CustomerBase, rhythm: Option<&Rhythm>, feature: Feature) -> FeatureColumn {
    let rows = base.len();
    let orders = |customer: usize| base.orders()[customer].max(1);
    let micros = |amount: &(dyn Fn(usize) -> Money + Sync)| filled(rows, 0, |row| amount(row).micros());
    let exact = match feature {
        Feature::NetAmount => {
            Some(ExactColumn { micros: micros(&|customer| base.net_amount(customer)), per: None })
        }
        Feature::PurchaseAmount => {
            Some(ExactColumn { micros: micros(&|customer| base.purchase_amount(customer)), per: None })
        }
        Feature::MeanOrderAmount => Some(ExactColumn {
            micros: micros(&|customer| base.purchase_amount(customer)),
            per: Some(filled(rows, 1, orders)),
        }),
        _ => None,
    };
    let values = filled(rows, 0.0, |customer| match (feature, &exact, rhythm) {
        (_, Some(exact), _) => {
            let ExactAmount { micros, per } = exact.get(customer);
            Money::from_micros(micros).divided_by(per)
        }
        (Feature::TimeSinceLastPurchase, ..) => base.time_since_last_purchase(customer),
        (Feature::Orders, ..) => f64::from(base.orders()[customer]),
        (Feature::PurchaseDays, ..) => f64::from(base.purchase_days()[customer]),
        (Feature::Age, ..) => base.age(customer),
        (Feature::ReturnRate, ..) => return_rate(base, customer),
        (Feature::Regularity, _, Some(rhythm)) => rhythm.regularity(customer),
        (Feature::MeanGap, _, Some(rhythm)) => rhythm.mean_gap(customer),
        // Features that need what is not there are refused before.
        _ => f64::NAN,
    });
    let unit = feature.unit(base.time_unit(), base.currency());
    FeatureColumn { name: feature.name().to_owned(), unit, values, exact }
}

fn return_rate(base: &CustomerBase, customer: usize) -> f64 {
    let (bought, returned) = (base.purchase_amount(customer), -base.return_amount(customer));
    if returned.micros() <= 0 {
        0.0
    } else if returned >= bought {
        1.0
    } else {
        let amount = |money: Money| ExactAmount { micros: money.micros(), per: 1 };
        amount(returned).over(amount(bought))
    }
}
