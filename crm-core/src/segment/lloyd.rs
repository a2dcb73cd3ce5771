//! The iterations: assign each row to its nearest centre, move each centre to the mean of its rows.
//!
//! Lloyd (1982), "Least squares quantization in PCM", IEEE Transactions on Information Theory 28(2). Rows whose label cannot change are skipped: with few
//! centres by a coarse look at all rows (`screen.rs`), with many by bounds on distances (`bounds.rs`). Sums are only touched by rows that change their
//! cluster. Labels and centres are those of plain iterations, bit for bit.

use pulp::Arch;
use rayon::prelude::*;

use super::Matrix;
use super::bounds::{Bounds, Drift, Move, OwnCentre, moves};
use super::chosen::Chosen;
use super::distance::squared_distance;
use super::exact_sum::{Grid, LANES, Relocate, Relocation, Sums, groups_of};
use super::kernel::{Exact, Filter, Filtered, Frame, Nearest, Packed, TILE, Tile, not_above, not_below};
use super::kmeans_options::LabelOrder;
use super::screen::{Image, Screen, Screened, Sheet, TILES, UNSURE};

/// Rows that one thread takes at a time.
pub(super) const BLOCK: usize = TILES * TILE;
/// From so many centres on, bounds pay, and a look at the own centre comes before a look at all.
pub(super) const MANY_CENTRES: usize = 12;
/// The screen does not pay if it leaves more than one of so many rows unsure.
const UNSURE_SHARE: u64 = 8;

/// What the iterations end with.
pub(super) struct Run {
    pub(super) centres: Vec<f64>,
    pub(super) labels: Vec<u16>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
}

/// The data and what is known of them before the first iteration.
pub(super) struct Problem<'a> {
    pub(super) matrix: &'a Matrix<'a>,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) grid: Grid,
    pub(super) frame: Frame,
    /// A coarse image of the rows, with few centres.
    pub(super) image: Option<Image>,
}

/// What is known of the rows beside their labels.
enum Known {
    /// Distances to the own and the other centres, see [`Bounds`].
    Bounds { upper: Vec<f32>, lower: Vec<f32> },
    /// For each tile, how far centres may have travelled until its labels could change.
    Screen { until: Vec<f64> },
}

impl Known {
    /// Nothing, so that all rows are looked at.
    fn bounds(rows: usize) -> Self {
        Self::Bounds { upper: vec![f32::INFINITY; rows], lower: vec![0.0; rows] }
    }

    fn screen(rows: usize) -> Self {
        Self::Screen { until: vec![f64::NEG_INFINITY; rows.div_ceil(TILE)] }
    }

    /// Forgets what is known of a row.
    fn forget(&mut self, row: usize) {
        match self {
            Self::Bounds { upper, lower } => (upper[row], lower[row]) = (f32::INFINITY, 0.0),
            Self::Screen { until } => until[row / TILE] = f64::NEG_INFINITY,
        }
    }

    /// In parts of `BLOCK` rows.
    fn parts(&mut self) -> Vec<Part<'_>> {
        match self {
            Self::Bounds { upper, lower } => upper
                .chunks_mut(BLOCK)
                .zip(lower.chunks_mut(BLOCK))
                .map(|(upper, lower)| Part::Bounds(Bounds { upper, lower }))
                .collect(),
            Self::Screen { until } => until.chunks_mut(TILES).map(Part::Screen).collect(),
        }
    }
}

/// What is known of the rows of a block.
enum Part<'a> {
    Bounds(Bounds<'a>),
    Screen(&'a mut [f64]),
}

/// A part of the rows.
struct Block<'a> {
    start: usize,
    labels: &'a mut [u16],
    known: Part<'a>,
}

impl Block<'_> {
    /// Notes the distances to the own and the next centre.
    fn note(&mut self, row: u32, upper: f32, lower: f32) {
        if let Part::Bounds(bounds) = &mut self.known {
            let place = row as usize - self.start;
            (bounds.upper[place], bounds.lower[place]) = (upper, lower);
        }
    }

    /// Gives a row its cluster, and notes that if it is another one than before.
    fn relabel(&mut self, row: u32, to: u32, first: bool, changes: &mut Chosen<Relocation>) {
        let change = Relocation::of(row, &mut self.labels[row as usize - self.start], to as u16);
        changes.choose(change, first || change.from != change.to);
    }
}

/// What came of an assignment.
struct Outcome {
    /// The change of the sums.
    sums: Sums,
    /// Rows with another label than before.
    changed: u64,
    /// Rows that the screen left to the kernels of full precision.
    unsure: u64,
}

