//! A coarse look at all rows, which tells most of them that their label stays.
//!
//! Features are held as 16-bit numbers of steps, a quarter of the memory that the matrix takes, tile by tile. Scores `||c||²/2 - x·c` from them, in single
//! precision, know how far they may be off: by half a step a feature, and by rounding. A row whose nearest centre they do not tell for sure goes to the
//! kernels of full precision, so results never depend on them. A tile whose rows all lie well inside their clusters is not looked at again until centres
//! have moved so far that it could matter.
//!
//! It pays with few clusters, where reading the rows costs more than the scores.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Matrix;
use super::kernel::{Frame, GROUP, TILE};

/// Tiles that one thread takes at a time.
pub(super) const TILES: usize = 64;
/// Steps from the origin to the value of a feature that is farthest from it.
const STEPS: f64 = 32_767.0;
/// Added to a number of that size, it leaves the nearest integer in the lowest bits.
const TO_INTEGER: f64 = 1.5 * (1_u64 << 52) as f64;
/// The unit roundoff of single precision.
const ROUNDOFF: f64 = 1.0 / 16_777_216.0;
/// Half a step, and what rounding to it may add.
const HALF_STEP: f64 = 0.51;
/// Products below the smallest floats vanish.
const LEAST_DOUBT: f64 = 1e-30;
/// Centres farther from the origin than so many times the widest range do not fit into single precision.
const FARTHEST: f64 = 1e6;
/// The score of those that fill up a group of centres.
const NOWHERE: f32 = 1e37;
/// The cluster of a row for which the scores do not tell it.
pub(super) const UNSURE: u32 = u32::MAX;

/// The rows as steps from the frame's origin.
pub(super) struct Image {
    /// Tile by tile, feature by feature.
    steps: Vec<i16>,
    /// The largest squared norm in each tile, rounded up.
    norms: Vec<f32>,
    /// The width of a step, times the frame's scale.
    widths: Vec<f64>,
    /// How far a coordinate may be from its steps.
    misses: Vec<f64>,
    /// The length of all misses.
    miss: f64,
}

impl Image {
    /// The image of a matrix whose features reach so far from the frame's origin; `None` if there are too many features for single precision.
    pub(super) fn new(matrix: &Matrix<'_>, frame: &Frame, reaches: &[f64]) -> Option<Self> {
        let features = matrix.features();
        if rounding_of(features) > 1e-3 {
            return None;
        }
        let usable = |feature: usize| reaches[feature] > 0.0 && (STEPS / reaches[feature]).is_finite();
        let of = |found: &dyn Fn(usize) -> f64, otherwise: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..features).map(|place| if usable(place) { found(place) } else { otherwise(place) }).collect()
        };
        let per_unit = of(&|feature| STEPS / reaches[feature], &|_| 0.0);
        let widths = of(&|feature| reaches[feature] / STEPS * frame.scale, &|_| 0.0);
        let misses = of(&|feature| HALF_STEP * widths[feature], &|feature| reaches[feature] * frame.scale);
        let tiles = matrix.rows().div_ceil(TILE);
        let (mut steps, mut norms) = (vec![0; tiles * TILE * features], vec![0.0; tiles]);
        let arch = Arch::new();
        let parts = steps.par_chunks_mut(TILES * TILE * features).zip(norms.par_chunks_mut(TILES));
        parts.enumerate().for_each(|(part, (steps, norms))| {
            let mut values = vec![0.0; features * TILE];
            for (place, (steps, norm)) in steps.chunks_exact_mut(TILE * features).zip(norms).enumerate() {
                let start = (part * TILES + place) * TILE;
                matrix.read_span(start..matrix.rows().min(start + TILE), &mut values, TILE);
                let (per_unit, widths) = (&per_unit, &widths);
                *norm = arch.dispatch(Round { values: &values, frame, per_unit, widths, steps });
            }
        });
        let miss = misses.iter().map(|miss| miss * miss).sum::<f64>().sqrt();
        Some(Self { steps, norms, widths, misses, miss })
    }

    /// The steps of a tile.
    fn tile(&self, number: usize) -> &[i16] {
        let size = TILE * self.widths.len();
        &self.steps[number * size..][..size]
    }
}

