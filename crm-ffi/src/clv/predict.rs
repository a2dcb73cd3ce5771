//! What to predict of each customer.

use crm_core::Error;
use crm_core::clv::{Horizon, Prediction};
use crm_core::customer::Period;

use super::time::{crm_discount_rate, crm_horizon, crm_horizon_kind};
use crate::guard::guard;
use crate::pointer::choice;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Something to predict of each customer.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_prediction_kind {
    /// P(still a customer at the end of the data).
    Alive = 0,
    /// P(still a customer after the horizon, which must end).
    AliveAfter = 1,
    /// Expected purchases within the horizon, which must end.
    Purchases = 2,
    /// The same, each purchase discounted from when it is made: DECT within a horizon that ends, DERT without end.
    DiscountedPurchases = 3,
    /// P(exactly `purchases` purchases within the horizon, which must end).
    PurchaseProbability = 4,
    /// P(at least one more purchase within the horizon).
    BuysWithin = 5,
    /// The time to the next purchase, in the model's unit, that a share `quantile` of those who buy again stay within.
    TimeToNext = 6,
    /// The mean time to the next purchase, in the model's unit, of those who buy again; infinite where there is no mean.
    MeanTimeToNext = 7,
}

const KINDS: [crm_prediction_kind; 8] = [
    crm_prediction_kind::Alive,
    crm_prediction_kind::AliveAfter,
    crm_prediction_kind::Purchases,
    crm_prediction_kind::DiscountedPurchases,
    crm_prediction_kind::PurchaseProbability,
    crm_prediction_kind::BuysWithin,
    crm_prediction_kind::TimeToNext,
    crm_prediction_kind::MeanTimeToNext,
];

/// Something to predict. Fill with `crm_prediction_init`, then set what the kind asks for.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_prediction {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_prediction_kind`.
    pub kind: i32,
    /// The number of purchases whose probability is asked for (default 0).
    pub purchases: u32,
    /// How far ahead, from the end of the data. Starts as NaN, which is refused: a kind that looks ahead must be told.
    pub horizon: crm_horizon,
    /// For discounted purchases. Starts as NaN, which is refused.
    pub discount_rate: crm_discount_rate,
    /// For the time to the next purchase: above 0 and below 1; 0.5 (default) is the median.
    pub quantile: f64,
}

sized_structs!(crm_prediction);

impl crm_prediction {
    fn new(kind: i32) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            kind,
            purchases: 0,
            horizon: crm_horizon::unset(),
            discount_rate: crm_discount_rate::unset(),
            quantile: 0.5,
        }
    }

    /// The prediction that C asks for.
    ///
    /// # Safety
    /// `prediction` is null or points to a struct of the size that its first field says.
    pub(crate) unsafe fn take(prediction: *const Self) -> Outcome<Prediction> {
        use crm_prediction_kind as K;
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("prediction", prediction, Self::new(0)) }?;
        Ok(match choice("prediction.kind", given.kind, &KINDS)? {
            K::Alive => Prediction::Alive,
            K::AliveAfter => Prediction::AliveAfter(given.period()?),
            K::Purchases => Prediction::Purchases(given.period()?),
            K::DiscountedPurchases => Prediction::DiscountedPurchases(
                given.horizon.take("prediction.horizon")?,
                given.discount_rate.take("prediction.discount_rate")?,
            ),
            K::PurchaseProbability => Prediction::PurchaseProbability(given.purchases, given.period()?),
            K::BuysWithin => Prediction::BuysWithin(given.horizon.take("prediction.horizon")?),
            K::TimeToNext => Prediction::TimeToNext(given.quantile),
            K::MeanTimeToNext => Prediction::MeanTimeToNext,
        })
    }

    fn period(&self) -> Outcome<Period> {
        match self.horizon.take("prediction.horizon")? {
            Horizon::Within(period) => Ok(period),
            Horizon::Forever => {
                let accepted = "a horizon that ends, for this kind of prediction";
                let kind = crm_horizon_kind::Forever as i32;
                Err(Error::argument("prediction.horizon.kind", kind, accepted).into())
            }
        }
    }
}

/// Fills a prediction of a kind, a `crm_prediction_kind`; `struct_size` is `sizeof *prediction`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a kind that is none, and for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_prediction_init(
    prediction: *mut crm_prediction,
    struct_size: usize,
    kind: i32,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe {
        choice("kind", kind, &KINDS)?;
        sized::init("prediction", prediction, struct_size, crm_prediction::new(kind))
    })
}
