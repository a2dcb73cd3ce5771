//! The rules of a points programme.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::earn_rule::{EarnRule, EarnTable};
use super::expiry_rule::ExpiryRule;
use super::refund_rule::{CancelRule, RefundRule, check_days};
use crate::customer::BusinessZone;
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// Which points are spent first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum BurnOrder {
    /// Those that lapse first; among equal ones those of the earlier month.
    #[default]
    NearestExpiry = 0,
    /// Those that were earned first; among equal ones those that lapse first.
    EarnedFirst = 1,
}

named!(BurnOrder, "burn_order", { NearestExpiry: "nearest_expiry", EarnedFirst: "earned_first" });

/// How customers become members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Enrollment {
    /// By an event `join`; anything else of somebody unknown is an error.
    #[default]
    Join = 0,
    /// By `join`, or by the first purchase or bonus.
    FirstEarn = 1,
}

named!(Enrollment, "enrollment", { Join: "join", FirstEarn: "first_earn" });

/// The expiry of points moves by so many months when a member's points are extended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    /// Months from the original expiry.
    pub months: u32,
    /// The tier that it holds for; every member if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// All rules of a points programme, as data.
///
/// As JSON, every part that keeps its default may be left out:
/// ```json
/// {"time_zone": "Europe/Berlin",
///  "enrollment": "join",
///  "tiers": ["Basic", "Gold"],
///  "earn": {"points": 1, "per": "1.00", "rounding": "down", "stacking": "sum", "pending_days": 14,
///           "excluded": ["gift_card"],
///           "multipliers": [{"name": "double tea", "factor": 2, "categories": ["tea"], "from": "2024-05-01", "until": "2024-06-01"}],
///           "tier_bonus": [{"tier": "Gold", "factor": "1.5"}]},
///  "expiry": {"months": 12, "rounding": "month"},
///  "burn_order": "nearest_expiry",
///  "refund": {"basis": "line", "rounding": "down", "after_spending": "debt", "days": 90},
///  "cancel": {"days": 90, "lapsed": "lapse"},
///  "backdating_days": 0,
///  "extensions": [{"months": 3}, {"months": 6, "tier": "Gold"}]}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProgramRules {
    /// The IANA zone whose days, months and years count (default UTC).
    pub time_zone: String,
    /// How customers become members (default: by an event).
    pub enrollment: Enrollment,
    /// The names of tiers that events give to members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// How many points a purchase earns.
    pub earn: EarnRule,
    /// When points lapse (default: never).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<ExpiryRule>,
    /// Which points are spent first (default: those that lapse first).
    pub burn_order: BurnOrder,
    /// Refunds and cancelled accruals.
    pub refund: RefundRule,
    /// Cancelled redemptions.
    pub cancel: CancelRule,
    /// By how many days an event may be older than the member's newest one (default 0: time goes forward only). The events of so many
    /// days are kept with each member.
    pub backdating_days: u32,
    /// By how much points are extended; of all that hold, the longest counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionRule>,
}

impl Default for ProgramRules {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            enrollment: Enrollment::Join,
            tiers: Vec::new(),
            earn: EarnRule::default(),
            expiry: None,
            burn_order: BurnOrder::NearestExpiry,
            refund: RefundRule::default(),
            cancel: CancelRule::default(),
            backdating_days: 0,
            extensions: Vec::new(),
        }
    }
}

const VERSION: u64 = 1;
const MODEL: &str = "loyalty_program";

/// A points programme: its rules, checked.
///
/// The programme is a pure function of a member's state and an event ([`apply`](Self::apply)); [`PointsLedger`](super::PointsLedger) runs it
/// for many members.
///
/// ```
/// use crm_core::loyalty::LoyaltyProgram;
/// let program = LoyaltyProgram::from_json(r#"{"expiry": {"months": 12, "rounding": "month"}}"#)?;
/// assert_eq!(LoyaltyProgram::from_json(&program.to_json())?, program);
/// let error = LoyaltyProgram::from_json(r#"{"earn": {"per": 0}}"#).unwrap_err();
/// assert_eq!(error.to_string(), "earn.per: 0.00 is not accepted: must be above 0");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone)]
pub struct LoyaltyProgram {
    rules: ProgramRules,
    prepared: Arc<Prepared>,
}

/// What follows from the rules.
struct Prepared {
    calendar: Calendar,
    earn: EarnTable,
}

