//! Many members under tier rules: columns in, columns out.

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use super::event_columns::{check, owned, present};
use super::points_entries::as_id;
use super::points_event::EventId;
use super::points_ledger::{hash, raw};
use super::tier_columns::{TierChanges, TierColumns, TierStandings, day_at};
use super::tier_event::{TierChange, TierEvent, TierHold, TierHoldKind};
use super::tier_rules::TierRules;
use super::tier_state::TierState;
use crate::customer::{Column, Day, IdColumn, IdKind, IdList, Ids, RawId};
use crate::error::{Error, ErrorKind, Result};
use crate::saved;

const VERSION: u32 = 1;
const MODEL: &str = "tier_roster";

/// Members under tier rules, in the order in which they joined.
///
/// A batch is taken up in whole or not at all: on an error the roster stays as it was. How rows are batched does not matter.
///
/// ```
/// use crm_core::customer::{Day, IdColumn};
/// use crm_core::loyalty::{Tier, TierColumns, TierMeasure, TierOptions, TierQualification, TierRoster, TierRules};
/// let silver = Tier::new("Silver", TierQualification::at_least(TierMeasure::QualifyingPoints, 100.0)?);
/// let mut roster = TierRoster::new(TierRules::new([silver], TierOptions::default())?);
/// let (ids, joined, days, points) = (IdColumn::Text(&["ann", "bob"]), [19_700, 19_700], [19_710, 19_711], [120, 80]);
/// roster.join(&ids, &joined.as_slice().into())?;
/// let changes = roster.qualify(
///     &TierColumns::new(ids, days.as_slice().into())?.with_qualifying_points(points.as_slice().into())?,
/// )?;
/// assert_eq!((changes.members, changes.to), (vec![0], vec![Some(0)]));
/// let standings = roster.standings(Day::from_number(19_720)?)?;
/// assert_eq!(standings.to_next.qualifying_points, [None, Some(20)]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TierRoster {
    rules: TierRules,
    ids: Vec<EventId>,
    places: HashTable<u32>,
    states: Vec<TierState>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    model: String,
    version: u32,
    rules: TierRules,
    ids: Vec<EventId>,
    states: Vec<TierState>,
}

impl PartialEq for TierRoster {
    fn eq(&self, other: &Self) -> bool {
        (&self.rules, &self.ids, &self.states) == (&other.rules, &other.ids, &other.states)
    }
}

impl TierRoster {
    /// A roster without members.
    pub fn new(rules: TierRules) -> Self {
        Self { rules, ids: Vec::new(), places: HashTable::new(), states: Vec::new() }
    }

