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
const TILES: usize = 64;
/// Steps from the origin to the value of a feature that is farthest from it.
const STEPS: f64 = 32_767.0;
/// The unit roundoff of single precision.
const ROUNDOFF: f64 = 1.0 / 16_777_216.0;
/// Half a step, and what rounding to it may add.
const HALF_STEP: f64 = 0.51;
/// Products below the smallest floats vanish.
const LEAST_DOUBT: f64 = 1e-30;
/// Centres farther from the origin than so many times the widest range do not fit into single precision.
const FARTHEST: f64 = 1e6;
/// The cluster of a row for which the scores do not tell it.
pub(super) const UNSURE: f32 = -2.0;

/// The rows as steps from the frame's origin.
pub(super) struct Image {
    /// Tile by tile, feature by feature.
    steps: Vec<i16>,
    /// The width of a step, times the frame's scale.
    widths: Vec<f64>,
    /// How far a coordinate may be from its steps.
    misses: Vec<f64>,
    /// The length of all misses.
    miss: f64,
    /// What rounding does to a score, per sum of the squared norms of row and centre.
    rounding: f64,
}

impl Image {
    /// The image of a matrix whose features reach so far from the frame's origin; `None` if there are too many features for single precision.
    pub(super) fn new(matrix: &Matrix<'_>, frame: &Frame, reaches: &[f64]) -> Option<Self> {
        let features = matrix.features();
        // (d + 3) roundings of at most |x||c| + |c|²/2 each, which is below |x|² + |c|²; twice that leaves room for the arithmetic of the doubt itself.
        let rounding = 2.0 * (features as f64 + 4.0) * ROUNDOFF;
        if rounding > 1e-3 {
            return None;
        }
        let per_unit: Vec<f64> = reaches.iter().map(|reach| STEPS / reach).collect();
        let usable = |feature: usize| reaches[feature] > 0.0 && per_unit[feature].is_finite();
        let width = |feature| if usable(feature) { reaches[feature] / STEPS * frame.scale } else { 0.0 };
        let miss = |feature| {
            if usable(feature) { HALF_STEP * width(feature) } else { reaches[feature] * frame.scale }
        };
        let misses: Vec<f64> = (0..features).map(miss).collect();
        let mut steps = vec![0; matrix.rows().div_ceil(TILE) * TILE * features];
        let arch = Arch::new();
        steps.par_chunks_mut(TILES * TILE * features).enumerate().for_each(|(part, tiles)| {
            let mut values = vec![0.0; features * TILE];
            for (place, tile) in tiles.chunks_exact_mut(TILE * features).enumerate() {
                let start = (part * TILES + place) * TILE;
                matrix.read_span(start..matrix.rows().min(start + TILE), &mut values, TILE);
                arch.dispatch(Round { values: &values, frame, per_unit: &per_unit, steps: tile });
            }
        });
        Some(Self {
            steps,
            widths: (0..features).map(width).collect(),
            miss: misses.iter().map(|miss| miss * miss).sum::<f64>().sqrt(),
            misses,
            rounding,
        })
    }

    /// The steps of a tile.
    pub(super) fn tile(&self, number: usize) -> &[i16] {
        let size = TILE * self.widths.len();
        &self.steps[number * size..][..size]
    }
}

/// Takes the values of a tile to steps.
struct Round<'a> {
    values: &'a [f64],
    frame: &'a Frame,
    /// Steps a unit of each feature.
    per_unit: &'a [f64],
    steps: &'a mut [i16],
}

impl WithSimd for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let columns = self.steps.chunks_exact_mut(TILE).zip(self.values.chunks_exact(TILE));
        for ((steps, values), (origin, per_unit)) in columns.zip(self.frame.origin.iter().zip(self.per_unit))
        {
            for (step, value) in steps.iter_mut().zip(values) {
                let exact = (value - origin) * per_unit;
                // A conversion goes towards 0; it saturates, and takes NaN, of features without a range, to 0.
                *step = (exact + 0.5_f64.copysign(exact)) as i32 as i16;
            }
        }
    }
}