/// What rounding does to a score, per sum of the squared norms of row and centre.
///
/// At most (d + 3) roundings of at most |x||c| + |c|²/2 each, which is below |x|² + |c|².
fn rounding_of(features: usize) -> f64 {
    (features as f64 + 4.0) * ROUNDOFF
}

/// Takes the values of a tile to steps; returns the largest squared norm of these.
struct Round<'a> {
    values: &'a [f64],
    frame: &'a Frame,
    /// Steps a unit of each feature.
    per_unit: &'a [f64],
    widths: &'a [f64],
    steps: &'a mut [i16],
}

impl WithSimd for Round<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let mut norms = [0.0_f32; TILE];
        let columns = self.steps.chunks_exact_mut(TILE).zip(self.values.chunks_exact(TILE));
        let scales = self.frame.origin.iter().zip(self.per_unit).zip(self.widths);
        for ((steps, values), ((origin, per_unit), width)) in columns.zip(scales) {
            let width = *width as f32;
            for ((step, value), norm) in steps.iter_mut().zip(values).zip(&mut norms) {
                *step = ((value - origin) * per_unit + TO_INTEGER).to_bits() as i16;
                let coordinate = f32::from(*step) * width;
                *norm += coordinate * coordinate;
            }
        }
        // A thousandth more makes up for rounding.
        norms.iter().fold(0.0, |most: f32, &norm| if norm > most { norm } else { most }) * 1.001
    }
}

/// Centres prepared for the screen.
pub(super) struct Sheet {
    /// `GROUP` centres side by side, feature by feature: coordinates times the width of a step.
    slopes: Vec<[f32; GROUP]>,
    /// Half their squared norms; `NOWHERE` for those that fill up the last group.
    offsets: Vec<[f32; GROUP]>,
    numbers: Vec<[u32; GROUP]>,
    features: usize,
    /// The bits of a score that give way to the number of the centre.
    marks: u32,
    /// What a difference of scores may be off by: a constant, per squared norm of the row, and per score.
    doubt: [f32; 3],
    /// How far a row may be from its image.
    miss: f64,
}

impl Sheet {
    /// Takes centres; `None` if they are out of the range of single precision.
    pub(super) fn new(centres: &[f64], frame: &Frame, image: &Image) -> Option<Self> {
        let features = frame.origin.len();
        let clusters = centres.len() / features;
        let groups = clusters.div_ceil(GROUP);
        let mut slopes = vec![[0.0; GROUP]; groups * features];
        let mut offsets = vec![[NOWHERE; GROUP]; groups];
        let mut numbers = vec![[0; GROUP]; groups];
        let (mut largest_norm, mut widest_miss) = (0.0_f64, 0.0_f64);
        for (cluster, centre) in centres.chunks_exact(features).enumerate() {
            let (group, lane) = (cluster / GROUP, cluster % GROUP);
            let mut norm = 0.0;
            for (feature, (value, origin)) in centre.iter().zip(&frame.origin).enumerate() {
                let coordinate = (value - origin) * frame.scale;
                if coordinate.abs() > FARTHEST {
                    return None;
                }
                slopes[group * features + feature][lane] = (coordinate * image.widths[feature]) as f32;
                norm += coordinate * coordinate;
            }
            offsets[group][lane] = (norm / 2.0) as f32;
            numbers[group][lane] = cluster as u32;
            largest_norm = largest_norm.max(norm);
            // A row that is off by `m` shifts a difference of scores by `m·(c - c')`.
            for other in centres.chunks_exact(features).take(cluster) {
                let ways = centre.iter().zip(other).map(|(left, right)| (left - right).abs() * frame.scale);
                widest_miss = widest_miss.max(ways.zip(&image.misses).map(|(way, miss)| way * miss).sum());
            }
        }
        let marks = (groups * GROUP).next_power_of_two() as u32 - 1;
        let rounding = 2.0 * rounding_of(features);
        let per_score = 2.0 * f64::from(marks) * f64::from(f32::EPSILON);
        let constant = widest_miss + rounding * largest_norm + LEAST_DOUBT;
        // A thousandth more makes up for the rounding of the doubt itself.
        let doubt = [constant, rounding, per_score].map(|doubt| (doubt * 1.001) as f32);
        Some(Self { slopes, offsets, numbers, features, marks, doubt, miss: image.miss })
    }

