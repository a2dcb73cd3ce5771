//! How many clusters, or that there are none.

use super::knee::knee;
use super::{
    Dispersion, Gap, GapOptions, GapRow, KMeans, KMeansOptions, Matrix, Silhouette, SilhouetteOptions,
    Stability, StabilityOptions, Starts, dispersion, sample,
};
use crate::error::{Error, Result};
use crate::parallel::Threads;

/// Options of [`ClusterChoice::evaluate`].
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceOptions {
    from: usize,
    to: usize,
    starts: u32,
    silhouette: SilhouetteOptions,
    gap: GapOptions,
    stability: StabilityOptions,
    seed: u64,
    threads: Threads,
}

impl Default for ChoiceOptions {
    /// From 2 to 10 clusters, 5 starts of k-means each; the defaults of the silhouette, the gap and the stability; seed 0.
    fn default() -> Self {
        Self {
            from: 2,
            to: 10,
            starts: 5,
            silhouette: SilhouetteOptions::default(),
            gap: GapOptions::default(),
            stability: StabilityOptions::default(),
            seed: 0,
            threads: Threads::Available,
        }
    }
}

impl ChoiceOptions {
    /// The numbers of clusters that are compared: at least 2, at most the number of distinct rows, and fewer than rows.
    #[must_use]
    pub fn clusters(self, from: usize, to: usize) -> Self {
        Self { from, to, ..self }
    }

    /// How many starts of k-means the fits to all rows have, at least 1.
    #[must_use]
    pub fn starts(self, starts: u32) -> Self {
        Self { starts, ..self }
    }

    /// How the silhouette is sampled. Its seed and threads are those of this comparison.
    #[must_use]
    pub fn silhouette(self, silhouette: SilhouetteOptions) -> Self {
        Self { silhouette, ..self }
    }

    /// How the gap is computed. Its seed and threads are those of this comparison.
    #[must_use]
    pub fn gap(self, gap: GapOptions) -> Self {
        Self { gap, ..self }
    }

    /// How the stability is computed. Its seed and threads are those of this comparison.
    #[must_use]
    pub fn stability(self, stability: StabilityOptions) -> Self {
        Self { stability, ..self }
    }

    /// The seed of all that is drawn.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many threads work; the result does not depend on it.
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }
}

/// A measure that names the number of clusters which it finds best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Criterion {
    /// The highest mean silhouette.
    Silhouette,
    /// The highest index of Caliński and Harabasz.
    CalinskiHarabasz,
    /// The lowest index of Davies and Bouldin.
    DaviesBouldin,
    /// The smallest number that the rule of the gap statistic accepts.
    Gap,
    /// The knee of the inertia.
    Knee,
}

impl Criterion {
    /// Every criterion, in the order in which they vote.
    pub const ALL: [Self; 5] =
        [Self::Silhouette, Self::CalinskiHarabasz, Self::DaviesBouldin, Self::Gap, Self::Knee];

    /// The name, such as `silhouette` or `calinski_harabasz`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silhouette => "silhouette",
            Self::CalinskiHarabasz => "calinski_harabasz",
            Self::DaviesBouldin => "davies_bouldin",
            Self::Gap => "gap",
            Self::Knee => "knee",
        }
    }
}

/// What a criterion votes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The criterion.
    pub criterion: Criterion,
    /// The number of clusters; none if the criterion accepts none of those that are better than chance.
    pub clusters: Option<usize>,
}

/// What speaks for one number of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChoiceRow {
    /// Number of clusters.
    pub clusters: usize,
    /// The sum of squared distances to the mean of the own cluster.
    pub inertia: f64,
    /// The mean silhouette.
    pub silhouette: f64,
    /// Its standard error; 0 if all rows were looked at.
    pub silhouette_standard_error: f64,
    /// The index of Caliński and Harabasz; higher is better.
    pub calinski_harabasz: f64,
    /// The index of Davies and Bouldin; lower is better.
    pub davies_bouldin: f64,
    /// The gap; none if the rows looked at for it have fewer distinct rows than clusters.
    pub gap: Option<f64>,
    /// The standard error of the gap.
    pub gap_standard_error: Option<f64>,
    /// The mean silhouette of rows without clusters.
    pub reference_silhouette: Option<f64>,
    /// Its standard deviation over the references, times `sqrt(1 + 1/B)`.
    pub reference_silhouette_error: Option<f64>,
    /// The mean adjusted Rand index of resamples.
    pub stability: f64,
    /// Its standard deviation over the pairs of resamples.
    pub stability_standard_deviation: f64,
    /// The share of the rows that the smallest cluster has.
    pub smallest_share: f64,
    /// Whether the clusters are better than those of rows without clusters, and stable: see [`ClusterChoice`].
    pub supported: bool,
}

