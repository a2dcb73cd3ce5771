//! Models as JSON text with a version.

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

/// A saved model from its JSON text, unless it is another model or of a later version.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str, version: u32, models: &[&str]) -> Result<T> {
    let corrupt = |message: String| Error::new(ErrorKind::Corrupt, message).on("json");
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))?;
    let name = value.get("model").and_then(serde_json::Value::as_str).unwrap_or("nothing known");
    if !models.contains(&name) {
        return Err(corrupt(format!("holds {name}, not {}", models.join(" or "))));
    }
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(saved) if saved > u64::from(version) => {
            let message = format!("the model has version {saved}, this release reads up to {version}");
            Err(Error::new(ErrorKind::Incompatible, message).on("json"))
        }
        Some(1..) => serde_json::from_value(value).map_err(|error| corrupt(error.to_string())),
        _ => Err(corrupt("there is no version".to_owned())),
    }
}
