//! Names of segments by rules: a word for each feature that stands out.

use std::collections::{BTreeMap, BTreeSet};

use super::profile::{EffectSize, FeatureProfile, SegmentProfile};

/// Words of a name.
const MOST_WORDS: usize = 3;

/// Features that say the same kind of thing, with the words for much and for little of it; the first that a table has speaks for all.
const KINDS: [(&[&str], &str, &str); 3] = [
    (&["time_since_last_purchase"], "lapsed", "recent"),
    (&["purchase_days", "orders"], "frequent", "rare"),
    (&["net_amount", "purchase_amount"], "high value", "low value"),
];

/// Words for much and for little of other features.
const WORDS: [(&str, &str, &str); 5] = [
    ("mean_order_amount", "large orders", "small orders"),
    ("age", "long-standing", "new"),
    ("regularity", "regular", "irregular"),
    ("mean_gap", "long gaps", "short gaps"),
    ("return_rate", "many returns", "few returns"),
];

/// A name for each segment, all different.
pub(super) fn suggested(segments: &[SegmentProfile]) -> Vec<String> {
    let mut names: Vec<String> = segments.iter().map(name).collect();
    let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        same.entry(name.clone()).or_default().push(place);
    }
    for group in same.values().filter(|group| group.len() > 1) {
        if let Some(means) = telling_means(segments, group) {
            for (&place, mean) in group.iter().zip(means) {
                names[place] = format!("{} ({mean})", names[place]);
            }
        }
    }
    let mut taken = BTreeSet::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in &mut names {
        let plain = name.clone();
        while !taken.insert(name.clone()) {
            let count = counts.entry(plain.clone()).or_insert(1);
            *count += 1;
            *name = format!("{plain} {count}");
        }
    }
    names
}

/// The means, as they are written, of the first feature that tells all segments of a group apart.
fn telling_means(segments: &[SegmentProfile], group: &[usize]) -> Option<Vec<String>> {
    let features = segments.first().map_or(0, |segment| segment.features.len());
    (0..features).find_map(|feature| {
        let mean = |&place: &usize| {
            let FeatureProfile { feature, unit, mean, .. } = &segments[place].features[feature];
            format!("{} {}", feature.replace('_', " "), unit.with_value(*mean))
        };
        let means: Vec<String> = group.iter().map(mean).collect();
        (means.iter().collect::<BTreeSet<_>>().len() == means.len()).then_some(means)
    })
}

fn name(segment: &SegmentProfile) -> String {
    if segment.customers == 0 {
        return "Empty".to_owned();
    }
    let mut words = Vec::new();
    for (kind, much, little) in KINDS {
        let speaker = segment.features.iter().find(|feature| kind.contains(&feature.feature.as_str()));
        words.extend(
            speaker
                .filter(|feature| stands_out(feature))
                .map(|feature| if feature.difference > 0.0 { much.to_owned() } else { little.to_owned() }),
        );
    }
    let is_other =
        |feature: &&FeatureProfile| !KINDS.iter().any(|(kind, ..)| kind.contains(&feature.feature.as_str()));
    let others = segment.by_difference().into_iter().filter(is_other).filter(|feature| stands_out(feature));
    for feature in others.take(MOST_WORDS - words.len()) {
        words.push(word(feature));
    }
    let name = if words.is_empty() { "average".to_owned() } else { words.join(", ") };
    let mut letters = name.chars();
    letters.next().map_or(name.clone(), |first| first.to_uppercase().chain(letters).collect())
}

fn stands_out(feature: &FeatureProfile) -> bool {
    feature.effect_size() >= EffectSize::Medium
}

fn word(feature: &FeatureProfile) -> String {
    let more = feature.difference > 0.0;
    match WORDS.iter().find(|(name, ..)| *name == feature.feature) {
        Some((_, much, little)) => (if more { *much } else { *little }).to_owned(),
        None => format!("{} {}", if more { "high" } else { "low" }, feature.feature.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FeatureTable, FeatureUnit, SegmentProfiles};

    fn names(columns: &[(&str, &[f64])], labels: &[u32], count: usize) -> Vec<String> {
        let mut table = FeatureTable::new(labels.len()).unwrap();
        for (name, values) in columns {
            table = table.with_column(name, FeatureUnit::Number, values).unwrap();
        }
        SegmentProfiles::of_segments(&table, labels, count).unwrap().suggested_names()
    }

    #[test]
    fn kinds_come_first_and_others_by_their_difference() {
        let columns: [(&str, &[f64]); 5] = [
            ("returns_of_clothes", &[1.0, 2.0, 9.0, 9.5]),
            ("net_amount", &[5.0, 6.0, 1.0, 1.5]),
            ("time_since_last_purchase", &[1.0, 2.0, 30.0, 40.0]),
            ("orders", &[1.0, 1.0, 1.0, 1.0]),
            ("age", &[10.0, 12.0, 1.0, 2.0]),
        ];
        let expected =
            ["Recent, high value, low returns of clothes", "Lapsed, low value, high returns of clothes"];
        assert_eq!(names(&columns, &[0, 0, 1, 1], 2), expected);
    }

    #[test]
    fn names_are_different_whatever_happens() {
        let labels = [0, 1, 2, 2, 0, 1];
        assert_eq!(
            names(&[("orders", &[1.0; 6])], &labels, 4),
            ["Average", "Average 2", "Average 3", "Empty"]
        );
        let ladder = names(&[("orders", &[1.0, 2.0, 100.0, 101.0, 1.1, 2.1])], &labels, 3);
        assert_eq!(ladder, ["Rare (orders 1.050)", "Rare (orders 2.050)", "Frequent"]);
    }
}
