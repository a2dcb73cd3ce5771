//! Days as ISO 8601 text, in saved rules.

// The signatures are those that serde asks for.
#![allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)]

use serde::{Deserialize, Deserializer, Serializer, de::Error};

use crate::customer::Day;

pub(super) fn serialize<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    Day::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Days that may be missing.
pub(super) mod optional {
    use super::{Day, Deserialize, Deserializer, Error, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        day: &Option<Day>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => super::serialize(day, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Day>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Day::parse(&text).map_err(D::Error::custom)).transpose()
    }
}
