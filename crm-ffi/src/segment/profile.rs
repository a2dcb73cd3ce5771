//! What the customers of each segment are like, in numbers and in words.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::segment::{FeatureProfile, SegmentProfile, SegmentProfiles};

use super::feature_table::crm_feature_table;
use super::names;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, c_text, crm_status};

/// How large a standardised difference is, in the words of Cohen (1988).
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_effect_size {
    /// Below 0.2 in magnitude, or not defined.
    Negligible = 0,
    /// From 0.2.
    Small = 1,
    /// From 0.5.
    Medium = 2,
    /// From 0.8.
    Large = 3,
}

/// One segment. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_segment_profile {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name, UTF-8: belongs to the profiles and lives as long.
    pub name: *const c_char,
    /// The name by what distinguishes the segment, UTF-8: belongs to the profiles and lives as long.
    pub suggested_name: *const c_char,
    /// Number of customers.
    pub customers: u64,
    /// Their share of all customers, from 0 to 1.
    pub customer_share: f64,
}

/// One feature of one segment, in the feature's unit. Missing values do not count, and NaN says that there is no number. Set
/// `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_feature_profile {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name of the feature, UTF-8: belongs to the profiles and lives as long.
    pub feature: *const c_char,
    /// Its unit: belongs to the profiles and lives as long.
    pub unit: *const c_char,
    /// The comparison with the other customers in words, UTF-8: belongs to the profiles and lives as long.
    pub words: *const c_char,
    /// Customers of the segment who have a value.
    pub customers: u64,
    /// The mean.
    pub mean: f64,
    /// The median (definition 7 of Hyndman and Fan).
    pub median: f64,
    /// The standard deviation of all n.
    pub standard_deviation: f64,
    /// The mean of the customers of all other segments.
    pub mean_of_others: f64,
    /// Cohen's d of the segment against all other customers: the difference of the means divided by the pooled standard
    /// deviation. Infinite if the means differ and nothing varies around them.
    pub difference: f64,
    /// The segment's share of the total of all customers, for counts and for money that adds up; NaN for others, or if the
    /// total is 0.
    pub share_of_total: f64,
    /// How large the difference is, a `crm_effect_size`.
    pub effect_size: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_segment_profile, crm_feature_profile);

/// What the customers of each segment are like, against all others; segments without customers included. Free with
/// `crm_segment_profiles_free`. Immutable: any number of threads may use it at once.
pub struct crm_segment_profiles {
    _opaque: (),
}

pub(crate) struct Profiles {
    value: SegmentProfiles,
    segments: Vec<Segment>,
    features: Vec<CString>,
    units: Vec<CString>,
}

/// The texts of a segment.
struct Segment {
    name: CString,
    suggested: CString,
    /// Of each feature.
    words: Vec<CString>,
    /// Of those that distinguish it, the most telling first.
    distinguishing: Vec<CString>,
}

handles! { crm_segment_profiles holds Profiles, tag b"crmPROFI"; }

impl Profiles {
    pub(super) fn new(profiles: SegmentProfiles) -> Self {
        let texts = |(segment, suggested): (&SegmentProfile, String)| Segment {
            name: c_text(&segment.name),
            suggested: c_text(&suggested),
            words: names::kept(segment.features.iter().map(FeatureProfile::in_words)),
            distinguishing: names::kept(segment.distinguishing(usize::MAX)),
        };
        let segments = profiles.segments().iter().zip(profiles.suggested_names()).map(texts).collect();
        let features = profiles.segments().first().map_or(&[][..], |segment| segment.features.as_slice());
        let units = names::kept(features.iter().map(|feature| feature.unit.to_string()));
        let features = names::kept(features.iter().map(|feature| &feature.feature));
        Self { value: profiles, segments, features, units }
    }

    fn segment(&self, index: usize) -> Outcome<(&SegmentProfile, &Segment)> {
        Ok((element(self.value.segments(), index)?, element(&self.segments, index)?))
    }
}

