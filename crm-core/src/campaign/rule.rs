//! Rules on the columns of a table, with missing values as a third answer.

use serde::{Deserialize, Serialize};

use super::levels::NO_LEVEL;
use super::target_table::{TargetColumn, TargetTable, wrong_type};
use crate::error::{Error, ErrorKind, Result};

/// How a column is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// Below.
    #[serde(rename = "<")]
    Below,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Equal to.
    #[serde(rename = "==")]
    Equal,
    /// Not equal to.
    #[serde(rename = "!=")]
    NotEqual,
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// Above.
    #[serde(rename = ">")]
    Above,
}

/// A value that a column is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RuleValue {
    /// A flag; the same as the number 1 or 0.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<f64> for RuleValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for RuleValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for RuleValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A condition on the columns of a [`TargetTable`].
///
/// A comparison with a missing value is neither true nor false, as in SQL, and so is its negation: a customer whose score is not known is neither
/// above nor below a bound, and is selected by neither. `all` is false if one part is, else unknown if one is; `any` is true if one part is, else
/// unknown if one is (Kleene 1938). `missing` always has an answer.
///
/// As JSON a rule is an object with one key:
///
/// ```json
/// {"all": [
///     {"compare": {"column": "score", "is": ">=", "value": 0.7}},
///     {"in": {"column": "country", "values": ["DE", "AT"]}},
///     {"between": {"column": "age", "from": 18, "to": 65}},
///     {"not": {"missing": {"column": "email"}}}
/// ]}
/// ```
///
/// ```
/// use crm_core::campaign::{Comparison, Rule};
/// let rule = Rule::any([Rule::compare("orders", Comparison::AtLeast, 3.0), Rule::is_in("tier", ["gold", "silver"])]);
/// assert_eq!(Rule::from_json(&rule.to_json())?, rule);
/// let error = Rule::from_json(r#"{"compare": {"column": "orders", "is": "=>", "value": 3}}"#).unwrap_err();
/// assert!(error.to_string().contains("=>"), "{error}");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Every part holds; true of no parts.
    All(Vec<Rule>),
    /// At least one part holds; false of no parts.
    Any(Vec<Rule>),
    /// The part does not hold.
    Not(Box<Rule>),
    /// A column compares so with a value. Texts can be equal or not; they have no order here.
    Compare {
        /// The column.
        column: String,
        /// How it compares.
        is: Comparison,
        /// With what.
        value: RuleValue,
    },
    /// A number lies between two others, both included.
    Between {
        /// The column.
        column: String,
        /// The lowest value.
        from: f64,
        /// The highest value.
        to: f64,
    },
    /// A column has one of some values.
    In {
        /// The column.
        column: String,
        /// The values.
        values: Vec<RuleValue>,
    },
    /// A column has no value.
    Missing {
        /// The column.
        column: String,
    },
}

/// Levels of nesting that a rule may have.
const DEEPEST: usize = 64;