/// Numbers of clusters compared, and the one that is recommended, if any is.
///
/// K-means finds clusters in anything, and an index that is highest somewhere is so in noise too. So there are two steps.
///
/// **Which numbers are supported.** A number of clusters must pass three tests, because each alone is fooled by something that the others see:
///
/// - `Gap(k) > Gap(1) + 3 s_k`: the clusters take away more of the spread than they do from rows without clusters (Tibshirani et al. 2001). Alone, heavy tails
///   pass.
/// - The silhouette is above that of rows without clusters by more than three times its error: the clusters are apart, not just parts. Alone, a few far
///   outliers pass. Three errors rather than the usual one or two, because the best of several numbers is asked for.
/// - Resamples agree by an adjusted Rand index of at least 0.65, below which Steinley (2004, "Properties of the Hubert-Arabie adjusted Rand index",
///   Psychological Methods 9) calls agreement poor. Alone, the quarters of a square are stable.
///
/// If no number passes, nothing is recommended: the rows have no clusters that can be told from chance. Cutting them up may still be useful, but the number is then a
/// matter of taste.
///
/// **Which of them.** The highest silhouette, the highest Calinski-Harabasz and the lowest Davies-Bouldin index among the supported numbers, the choice of the gap statistic
/// (its smallest accepted number above 1) and the knee of the inertia have one vote each; the last two only if that number is supported. Most votes win; of
/// equals the one of the higher silhouette. Stability has no vote: it favours few clusters.
///
/// ```
/// use crm_core::segment::{ChoiceOptions, ClusterChoice, Matrix};
/// let values: Vec<f64> = (0..90).map(|i| f64::from(i % 30) / 10.0 + f64::from(i / 30) * 20.0).collect();
/// let choice = ClusterChoice::evaluate(&Matrix::from_rows(&values, 1)?, &ChoiceOptions::default().clusters(2, 6))?;
/// assert_eq!(choice.recommended, Some(3));
/// let even: Vec<f64> = (0..90).map(f64::from).collect();
/// let choice = ClusterChoice::evaluate(&Matrix::from_rows(&even, 1)?, &ChoiceOptions::default().clusters(2, 6))?;
/// assert_eq!(choice.recommended, None);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterChoice {
    /// A row for each number of clusters.
    pub rows: Vec<ChoiceRow>,
    /// The sum of squared distances to the mean of all rows: the inertia of one cluster.
    pub total: f64,
    /// The gap of one cluster; none if all rows looked at for it are equal.
    pub gap_of_one: Option<f64>,
    /// The smallest number of clusters that the rule of the gap statistic accepts, 1 included; none if the gap grows up to the last one.
    pub gap_choice: Option<usize>,
    /// The knee of the inertia (Kneedle); none if the curve has no bend.
    pub knee: Option<usize>,
    /// The vote of each criterion; empty if no number of clusters is supported.
    pub votes: Vec<Vote>,
    /// The recommended number of clusters; none if the rows have no clusters that can be told from chance.
    pub recommended: Option<usize>,
    /// The next best number; none if no other one has a vote.
    pub runner_up: Option<usize>,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// Whether a row passes, given the gap of one cluster.
type Test = fn(&ChoiceRow, Option<f64>) -> bool;

impl ClusterChoice {
    /// Compares numbers of clusters by k-means.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty range of clusters, for fewer than 2 or more than there are distinct rows, for as many as rows, and for options that make
    /// no sense; `OutOfRange` if the features vary by less than 1e-100.
    pub fn evaluate(matrix: &Matrix<'_>, options: &ChoiceOptions) -> Result<Self> {
        options.check(matrix)?;
        let gap = GapOptions { seed: options.seed, threads: options.threads, ..options.gap };
        // The rule of the gap needs the number after the last one.
        let gap = Gap::as_far_as_possible(matrix, options.to + 1, &gap)?;
        let rows: Vec<ChoiceRow> = (options.from..=options.to)
            .map(|clusters| row(matrix, clusters, gap.as_ref(), options))
            .collect::<Result<_>>()?;
        let total = options.threads.run(|| dispersion::within(matrix, &vec![0; matrix.rows()]))?;
        let mut curve = vec![(1.0, total)];
        curve.extend(rows.iter().map(|row| (row.clusters as f64, row.inertia)));
        let knee = knee(&curve).and_then(|place| place.checked_sub(1)).map(|place| rows[place].clusters);
        let votes = votes(&rows, gap.as_ref(), knee);
        let ranking = ranking(&rows, &votes);
        let mut choice = Self {
            total,
            gap_of_one: gap.as_ref().and_then(|gap| gap.rows.first()).map(|row| row.gap),
            gap_choice: gap.as_ref().and_then(|gap| gap.choice),
            knee,
            recommended: ranking.first().copied(),
            runner_up: ranking.get(1).copied(),
            reasons: Vec::new(),
            rows,
            votes,
        };
        choice.reasons = choice.explain();
        Ok(choice)
    }

