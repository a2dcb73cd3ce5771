//! Named segments: maps from cells of scores to names, checked when they are built.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::scores::{Cell, RfmScores};
use crate::error::{Error, ErrorKind, Result};

/// A block of cells with a name. An upper end of 255 stands for the highest score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name of the segment.
    pub segment: String,
    /// Recency scores.
    pub recency: RangeInclusive<u8>,
    /// Frequency scores.
    pub frequency: RangeInclusive<u8>,
    /// Monetary scores.
    pub monetary: RangeInclusive<u8>,
}

impl Rule {
    /// A rule over recency and frequency scores, for any monetary score.
    pub fn new(
        segment: impl Into<String>,
        recency: RangeInclusive<u8>,
        frequency: RangeInclusive<u8>,
    ) -> Self {
        Self { segment: segment.into(), recency, frequency, monetary: 1..=u8::MAX }
    }

    /// Only these monetary scores.
    #[must_use]
    pub fn with_monetary(self, monetary: RangeInclusive<u8>) -> Self {
        Self { monetary, ..self }
    }

    fn covers(&self, cell: Cell) -> bool {
        self.recency.contains(&cell.recency)
            && self.frequency.contains(&cell.frequency)
            && self.monetary.contains(&cell.monetary)
    }

    fn check(&self, bins: u8) -> Result<()> {
        if self.segment.is_empty() {
            return Err(Error::argument("segment", "\"\"", "a name"));
        }
        for (dimension, range) in
            [("recency", &self.recency), ("frequency", &self.frequency), ("monetary", &self.monetary)]
        {
            let high = if *range.end() == u8::MAX { bins } else { *range.end() };
            if *range.start() < 1 || high > bins || *range.start() > high {
                let argument = format!("{}.{dimension}", self.segment);
                let given = format!("{} to {}", range.start(), range.end());
                return Err(Error::argument(
                    &argument,
                    given,
                    &format!("an ascending range within 1 to {bins}"),
                ));
            }
        }
        Ok(())
    }
}

/// What a list of rules leaves open and what it covers twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapAudit {
    /// Cells that no rule covers.
    pub uncovered: Vec<Cell>,
    /// Cells that several rules cover, with the names of the first two.
    pub overlapping: Vec<(Cell, String, String)>,
    /// Segments that no cell is left for when the first rule wins.
    pub never_assigned: Vec<String>,
}

/// A map from every cell to a segment: exhaustive and without overlaps.
///
/// ```
/// use crm_core::rfm::{Rule, SegmentMap};
/// let map = SegmentMap::new(2, &[Rule::new("gone", 1..=1, 1..=2), Rule::new("here", 2..=2, 1..=2)])?;
/// assert_eq!(map.names(), ["gone", "here"]);
/// let gap = SegmentMap::new(2, &[Rule::new("gone", 1..=1, 1..=2)]).unwrap_err();
/// assert!(gap.to_string().contains("2-1-1"));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentMap {
    bins: u8,
    names: Vec<String>,
    /// Position in `names` for each cell, monetary score fastest.
    cells: Vec<u8>,
}

/// The map in use unless another is given: recency downwards from 5, frequency from 1 to 5.
///
/// The 25 cells over recency and frequency that the literature and countless tools share; unlike most interval maps it
/// leaves no cell out and covers none twice.
const STANDARD: [(&str, RangeInclusive<u8>, RangeInclusive<u8>); 12] = [
    ("Champions", 5..=5, 4..=5),
    ("Loyal", 3..=4, 4..=5),
    ("Potential Loyalists", 5..=5, 2..=3),
    ("Potential Loyalists", 4..=4, 2..=3),
    ("New", 5..=5, 1..=1),
    ("Promising", 4..=4, 1..=1),
    ("Need Attention", 3..=3, 3..=3),
    ("About to Sleep", 3..=3, 1..=2),
    ("At Risk", 1..=2, 3..=4),
    ("Can't Lose", 1..=2, 5..=5),
    ("Hibernating", 2..=2, 1..=2),
    ("Hibernating", 1..=1, 1..=2),
];

impl SegmentMap {
    /// The standard map of 25 recency and frequency cells, for five scores.
    pub fn standard() -> Self {
        let rules: Vec<Rule> =
            STANDARD.iter().map(|(name, r, f)| Rule::new(*name, r.clone(), f.clone())).collect();
        Self::build(5, &rules, None)
    }