    /// The rules.
    pub fn rules(&self) -> &TierRules {
        &self.rules
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The members, in the order in which they joined.
    pub fn customer_ids(&self) -> IdList {
        let mut ids = Ids::new(IdKind::Integer);
        self.ids.iter().for_each(|id| ids.push(as_id(id)));
        IdList::of(ids)
    }

    /// The state of a member, by its place.
    pub fn state(&self, place: usize) -> Option<&TierState> {
        self.states.get(place)
    }

    fn find(&self, id: RawId<'_>) -> Result<u32> {
        let known = self.places.find(hash(id), |&place| raw(&self.ids[place as usize]) == id);
        known.copied().ok_or_else(|| {
            let message = format!("{} is not a member", owned(id));
            Error::new(ErrorKind::InvalidValue, message).on("customer_id")
        })
    }

    /// Takes in members, with the days since 1970-01-01 on which they join.
    ///
    /// # Errors
    /// `InvalidValue` with the row for somebody who is a member already, `MissingValue`, `Incompatible` for integers among texts, `LengthMismatch`,
    /// `OutOfRange` for a day outside years 1 to 9999. The roster stays as it was.
    pub fn join(&mut self, ids: &IdColumn<'_>, days: &Column<'_, i32>) -> Result<()> {
        ids.check_validity("customer_id")?;
        check(ids.len(), "joined", days.values.len(), days.check_validity("joined"))?;
        let count = self.ids.len();
        let result = (0..ids.len())
            .try_for_each(|row| self.join_row(ids, days, row).map_err(|error| error.at_row(row as u64)));
        if result.is_err() {
            for id in self.ids.split_off(count) {
                let ids = &self.ids;
                let found = self.places.find_entry(hash(raw(&id)), |&place| place as usize >= ids.len());
                if let Ok(entry) = found {
                    entry.remove();
                }
            }
            self.states.truncate(count);
        }
        result
    }

    fn join_row(&mut self, ids: &IdColumn<'_>, days: &Column<'_, i32>, row: usize) -> Result<()> {
        let id = present(ids.get(row), "customer_id", "the id is missing")?;
        let missing = || Error::new(ErrorKind::MissingValue, "the day is missing").on("joined");
        let day = day_at(days, row, "joined")?.ok_or_else(missing)?;
        if self.find(id).is_ok() {
            let message = format!("{} is a member already", owned(id));
            return Err(Error::new(ErrorKind::InvalidValue, message).on("customer_id"));
        }
        if self
            .ids
            .first()
            .is_some_and(|first| matches!(first, EventId::Text(_)) != matches!(id, RawId::Text(_)))
        {
            let message = "integer and text ids cannot be mixed: convert one of them";
            return Err(Error::new(ErrorKind::Incompatible, message).on("customer_id"));
        }
        let place = u32::try_from(self.ids.len()).map_err(|_| {
            Error::new(ErrorKind::OutOfRange, "there are more than 4294967295 members").on("customer_id")
        })?;
        self.states.push(self.rules.start(day));
        self.ids.push(owned(id));
        let ids = &self.ids;
        self.places.insert_unique(hash(id), place, |&place| hash(raw(&ids[place as usize])));
        Ok(())
    }

    /// Takes up what members did, and gives what happened to their tiers up to then.
    ///
    /// # Errors
    /// `InvalidValue` with the row for somebody who is no member; those of [`TierRules::qualify`], and of columns, with the row. The roster stays as
    /// it was.
    pub fn qualify(&mut self, batch: &TierColumns<'_>) -> Result<TierChanges> {
        self.each_row(batch.len(), |roster, row| {
            Ok((roster.find(batch.member(row)?)?, batch.day(row)?, TierEvent::Measures(batch.measures(row)?)))
        })
    }

    /// Places holds: from a day on each member has at least, or exactly, a tier.
    ///
    /// # Arguments
    /// - `tiers`: the names of tiers; a missing one is none.
    /// - `until`: the first days without the holds; without them, and where one is missing, a hold has no end.
    ///
    /// # Errors
    /// Those of [`qualify`](Self::qualify); `InvalidArgument` for an unknown tier, or a hold that ends on its first day or before.
    pub fn hold(
        &mut self,
        ids: &IdColumn<'_>,
        days: &Column<'_, i32>,
        tiers: &IdColumn<'_>,
        kind: TierHoldKind,
        until: Option<&Column<'_, i32>>,
    ) -> Result<TierChanges> {
        let rows = TierColumns::new(ids.clone(), days.clone())?;
        check(rows.len(), "tier", tiers.len(), tiers.check_validity("tier"))?;
        if let Some(until) = until {
            check(rows.len(), "until", until.values.len(), until.check_validity("until"))?;
        }
        self.each_row(rows.len(), |roster, row| {
            let tier = match tiers.get(row).map_err(|error| error.on("tier"))? {
                RawId::Missing => None,
                RawId::Text(name) => Some(roster.rules.tier_named(name)?),
                RawId::Integer(code) => {
                    return Err(Error::new(ErrorKind::WrongType, format!("{code} is not a name")).on("tier"));
                }
            };
            let until = until.map_or(Ok(None), |until| day_at(until, row, "until"))?;
            Ok((
                roster.find(rows.member(row)?)?,
                rows.day(row)?,
                TierEvent::Hold(TierHold { tier, kind, until }),
            ))
        })
    }

    /// Releases holds; members without one stay as they are.
    ///
    /// # Errors
    /// Those of [`qualify`](Self::qualify).
    pub fn release(&mut self, ids: &IdColumn<'_>, days: &Column<'_, i32>) -> Result<TierChanges> {
        let rows = TierColumns::new(ids.clone(), days.clone())?;
        self.each_row(rows.len(), |roster, row| {
            Ok((roster.find(rows.member(row)?)?, rows.day(row)?, TierEvent::Release))
        })
    }

    fn each_row(
        &mut self,
        rows: usize,
        event: impl Fn(&Self, usize) -> Result<(u32, Day, TierEvent)>,
    ) -> Result<TierChanges> {
        self.whole(|roster, changes, kept| {
            (0..rows).try_for_each(|row| {
                let (place, day, event) = event(roster, row).map_err(|error| error.at_row(row as u64))?;
                roster
                    .change(place, changes, kept, |rules, state| rules.apply(state, day, &event))
                    .map_err(|error| error.at_row(row as u64))
            })
        })
    }

    /// Lets time pass for every member up to a day.
    ///
    /// # Errors
    /// `OutOfRange` if a member is known beyond that day; the roster stays as it was.
    pub fn advance(&mut self, to: Day) -> Result<TierChanges> {
        self.whole(|roster, changes, kept| {
            (0..roster.states.len() as u32).try_for_each(|place| {
                roster.change(place, changes, kept, |rules, state| rules.advance(state, to)).map_err(
                    |error| {
                        let member = &roster.ids[place as usize];
                        Error::new(error.kind(), format!("member {member}: {error}")).on("day")
                    },
                )
            })
        })
    }

    /// Runs something that must happen in whole or not at all.
    fn whole(
        &mut self,
        run: impl FnOnce(&mut Self, &mut TierChanges, &mut Vec<(u32, TierState)>) -> Result<()>,
    ) -> Result<TierChanges> {
        let (mut changes, mut kept) = (TierChanges::default(), Vec::new());
        match run(self, &mut changes, &mut kept) {
            Ok(()) => Ok(changes),
            Err(error) => {
                // The oldest of what was kept of a member is what it was before.
                for (place, state) in kept.into_iter().rev() {
                    self.states[place as usize] = state;
                }
                Err(error)
            }
        }
    }

    fn change(
        &mut self,
        place: u32,
        changes: &mut TierChanges,
        kept: &mut Vec<(u32, TierState)>,
        run: impl FnOnce(&TierRules, &mut TierState) -> Result<Vec<TierChange>>,
    ) -> Result<()> {
        let state = &mut self.states[place as usize];
        kept.push((place, state.clone()));
        changes.extend(place, &run(&self.rules, state)?);
        Ok(())
    }

    /// Where every member stands on a day, as if nothing happened up to then; the roster does not change.
    ///
    /// # Errors
    /// `OutOfRange` for a day before that of a member's newest event.
    pub fn standings(&self, day: Day) -> Result<TierStandings> {
        let mut standings = TierStandings::new(self.customer_ids());
        for (state, id) in self.states.iter().zip(&self.ids) {
            let status = self.rules.status(state, day);
            standings.push(
                &status
                    .map_err(|error| Error::new(error.kind(), format!("member {id}: {error}")).on("day"))?,
            );
        }
        Ok(standings)
    }

    /// The roster, with its rules, as JSON text.
    pub fn to_json(&self) -> String {
        let saved = Saved {
            model: MODEL.to_owned(),
            version: VERSION,
            rules: self.rules.clone(),
            ids: self.ids.clone(),
            states: self.states.clone(),
        };
        // Ids, numbers and enums of our own: nothing that JSON cannot hold.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// A roster from its JSON text, or one without members from the JSON text of rules.
    ///
    /// # Errors
    /// Those of [`from_json`](Self::from_json) and of [`TierRules::from_json`].
    pub fn from_json_or_rules(text: &str) -> Result<Self> {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let holds_roster = value.is_some_and(|value| value.get("model").is_some_and(|model| model == MODEL));
        if holds_roster { Self::from_json(text) } else { TierRules::from_json(text).map(Self::new) }
    }

    /// A roster from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` for a text that holds no roster, `Incompatible` for a later version or a state that the rules cannot lead to.
    pub fn from_json(text: &str) -> Result<Self> {
        let saved: Saved = saved::from_json(text, VERSION, &[MODEL])?;
        let corrupt = |message: &str| Err(Error::new(ErrorKind::Corrupt, message).on("json"));
        if saved.ids.len() != saved.states.len() {
            return corrupt("there is not one state for each member");
        }
        let mut roster = Self::new(saved.rules);
        for (id, state) in saved.ids.into_iter().zip(saved.states) {
            roster.rules.check_saved(&state)?;
            if roster.find(raw(&id)).is_ok() {
                return corrupt("a member is there twice");
            }
            let place = roster.ids.len() as u32;
            roster.ids.push(id);
            roster.states.push(state);
            let ids = &roster.ids;
            let code = hash(raw(&ids[place as usize]));
            roster.places.insert_unique(code, place, |&place| hash(raw(&ids[place as usize])));
        }
        Ok(roster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::tier_event::TierReason;
    use crate::loyalty::tier_measure::TierMeasure;
    use crate::loyalty::tier_qualification::TierQualification;
    use crate::loyalty::tier_rules::{Tier, TierOptions};

    fn roster() -> TierRoster {
        let points = |least| TierQualification::at_least(TierMeasure::QualifyingPoints, least).unwrap();
        let tiers = [Tier::new("Silver", points(100.0)), Tier::new("Gold", points(300.0))];
        let mut roster = TierRoster::new(TierRules::new(tiers, TierOptions::default()).unwrap());
        roster.join(&IdColumn::Text(&["ann", "王"]), &[100, 110].as_slice().into()).unwrap();
        roster
    }

    fn rows<'a>(ids: &'a [&'a str], days: &'a [i32], points: &'a [i64]) -> TierColumns<'a> {
        TierColumns::new(IdColumn::Text(ids), days.into())
            .unwrap()
            .with_qualifying_points(points.into())
            .unwrap()
    }

    #[test]
    fn a_bad_row_leaves_the_roster_as_it_was() {
        let mut roster = roster();
        let before = roster.clone();
        for (ids, days, kind, argument) in [
            (["ann", "王", "bob"], [120, 120, 120], ErrorKind::InvalidValue, "customer_id"),
            (["ann", "ann", "ann"], [120, 130, 129], ErrorKind::OutOfRange, "day"),
            (["ann", "王", ""], [120, 120, 120], ErrorKind::MissingValue, "customer_id"),
        ] {
            let error = roster.qualify(&rows(&ids, &days, &[500, 500, 1])).unwrap_err();
            assert_eq!((error.kind(), error.argument_name(), error.row()), (kind, Some(argument), Some(2)));
            assert_eq!(roster, before);
        }
        let again = roster.join(&IdColumn::Text(&["new", "ann"]), &[1, 2].as_slice().into()).unwrap_err();
        assert_eq!((again.kind(), again.row()), (ErrorKind::InvalidValue, Some(1)));
        assert_eq!(roster, before);
        roster.join(&IdColumn::Text(&["new"]), &[1].as_slice().into()).unwrap();
        assert_eq!(roster.len(), 3);
        let numbers = IdColumn::Integer([7].as_slice().into());
        assert_eq!(
            roster.join(&numbers, &[1].as_slice().into()).unwrap_err().kind(),
            ErrorKind::Incompatible
        );
        let error = roster.advance(Day::from_number(50).unwrap()).unwrap_err();
        assert!(error.to_string().contains("member"), "{error}");
    }

    #[test]
    fn batches_do_not_matter_and_saving_changes_nothing() {
        let (ids, days, points) = (["ann", "王", "ann", "王"], [120, 121, 130, 700], [90, 320, 20, 1]);
        let mut once = roster();
        let whole = once.qualify(&rows(&ids, &days, &points)).unwrap();
        let mut often = roster();
        let mut parts = Vec::new();
        for row in 0..4 {
            let changes =
                often.qualify(&rows(&ids[row..=row], &days[row..=row], &points[row..=row])).unwrap();
            parts.extend(changes.days.into_iter().zip(changes.to));
            often = TierRoster::from_json(&often.to_json()).unwrap();
        }
        assert_eq!(whole.days.into_iter().zip(whole.to).collect::<Vec<_>>(), parts);
        assert_eq!(once, often);
        let standings = once.standings(Day::from_number(700).unwrap()).unwrap();
        assert_eq!((standings.tier, standings.to_next.qualifying_points[1]), (vec![Some(0), Some(1)], None));
        let text = once.to_json();
        for (from, to, kind) in [
            ("\"王\"", "\"ann\"", ErrorKind::Corrupt),
            ("tier_roster", "tier_rooster", ErrorKind::Corrupt),
            ("\"earned\":1", "\"earned\":7", ErrorKind::Incompatible),
        ] {
            let error = TierRoster::from_json(&text.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
    }

    #[test]
    fn holds_come_and_go_in_columns() {
        let mut roster = roster();
        let (ids, days) = (IdColumn::Text(&["ann", "王"]), [200, 200]);
        let until = [230, 231];
        let tiers = IdColumn::Text(&["Gold", "Silver"]);
        let changes = roster
            .hold(
                &ids,
                &days.as_slice().into(),
                &tiers,
                TierHoldKind::AtLeast,
                Some(&until.as_slice().into()),
            )
            .unwrap();
        assert_eq!((changes.to, changes.reasons[0]), (vec![Some(1), Some(0)], TierReason::HoldPlaced));
        let changes = roster.release(&IdColumn::Text(&["ann"]), &[210].as_slice().into()).unwrap();
        assert_eq!((changes.to, changes.reasons), (vec![None], vec![TierReason::HoldReleased]));
        let changes = roster.advance(Day::from_number(240).unwrap()).unwrap();
        assert_eq!((changes.members, changes.reasons), (vec![1], vec![TierReason::HoldEnded]));
        let unknown = IdColumn::Text(&["Gold", "Lead"]);
        let days = [300, 300];
        let error =
            roster.hold(&ids, &days.as_slice().into(), &unknown, TierHoldKind::Exactly, None).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("tier"), Some(1)));
    }
}