/// One thread's room.
struct Worker {
    /// Rows of a block whose nearest centre is to be found.
    open: Chosen<u32>,
    desk: Desk,
}

/// What a thread works on a tile with, and what comes of it.
struct Desk {
    tile: Tile,
    moved: Vec<f64>,
    found: Filtered,
    screened: Screened,
    nearest: Nearest,
    /// Places in the tile for which the filter was not sure.
    unsure: Vec<u32>,
    /// Rows of the block that get another label.
    changes: Chosen<Relocation>,
    /// The values of some of them, row by row, and weights.
    lanes: Vec<[f64; LANES]>,
    values: Vec<f64>,
    outcome: Outcome,
}

impl Desk {
    fn new(clusters: usize, features: usize) -> Self {
        Self {
            tile: Tile::new(features),
            moved: Vec::new(),
            found: Filtered::new(),
            screened: Screened::new(features),
            nearest: Nearest::new(),
            unsure: Vec::with_capacity(TILE),
            changes: Chosen::new(Relocation { row: 0, from: 0, to: 0 }),
            lanes: lanes(features),
            values: vec![0.0; features],
            outcome: Outcome { sums: Sums::new(clusters, features), changed: 0, unsure: 0 },
        }
    }
}

/// Centres in the form that the kernels want.
struct Step<'a> {
    problem: &'a Problem<'a>,
    arch: Arch,
    centres: &'a [f64],
    packed: &'a Packed,
    sheet: Option<Sheet>,
    /// `None` before the first iteration.
    moves: Option<&'a [Move]>,
    /// The way that any two centres went together since the start, at most; times the scale.
    travelled: f64,
}

impl Step<'_> {
    /// Assigns all rows.
    fn assign(&self, labels: &mut [u16], known: &mut Known) -> Outcome {
        let features = self.problem.matrix.features();
        let clusters = self.centres.len() / features;
        let starts = (0..).step_by(BLOCK);
        let blocks: Vec<Block<'_>> = labels
            .chunks_mut(BLOCK)
            .zip(known.parts())
            .zip(starts)
            .map(|((labels, known), start)| Block { start, labels, known })
            .collect();
        // Sums are exact, so that it does not matter how threads share the blocks.
        blocks
            .into_par_iter()
            .fold(
                || Worker { open: Chosen::new(0), desk: Desk::new(clusters, features) },
                |mut worker, block| {
                    self.assign_block(block, &mut worker);
                    worker
                },
            )
            .map(|mut worker| {
                worker.desk.outcome.sums.settle();
                worker.desk.outcome
            })
            .reduce(
                || Outcome { sums: Sums::new(clusters, features), changed: 0, unsure: 0 },
                |mut outcome, other| {
                    outcome.sums.merge(&other.sums);
                    outcome.changed += other.changed;
                    outcome.unsure += other.unsure;
                    outcome
                },
            )
    }

    fn assign_block(&self, mut block: Block<'_>, worker: &mut Worker) {
        let Worker { open, desk } = worker;
        open.clear();
        match &mut block.known {
            Part::Screen(_) => self.screen(&mut block, desk, open),
            Part::Bounds(bounds) => match self.moves {
                None => all(block.start, block.labels.len(), open),
                Some(moves) => {
                    let (start, labels) = (block.start, &*block.labels);
                    self.arch.dispatch(Drift { start, labels, bounds, moves, open });
                    if moves.len() >= MANY_CENTRES {
                        let Problem { matrix, frame, .. } = self.problem;
                        let (scale, centres, values) = (frame.scale, self.centres, &mut desk.values);
                        self.arch.dispatch(OwnCentre {
                            matrix,
                            scale,
                            centres,
                            moves,
                            start,
                            labels,
                            bounds,
                            values,
                            open,
                        });
                    }
                }
            },
        }
        for rows in open.items().chunks(TILE) {
            self.assign_tile(&mut block, rows, desk);
        }
        self.settle(desk);
    }

    /// Looks at the tiles whose labels could change, and writes the rows that this leaves open.
    fn screen(&self, block: &mut Block<'_>, desk: &mut Desk, open: &mut Chosen<u32>) {
        let Part::Screen(until) = &mut block.known else { return };
        let (Some(image), Some(sheet)) = (&self.problem.image, &self.sheet) else {
            return all(block.start, block.labels.len(), open);
        };
        let Desk { screened, changes, outcome, .. } = desk;
        let (start, labels, first) = (block.start / TILE, &*block.labels, self.moves.is_none());
        let (travelled, found) = (self.travelled, &mut *screened);
        self.arch.dispatch(Screen { sheet, image, start, labels, first, until, travelled, found });
        for (tile, labels) in block.labels.chunks_mut(TILE).enumerate() {
            let mut differs = screened.differs(tile);
            if differs == u64::MAX && screened.least[tile] > 0.0 {
                // All rows change, as in the first iteration.
                let start = (block.start + tile * TILE) as u32;
                for ((row, label), &cluster) in (start..).zip(labels).zip(&screened.cluster[tile]) {
                    changes.choose(Relocation::of(row, label, cluster as u16), true);
                }
                continue;
            }
            while differs != 0 {
                let place = differs.trailing_zeros() as usize;
                differs &= differs - 1;
                let (row, cluster) = (block.start + tile * TILE + place, screened.cluster[tile][place]);
                let unsure = cluster == UNSURE;
                let (row, from, to) = (row as u32, labels[place], cluster as u16);
                labels[place] = if unsure { from } else { to };
                open.choose(row, unsure);
                changes.choose(Relocation { row, from, to }, !unsure);
                outcome.unsure += u64::from(unsure);
            }
        }
    }

    fn assign_tile(&self, block: &mut Block<'_>, rows: &[u32], desk: &mut Desk) {
        let Problem { matrix, frame, .. } = self.problem;
        let Desk { tile, moved, found, nearest, unsure, changes, .. } = desk;
        let first = self.moves.is_none();
        tile.read(matrix, rows);
        self.arch.dispatch(Filter { packed: self.packed, frame, tile, moved, found });
        unsure.clear();
        for (place, &row) in rows.iter().enumerate() {
            if !found.sure[place] {
                unsure.push(row);
                continue;
            }
            block.note(row, found.upper[place], found.lower[place]);
            block.relabel(row, found.cluster[place], first, changes);
        }
        if unsure.is_empty() {
            return;
        }
        tile.read(matrix, unsure);
        self.arch.dispatch(Exact { centres: self.centres, tile, nearest });
        for (place, &row) in unsure.iter().enumerate() {
            let upper = not_below(nearest.distance[place].sqrt() * frame.scale);
            block.note(row, upper, not_above(nearest.next_distance[place].sqrt() * frame.scale));
            block.relabel(row, nearest.cluster[place], first, changes);
        }
    }

    /// Lets the sums follow the changes of a block. Together, so that the processor waits for many rows at once.
    fn settle(&self, desk: &mut Desk) {
        let Desk { lanes, changes, outcome, .. } = desk;
        outcome.changed += changes.items().len() as u64;
        for changes in changes.items().chunks(TILE) {
            self.problem.relocate(self.arch, changes, self.moves.is_some(), lanes, &mut outcome.sums);
        }
        changes.clear();
    }
}

