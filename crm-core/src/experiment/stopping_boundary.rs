//! How the error of a group-sequential test is spread over its looks.
//!
//! Spending functions: Lan and `DeMets` (1983), Biometrika 70(3); Kim and `DeMets` (1987), Biometrika 74(1); Hwang, Shih and De Cani (1990),
//! Statistics in Medicine 9(12). Shapes: O'Brien and Fleming (1979), Biometrics 35(3); Pocock (1977), Biometrika 64(2); Wang and
//! Tsiatis (1987), Biometrics 43(1).

use std::f64::consts::E;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::math::{normal_quantile, normal_upper};
use crate::named::named;

/// The shape of a group-sequential boundary, or the rule by which it spends its error.
///
/// The first three are shapes over looks that are all planned ahead. The others spend error by the information at hand, so looks need not be
/// planned: `t` is the information fraction, and `alpha` the error of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum StoppingBoundary {
    /// z falls as `t^(-1/2)`: hard to cross early (O'Brien and Fleming 1979). All looks planned ahead.
    OBrienFleming = 0,
    /// The same z at every look (Pocock 1977). All looks planned ahead.
    Pocock = 1,
    /// z goes as `t^(parameter - 1/2)`: 0 is O'Brien-Fleming, 1/2 is Pocock (Wang and Tsiatis 1987). All looks planned ahead.
    WangTsiatis = 2,
    /// Spends `2 - 2 Phi(z(alpha/2) / sqrt(t))`, like O'Brien-Fleming (Lan and `DeMets` 1983). The default.
    #[default]
    SpendOBrienFleming = 3,
    /// Spends `alpha ln(1 + (e - 1) t)`, like Pocock (Lan and `DeMets` 1983).
    SpendPocock = 4,
    /// Spends `alpha t^parameter`, the parameter above 0 (Kim and `DeMets` 1987).
    SpendPower = 5,
    /// Spends `alpha (1 - e^(-parameter t)) / (1 - e^-parameter)`, at 0 `alpha t` (Hwang, Shih and De Cani 1990).
    SpendHwangShihDeCani = 6,
}

named! { StoppingBoundary, "boundary", {
    OBrienFleming: "obrien_fleming", Pocock: "pocock", WangTsiatis: "wang_tsiatis",
    SpendOBrienFleming: "spend_obrien_fleming", SpendPocock: "spend_pocock", SpendPower: "spend_power",
    SpendHwangShihDeCani: "spend_hwang_shih_de_cani",
} }

impl StoppingBoundary {
    /// Whether error is spent by information, so that looks need not be planned.
    pub fn spends(self) -> bool {
        !matches!(self, Self::OBrienFleming | Self::Pocock | Self::WangTsiatis)
    }

    /// The parameter used when none is given: 1/4 for Wang-Tsiatis, 3 for the power, -4 for Hwang-Shih-De Cani.
    pub fn default_parameter(self) -> f64 {
        match self {
            Self::WangTsiatis => 0.25,
            Self::SpendPower => 3.0,
            Self::SpendHwangShihDeCani => -4.0,
            _ => 0.0,
        }
    }

    /// Refuses a parameter that the boundary cannot take.
    pub(super) fn check(self, parameter: f64) -> Result<()> {
        let (fits, accepted) = match self {
            Self::WangTsiatis => ((-1.0..=0.5).contains(&parameter), "between -1 and 0.5"),
            Self::SpendPower => (parameter > 0.0 && parameter <= 100.0, "above 0, at most 100"),
            Self::SpendHwangShihDeCani => ((-100.0..=100.0).contains(&parameter), "between -100 and 100"),
            _ => (parameter.is_finite(), "finite"),
        };
        if fits { Ok(()) } else { Err(Error::argument("parameter", parameter, accepted)) }
    }

    /// The exponent of the information fraction in z, for the shapes.
    pub(super) fn exponent(self, parameter: f64) -> f64 {
        match self {
            Self::Pocock => 0.0,
            Self::WangTsiatis => parameter - 0.5,
            _ => -0.5,
        }
    }

    /// The error of one side spent up to information fraction `t`; all of it from 1 on. NaN for the shapes, which do not spend by
    /// information.
    ///
    /// ```
    /// use crm_core::experiment::StoppingBoundary;
    /// let spent = StoppingBoundary::SpendPower.spent(0.025, 0.4, 3.0);
    /// assert!((spent - 0.0016).abs() < 1e-16);
    /// ```
    pub fn spent(self, alpha: f64, t: f64, parameter: f64) -> f64 {
        if !self.spends() {
            return f64::NAN;
        }
        if t >= 1.0 {
            return alpha;
        }
        if t <= 0.0 {
            return 0.0;
        }
        match self {
            Self::SpendPocock => alpha * ((E - 1.0) * t).ln_1p(),
            Self::SpendPower => alpha * t.powf(parameter),
            Self::SpendHwangShihDeCani if parameter == 0.0 => alpha * t,
            Self::SpendHwangShihDeCani => alpha * (-parameter * t).exp_m1() / (-parameter).exp_m1(),
            _ => 2.0 * normal_upper(-normal_quantile(0.5 * alpha) / t.sqrt()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spending_starts_at_nothing_ends_at_alpha_and_never_falls() {
        for &boundary in StoppingBoundary::ALL.iter().filter(|boundary| boundary.spends()) {
            let parameter = boundary.default_parameter();
            assert_eq!(boundary.spent(0.03, 0.0, parameter), 0.0);
            assert_eq!(boundary.spent(0.03, 1.0, parameter), 0.03);
            let steps: Vec<f64> =
                (0..=100).map(|step| boundary.spent(0.03, f64::from(step) / 100.0, parameter)).collect();
            assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{}", boundary.name());
            assert!((steps[100] - boundary.spent(0.03, 1.0 - 1e-12, parameter)).abs() < 1e-10);
        }
    }
}
