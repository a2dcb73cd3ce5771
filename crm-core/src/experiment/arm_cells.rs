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
/// Rows dealt before the next column is looked at.
const DEALT: usize = 256;

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
    /// Rows that a group's buffer has room for.
    room: usize,
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
            buffers: vec![vec![0.0; groups * room]; columns],
            room,
            block: Block::new(columns),
        })
    }

    fn deal<C: Copy + Into<u32>>(
        mut self,
        columns: &[&[f64]],
        start: usize,
        codes: &[C],
    ) -> Result<Vec<JointArm>> {
        let mut places = [0_u32; DEALT];
        let mut done = 0;
        while done < codes.len() {
            let mut full = None;
            let mut dealt = 0;
            for (place, &code) in places.iter_mut().zip(&codes[done..]) {
                let group: u32 = code.into();
                let filled = &mut self.filled[group as usize];
                *place = group * self.room as u32 + *filled;
                *filled += 1;
                dealt += 1;
                if *filled as usize == self.room {
                    full = Some(group as usize);
                    break;
                }
            }
            for (buffer, column) in self.buffers.iter_mut().zip(columns) {
                let values = &column[start + done..][..dealt];
                for (&place, &value) in places.iter().zip(values) {
                    buffer[place as usize] = value;
                }
            }
            if let Some(group) = full {
                self.reduce(group)?;
            }
            done += dealt;
        }
        for group in 0..self.arms.len() {
            if self.filled[group] > 0 {
                self.reduce(group)?;
            }
        }
        Ok(self.arms)
    }

    /// Takes a group's buffer into its arm.
    fn reduce(&mut self, group: usize) -> Result<()> {
        let (room, rows) = (self.room, self.filled[group] as usize);
        let mut parts: Vec<&mut [f64]> =
            self.buffers.iter_mut().map(|buffer| &mut buffer[group * room..][..rows]).collect();
        self.block.reduce(&mut parts);
        self.filled[group] = 0;
        let arm = &mut self.arms[group];
        let part = JointArm::from_parts(arm.has_denominator(), rows as u64, &self.block);
        part.check_sizes()?;
        arm.merge(&part)
    }
}
