//! K-means by scikit-learn 1.9, from given starts, and published optima of iris and wine. The cases come from
//! `tests/oracles/make_segment_cases.py`.
//!
//! Where a row lies as near to two centres as rounding can tell, scikit-learn, which compares `||c||² - 2 x·c`, may choose another centre than the one of the
//! lower number. Such cases are marked `ties`: of them only the inertia is compared, which is the same on either way.

use std::collections::BTreeMap;
use std::path::Path;

use crm_core::segment::{Clustering, KMeans, KMeansOptions, Matrix, Starts};
use serde_json::Value;

/// Relative error that an inertia may have.
const INERTIA: f64 = 1e-10;
/// The distance between two centres that count as equal, as a share of the widest range.
const CENTRES: f64 = 1e-12;

type Table = Vec<Vec<f64>>;

fn cases() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/segment/kmeans.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn floats(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn integers(values: &Value) -> Vec<u64> {
    values.as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect()
}

/// As the file's `generator` says.
struct Draws(u64);

impl Draws {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, bound: u64) -> f64 {
        (self.draw() % bound) as f64
    }

    fn below_ten(&mut self) -> f64 {
        self.draw() as f64 / 2_147_483_648.0 * 10.0
    }

    fn heavy(&mut self) -> f64 {
        let exponent = self.below_ten() + self.below_ten() + self.below_ten();
        let whole = exponent.floor();
        2_f64.powi(whole as i32) * (1.0 + (exponent - whole))
    }
}

fn generated(data: &Value) -> Table {
    let size = |name: &str| data[name].as_u64().unwrap();
    let (rows, features) = (size("rows"), size("features"));
    let mut draws = Draws(size("seed"));
    let mut table = |value: &mut dyn FnMut(&mut Draws) -> f64| {
        (0..rows).map(|_| (0..features).map(|_| value(&mut draws)).collect()).collect()
    };
    match data["generator"].as_str().unwrap() {
        "integers" => table(&mut |draws| draws.below(size("below"))),
        "heavy" => table(&mut Draws::heavy),
        "lattice" => {
            let digit = |row: u64, feature| (row / size("side").pow(feature) % size("side")) as f64;
            (0..rows).map(|row| (0..features as u32).map(|feature| digit(row, feature)).collect()).collect()
        }
        "groups" => {
            let centres: Table =
                (0..size("groups")).map(|_| (0..features).map(|_| draws.below(100)).collect()).collect();
            let row = |_| {
                let centre = &centres[(draws.draw() % size("groups")) as usize];
                let shift = data["shift"].as_f64().unwrap();
                centre.iter().map(|value| value + draws.below(1000) / 1000.0 + shift).collect()
            };
            (0..rows).map(row).collect()
        }
        other => panic!("{other}"),
    }
}

/// Columns of a file of the folder that `CRM_TEST_DATA` names, or `None` after a word on why.
fn from_folder(name: &str, columns: &Value) -> Option<Table> {
    let folder = std::env::var_os("CRM_TEST_DATA").filter(|folder| !folder.is_empty());
    let Some(Ok(file)) = folder.map(|folder| std::fs::File::open(Path::new(&folder).join(name))) else {
        println!("skipped: CRM_TEST_DATA does not name the folder with {name}");
        return None;
    };
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers().unwrap().clone();
    let place = |column: &Value| headers.iter().position(|header| Some(header) == column.as_str()).unwrap();
    let places: Vec<usize> = columns.as_array().unwrap().iter().map(place).collect();
    let row =
        |record: csv::StringRecord| places.iter().map(|&place| record[place].parse().unwrap()).collect();
    Some(reader.records().map(|record| row(record.unwrap())).collect())
}

/// Days since the last purchase, purchases and dollars of the customers of the example, at the end of June 1998.
fn cdnow() -> Table {
    let (log, _) = crate::public_logs::cdnow_sample();
    let end = crate::reading::day("1998-06-30").number();
    let mut customers = BTreeMap::new();
    for row in &log {
        let (days, count, cents) = customers.entry(row.id.clone()).or_insert((i32::MAX, 0, 0));
        *days = (end - row.day.unwrap()).min(*days);
        *count += 1;
        *cents += (row.micros.unwrap() / 10_000) as i64;
    }
    let values = |&(days, count, cents): &(i32, i32, i64)| {
        vec![f64::from(days), f64::from(count), cents as f64 / 100.0]
    };
    customers.values().map(values).collect()
}

