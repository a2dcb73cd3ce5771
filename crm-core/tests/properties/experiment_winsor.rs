//! Laws of winsorised values: bounds belong to the rows and not to their order, arms or scale.

use crm_core::experiment::Winsor;
use proptest::prelude::*;

fn any_values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![Just(0.0), -9.0..9.0f64, -1e300..1e300f64], 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn bounds_do_not_know_the_arms(values in any_values(), split in 0.0..1.0f64, lower in 0.0..0.5f64, upper in 0.0..0.5f64) {
        let Ok(winsor) = Winsor::fit(&[&values], lower, upper) else { return Ok(()) };
        let (one, other) = values.split_at((split * values.len() as f64) as usize);
        let mut reversed = other.to_vec();
        reversed.reverse();
        prop_assert_eq!(Winsor::fit(&[&reversed, one], lower, upper).unwrap(), winsor);
        let halves: Vec<f64> = values.iter().map(|value| value * 0.5).collect();
        let half = Winsor::fit(&[&halves], lower, upper).unwrap();
        prop_assert_eq!((half.lower(), half.upper()), (winsor.lower() * 0.5, winsor.upper() * 0.5));
    }

    #[test]
    fn no_more_rows_are_moved_than_the_shares_say(values in any_values(), lower in 0.0..0.5f64, upper in 0.0..0.5f64) {
        let Ok(winsor) = Winsor::fit(&[&values], lower, upper) else { return Ok(()) };
        let found = winsor.apply(&values).unwrap();
        prop_assert!(found.below as f64 <= lower * values.len() as f64 + 1e-9);
        prop_assert!(found.above as f64 <= upper * values.len() as f64 + 1e-9);
        prop_assert_eq!(found.values.len(), values.len());
        let moved = found.values.iter().zip(&values).filter(|(new, old)| new != old).count() as u64;
        prop_assert_eq!(moved, found.below + found.above);
        prop_assert!(found.values.iter().all(|value| (winsor.lower()..=winsor.upper()).contains(value)));
        // Twice is once.
        prop_assert_eq!(winsor.apply(&found.values).unwrap().values, found.values);
        prop_assert_eq!(Winsor::from_json(&winsor.to_json().unwrap()).unwrap(), winsor);
    }
}
