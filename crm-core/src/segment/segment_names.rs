//! Names of segments by rules.

use super::profile::SegmentProfile;

pub(super) fn suggested(segments: &[SegmentProfile]) -> Vec<String> {
    let _ = segments;
    todo!()
}
