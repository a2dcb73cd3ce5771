//! Serialised histories: they come back the same, and damage is an error, never a panic.

use crm_core::ErrorKind;
use crm_core::customer::{BaseOptions, Day, PurchaseHistory};
use proptest::prelude::*;

use crate::any_log::{lenient_options, log};
use crate::log::history;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn bytes_come_back_and_damage_is_refused(
        (shape, rows, _) in log(20),
        options in lenient_options(),
        flips in prop::collection::vec(1..=255u8, 32),
    ) {
        let history = history(&[&rows], shape, &options).unwrap();
        let bytes = history.to_bytes().unwrap();
        let back = PurchaseHistory::from_bytes(&bytes).unwrap();
        prop_assert!(back == history);
        prop_assert_eq!(back.to_bytes().unwrap(), bytes.clone());
        for length in 0..bytes.len() {
            prop_assert_eq!(PurchaseHistory::from_bytes(&bytes[..length]).unwrap_err().kind(), ErrorKind::Corrupt);
        }
        let mut damaged = bytes.clone();
        for place in 0..bytes.len() {
            damaged[place] ^= flips[place % flips.len()];
            let error = PurchaseHistory::from_bytes(&damaged).unwrap_err();
            // Bytes 4 and 5 are the version of the layout.
            let expected = if (4..6).contains(&place) { ErrorKind::Incompatible } else { ErrorKind::Corrupt };
            prop_assert_eq!(error.kind(), expected, "byte {}", place);
            damaged[place] = bytes[place];
        }
        damaged.push(0);
        prop_assert_eq!(PurchaseHistory::from_bytes(&damaged).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    /// Damage that happens to fit the checksum, or is meant to: refused, or a history that can be used.
    #[test]
    fn forged_checksums_never_panic(
        (shape, rows, _) in log(12),
        options in lenient_options(),
        flips in prop::collection::vec(1..=255u8, 32),
    ) {
        let bytes = history(&[&rows], shape, &options).unwrap().to_bytes().unwrap();
        for place in 10..bytes.len() {
            let mut forged = bytes.clone();
            forged[place] ^= flips[place % flips.len()];
            let checksum = crc32fast::hash(&forged[10..]).to_le_bytes();
            forged[6..10].copy_from_slice(&checksum);
            if let Ok(history) = PurchaseHistory::from_bytes(&forged) {
                let _ = (history.orders(), history.first_day(), history.customer_ids().iter().count());
                let _ = history.base(BaseOptions::as_of(Day::MAX));
                let _ = history.base(BaseOptions::as_of(Day::from_number(30).unwrap()).within_days(7));
                let _ = history.merge(&history);
                prop_assert!(PurchaseHistory::from_bytes(&history.to_bytes().unwrap()).unwrap() == history);
            }
        }
    }

    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PurchaseHistory::from_bytes(&noise).is_err());
    }
}