    /// What a difference of scores may be off by in a tile of that largest squared norm, but for the scores' own share.
    #[inline(always)]
    fn doubt_of(&self, norm: f32) -> f32 {
        self.doubt[0] + self.doubt[1] * norm
    }
}

/// What the screen finds in a block.
pub(super) struct Screened {
    /// The nearest centre of each row, or `UNSURE`.
    pub(super) cluster: Box<[[u32; TILE]; TILES]>,
    /// 1 where that differs from the label, and 0 where nothing was looked at.
    differs: Box<[[u8; TILE]; TILES]>,
    /// The least excess of scores over doubt in each tile, above 0 where all is sure, and the largest score of a next centre.
    pub(super) least: [f32; TILES],
    most: [f32; TILES],
    columns: Vec<f32>,
}

impl Screened {
    pub(super) fn new(features: usize) -> Self {
        Self {
            cluster: Box::new([[0; TILE]; TILES]),
            differs: Box::new([[0; TILE]; TILES]),
            least: [0.0; TILES],
            most: [0.0; TILES],
            columns: vec![0.0; features * TILE],
        }
    }

    /// A bit a row of a tile: whether its nearest centre differs from its label.
    pub(super) fn differs(&self, tile: usize) -> u64 {
        // The product gathers the lowest bits of eight bytes in the highest byte.
        let gather = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let eights = self.differs[tile].as_chunks().0.iter().enumerate();
        eights.fold(0, |bits, (place, eight)| bits | gather(eight) << (8 * place))
    }
}

/// Looks at a block. One tile after the other, and only then at what came of them, so that the processor works on the next before one is done.
pub(super) struct Screen<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) image: &'a Image,
    /// The number of the first tile.
    pub(super) start: usize,
    pub(super) labels: &'a [u16],
    /// Whether they do not say anything yet.
    pub(super) first: bool,
    /// How far centres may travel, own and other together, times the scale, until the labels of a tile could change.
    pub(super) until: &'a mut [f64],
    /// How far they have.
    pub(super) travelled: f64,
    pub(super) found: &'a mut Screened,
}

impl WithSimd for Screen<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for tile in 0..self.until.len() {
            if self.until[tile] > self.travelled {
                self.found.differs[tile].fill(0);
                continue;
            }
            // As many vectors of rows at a time as there are registers for their scores.
            if S::REGISTER_COUNT >= 32 {
                self.score::<S, 4>(simd, tile)
            } else {
                self.score::<S, 2>(simd, tile)
            }
            self.compare(tile);
        }
        let norms = &self.image.norms[self.start..];
        for (((until, norm), least), most) in
            self.until.iter_mut().zip(norms).zip(&self.found.least).zip(&self.found.most)
        {
            if *until > self.travelled {
                continue;
            }
            // d² = |x|² + 2 (|c|²/2 - x·c), and no score is below -|x|²/2.
            let (norm, least, most) = (f64::from(*norm), f64::from(*least), f64::from(*most));
            let doubt = f64::from(self.sheet.doubt_of(norm as f32));
            let square = norm + 2.0 * most + 1e-5 * (norm + most.abs()) + 2.0 * doubt;
            let farthest = square.max(0.0).sqrt() + self.sheet.miss;
            // d_next - d_own = (d_next² - d_own²) / (d_next + d_own), which is at least the excess over d_next.
            *until = self.travelled + least / farthest * (1.0 - 1e-5);
        }
    }
}