    /// A map from rules that cover each cell exactly once.
    ///
    /// # Errors
    /// `InvalidArgument` if a rule is outside the scores, or naming the cells that no rule or several rules cover.
    pub fn new(bins: u8, rules: &[Rule]) -> Result<Self> {
        let audit = Self::audit(bins, rules)?;
        if let Some((cell, one, other)) = audit.overlapping.first() {
            let count = audit.overlapping.len();
            let message = format!(
                "{count} cells are covered more than once; the first is {cell} (R-F-M), by {one:?} and {other:?}"
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message).on("rules"));
        }
        if !audit.uncovered.is_empty() {
            return Err(uncovered(&audit.uncovered));
        }
        Ok(Self::build(bins, rules, None))
    }

    /// A map in which the first rule that covers a cell wins; cells without a rule go to `otherwise`.
    ///
    /// # Errors
    /// `InvalidArgument` if a rule is outside the scores, or naming the cells without a rule if `otherwise` is `None`.
    pub fn first_match(bins: u8, rules: &[Rule], otherwise: Option<&str>) -> Result<Self> {
        let audit = Self::audit(bins, rules)?;
        match otherwise {
            None if !audit.uncovered.is_empty() => Err(uncovered(&audit.uncovered)),
            Some("") => Err(Error::argument("otherwise", "\"\"", "a name")),
            _ => Ok(Self::build(bins, rules, otherwise.filter(|_| !audit.uncovered.is_empty()))),
        }
    }

    /// What rules leave open and cover twice.
    ///
    /// # Errors
    /// `InvalidArgument` for scores outside 2 to 10, more than 255 rules, or a rule outside the scores.
    pub fn audit(bins: u8, rules: &[Rule]) -> Result<MapAudit> {
        if !(2..=10).contains(&bins) {
            return Err(Error::argument("bins", bins, "between 2 and 10"));
        }
        if rules.is_empty() || rules.len() > 255 {
            return Err(Error::argument("rules", format!("{} rules", rules.len()), "1 to 255 rules"));
        }
        rules.iter().try_for_each(|rule| rule.check(bins))?;
        let mut audit =
            MapAudit { uncovered: Vec::new(), overlapping: Vec::new(), never_assigned: Vec::new() };
        let mut assigned: Vec<&str> = Vec::new();
        for cell in cells(bins) {
            let mut covering = rules.iter().filter(|rule| rule.covers(cell));
            match (covering.next(), covering.next()) {
                (None, _) => audit.uncovered.push(cell),
                (Some(one), Some(other)) => {
                    audit.overlapping.push((cell, one.segment.clone(), other.segment.clone()));
                }
                (Some(_), None) => {}
            }
            assigned.extend(rules.iter().find(|rule| rule.covers(cell)).map(|rule| rule.segment.as_str()));
        }
        for rule in rules {
            if !assigned.contains(&rule.segment.as_str()) && !audit.never_assigned.contains(&rule.segment) {
                audit.never_assigned.push(rule.segment.clone());
            }
        }
        Ok(audit)
    }

    fn build(bins: u8, rules: &[Rule], otherwise: Option<&str>) -> Self {
        let mut names: Vec<String> = Vec::new();
        for name in rules.iter().map(|rule| rule.segment.as_str()).chain(otherwise) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        let place = |name: &str| names.iter().position(|known| known == name).unwrap_or(0) as u8;
        let cells = cells(bins)
            .map(|cell| {
                rules
                    .iter()
                    .find(|rule| rule.covers(cell))
                    .map_or(otherwise.unwrap_or(""), |rule| &rule.segment)
            })
            .map(place)
            .collect();
        Self { bins, names, cells }
    }

    /// The highest score that the map is for.
    pub fn bins(&self) -> u8 {
        self.bins
    }

    /// The names of the segments, in the order of the rules.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The segment of a cell, if the cell lies within the map's scores.
    pub fn segment_of(&self, cell: Cell) -> Option<&str> {
        let within = |score: u8| (1..=self.bins).contains(&score);
        let inside = within(cell.recency) && within(cell.frequency) && within(cell.monetary);
        inside.then(|| self.names[usize::from(self.cells[self.index(cell)])].as_str())
    }

    /// The segment of every customer.
    ///
    /// # Errors
    /// `Incompatible` if the scores have another highest score than the map.
    pub fn assign(&self, scores: &RfmScores) -> Result<Segments> {
        if scores.bins() != self.bins {
            let message =
                format!("the map is for scores of 1 to {}, these go to {}", self.bins, scores.bins());
            return Err(Error::new(ErrorKind::Incompatible, message).on("segment_map"));
        }
        let codes = (0..scores.len()).map(|customer| self.cells[self.index(scores.cell(customer))]).collect();
        Ok(Segments { names: self.names.clone(), codes })
    }

    fn index(&self, cell: Cell) -> usize {
        let bins = usize::from(self.bins);
        let place = |score: u8| usize::from(score) - 1;
        (place(cell.recency) * bins + place(cell.frequency)) * bins + place(cell.monetary)
    }
}

/// All cells, recency slowest and monetary value fastest.
fn cells(bins: u8) -> impl Iterator<Item = Cell> {
    let scores = move || 1..=bins;
    scores().flat_map(move |recency| {
        scores()
            .flat_map(move |frequency| scores().map(move |monetary| Cell { recency, frequency, monetary }))
    })
}

fn uncovered(cells: &[Cell]) -> Error {
    let shown: Vec<String> = cells.iter().take(5).map(Cell::to_string).collect();
    let more = if cells.len() > shown.len() { ", ..." } else { "" };
    let message = format!("{} cells are covered by no rule: {}{more} (R-F-M)", cells.len(), shown.join(", "));
    Error::new(ErrorKind::InvalidArgument, message).on("rules")
}

/// The segment of every customer, in the order of the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    names: Vec<String>,
    codes: Vec<u8>,
}

impl Segments {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are no customers.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The names of the segments of the map, in its order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The position in [`names`](Self::names) of each customer's segment.
    pub fn codes(&self) -> &[u8] {
        &self.codes
    }

    /// The name of a customer's segment.
    pub fn name(&self, customer: usize) -> &str {
        &self.names[usize::from(self.codes[customer])]
    }
}