impl LoyaltyProgram {
    /// A programme from its rules.
    ///
    /// # Errors
    /// `InvalidArgument` for a rule that makes no sense: it names the rule, its value and what is accepted.
    pub fn new(rules: ProgramRules) -> Result<Self> {
        let zone = BusinessZone::new(&rules.time_zone)?;
        for (place, tier) in rules.tiers.iter().enumerate() {
            if tier.is_empty() || rules.tiers[..place].contains(tier) {
                return Err(Error::argument("tiers", format_args!("{tier:?}"), "a name, and given once"));
            }
        }
        if rules.tiers.len() > 100 {
            return Err(Error::argument("tiers", format_args!("{} tiers", rules.tiers.len()), "at most 100"));
        }
        rules.earn.check(&rules.tiers)?;
        rules.expiry.map_or(Ok(()), |expiry| expiry.check())?;
        check_days("refund.days", rules.refund.days)?;
        check_days("cancel.days", rules.cancel.days)?;
        check_days("backdating_days", rules.backdating_days)?;
        for extension in &rules.extensions {
            if !(1..=1200).contains(&extension.months) {
                return Err(Error::argument("extensions.months", extension.months, "1 to 1200"));
            }
            if let Some(tier) = extension.tier.as_ref().filter(|tier| !rules.tiers.contains(tier)) {
                let accepted = format!("one of {:?}", rules.tiers);
                return Err(Error::argument("extensions.tier", format_args!("{tier:?}"), &accepted));
            }
        }
        let calendar = Calendar::new(zone);
        let earn = EarnTable::new(&rules.earn, &rules.tiers, &calendar)?;
        Ok(Self { rules, prepared: Arc::new(Prepared { calendar, earn }) })
    }

    /// A programme from the JSON text of its rules; see [`ProgramRules`].
    ///
    /// # Errors
    /// `Parse` for text that is not such JSON; `Corrupt` and `Incompatible` for a saved value of another kind or a later version; those of
    /// [`new`](Self::new).
    pub fn from_json(text: &str) -> Result<Self> {
        let wrong = |error: serde_json::Error| Error::new(ErrorKind::Parse, error.to_string()).on("program");
        let mut fields: serde_json::Map<_, _> = serde_json::from_str(text).map_err(wrong)?;
        // Rules written by hand need no name and version; saved ones have them.
        if let Some(model) = fields.remove("model").filter(|model| model != MODEL) {
            let message = format!("holds {model}, not {MODEL}");
            return Err(Error::new(ErrorKind::Corrupt, message).on("program"));
        }
        if let Some(version) = fields.remove("version").filter(|version| *version != VERSION) {
            let message = format!("has version {version}, this release reads version {VERSION}");
            return Err(Error::new(ErrorKind::Incompatible, message).on("program"));
        }
        Self::new(serde_json::from_value(fields.into()).map_err(wrong)?)
    }

    /// The programme as JSON text.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Saved<'a> {
            model: &'a str,
            version: u64,
            #[serde(flatten)]
            rules: &'a ProgramRules,
        }
        // Maps of strings and numbers always serialise.
        serde_json::to_string(&Saved { model: MODEL, version: VERSION, rules: &self.rules })
            .unwrap_or_default()
    }

    /// The rules.
    pub fn rules(&self) -> &ProgramRules {
        &self.rules
    }

    pub(super) fn calendar(&self) -> &Calendar {
        &self.prepared.calendar
    }

    pub(super) fn earn_table(&self) -> &EarnTable {
        &self.prepared.earn
    }

    /// For how many days the ids of a member's events are remembered.
    pub(super) fn remembered_days(&self) -> u32 {
        let rules = &self.rules;
        rules.refund.days.max(rules.cancel.days).max(rules.backdating_days)
    }

    /// The first instant that is `days` days after an instant's own day.
    pub(super) fn end_of_window(&self, time: i64, days: u32) -> Result<i64> {
        let day = self.calendar().day_of(time)?.saturating_add(days as i32).saturating_add(1);
        // Beyond the last day of the calendar a window does not end.
        Ok(self.calendar().start_of(day).unwrap_or(i64::MAX))
    }

    /// The place of a tier.
    pub(super) fn tier(&self, name: &str) -> Result<u16> {
        let place = self.rules.tiers.iter().position(|tier| tier == name);
        place.map(|place| place as u16).ok_or_else(|| {
            Error::argument("tier", format_args!("{name:?}"), &format!("one of {:?}", self.rules.tiers))
        })
    }

    /// By how many months the points of a member of a tier are extended: of all records that hold, the longest.
    pub(super) fn extension_months(&self, tier: Option<u16>) -> Option<u32> {
        let name = tier.and_then(|place| self.rules.tiers.get(usize::from(place)));
        let holds = |rule: &&ExtensionRule| rule.tier.is_none() || rule.tier.as_ref() == name;
        self.rules.extensions.iter().filter(holds).map(|rule| rule.months).max()
    }
}

impl PartialEq for LoyaltyProgram {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for LoyaltyProgram {}

impl std::fmt::Debug for LoyaltyProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LoyaltyProgram").field(&self.rules).finish()
    }
}