/// Profiles of the segments 0 to the largest of `length` segment numbers of the customers of a table, or of as many segments
/// as there are `names`, which are copied; NULL and 0 for names by what distinguishes the segments.
///
/// `out` receives the profiles, NULL if the call fails; the caller frees them with `crm_segment_profiles_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` for another number of labels than customers, `CRM_STATUS_INVALID_VALUE` with the row for labels
/// from 65,536 on, or beyond the names, `CRM_STATUS_INVALID_ARGUMENT` for names that are empty or given twice, and
/// `CRM_STATUS_EMPTY` for a table without columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_new(
    table: *const crm_feature_table,
    labels: *const u32,
    length: usize,
    names: *const *const c_char,
    name_count: usize,
    out: *mut *mut crm_segment_profiles,
) -> crm_status {
    // SAFETY: the caller gives a live handle, arrays of these lengths with terminated strings and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = &handle::get("table", table)?.value;
        let labels = array("labels", labels, length)?;
        let names = names::given("names", names, name_count)?;
        let names = (!names.is_empty()).then_some(names.as_slice());
        out.put(Profiles::new(SegmentProfiles::new(table, labels, names)?));
        Ok(())
    })
}

/// Number of segments; 0, with the thread's last error set, if `profiles` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_length(profiles: *const crm_segment_profiles) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("profiles", profiles)?.segments.len()) })
}

/// Number of features; 0, with the thread's last error set, if `profiles` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_feature_count(profiles: *const crm_segment_profiles) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("profiles", profiles)?.features.len()) })
}

/// One segment: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_segment_profiles_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_segment(
    profiles: *const crm_segment_profiles,
    segment: usize,
    out: *mut crm_segment_profile,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (profile, texts) = handle::get("profiles", profiles)?.segment(segment)?;
        out.put(crm_segment_profile {
            struct_size: size_of::<crm_segment_profile>(),
            name: texts.name.as_ptr(),
            suggested_name: texts.suggested.as_ptr(),
            customers: profile.customers,
            customer_share: profile.customer_share,
        })
    })
}

/// One feature of one segment, in the order of the table: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_segment_profiles_length` or
/// `crm_segment_profiles_feature_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_feature(
    profiles: *const crm_segment_profiles,
    segment: usize,
    feature: usize,
    out: *mut crm_feature_profile,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let profiles = handle::get("profiles", profiles)?;
        let (profile, texts) = profiles.segment(segment)?;
        let found = element(&profile.features, feature)?;
        out.put(crm_feature_profile {
            struct_size: size_of::<crm_feature_profile>(),
            feature: element(&profiles.features, feature)?.as_ptr(),
            unit: element(&profiles.units, feature)?.as_ptr(),
            words: element(&texts.words, feature)?.as_ptr(),
            customers: found.customers,
            mean: found.mean,
            median: found.median,
            standard_deviation: found.standard_deviation,
            mean_of_others: found.mean_of_others,
            difference: found.difference,
            share_of_total: found.share_of_total,
            effect_size: found.effect_size() as i32,
            reserved: 0,
        })
    })
}

/// How many features distinguish a segment, by a difference that is not negligible; 0, with the thread's last error set, for
/// an index that is not below `crm_segment_profiles_length`, or if `profiles` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_distinguishing_count(
    profiles: *const crm_segment_profiles,
    segment: usize,
) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("profiles", profiles)?.segment(segment)?.1.distinguishing.len()) })
}

/// What distinguishes a segment, in words, that of the largest difference first, such as "orders 12.3 against 4.1 on average:
/// much more": UTF-8 text that belongs to the profiles and lives as long. NULL, with the thread's last error set, for an index
/// that is not below `crm_segment_profiles_length` or `crm_segment_profiles_distinguishing_count`, or if `profiles` is NULL or
/// no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_distinguishing(
    profiles: *const crm_segment_profiles,
    segment: usize,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        let (_, texts) = handle::get("profiles", profiles)?.segment(segment)?;
        Ok(element(&texts.distinguishing, index)?.as_ptr())
    })
}

/// A report of some lines a segment, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_report(
    profiles: *const crm_segment_profiles,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("profiles", profiles)?.value.to_string()));
        Ok(())
    })
}

/// Frees profiles; NULL is accepted. No thread may use them, or a text of them, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_profiles_free(profiles: *mut crm_segment_profiles) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("profiles", profiles) });
}