impl Screen<'_> {
    /// The nearest centres of a tile.
    #[inline(always)]
    fn score<S: Simd, const VECTORS: usize>(&mut self, simd: S, tile: usize) {
        let Self { sheet, image, found, .. } = self;
        let columns = &mut found.columns;
        let steps = image.tile(self.start + tile).chunks_exact(TILE);
        for (columns, steps) in columns.chunks_exact_mut(TILE).zip(steps) {
            for (column, step) in columns.iter_mut().zip(steps) {
                *column = f32::from(*step);
            }
        }
        let splat = |value: f32| simd.splat_f32s(value);
        let doubt = splat(sheet.doubt_of(image.norms[self.start + tile]));
        let per_score = splat(sheet.doubt[2]);
        let [marks, others, unsure] = [sheet.marks, !sheet.marks, UNSURE].map(|bits| simd.splat_u32s(bits));
        let (mut least, mut most) = (splat(f32::INFINITY), splat(f32::NEG_INFINITY));
        let (clusters, _) = S::as_mut_simd_u32s(&mut found.cluster[tile]);
        for (part, found) in clusters.as_chunks_mut::<VECTORS>().0.iter_mut().enumerate() {
            let mut state = [(splat(NOWHERE), splat(NOWHERE)); VECTORS];
            let groups = sheet.slopes.chunks_exact(sheet.features).zip(&sheet.offsets).zip(&sheet.numbers);
            for ((slopes, offsets), numbers) in groups {
                let mut scores = offsets.map(|offset| [splat(offset); VECTORS]);
                for (slopes, column) in slopes.iter().zip(columns.chunks_exact(TILE)) {
                    let (column, _) = S::as_simd_f32s(column);
                    let column = column.as_chunks::<VECTORS>().0[part];
                    for (scores, slope) in scores.iter_mut().zip(slopes) {
                        let slope = splat(*slope);
                        for (score, column) in scores.iter_mut().zip(column) {
                            *score = simd.negate_mul_add_e_f32s(slope, column, *score);
                        }
                    }
                }
                for (scores, number) in scores.into_iter().zip(numbers) {
                    let number = simd.splat_u32s(*number);
                    for ((best, next), score) in state.iter_mut().zip(scores) {
                        // The number of the centre stands in the lowest bits of its score.
                        let bits = simd.and_u32s(simd.transmute_u32s_f32s(score), others);
                        let score = simd.transmute_f32s_u32s(simd.or_u32s(bits, number));
                        *next = simd.min_f32s(*next, simd.max_f32s(*best, score));
                        *best = simd.min_f32s(*best, score);
                    }
                }
            }
            for (found, (best, next)) in found.iter_mut().zip(state) {
                let doubt = simd.mul_add_e_f32s(per_score, simd.abs_f32s(best), doubt);
                let excess = simd.sub_f32s(simd.sub_f32s(next, best), doubt);
                let sure = simd.less_than_f32s(splat(0.0), excess);
                let number = simd.and_u32s(simd.transmute_u32s_f32s(best), marks);
                *found = simd.select_u32s(sure, number, unsure);
                least = simd.min_f32s(least, excess);
                most = simd.max_f32s(most, next);
            }
        }
        found.least[tile] = simd.reduce_min_f32s(least);
        found.most[tile] = simd.reduce_max_f32s(most);
    }

    /// Where the nearest centres of a tile are not those of the labels.
    #[inline(always)]
    fn compare(&mut self, tile: usize) {
        let rows = tile * TILE..self.labels.len().min((tile + 1) * TILE);
        let labels = &self.labels[rows];
        let differs = &mut self.found.differs[tile];
        differs[labels.len()..].fill(0);
        for ((differs, cluster), label) in differs.iter_mut().zip(&self.found.cluster[tile]).zip(labels) {
            *differs = u8::from(self.first | (*cluster != u32::from(*label)));
        }
    }
}