/// What a rule says of a customer; ordered so that `all` is the least and `any` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl Rule {
    /// Every rule holds.
    pub fn all(rules: impl IntoIterator<Item = Self>) -> Self {
        Self::All(rules.into_iter().collect())
    }

    /// At least one rule holds.
    pub fn any(rules: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(rules.into_iter().collect())
    }

    /// The rule does not hold.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn not(rule: Self) -> Self {
        Self::Not(Box::new(rule))
    }

    /// A column compares so with a value.
    pub fn compare(column: &str, is: Comparison, value: impl Into<RuleValue>) -> Self {
        Self::Compare { column: column.to_owned(), is, value: value.into() }
    }

    /// A number lies between two others, both included.
    pub fn between(column: &str, from: f64, to: f64) -> Self {
        Self::Between { column: column.to_owned(), from, to }
    }

    /// A column has one of some values.
    pub fn is_in<V: Into<RuleValue>>(column: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self::In { column: column.to_owned(), values: values.into_iter().map(Into::into).collect() }
    }

    /// A column has no value.
    pub fn missing(column: &str) -> Self {
        Self::Missing { column: column.to_owned() }
    }

    /// The rule as JSON text.
    pub fn to_json(&self) -> String {
        // Numbers that are not finite, which JSON cannot hold, become null.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A rule from its JSON text.
    ///
    /// # Errors
    /// `Parse` for text that is no rule.
    pub fn from_json(text: &str) -> Result<Self> {
        let bad = |error: serde_json::Error| {
            Error::new(ErrorKind::Parse, format!("no rule: {error}: {}", shortened(text))).on("rule")
        };
        serde_json::from_str(text).map_err(bad)
    }

    /// What the rule says of each row.
    pub(super) fn truths(&self, table: &TargetTable) -> Result<Vec<Truth>> {
        self.check_depth(0)?;
        self.evaluate(table)
    }

    fn check_depth(&self, depth: usize) -> Result<()> {
        if depth >= DEEPEST {
            return Err(Error::argument("rule", "its nesting", "at most 64 levels deep"));
        }
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().try_for_each(|part| part.check_depth(depth + 1))
            }
            Self::Not(part) => part.check_depth(depth + 1),
            _ => Ok(()),
        }
    }

    fn evaluate(&self, table: &TargetTable) -> Result<Vec<Truth>> {
        let folded = |parts: &[Self], start: Truth, fold: fn(Truth, Truth) -> Truth| {
            let mut truths = vec![start; table.rows()];
            for part in parts {
                let more = part.evaluate(table)?;
                truths.iter_mut().zip(more).for_each(|(truth, more)| *truth = fold(*truth, more));
            }
            Ok(truths)
        };
        match self {
            Self::All(parts) => folded(parts, Truth::True, Ord::min),
            Self::Any(parts) => folded(parts, Truth::False, Ord::max),
            Self::Not(part) => Ok(part.evaluate(table)?.into_iter().map(Truth::not).collect()),
            Self::Compare { column, is, value } => compare(table, column, *is, value),
            Self::Between { column, from, to } => {
                if from.is_nan() || to.is_nan() || from > to {
                    return Err(Error::argument(
                        "between",
                        format_args!("{from} to {to}"),
                        "from low to high",
                    )
                    .on(column));
                }
                Ok(each(table.numbers(column)?, |value| (*from..=*to).contains(&value)))
            }
            Self::In { column, values } => is_in(table, column, values),
            Self::Missing { column } => Ok(match table.column(column)? {
                TargetColumn::Number(values) => {
                    values.iter().map(|value| Truth::of(value.is_nan())).collect()
                }
                TargetColumn::Text(levels) => {
                    levels.codes().iter().map(|&code| Truth::of(code == NO_LEVEL)).collect()
                }
            }),
        }
    }
}

/// The start of a text, for a message.
fn shortened(text: &str) -> String {
    let start: String = text.chars().take(60).collect();
    if start.len() < text.len() { format!("{start}...") } else { start }
}

fn each(values: &[f64], holds: impl Fn(f64) -> bool) -> Vec<Truth> {
    let truth = |&value: &f64| if value.is_nan() { Truth::Unknown } else { Truth::of(holds(value)) };
    values.iter().map(truth).collect()
}

fn number(column: &str, value: &RuleValue) -> Result<f64> {
    match value {
        RuleValue::Flag(flag) => Ok(f64::from(u8::from(*flag))),
        RuleValue::Number(number) if !number.is_nan() => Ok(*number),
        RuleValue::Number(number) => {
            Err(Error::argument("value", number, "a number; ask for missing values by `missing`").on(column))
        }
        RuleValue::Text(text) => {
            let message = format!("holds numbers, which {text:?} is not");
            Err(Error::new(ErrorKind::WrongType, message).on(column))
        }
    }
}

fn text<'a>(column: &str, value: &'a RuleValue) -> Result<&'a str> {
    match value {
        RuleValue::Text(text) => Ok(text),
        RuleValue::Flag(_) | RuleValue::Number(_) => Err(wrong_type(column, "texts, and the rule a number")),
    }
}

fn compare(table: &TargetTable, column: &str, is: Comparison, value: &RuleValue) -> Result<Vec<Truth>> {
    match table.column(column)? {
        TargetColumn::Number(values) => {
            let bound = number(column, value)?;
            Ok(match is {
                Comparison::Below => each(values, |value| value < bound),
                Comparison::AtMost => each(values, |value| value <= bound),
                Comparison::Equal => each(values, |value| value == bound),
                Comparison::NotEqual => each(values, |value| value != bound),
                Comparison::AtLeast => each(values, |value| value >= bound),
                Comparison::Above => each(values, |value| value > bound),
            })
        }
        TargetColumn::Text(levels) => {
            let code = levels.code(text(column, value)?);
            let equal = match is {
                Comparison::Equal => true,
                Comparison::NotEqual => false,
                _ => return Err(wrong_type(column, "texts, which are equal or not and have no order here")),
            };
            let truth = |&own: &u32| match own {
                NO_LEVEL => Truth::Unknown,
                own => Truth::of((Some(own) == code) == equal),
            };
            Ok(levels.codes().iter().map(truth).collect())
        }
    }
}

