//! Named segments.

use std::ffi::{CString, c_char};
use std::ops::RangeInclusive;
use std::ptr;

use crm_core::Error;
use crm_core::rfm::{Rule, SegmentMap, Segments};

use super::options::bins;
use super::scores::crm_rfm_scores;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, optional_text, places, text};
use crate::status::{Outcome, c_text, crm_status};

/// A block of cells with a name: ranges of scores, both ends included. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_segment_rule {
    /// The name of the segment, UTF-8. Copied.
    pub segment: *const c_char,
    /// Lowest recency score.
    pub recency_low: i32,
    /// Highest recency score.
    pub recency_high: i32,
    /// Lowest frequency score.
    pub frequency_low: i32,
    /// Highest frequency score.
    pub frequency_high: i32,
    /// Lowest monetary score; 0 with `monetary_high` 0 for any.
    pub monetary_low: i32,
    /// Highest monetary score.
    pub monetary_high: i32,
}

/// A map from every cell of scores to a segment: exhaustive and without overlaps. Free with `crm_segment_map_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_segment_map {
    _opaque: (),
}

/// The segment of every customer, in the order of the base. Free with `crm_segments_free`. Immutable: any number of
/// threads may use it at once.
pub struct crm_segments {
    _opaque: (),
}

/// A value whose segments have names.
pub(crate) struct Named<T> {
    pub(crate) value: T,
    names: Vec<CString>,
}

handles! {
    crm_segment_map holds Named<SegmentMap>, tag b"crmSEGMA";
    crm_segments holds Named<Segments>, tag b"crmSEGME";
}

impl<T> Named<T> {
    fn new(value: T, names: impl FnOnce(&T) -> &[String]) -> Self {
        let names = names(&value).iter().map(|name| c_text(name)).collect();
        Self { value, names }
    }
}

unsafe fn rules(rules: *const crm_segment_rule, count: usize) -> Outcome<Vec<Rule>> {
    // SAFETY: the caller gives `count` rules with terminated names.
    unsafe {
        let rules = array("rules", rules, count)?;
        rules
            .iter()
            .map(|rule| {
                let name = text("rules.segment", rule.segment)?;
                let recency = range(name, "recency", rule.recency_low, rule.recency_high)?;
                let frequency = range(name, "frequency", rule.frequency_low, rule.frequency_high)?;
                let made = Rule::new(name, recency, frequency);
                if (rule.monetary_low, rule.monetary_high) == (0, 0) {
                    return Ok(made);
                }
                Ok(made.with_monetary(range(name, "monetary", rule.monetary_low, rule.monetary_high)?))
            })
            .collect()
    }
}

/// A range of scores, as far as it fits the core's type, in which 255 stands for no upper end.
fn range(segment: &str, dimension: &str, low: i32, high: i32) -> Outcome<RangeInclusive<u8>> {
    match (u8::try_from(low), u8::try_from(high)) {
        (Ok(low), Ok(high)) if high < u8::MAX => Ok(low..=high),
        _ => {
            let given = format!("{low} to {high}");
            let accepted = "an ascending range within the scores";
            Err(Error::argument(&format!("{segment}.{dimension}"), given, accepted).into())
        }
    }
}

/// The standard map of 25 recency and frequency cells, for five scores.
///
/// `out` receives the map, NULL if the call fails; the caller frees it with `crm_segment_map_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_standard(out: *mut *mut crm_segment_map) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        Out::new("out", out)?.put(Named::new(SegmentMap::standard(), SegmentMap::names));
        Ok(())
    })
}

/// A map from `count` rules that cover each cell of scores 1 to `highest_score` exactly once.
///
/// `out` receives the map, NULL if the call fails; the caller frees it with `crm_segment_map_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` if a rule is outside the scores, or naming the cells that no rule or several rules cover.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_new(
    highest_score: i32,
    rules: *const crm_segment_rule,
    count: usize,
    out: *mut *mut crm_segment_map,
) -> crm_status {
    // SAFETY: the caller gives `count` rules with terminated names and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let map = SegmentMap::new(bins(highest_score)?, &self::rules(rules, count)?)?;
        out.put(Named::new(map, SegmentMap::names));
        Ok(())
    })
}

/// A map in which the first of `count` rules that covers a cell wins; cells without a rule go to `otherwise`, which may be
/// NULL if there are none.
///
/// `out` receives the map, NULL if the call fails; the caller frees it with `crm_segment_map_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` if a rule is outside the scores, or naming the cells without a rule if `otherwise` is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_first_match(
    highest_score: i32,
    rules: *const crm_segment_rule,
    count: usize,
    otherwise: *const c_char,
    out: *mut *mut crm_segment_map,
) -> crm_status {
    // SAFETY: the caller gives `count` rules with terminated names, a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let otherwise = optional_text("otherwise", otherwise)?;
        let map = SegmentMap::first_match(bins(highest_score)?, &self::rules(rules, count)?, otherwise)?;
        out.put(Named::new(map, SegmentMap::names));
        Ok(())
    })
}

/// The highest score that the map is for; 0, with the thread's last error set, if `map` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_bins(map: *const crm_segment_map) -> u8 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("map", map)?.value.bins()) })
}

/// How many segments the map has; 0, with the thread's last error set, if `map` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_name_count(map: *const crm_segment_map) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("map", map)?.names.len()) })
}

/// The name of a segment, in the order of the rules: UTF-8 text that belongs to the map and lives as long. NULL, with the
/// thread's last error set, for an index that is not below `crm_segment_map_name_count`, or if `map` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_name(map: *const crm_segment_map, index: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("map", map)?.names, index)?.as_ptr()) })
}

/// The segment of every customer.
///
/// `out` receives the segments, NULL if the call fails; the caller frees them with `crm_segments_free`. Fails with
/// `CRM_STATUS_INCOMPATIBLE` if the scores have another highest score than the map.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_assign(
    map: *const crm_segment_map,
    scores: *const crm_rfm_scores,
    out: *mut *mut crm_segments,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let segments = handle::get("map", map)?.value.assign(handle::get("scores", scores)?)?;
        out.put(Named::new(segments, Segments::names));
        Ok(())
    })
}

/// Frees a map; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_map_free(map: *mut crm_segment_map) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("map", map) });
}

/// Number of customers; 0, with the thread's last error set, if `segments` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segments_length(segments: *const crm_segments) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("segments", segments)?.value.len()) })
}

/// Copies the position of each customer's segment among the names to `out`, which has room for `capacity` codes, at least
/// `crm_segments_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segments_codes(
    segments: *const crm_segments,
    out: *mut u8,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let codes = handle::get("segments", segments)?.value.codes();
        places("out", out, capacity, codes.len())?.fill(codes.iter().copied());
        Ok(())
    })
}

/// How many names there are, those of segments without customers included; 0, with the thread's last error set, if
/// `segments` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segments_name_count(segments: *const crm_segments) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("segments", segments)?.names.len()) })
}

/// A name, by its code: UTF-8 text that belongs to the segments and lives as long. NULL, with the thread's last error set,
/// for a code that is not below `crm_segments_name_count`, or if `segments` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segments_name(segments: *const crm_segments, code: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(element(&handle::get("segments", segments)?.names, code)?.as_ptr())
    })
}

/// Frees segments; NULL is accepted. No thread may use them, or a text of them, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segments_free(segments: *mut crm_segments) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("segments", segments) });
}
