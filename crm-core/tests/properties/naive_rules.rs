//! The rules of the simple points programme, its calendar and its arithmetic, each written out.

use crm_core::loyalty::{
    AfterSpending, BurnOrder, ExpiryRounding, FactorStacking, LapsedPoints, PointRounding, RefundBasis,
};

pub(crate) const NEVER: i32 = i32::MAX;

/// The rules that the cases vary.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) points: i64,
    /// In cents.
    pub(crate) per: i64,
    pub(crate) rounding: PointRounding,
    pub(crate) stacking: FactorStacking,
    /// Factors in tenths.
    pub(crate) tea_factor: Option<i64>,
    pub(crate) gold_factor: Option<i64>,
    pub(crate) pending_days: i32,
    pub(crate) expiry: Option<(bool, u32, ExpiryRounding)>,
    pub(crate) burn_order: BurnOrder,
    pub(crate) basis: RefundBasis,
    pub(crate) refund_rounding: PointRounding,
    pub(crate) after_spending: AfterSpending,
    pub(crate) refund_days: i32,
    pub(crate) cancel_days: i32,
    pub(crate) lapsed: LapsedPoints,
    pub(crate) backdating_days: i32,
    /// Months for everybody and for gold.
    pub(crate) extensions: Option<(u32, u32)>,
}

fn leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i32, month: i32) -> i32 {
    [31, 28 + i32::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize]
}

/// Year, month from 0 and day from 0 of a day after 1970, counted one month after the other.
pub(crate) fn civil(day: i32) -> (i32, i32, i32) {
    let (mut year, mut month, mut rest) = (2024, 0, day - 19_723);
    assert!(rest >= 0, "cases start in 2024");
    while rest >= month_days(year, month) {
        rest -= month_days(year, month);
        (year, month) = if month == 11 { (year + 1, 0) } else { (year, month + 1) };
    }
    (year, month, rest)
}

fn number(year: i32, month: i32, day: i32) -> i32 {
    let mut number = 19_723 + day;
    for y in 2024..year {
        number += if leap(y) { 366 } else { 365 };
    }
    number + (0..month).map(|m| month_days(year, m)).sum::<i32>()
}

pub(crate) fn plus_months(day: i32, months: u32) -> i32 {
    let (year, month, rest) = civil(day);
    let months = year * 12 + month + months as i32;
    let (year, month) = (months / 12, months % 12);
    number(year, month, rest.min(month_days(year, month) - 1))
}

pub(crate) fn round(rounding: PointRounding, numerator: i128, denominator: i128) -> i64 {
    let down = numerator.div_euclid(denominator);
    let twice = 2 * (numerator - down * denominator);
    let up = match rounding {
        PointRounding::Down => false,
        PointRounding::HalfUp => twice >= denominator,
        PointRounding::Up => twice > 0,
    };
    (down + i128::from(up)) as i64
}

impl Rules {
    pub(crate) fn expiry_of(&self, day: i32) -> i32 {
        let Some((in_months, length, rounding)) = self.expiry else { return NEVER };
        let last = if in_months { plus_months(day, length) } else { day + length as i32 };
        let (year, month, _) = civil(last);
        match rounding {
            ExpiryRounding::None => last,
            ExpiryRounding::Day => last + 1,
            ExpiryRounding::Month => number(year, month, 0) + month_days(year, month),
            ExpiryRounding::Quarter => {
                let third = month / 3 * 3 + 2;
                number(year, third, 0) + month_days(year, third)
            }
            ExpiryRounding::Year => number(year + 1, 0, 0),
        }
    }

    pub(crate) fn points_of(&self, cents: i64, tea: bool, gold: bool) -> i64 {
        let factors: Vec<i128> = [self.tea_factor.filter(|_| tea), self.gold_factor.filter(|_| gold)]
            .into_iter()
            .flatten()
            .map(i128::from)
            .collect();
        let hundredths = match self.stacking {
            _ if factors.is_empty() => 100,
            FactorStacking::Sum => {
                (10 * (10 + factors.iter().map(|factor| factor - 10).sum::<i128>())).max(0)
            }
            FactorStacking::Product => {
                factors.iter().product::<i128>() * if factors.len() == 1 { 10 } else { 1 }
            }
            FactorStacking::Highest => 10 * factors.iter().max().unwrap(),
        };
        round(
            self.rounding,
            i128::from(cents) * i128::from(self.points) * hundredths,
            i128::from(self.per) * 100,
        )
    }

    pub(crate) fn remembered(&self) -> i32 {
        self.refund_days.max(self.cancel_days).max(self.backdating_days)
    }
}
