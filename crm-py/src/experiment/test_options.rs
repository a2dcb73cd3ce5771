//! What a test is asked.

use crm_core::Result;
use crm_core::experiment::{Alternative, Contrast, TestOptions as Options};
use pyo3::prelude::*;

use crate::error::OrRaise;

/// Contrast, alternative, level, null and the planned share of the target.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct TestOptions(pub(crate) Options);

#[pymethods]
impl TestOptions {
    #[new]
    #[pyo3(signature = (contrast, alternative, alpha, null, target_share))]
    fn new(
        py: Python<'_>,
        contrast: &str,
        alternative: &str,
        alpha: f64,
        null: Option<f64>,
        target_share: Option<f64>,
    ) -> PyResult<Self> {
        let build = || -> Result<Options> {
            let (contrast, alternative) =
                (Contrast::from_name(contrast)?, Alternative::from_name(alternative)?);
            let options = Options { contrast, alternative, alpha, null, target_share };
            options.check()?;
            Ok(options)
        };
        build().or_raise(py).map(Self)
    }
}