fn standardised(mut table: Table) -> Table {
    let rows = table.len() as f64;
    for feature in 0..table[0].len() {
        let mean = table.iter().map(|row| row[feature]).sum::<f64>() / rows;
        let square = |row: &Vec<f64>| (row[feature] - mean) * (row[feature] - mean);
        let deviation = (table.iter().map(square).sum::<f64>() / rows).sqrt();
        for row in &mut table {
            row[feature] = (row[feature] - mean) / deviation;
        }
    }
    table
}

fn table_of(data: &Value) -> Option<Table> {
    if let Some(values) = data["values"].as_array() {
        return Some(values.iter().map(floats).collect());
    }
    match (data["file"].as_str(), data["example"].as_str()) {
        (Some(file), _) => from_folder(file, &data["columns"]),
        (None, Some("cdnow")) => Some(cdnow()),
        _ => Some(generated(data)),
    }
}

fn prepared(mut table: Table, steps: &Value) -> Table {
    for step in steps.as_array().unwrap() {
        match step.as_str().unwrap() {
            "log1p" => table.iter_mut().flatten().for_each(|value| *value = value.ln_1p()),
            "standardise" => table = standardised(table),
            other => panic!("{other}"),
        }
    }
    table
}

fn close(value: f64, expected: f64) -> bool {
    (value - expected).abs() <= INERTIA * expected.abs()
}

/// Clusters in the order in which the rows name them.
fn first_named(labels: &[u32]) -> Vec<u32> {
    let mut order = Vec::new();
    for &label in labels {
        if !order.contains(&label) {
            order.push(label);
        }
    }
    order
}

fn fit(case: &Value, table: &Table) -> Clustering {
    let rows =
        |start: &Value| start.as_u64().map_or_else(|| floats(start), |row| table[row as usize].clone());
    let starts = case["starts"].as_array().unwrap();
    let options = KMeansOptions::new(starts.len())
        .starts(Starts::Given(starts.iter().flat_map(rows).collect()))
        .tolerance(case["tolerance"].as_f64().unwrap())
        .most_iterations(case["cap"].as_u64().unwrap() as u32);
    let values: Vec<f64> = table.iter().flatten().copied().collect();
    let matrix = Matrix::from_rows(&values, table[0].len()).unwrap();
    let fitted = match case.get("weights") {
        None => KMeans::fit(&matrix, &options),
        Some(weights) => {
            let mut draws = Draws(weights["seed"].as_u64().unwrap());
            let (below, over) = (weights["below"].as_u64().unwrap(), weights["over"].as_f64().unwrap());
            let weights: Vec<f64> = table.iter().map(|_| draws.below(below) / over).collect();
            KMeans::fit_weighted(&matrix, &weights, &options)
        }
    };
    fitted.unwrap()
}

/// Labels, sizes and centres, by clusters in the order in which the rows name them.
fn check_partition(case: &Value, table: &Table, fitted: &Clustering) {
    let name = &case["name"];
    let order = first_named(&fitted.labels);
    let mut places = vec![0; fitted.model.clusters()];
    order.iter().zip(0..).for_each(|(&label, place)| places[label as usize] = place);
    let labels: Vec<u32> = fitted.labels.iter().map(|&label| places[label as usize]).collect();
    if let Some(crc) = case["labels_crc32"].as_u64() {
        let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        assert_eq!(u64::from(crc32fast::hash(&bytes)), crc, "{name}");
    } else {
        let expected: Vec<u32> = integers(&case["labels"]).iter().map(|&label| label as u32).collect();
        assert_eq!(labels, expected, "{name}");
    }
    let sizes: Vec<u64> = order.iter().map(|&label| fitted.model.rows()[label as usize]).collect();
    assert_eq!(sizes, integers(&case["sizes"]), "{name}");
    let range = |feature: usize| {
        let column = || table.iter().map(|row| row[feature]);
        column().fold(f64::NEG_INFINITY, f64::max) - column().fold(f64::INFINITY, f64::min)
    };
    let spread = (0..table[0].len()).map(range).fold(0.0, f64::max);
    for (&label, expected) in order.iter().zip(case["centres"].as_array().unwrap()) {
        for (value, expected) in fitted.model.centre(label as usize).iter().zip(floats(expected)) {
            // Scikit-learn takes the mean of all rows off and adds it again, which rounds each centre twice.
            let accepted = CENTRES * spread + 4.0 * f64::EPSILON * expected.abs();
            assert!((value - expected).abs() <= accepted, "{name}: {value} {expected}");
        }
    }
}