fn is_in(table: &TargetTable, column: &str, values: &[RuleValue]) -> Result<Vec<Truth>> {
    match table.column(column)? {
        TargetColumn::Number(numbers) => {
            let mut accepted =
                values.iter().map(|value| number(column, value)).collect::<Result<Vec<f64>>>()?;
            // Adding 0 turns -0 into 0, which a total order tells apart.
            for value in &mut accepted {
                *value += 0.0;
            }
            accepted.sort_unstable_by(f64::total_cmp);
            Ok(each(numbers, |value| {
                accepted.binary_search_by(|other| other.total_cmp(&(value + 0.0))).is_ok()
            }))
        }
        TargetColumn::Text(levels) => {
            let mut accepted = vec![false; levels.names().len()];
            for value in values {
                if let Some(code) = levels.code(text(column, value)?) {
                    accepted[code as usize] = true;
                }
            }
            let truth = |&code: &u32| accepted.get(code as usize).map_or(Truth::Unknown, |&is| Truth::of(is));
            Ok(levels.codes().iter().map(truth).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::IdColumn;
    use Truth::{False, True, Unknown};

    fn table() -> TargetTable {
        TargetTable::new(&IdColumn::Text(&["a", "b", "c", "d"]))
            .unwrap()
            .with_numbers("score", vec![1.0, 2.0, f64::NAN, -0.0])
            .unwrap()
            .with_texts("tier", &IdColumn::Text(&["gold", "", "silver", "gold"]))
            .unwrap()
    }

    fn says(json: &str) -> Vec<Truth> {
        Rule::from_json(json).unwrap().truths(&table()).unwrap()
    }

    #[test]
    fn missing_values_are_a_third_answer() {
        assert_eq!(
            says(r#"{"compare": {"column": "score", "is": ">=", "value": 1.5}}"#),
            [False, True, Unknown, False]
        );
        assert_eq!(
            says(r#"{"not": {"compare": {"column": "score", "is": ">=", "value": 1.5}}}"#),
            [True, False, Unknown, True]
        );
        assert_eq!(
            says(r#"{"compare": {"column": "tier", "is": "!=", "value": "gold"}}"#),
            [False, Unknown, True, False]
        );
        assert_eq!(says(r#"{"missing": {"column": "tier"}}"#), [False, True, False, False]);
        assert_eq!(
            says(r#"{"in": {"column": "tier", "values": ["silver", "lead"]}}"#),
            [False, Unknown, True, False]
        );
    }

    #[test]
    fn parts_combine_by_kleenes_tables() {
        let low = r#"{"compare": {"column": "score", "is": "<", "value": 1.5}}"#;
        let gold = r#"{"compare": {"column": "tier", "is": "==", "value": "gold"}}"#;
        // score < 1.5: T F U T; gold: T U F T.
        assert_eq!(says(&format!(r#"{{"all": [{low}, {gold}]}}"#)), [True, False, False, True]);
        assert_eq!(says(&format!(r#"{{"any": [{low}, {gold}]}}"#)), [True, Unknown, Unknown, True]);
        assert_eq!((says(r#"{"all": []}"#), says(r#"{"any": []}"#)), (vec![True; 4], vec![False; 4]));
    }

    #[test]
    fn bounds_belong_to_a_range_and_zeros_are_equal() {
        assert_eq!(
            says(r#"{"between": {"column": "score", "from": 1, "to": 2}}"#),
            [True, True, Unknown, False]
        );
        assert_eq!(says(r#"{"in": {"column": "score", "values": [0, 2]}}"#), [False, True, Unknown, True]);
        assert_eq!(says(r#"{"compare": {"column": "score", "is": "==", "value": true}}"#)[0], True);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let kind =
            |json: &str| Rule::from_json(json).and_then(|rule| rule.truths(&table())).unwrap_err().kind();
        assert_eq!(
            kind(r#"{"compare": {"column": "tier", "is": "<", "value": "gold"}}"#),
            ErrorKind::WrongType
        );
        assert_eq!(kind(r#"{"compare": {"column": "tier", "is": "==", "value": 3}}"#), ErrorKind::WrongType);
        assert_eq!(kind(r#"{"in": {"column": "score", "values": ["1"]}}"#), ErrorKind::WrongType);
        assert_eq!(
            kind(r#"{"between": {"column": "score", "from": 2, "to": 1}}"#),
            ErrorKind::InvalidArgument
        );
        assert_eq!(kind(r#"{"missing": {"column": "email"}}"#), ErrorKind::MissingColumn);
        assert_eq!(kind(r#"{"missing": {"column": "tier", "why": 1}}"#), ErrorKind::Parse);
        assert_eq!(kind(r#"{"all": "#), ErrorKind::Parse);
        let deep = (0..70).fold(Rule::missing("tier"), |rule, _| Rule::not(rule));
        assert_eq!(deep.truths(&table()).unwrap_err().kind(), ErrorKind::InvalidArgument);
        let nan = Rule::compare("score", Comparison::Below, f64::NAN);
        assert_eq!(nan.truths(&table()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
