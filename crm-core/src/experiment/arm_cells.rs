//! Rows of several groups to arms: rows are dealt to a buffer for each group and reduced a buffer at a time.
//!
//! Dealing is a store a column without a branch on the group, and the buffers are reduced by loops that vectorise, so a row costs little more than in a
//! column of one group. What a task reduces depends on the rows alone, and parts are merged by halves: the number of threads changes no bit.

use rayon::prelude::*;

use super::grouping::Codes;
use super::joint_arm::JointArm;
use super::measures::Measures;
use super::moments::{BLOCK, Block};
use crate::error::Result;

/// Rows that one task deals.
const ROWS: usize = 1 << 17;

/// An arm for each group. Runs in the pool of the caller.
pub(super) fn arms_of_groups(measures: &Measures<'_>, codes: &Codes, groups: usize) -> Result<Vec<JointArm>> {
    let rows = ROWS.max(16 * groups);
    let result = match codes {
        Codes::Narrow(codes) => parts(measures, codes, groups, rows),
        Codes::Wide(codes) => parts(measures, codes, groups, rows),
    };
    // A value that is no number shows as a sum that is none; who it was is looked up only then.
    result.or_else(|error| measures.check_values().and(Err(error)))
}

fn parts<C>(measures: &Measures<'_>, codes: &[C], groups: usize, rows: usize) -> Result<Vec<JointArm>>
where
    C: Copy + Sync + Into<u32>,
{
    let parts: Vec<Vec<JointArm>> = codes
        .par_chunks(rows)
        .enumerate()
        .map(|(place, codes)| Cells::new(measures, groups)?.deal(measures.columns(), place * rows, codes))
        .collect::<Result<_>>()?;
    let empty = measures.empty()?;
    Ok(by_halves(parts)?.unwrap_or_else(|| vec![empty; groups]))
}

fn by_halves(mut parts: Vec<Vec<JointArm>>) -> Result<Option<Vec<JointArm>>> {
    while parts.len() > 1 {
        let mut merged = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(mut one) = rest.next() {
            if let Some(other) = rest.next() {
                one.iter_mut().zip(&other).try_for_each(|(one, other)| one.merge(other))?;
            }
            merged.push(one);
        }
        parts = merged;
    }
    Ok(parts.pop())
}

/// The arms and buffers of one task.
struct Cells {
    arms: Vec<JointArm>,
    /// How many rows each group's buffer holds.
    filled: Vec<u32>,
    /// By column, then group.
    buffers: Vec<Vec<f64>>,
    /// Rows of a group that are reduced at once; its buffer has room for those dealt meanwhile.
    room: usize,
    /// Rows dealt before the next column is looked at.
    at_once: usize,
    block: Block,
}

impl Cells {
    fn new(measures: &Measures<'_>, groups: usize) -> Result<Self> {
        let columns = measures.columns().len();
        // All buffers together stay in the second-level cache as long as that leaves each a few rows.
        let room = (1 << 15) / groups.max(1);
        let room = room.clamp(32, BLOCK);
        Ok(Self {
            arms: vec![measures.empty()?; groups],
            filled: vec![0; groups],
            buffers: vec![vec![0.0; groups * (room + room / 2)]; columns],
            room,
            at_once: room / 2,
            block: Block::new(columns),
        })
    }

    fn deal<C: Copy + Into<u32>>(
        mut self,
        columns: &[&[f64]],
        start: usize,
        codes: &[C],
    ) -> Result<Vec<JointArm>> {
        let mut places = [0; BLOCK / 2];
        for (place, codes) in codes.chunks(self.at_once).enumerate() {
            let start = start + place * self.at_once;
            let width = self.width() as u32;
            let of_two = (columns, &mut self.buffers[..], &self.filled[..]);
            if let ([one, other], [ones, others], &[first, second]) = of_two {
                // The usual experiment, a value and a covariate of two arms: both columns are read side by side.
                let (one, other) = (&one[start..][..codes.len()], &other[start..][..codes.len()]);
                let filled = deal_two([first, second], width, codes, |row, place| {
                    ones[place as usize] = one[row];
                    others[place as usize] = other[row];
                });
                self.filled.copy_from_slice(&filled);
            } else {
                self.find_places(codes, &mut places);
                for (buffer, column) in self.buffers.iter_mut().zip(columns) {
                    let values = &column[start..][..codes.len()];
                    for (&place, &value) in places.iter().zip(values) {
                        buffer[place as usize] = value;
                    }
                }
            }
            if self.arms.len() <= self.at_once {
                (0..self.arms.len()).try_for_each(|group| self.reduce_full(group))?;
            } else {
                codes.iter().try_for_each(|&code| self.reduce_full(code.into() as usize))?;
            }
        }
        for group in 0..self.arms.len() {
            if self.filled[group] > 0 {
                self.reduce(group, self.filled[group] as usize)?;
            }
        }
        Ok(self.arms)
    }

    /// Rows between the buffers of two groups.
    fn width(&self) -> usize {
        self.room + self.at_once
    }

    /// Where in the buffers each row goes; they have room for so many more rows of one group.
    fn find_places<C: Copy + Into<u32>>(&mut self, codes: &[C], places: &mut [u32; BLOCK / 2]) {
        let width = self.width() as u32;
        if let [first, second] = self.filled[..] {
            let filled = deal_two([first, second], width, codes, |row, place| places[row] = place);
            self.filled.copy_from_slice(&filled);
            return;
        }
        for (place, &code) in places.iter_mut().zip(codes) {
            let group: u32 = code.into();
            let filled = &mut self.filled[group as usize];
            *place = group * width + *filled;
            *filled += 1;
        }
    }

    /// Takes what fills a group's buffer into its arm.
    fn reduce_full(&mut self, group: usize) -> Result<()> {
        let (room, start) = (self.room, group * self.width());
        while self.filled[group] as usize >= room {
            let rest = self.filled[group] as usize - room;
            self.reduce(group, room)?;
            for buffer in &mut self.buffers {
                buffer.copy_within(start + room..start + room + rest, start);
            }
            self.filled[group] = rest as u32;
        }
        Ok(())
    }

    /// Takes the first rows of a group's buffer into its arm.
    fn reduce(&mut self, group: usize, rows: usize) -> Result<()> {
        let start = group * self.width();
        let mut parts: Vec<&mut [f64]> =
            self.buffers.iter_mut().map(|buffer| &mut buffer[start..][..rows]).collect();
        self.block.reduce(&mut parts);
        let arm = &mut self.arms[group];
        let part = JointArm::from_parts(arm.has_denominator(), rows as u64, &self.block);
        part.check_sizes()?;
        arm.merge(&part)
    }
}

/// Tells where each row of two groups goes, whose buffers hold so many rows and are so far apart; returns how many they hold then.
///
/// Two counts in registers do not wait for each other's stores, and no processor could foresee a branch: half the time of the general way.
fn deal_two<C: Copy + Into<u32>>(
    [first, second]: [u32; 2],
    width: u32,
    codes: &[C],
    mut put: impl FnMut(usize, u32),
) -> [u32; 2] {
    let mut of_second = 0;
    for (row, &code) in codes.iter().enumerate() {
        let code: u32 = code.into();
        let (of_first, of_other) = (first + (row as u32 - of_second), width + second + of_second);
        put(row, of_first ^ ((of_first ^ of_other) & code.wrapping_neg()));
        of_second += code;
    }
    [first + (codes.len() as u32 - of_second), second + of_second]
}
