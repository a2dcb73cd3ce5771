//! K-means as plainly as it can be written: integers, whose sums are exact, and every distance of every row.

use crm_core::segment::{Clustering, KMeans, KMeansOptions, LabelOrder, Matrix, Starts};

/// Rows of numbers, where the iterations begin, and how often they may run.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) features: usize,
    pub(crate) values: Vec<f64>,
    pub(crate) weights: Option<Vec<f64>>,
    pub(crate) starts: Vec<f64>,
    pub(crate) most_iterations: u32,
    pub(crate) order: LabelOrder,
}

/// What the reference answers.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) centres: Vec<f64>,
    pub(crate) labels: Vec<u32>,
    pub(crate) iterations: u32,
    /// Whether an empty cluster took a row.
    pub(crate) relocated: bool,
    /// The least share by which the next centre was farther than the nearest, over all rows and iterations.
    pub(crate) margin: f64,
}

impl Question {
    pub(crate) fn clusters(&self) -> usize {
        self.starts.len() / self.features
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.features
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.features..][..self.features]
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    pub(crate) fn options(&self) -> KMeansOptions {
        KMeansOptions::new(self.clusters())
            .starts(Starts::Given(self.starts.clone()))
            .most_iterations(self.most_iterations)
            .tolerance(0.0)
            .order(self.order)
    }

    pub(crate) fn matrix(&self) -> Matrix<'_> {
        Matrix::from_rows(&self.values, self.features).unwrap()
    }

    pub(crate) fn columns(&self) -> Vec<Vec<f64>> {
        let column = |feature| self.values.iter().skip(feature).step_by(self.features).copied().collect();
        (0..self.features).map(column).collect()
    }

    pub(crate) fn fit_to(&self, matrix: &Matrix<'_>, options: &KMeansOptions) -> Clustering {
        match &self.weights {
            None => KMeans::fit(matrix, options).unwrap(),
            Some(weights) => KMeans::fit_weighted(matrix, weights, options).unwrap(),
        }
    }

    pub(crate) fn fit(&self) -> Clustering {
        self.fit_to(&self.matrix(), &self.options())
    }

    /// The question with all numbers changed.
    pub(crate) fn mapped(&self, map: impl Fn(f64) -> f64) -> Self {
        let all = |values: &[f64]| values.iter().map(|&value| map(value)).collect();
        Self { values: all(&self.values), starts: all(&self.starts), ..self.clone() }
    }

    /// Distinct rows that count.
    pub(crate) fn distinct(&self) -> usize {
        let counting = (0..self.rows()).filter(|&row| self.weight(row) > 0.0);
        let mut rows: Vec<_> = counting.map(|row| self.row(row).to_vec()).collect();
        rows.sort_by(|left, right| left.partial_cmp(right).unwrap());
        rows.dedup();
        rows.len()
    }

    /// As many starts as there are distinct rows at most.
    pub(crate) fn possible(mut self) -> Self {
        let clusters = self.distinct().min(self.clusters());
        self.starts.truncate(clusters * self.features);
        self
    }
}

pub(crate) fn square(left: &[f64], right: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (left, right) in left.iter().zip(right) {
        sum += (left - right) * (left - right);
    }
    sum
}

/// The number of the nearest centre, its squared distance, and that of the next one.
pub(crate) fn nearest(row: &[f64], centres: &[f64]) -> (usize, f64, f64) {
    let (mut best, mut next, mut number) = (f64::INFINITY, f64::INFINITY, 0);
    for (cluster, centre) in centres.chunks_exact(row.len()).enumerate() {
        let distance = square(row, centre);
        if distance < best {
            (next, best, number) = (best, distance, cluster);
        } else if distance < next {
            next = distance;
        }
    }
    (number, best, next)
}

pub(crate) fn plain(question: &Question) -> Plain {
    let (features, clusters, rows) = (question.features, question.clusters(), question.rows());
    let mut centres = question.starts.clone();
    let mut labels = vec![usize::MAX; rows];
    let mut plain = Plain { centres: vec![], labels: vec![], iterations: 0, relocated: false, margin: 1.0 };
    for _ in 0..question.most_iterations {
        plain.iterations += 1;
        let found: Vec<_> = (0..rows).map(|row| nearest(question.row(row), &centres)).collect();
        for &(_, best, next) in &found {
            plain.margin = if next > 0.0 { plain.margin.min((next - best) / next) } else { 0.0 };
        }
        let mut new: Vec<usize> = found.iter().map(|&(cluster, ..)| cluster).collect();
        let mut weights = vec![0.0; clusters];
        (0..rows).for_each(|row| weights[new[row]] += question.weight(row));
        // Each empty cluster takes the row that is farthest from its centre, of equally far ones the first.
        let mut far: Vec<usize> =
            (0..rows).filter(|&row| question.weight(row) > 0.0 && found[row].1 > 0.0).collect();
        far.sort_by(|&left, &right| found[right].1.total_cmp(&found[left].1).then(left.cmp(&right)));
        for (cluster, row) in (0..clusters).filter(|&cluster| weights[cluster] == 0.0).zip(far) {
            plain.relocated = true;
            new[row] = cluster;
        }
        let changed = new != labels;
        labels = new;
        let old = centres.clone();
        let mut sums = vec![0.0; clusters * features];
        weights.fill(0.0);
        for (row, &cluster) in labels.iter().enumerate() {
            weights[cluster] += question.weight(row);
            for (sum, value) in sums[cluster * features..].iter_mut().zip(question.row(row)) {
                *sum += question.weight(row) * value;
            }
        }
        for place in (0..sums.len()).filter(|&place| weights[place / features] > 0.0) {
            centres[place] = sums[place] / weights[place / features];
        }
        if !changed || old == centres {
            break;
        }
    }
    number(question, &mut plain, &centres);
    plain
}

/// Numbers the clusters by their centres; labels are the nearest of the numbered ones.
fn number(question: &Question, plain: &mut Plain, centres: &[f64]) {
    let LabelOrder { feature, descending } = question.order;
    let mut numbered: Vec<Vec<f64>> = centres.chunks_exact(question.features).map(<[f64]>::to_vec).collect();
    numbered.sort_by(|left, right| {
        let from = |centre: &[f64]| [&centre[feature..], &centre[..feature]].concat();
        let compared = from(left).partial_cmp(&from(right)).unwrap();
        if descending { compared.reverse() } else { compared }
    });
    plain.centres = numbered.concat();
    let found = |row| nearest(question.row(row), &plain.centres);
    for row in 0..question.rows() {
        let (cluster, best, next) = found(row);
        plain.labels.push(cluster as u32);
        plain.margin = if next > 0.0 { plain.margin.min((next - best) / next) } else { 0.0 };
    }
}

pub(crate) fn bits(values: &[f64]) -> Vec<u64> {
    // Adding 0 turns -0 into 0.
    values.iter().map(|value| (value + 0.0).to_bits()).collect()
}