    /// The row of a number of clusters; none if it was not compared.
    pub fn row_of(&self, clusters: usize) -> Option<&ChoiceRow> {
        self.rows.iter().find(|row| row.clusters == clusters)
    }

    fn voters(&self, clusters: usize) -> String {
        let names: Vec<&str> = self
            .votes
            .iter()
            .filter(|vote| vote.clusters == Some(clusters))
            .map(|vote| vote.criterion.name())
            .collect();
        names.join(", ")
    }

    fn explain(&self) -> Vec<String> {
        let Some(row) = self.recommended.and_then(|clusters| self.row_of(clusters)) else {
            return self.explain_none();
        };
        let mut reasons = vec![
            format!(
                "{} clusters have {} of {} votes: {}",
                row.clusters,
                self.votes.iter().filter(|vote| vote.clusters == Some(row.clusters)).count(),
                self.votes.len(),
                self.voters(row.clusters)
            ),
            format!(
                "their silhouette is {:.3}, where rows without clusters have {:.3}",
                row.silhouette,
                row.reference_silhouette.unwrap_or(f64::NAN)
            ),
            format!("resamples agree on them by an adjusted Rand index of {:.3}", row.stability),
        ];
        if let Some(other) = self.runner_up {
            reasons.push(format!("next best are {other} clusters: {}", self.voters(other)));
        }
        if self.gap_choice == Some(1) {
            reasons.push("the rule of the gap statistic would stop at 1 cluster, although more clusters have a larger gap".to_owned());
        }
        if row.smallest_share < FEW {
            reasons.push(format!(
                "the smallest cluster has {:.2} % of the rows: it may be outliers",
                100.0 * row.smallest_share
            ));
        }
        reasons
    }

    fn explain_none(&self) -> Vec<String> {
        let tests: [(&str, Test); 3] = [
            ("a gap above that of 1 cluster", has_gap),
            ("a silhouette above that of rows without clusters", |row, _| has_silhouette(row)),
            ("stable clusters", |row, _| is_stable(row)),
        ];
        let mut reasons = vec!["no number of clusters is better than chance and stable".to_owned()];
        for (what, test) in tests {
            let passing: Vec<String> = self
                .rows
                .iter()
                .filter(|row| test(row, self.gap_of_one))
                .map(|row| row.clusters.to_string())
                .collect();
            let who =
                if passing.is_empty() { "no number of clusters".to_owned() } else { passing.join(", ") };
            reasons.push(format!("{what}: {who}"));
        }
        reasons
    }
}

impl ChoiceOptions {
    fn check(&self, matrix: &Matrix<'_>) -> Result<()> {
        if self.from < 2 {
            return Err(Error::argument("from", self.from, "at least 2"));
        }
        if self.to < self.from {
            return Err(Error::argument("to", self.to, &format!("at least from, {}", self.from)));
        }
        if self.starts == 0 {
            return Err(Error::argument("starts", 0, "at least 1"));
        }
        let distinct = sample::distinct_rows(matrix, self.to);
        if distinct < self.to {
            let accepted = format!("at most the number of distinct rows, {distinct}");
            return Err(Error::argument("to", self.to, &accepted));
        }
        if self.to >= matrix.rows() {
            let accepted = format!("below the number of rows, {}", matrix.rows());
            return Err(Error::argument("to", self.to, &accepted));
        }
        Ok(())
    }
}

/// Steinley's bound of poor agreement.
const STABLE: f64 = 0.65;

/// How many errors the gap and the silhouette must lie above what is expected without clusters. Simulated: with one
/// and two, one uniform sample in six passed; with three, 3 of 50 in one feature and none of 25 in two.
const ERRORS: f64 = 3.0;

/// The share of the rows below which a cluster may be outliers.
const FEW: f64 = 0.01;

fn has_gap(row: &ChoiceRow, gap_of_one: Option<f64>) -> bool {
    match (row.gap, row.gap_standard_error, gap_of_one) {
        (Some(gap), Some(error), Some(one)) => gap > one + ERRORS * error,
        _ => false,
    }
}