/// Centres prepared for the screen.
pub(super) struct Sheet {
    /// `GROUP` centres side by side, feature by feature: coordinates times the width of a step.
    slopes: Vec<f32>,
    /// Half their squared norms less what the scores may be too high by; infinite for those that fill up the last group.
    offsets: Vec<f32>,
    widths: Vec<f32>,
    /// What a difference of scores may be off by: a constant, and per root of the bound of the squared norm of the nearest centre, squared norm of the row,
    /// and that bound.
    doubt: [f32; 4],
    /// What the squared distance to a row may be more than to its image.
    farther: f32,
}

impl Sheet {
    /// Takes centres; `None` if they are out of the range of single precision.
    pub(super) fn new(centres: &[f64], frame: &Frame, image: &Image) -> Option<Self> {
        let features = frame.origin.len();
        let clusters = centres.len() / features;
        let groups = clusters.div_ceil(GROUP);
        let mut slopes = vec![0.0; groups * GROUP * features];
        let mut offsets = vec![f32::INFINITY; groups * GROUP];
        for (cluster, centre) in centres.chunks_exact(features).enumerate() {
            let (group, lane) = (cluster / GROUP, cluster % GROUP);
            let (mut norm, mut miss) = (0.0, 0.0);
            for (feature, (value, origin)) in centre.iter().zip(&frame.origin).enumerate() {
                let coordinate = (value - origin) * frame.scale;
                if coordinate.abs() > FARTHEST {
                    return None;
                }
                slopes[(group * features + feature) * GROUP + lane] =
                    (coordinate * image.widths[feature]) as f32;
                norm += coordinate * coordinate;
                miss += coordinate.abs() * image.misses[feature];
            }
            // A score that is too low by what it may be too high keeps far centres from casting doubt on near ones.
            offsets[cluster] = (norm / 2.0 - image.rounding * norm - miss) as f32;
        }
        let (miss, rounding) = (image.miss, image.rounding);
        let constant = (8.2 + 67.4 * rounding) * miss * miss + LEAST_DOUBT;
        // A thousandth more makes up for the rounding of these sums.
        let doubt =
            [constant, 2.0 * miss, 2.0 * rounding, 4.0 * rounding].map(|doubt| (doubt * 1.001) as f32);
        let widths = image.widths.iter().map(|&width| width as f32).collect();
        Some(Self { slopes, offsets, widths, doubt, farther: (110.0 * miss * miss) as f32 })
    }
}

/// What the screen finds in a tile.
pub(super) struct Screened {
    /// The nearest centre as a number, or `UNSURE`.
    pub(super) cluster: [f32; TILE],
    /// Where that differs from the label: not 0.
    pub(super) differs: [u8; TILE],
    /// How far centres may move, own and other together, times the scale, until the label of a row could change.
    pub(super) keeps: f64,
}

impl Screened {
    pub(super) fn new() -> Self {
        Self { cluster: [0.0; TILE], differs: [0; TILE], keeps: 0.0 }
    }
}

/// Scores of a tile.
pub(super) struct Screen<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) steps: &'a [i16],
    pub(super) labels: &'a [u32],
    /// Room for the tile's steps as floats.
    pub(super) columns: &'a mut [f32],
    pub(super) found: &'a mut Screened,
}