/// All rows of a block.
fn all(start: usize, rows: usize, open: &mut Chosen<u32>) {
    (start..start + rows).for_each(|row| open.choose(row as u32, true));
}

/// Room for the rows of a tile.
fn lanes(features: usize) -> Vec<[f64; LANES]> {
    let mut lanes = vec![[0.0; LANES]; groups_of(features) * TILE];
    // A row counts once if nobody gives weights.
    let rows = lanes.chunks_exact_mut(groups_of(features));
    rows.for_each(|row| row.as_flattened_mut()[features] = 1.0);
    lanes
}

impl Problem<'_> {
    /// Iterates from `centres` until no label changes, the centres' squared moves sum to at most `tolerance`, or the iterations are used
    /// up; then numbers the clusters. Labels are those of the final centres by their final numbers.
    pub(super) fn lloyd(
        &self,
        mut centres: Vec<f64>,
        tolerance: f64,
        most_iterations: u32,
        order: LabelOrder,
    ) -> Run {
        let features = self.matrix.features();
        let clusters = centres.len() / features;
        let rows = self.matrix.rows();
        let mut labels = vec![0; rows];
        let mut known = if self.image.is_some() { Known::screen(rows) } else { Known::bounds(rows) };
        let mut sums = Sums::new(clusters, features);
        let mut packed = Packed::new(features);
        let mut moved = None;
        let mut travelled = 0.0;
        let (mut iterations, mut settled, mut converged) = (0, false, false);
        let arch = Arch::new();
        while iterations < most_iterations && !converged {
            iterations += 1;
            let step = self.step(arch, &centres, &mut packed, moved.as_deref(), travelled);
            let Outcome { sums: change, changed, unsure } = step.assign(&mut labels, &mut known);
            sums.merge(&change);
            if unsure > rows as u64 / UNSURE_SHARE {
                known = Known::bounds(rows);
            }
            let relocated = self.fill_empty_clusters(arch, &centres, &mut sums, &mut labels, &mut known);
            settled = changed == 0 && relocated == 0;
            let old = centres.clone();
            sums.means(&self.grid, &mut centres);
            let ways = old.chunks_exact(features).zip(centres.chunks_exact(features));
            converged =
                settled || ways.map(|(old, new)| squared_distance(old, new)).sum::<f64>() <= tolerance;
            let ways = moves(&old, &centres, features, self.frame.scale);
            // The longest two ways, of which no two centres' are longer.
            travelled +=
                ways.iter().map(|way| f64::from(way.own) + f64::from(way.others)).fold(0.0, f64::max);
            travelled *= 1.0 + f64::EPSILON;
            moved = Some(ways);
        }
        let places = order.places(&centres, features);
        let renumbered = !places.is_sorted();
        if renumbered {
            centres =
                places.iter().flat_map(|&place| centres[place * features..][..features].to_vec()).collect();
            moved = moved.map(|moved| places.iter().map(|&place| moved[place]).collect());
            let mut numbers = vec![0_u16; clusters];
            places.iter().enumerate().for_each(|(number, &place)| numbers[place] = number as u16);
            labels.par_iter_mut().for_each(|label| *label = numbers[*label as usize]);
        }
        // The number decides between centres that are equally near, so the last look comes after the clusters have theirs.
        if !settled || renumbered {
            self.step(arch, &centres, &mut packed, moved.as_deref(), travelled)
                .assign(&mut labels, &mut known);
        }
        Run { centres, labels, iterations, converged }
    }

    fn step<'a>(
        &'a self,
        arch: Arch,
        centres: &'a [f64],
        packed: &'a mut Packed,
        moves: Option<&'a [Move]>,
        travelled: f64,
    ) -> Step<'a> {
        packed.pack(centres, &self.frame);
        let sheet = self.image.as_ref().and_then(|image| Sheet::new(centres, &self.frame, image));
        Step { problem: self, arch, centres, packed, sheet, moves, travelled }
    }

    /// Takes rows, a tile at most, out of the sums of their old clusters, if they `leave` one, and into those of their new ones.
    fn relocate(
        &self,
        arch: Arch,
        rows: &[Relocation],
        leave: bool,
        lanes: &mut [[f64; LANES]],
        sums: &mut Sums,
    ) {
        let features = self.matrix.features();
        let groups = groups_of(features);
        self.matrix.read_rows(rows.iter().map(|change| change.row), lanes.as_flattened_mut(), groups * LANES);
        if let Some(weights) = self.weights {
            for (lanes, change) in lanes.chunks_exact_mut(groups).zip(rows) {
                let (lanes, weight) = (lanes.as_flattened_mut(), weights[change.row as usize]);
                lanes[..features].iter_mut().for_each(|value| *value *= weight);
                lanes[features] = weight;
            }
        }
        arch.dispatch(Relocate { sums, grid: &self.grid, rows, leave, values: lanes });
    }

    /// Gives each empty cluster the row that is farthest from its centre; returns how many rows that moves.
    fn fill_empty_clusters(
        &self,
        arch: Arch,
        centres: &[f64],
        sums: &mut Sums,
        labels: &mut [u16],
        known: &mut Known,
    ) -> usize {
        let features = self.matrix.features();
        let empty: Vec<usize> =
            (0..centres.len() / features).filter(|&cluster| sums.is_empty(cluster, features)).collect();
        if empty.is_empty() {
            return 0;
        }
        let weight = |row: usize| self.weights.map_or(1.0, |weights| weights[row]);
        let distance = |row: usize| {
            let mut values = vec![0.0; features];
            self.matrix.read_row(row, &mut values);
            let centre = &centres[labels[row] as usize * features..][..features];
            (if weight(row) > 0.0 { squared_distance(&values, centre) } else { 0.0 }, row)
        };
        let mut farthest: Vec<(f64, usize)> = (0..self.matrix.rows()).into_par_iter().map(distance).collect();
        farthest.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let mut moved = 0;
        for (&cluster, &(distance, row)) in empty.iter().zip(&farthest) {
            if distance == 0.0 {
                break;
            }
            let change = Relocation::of(row as u32, &mut labels[row], cluster as u16);
            self.relocate(arch, &[change], true, &mut lanes(features), sums);
            known.forget(row);
            moved += 1;
        }
        sums.settle();
        moved
    }
}