fn has_silhouette(row: &ChoiceRow) -> bool {
    match (row.reference_silhouette, row.reference_silhouette_error) {
        (Some(reference), Some(error)) => {
            row.silhouette > reference + ERRORS * error.hypot(row.silhouette_standard_error)
        }
        _ => false,
    }
}

fn is_stable(row: &ChoiceRow) -> bool {
    row.stability >= STABLE
}

fn row(
    matrix: &Matrix<'_>,
    clusters: usize,
    gap: Option<&Gap>,
    options: &ChoiceOptions,
) -> Result<ChoiceRow> {
    let (seed, threads) = (options.seed, options.threads);
    let kmeans = KMeansOptions::new(clusters)
        .starts(Starts::PlusPlus { count: options.starts })
        .seed(seed)
        .threads(threads);
    let fitted = KMeans::fit(matrix, &kmeans)?;
    let silhouette = Silhouette::evaluate(
        matrix,
        &fitted.labels,
        &SilhouetteOptions { seed, threads, ..options.silhouette },
    )?;
    let dispersion = Dispersion::evaluate(matrix, &fitted.labels, threads)?;
    let stability =
        Stability::evaluate(matrix, clusters, &StabilityOptions { seed, threads, ..options.stability })?;
    let of_gap: Option<&GapRow> = gap.and_then(|gap| gap.rows.get(clusters - 1));
    let smallest = fitted.model.rows().iter().min().copied().unwrap_or(0);
    let mut row = ChoiceRow {
        clusters,
        inertia: dispersion.within,
        silhouette: silhouette.mean,
        silhouette_standard_error: silhouette.standard_error,
        calinski_harabasz: dispersion.calinski_harabasz,
        davies_bouldin: dispersion.davies_bouldin,
        gap: of_gap.map(|row| row.gap),
        gap_standard_error: of_gap.map(|row| row.standard_error),
        reference_silhouette: of_gap.and_then(|row| row.reference_silhouette),
        reference_silhouette_error: of_gap.and_then(|row| row.reference_silhouette_error),
        stability: stability.mean,
        stability_standard_deviation: stability.standard_deviation,
        smallest_share: smallest as f64 / matrix.rows() as f64,
        supported: false,
    };
    let one = gap.and_then(|gap| gap.rows.first()).map(|row| row.gap);
    row.supported = has_gap(&row, one) && has_silhouette(&row) && is_stable(&row);
    Ok(row)
}

/// One vote of each criterion, if any number of clusters is supported.
fn votes(rows: &[ChoiceRow], gap: Option<&Gap>, knee: Option<usize>) -> Vec<Vote> {
    let supported: Vec<&ChoiceRow> = rows.iter().filter(|row| row.supported).collect();
    if supported.is_empty() {
        return Vec::new();
    }
    // The first of equals.
    let best = |measure: fn(&ChoiceRow) -> f64| {
        let mut best = supported[0];
        for row in &supported {
            if measure(row) > measure(best) {
                best = row;
            }
        }
        Some(best.clusters)
    };
    let if_supported =
        |clusters: usize| supported.iter().any(|row| row.clusters == clusters).then_some(clusters);
    let gap_rule = |gap: &Gap| gap.accepted().find(|&clusters| clusters > 1);
    let vote = |criterion: Criterion| Vote {
        criterion,
        clusters: match criterion {
            Criterion::Silhouette => best(|row| row.silhouette),
            // Clusters of equal rows have the index 1 by convention, yet nothing is tighter.
            Criterion::CalinskiHarabasz => {
                best(|row| if row.inertia == 0.0 { f64::INFINITY } else { row.calinski_harabasz })
            }
            Criterion::DaviesBouldin => best(|row| -row.davies_bouldin),
            Criterion::Gap => gap.and_then(gap_rule).and_then(if_supported),
            Criterion::Knee => knee.and_then(if_supported),
        },
    };
    Criterion::ALL.into_iter().map(vote).collect()
}

/// Supported numbers with a vote: by votes, then by silhouette, then the smaller one.
fn ranking(rows: &[ChoiceRow], votes: &[Vote]) -> Vec<usize> {
    let count = |row: &ChoiceRow| votes.iter().filter(|vote| vote.clusters == Some(row.clusters)).count();
    let mut ranked: Vec<(usize, &ChoiceRow)> =
        rows.iter().map(|row| (count(row), row)).filter(|(votes, _)| *votes > 0).collect();
    ranked.sort_by(|(left_votes, left), (right_votes, right)| {
        right_votes.cmp(left_votes).then(right.silhouette.total_cmp(&left.silhouette))
    });
    ranked.into_iter().map(|(_, row)| row.clusters).collect()
}