impl WithSimd for Screen<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sheet, steps, labels, columns, found } = self;
        let features = sheet.widths.len();
        for (columns, steps) in columns.chunks_exact_mut(TILE).zip(steps.chunks_exact(TILE)) {
            for (column, step) in columns.iter_mut().zip(steps) {
                *column = f32::from(*step);
            }
        }
        let splat = |value: f32| simd.splat_f32s(value);
        let [constant, per_root, per_norm, per_bound] = sheet.doubt.map(splat);
        let infinite = splat(f32::INFINITY);
        let (mut least, mut most) = (infinite, splat(0.0));
        {
            let (found, _) = S::as_mut_simd_f32s(&mut found.cluster);
            for (pair, found) in found.chunks_exact_mut(2).enumerate() {
                let mut norms = [splat(0.0); 2];
                let mut state = [(infinite, infinite, splat(0.0)); 2];
                for (column, width) in columns.chunks_exact(TILE).zip(&sheet.widths) {
                    let (column, _) = S::as_simd_f32s(column);
                    for (norm, steps) in norms.iter_mut().zip(&column[2 * pair..]) {
                        let coordinate = simd.mul_f32s(*steps, splat(*width));
                        *norm = simd.mul_add_e_f32s(coordinate, coordinate, *norm);
                    }
                }
                let groups = sheet.slopes.chunks_exact(GROUP * features);
                for (group, (slopes, offsets)) in groups.zip(sheet.offsets.chunks_exact(GROUP)).enumerate() {
                    let mut scores = [[splat(0.0); 2]; GROUP];
                    for (score, offset) in scores.iter_mut().zip(offsets) {
                        *score = [splat(*offset); 2];
                    }
                    for (slopes, column) in slopes.chunks_exact(GROUP).zip(columns.chunks_exact(TILE)) {
                        let (column, _) = S::as_simd_f32s(column);
                        let (left, right) = (column[2 * pair], column[2 * pair + 1]);
                        for (score, slope) in scores.iter_mut().zip(slopes) {
                            let slope = splat(*slope);
                            score[0] = simd.negate_mul_add_e_f32s(slope, left, score[0]);
                            score[1] = simd.negate_mul_add_e_f32s(slope, right, score[1]);
                        }
                    }
                    for (lane, score) in scores.iter().enumerate() {
                        let cluster = splat((group * GROUP + lane) as f32);
                        for ((best, next, number), score) in state.iter_mut().zip(score) {
                            let nearer = simd.less_than_f32s(*score, *best);
                            *number = simd.select_f32s(nearer, cluster, *number);
                            *next = simd.min_f32s(*next, simd.max_f32s(*best, *score));
                            *best = simd.min_f32s(*best, *score);
                        }
                    }
                }
                for ((found, norm), (best, next, number)) in found.iter_mut().zip(norms).zip(state) {
                    // |c|² <= 4 (|c|²/2 - x·c) + 4 |x|² bounds the norm of the nearest centre, whichever it is.
                    let bound = simd.mul_add_e_f32s(splat(1.01), norm, best);
                    let bound = simd.max_f32s(simd.mul_f32s(splat(4.2), bound), splat(0.0));
                    let doubt = simd.mul_add_e_f32s(per_root, simd.sqrt_f32s(bound), constant);
                    let doubt = simd.mul_add_e_f32s(per_norm, norm, doubt);
                    let doubt = simd.mul_add_e_f32s(per_bound, bound, doubt);
                    let excess = simd.sub_f32s(simd.sub_f32s(next, best), doubt);
                    let sure = simd.less_than_f32s(splat(0.0), excess);
                    *found = simd.select_f32s(sure, number, splat(UNSURE));
                    least = simd.min_f32s(least, excess);
                    let far = simd.mul_add_e_f32s(splat(2.0), next, splat(sheet.farther));
                    most = simd.max_f32s(most, simd.mul_add_e_f32s(splat(1.02), norm, far));
                }
            }
        }
        // d_next - d_own = (d_next² - d_own²) / (d_next + d_own), which is at least the excess over d_next.
        let (least, most) = (simd.reduce_min_f32s(least), simd.reduce_max_f32s(most));
        found.keeps = f64::from(least) / f64::from(most).sqrt() * (1.0 - 1e-5);
        found.differs.fill(0);
        for ((differs, cluster), label) in found.differs.iter_mut().zip(&found.cluster).zip(labels) {
            // No label yet is -1.
            *differs = u8::from(*cluster != *label as i32 as f32);
        }
    }
}