#[test]
fn results_are_those_of_scikit_learn() {
    let file = cases();
    let (mut checked, mut skipped) = (0, 0);
    for case in file["cases"].as_array().unwrap() {
        let name = &case["name"];
        let Some(table) = table_of(&file["data"][case["data"].as_str().unwrap()]) else {
            skipped += 1;
            continue;
        };
        let table = prepared(table, &case["prepare"]);
        let fitted = fit(case, &table);
        let expected = case["inertia"].as_f64().unwrap();
        assert!(close(fitted.model.inertia(), expected), "{name}: {} {expected}", fitted.model.inertia());
        checked += 1;
        if case.get("ties").is_none() {
            let iterations = case["iterations"].as_u64().unwrap();
            assert_eq!(u64::from(fitted.model.iterations()), iterations, "{name}");
            check_partition(case, &table, &fitted);
        }
    }
    assert!(checked >= 31 && checked + skipped == 33, "{checked} cases, {skipped} skipped");
}

/// Hubert and Arabie (1985), "Comparing partitions", Journal of Classification 2: the index of Rand, adjusted for chance.
fn adjusted_rand(left: &[u32], right: &[u32]) -> f64 {
    let pairs = |labels: &mut dyn Iterator<Item = (u32, u32)>| {
        let mut counts = BTreeMap::new();
        labels.for_each(|label| *counts.entry(label).or_insert(0_u64) += 1);
        counts.values().map(|count| (count * (count - 1) / 2) as f64).sum::<f64>()
    };
    let both = pairs(&mut left.iter().copied().zip(right.iter().copied()));
    let (of_left, of_right) =
        (pairs(&mut left.iter().map(|&label| (label, 0))), pairs(&mut right.iter().map(|&label| (label, 0))));
    let all = (left.len() * (left.len() - 1) / 2) as f64;
    let chance = of_left * of_right / all;
    (both - chance) / (f64::midpoint(of_left, of_right) - chance)
}

/// The inertia and the agreement with the classes, for each of so many seeds.
fn by_seed(
    table: &Table,
    classes: &[u32],
    seeds: u64,
    options: &KMeansOptions,
    check: impl Fn(&KMeans, f64) -> bool,
) -> usize {
    let values: Vec<f64> = table.iter().flatten().copied().collect();
    let matrix = Matrix::from_rows(&values, table[0].len()).unwrap();
    let passes = |seed: &u64| {
        let fitted = KMeans::fit(&matrix, &options.clone().seed(*seed)).unwrap();
        check(&fitted.model, adjusted_rand(&fitted.labels, classes))
    };
    (0..seeds).filter(passes).count()
}

/// Classes of rows that come class by class.
fn classes(sizes: [usize; 3]) -> Vec<u32> {
    sizes.iter().zip(0..).flat_map(|(&size, class)| vec![class; size]).collect()
}

#[test]
fn iris_has_its_published_optimum() {
    let table = table_of(&cases()["data"]["iris"]).unwrap();
    // R 4, kmeans(iris[, 1:4], 3, nstart = 50): within-cluster sums of squares 15.15100, 39.82097, 23.87947.
    let found = by_seed(&table, &classes([50, 50, 50]), 20, &KMeansOptions::new(3), |model, rand| {
        assert!((model.inertia() - 78.851_44).abs() < 5e-6, "{}", model.inertia());
        assert!((rand - 0.7302).abs() < 5e-5, "{rand}");
        let mut within = model.within().to_vec();
        within.sort_by(f64::total_cmp);
        for (value, published) in within.iter().zip([15.151_00, 23.879_47, 39.820_97]) {
            assert!((value - published).abs() < 5e-6, "{value} {published}");
        }
        let mut sizes = model.rows().to_vec();
        sizes.sort_unstable();
        assert_eq!(sizes, [38, 50, 62]);
        true
    });
    assert_eq!(found, 20);
}

#[test]
fn wine_has_its_published_optimum() {
    let table = standardised(table_of(&cases()["data"]["wine"]).unwrap());
    let (classes, options) = (classes([59, 71, 48]), KMeansOptions::new(3));
    let best = |model: &KMeans, rand: f64| {
        let found = (model.inertia() - 1277.928).abs() < 5e-4;
        assert!(found || model.inertia() > 1278.76, "{}", model.inertia());
        assert!(!found || (rand - 0.897).abs() < 5e-4, "{rand}");
        found
    };
    // Of 600 single starts of scikit-learn 199 find it, the others one of 1278.761 and above: ten starts miss it once in 58 seeds, forty never.
    let ten = by_seed(&table, &classes, 20, &options, best);
    assert!(ten >= 17, "{ten} of 20");
    let forty = options.clone().starts(Starts::PlusPlus { count: 40 });
    assert_eq!(by_seed(&table, &classes, 20, &forty, best), 20);
    // Two samples of such a share differ by 16 or less two times in three; four times that is never.
    let one = by_seed(&table, &classes, 600, &options.starts(Starts::PlusPlus { count: 1 }), best);
    assert!(one.abs_diff(199) <= 65, "{one} of 600");
}
